"""Holds mappings against the published JSON Schema of their language.

schema.py SCHEMA FOLDER: each mapping.yaml below the folder must be valid; the misspelt ones that are made of one of them
must not be. Printed is what was tried; what is wrong goes to standard error, and exits with 1.
"""

import json
import sys
from pathlib import Path

import jsonschema
import yaml

schema = json.loads(Path(sys.argv[1]).read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
failed = False


def wrong(text):
    errors = validator.iter_errors(yaml.safe_load(text))
    return ["/".join(map(str, error.absolute_path)) + ": " + error.message for error in errors]


mappings = sorted(Path(sys.argv[2]).rglob("mapping.yaml"))
for path in mappings:
    for error in wrong(path.read_text()):
        print(f"{path}: {error}", file=sys.stderr)
        failed = True
print(f"{len(mappings)} mappings")

order = (Path(sys.argv[2]) / "standard/x12/4010/850-order/mapping.yaml").read_text()
for right, misspelt in [
    ("unmapped: warn", "unmaped: warn"),
    ("unmapped: warn", "unmapped: shout"),
    ("  number: BEG03", "  nummber: BEG03"),
    ("to: order/1", "to: ordr/1"),
    ("direction: both", "direction: sideways"),
]:
    assert right in order, right
    if not wrong(order.replace(right, misspelt, 1)):
        print(f"{misspelt} is taken for valid", file=sys.stderr)
        failed = True
    print(misspelt)

sys.exit(failed)
