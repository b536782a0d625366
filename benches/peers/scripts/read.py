"""One reader over one file, by processor time: `read.py pyx12|pydifact FILE`."""

import io
import os
import sys
import time


def pyx12(path):
    import pyx12.x12file

    count = 0
    for segment in pyx12.x12file.X12Reader(path):
        count += len(segment)
    return count, "segments split, envelope checked, no guide"


def pydifact(path):
    from pydifact.segmentcollection import Interchange

    with open(path, encoding="latin-1") as file:
        interchange = Interchange.from_str(file.read())
    return sum(1 for _ in interchange.segments), "segments in memory, no guide"


name = sys.argv[1]
version = {"pyx12": "4.0.0", "pydifact": "0.2.3"}[name]
size = os.path.getsize(sys.argv[2])
started = time.process_time()
try:
    count, done = {"pyx12": pyx12, "pydifact": pydifact}[name](sys.argv[2])
    seconds = time.process_time() - started
    if count == 0:
        raise ValueError("nothing was read")
    print(f"{name} {version}\t{size / 1e6 / seconds:.2f}\t-\t{done}")
except Exception as error:  # whatever it says is the line
    print(f"{name} {version}\t-\t-\tgave up: {str(error)[:100]}")
