"""drop_path.py EXECUTABLE: it looks for libraries in /nowhere instead of its RUNPATH."""

import pathlib
import re
import sys

path = pathlib.Path(sys.argv[1])
content = path.read_bytes()
# The one string that is a folder's name beside those of the libraries.
found = re.findall(rb"\0(/[^\0]*/lib)\0", content)
assert len(found) == 1, found
path.write_bytes(content.replace(found[0], b"/nowhere".ljust(len(found[0]), b"\0")))
