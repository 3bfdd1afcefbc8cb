"""Damaged Parquet files end in one line, or are read as they are.

check_parquet.py FOLDER TRIES COMMAND...: COMMAND reads FOLDER/hostile.parquet, which is one
of FOLDER's files cut, with bytes changed, or with a part of another one in it.
"""

import pathlib
import random
import subprocess
import sys

folder, tries, command = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
files = [(folder / name).read_bytes() for name in ("table.parquet", "part-0.parquet")]


def damage(number):
    content = bytearray(files[number % len(files)])
    kind = number // len(files) % 5
    # What says where everything is lies at the end.
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    begin = footer if random.random() < 0.5 else 0
    if kind == 0:
        del content[random.randrange(len(content)):]
    elif kind == 1:
        at = random.randrange(begin, len(content))
        del content[at:at + random.randrange(1, 40)]
    elif kind == 2:
        at = random.randrange(begin, len(content))
        content[at:at + 8] = random.randbytes(8)
    elif kind == 3:
        at, other = random.randrange(begin, len(content)), random.choice(files)
        source = random.randrange(len(other))
        content[at:at + 30] = other[source:source + 30]
    else:
        for _ in range(random.randrange(1, 4)):
            content[random.randrange(begin, len(content))] ^= 1 << random.randrange(8)
    return bytes(content)


random.seed(7)
read = 0
for number in range(tries):
    content = damage(number)
    (folder / "hostile.parquet").write_bytes(content)
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    lines = result.stderr.splitlines()
    read += result.returncode == 0
    if result.returncode not in (0, 1) or (result.returncode == 1 and not (
            len(lines) == 1 and lines[0].startswith("dpc: error: ")
            and "hostile.parquet" in lines[0])):
        (folder / "failed.parquet").write_bytes(content)
        sys.exit(f"damage {number}: exit status {result.returncode}, see "
                 f"{folder}/failed.parquet\n{result.stderr}")
if read > tries / 2:
    sys.exit(f"{read} of {tries} damaged files were read")
print(f"{tries} damaged files, {read} of which were read")
