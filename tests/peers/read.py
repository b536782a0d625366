"""Reads documents with pyx12 and pydifact, and writes back what they read.

read.py FOLDER: each FOLDER/*.x12 and FOLDER/*.edifact is read, and written to NAME.pyx12 or NAME.pydifact. Printed is a
line of JSON a document: its name, the peer, and what it found wrong. With pyx12 each X12 document is also judged by its
maps, where it has one, and its own 997 or 999 written to NAME.answer.
"""

import io
import json
import sys
from pathlib import Path

import pyx12.errors
import pyx12.params
import pyx12.x12file
import pyx12.x12n_document
from pydifact.segmentcollection import Interchange


def raw(path):
    """The envelopes, counts and control numbers, and the document written back."""
    reader = pyx12.x12file.X12Reader(str(path))
    segments, wrong = [], []
    for segment in reader:
        segments.append(segment.format())
        wrong += reader.pop_errors()
    reader.cleanup()
    wrong += reader.pop_errors()
    path.with_suffix(".pyx12").write_text("\n".join(segments) + "\n")
    return [" ".join(str(part) for part in error) for error in wrong]


def judged(path):
    """By its map: the verdict, and pyx12's own acknowledgement. None if it has no map."""
    answer = io.StringIO()
    try:
        valid = pyx12.x12n_document.x12n_document(
            param=pyx12.params.ParamsBase(), src_file=str(path), fd_997=answer, fd_html=None, fd_xmldoc=None
        )
    except (pyx12.errors.EngineError, pyx12.errors.X12Error) as error:
        return {"valid": None, "why": str(error)}
    path.with_suffix(".answer").write_text(answer.getvalue())
    return {"valid": valid, "why": ""}


def edifact(path):
    interchange = Interchange.from_str(path.read_text(encoding="latin-1"))
    path.with_suffix(".pydifact").write_text(interchange.serialize(), encoding="latin-1")
    return [] if list(interchange.get_messages()) else ["no message"]


for path in sorted(Path(sys.argv[1]).iterdir()):
    told = {"name": path.name}
    try:
        if path.suffix == ".x12":
            told |= {"peer": "pyx12", "wrong": raw(path), "judged": judged(path)}
        elif path.suffix == ".edifact":
            told |= {"peer": "pydifact", "wrong": edifact(path)}
        else:
            continue
    except Exception as error:  # whatever a peer says is what the test shows
        told |= {"peer": "python", "wrong": [f"{type(error).__name__}: {error}"]}
    print(json.dumps(told))
