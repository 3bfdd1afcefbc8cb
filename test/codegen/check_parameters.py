"""Writes the model file of parameters.test and checks what came of it."""
import json
import struct
import sys

command, path = sys.argv[1:]
content = bytes(i * 37 % 256 for i in range(124))
if command == "write":
    open(path, "wb").write(content)
elif command == "cut":
    open(path, "wb").write(content[:110])
else:
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    assert (8 + length) % 64 == 0
    header = json.loads(data[8 : 8 + length])
    # What a program was made of; this one has no plan.
    assert header.pop("__metadata__") == {"dpc.plan": ""}, header
    assert header == {
        'layer/1 "w"': {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "I64", "shape": [3], "data_offsets": [24, 48]},
        "s": {"dtype": "F64", "shape": [], "data_offsets": [48, 56]},
    }, header
    assert data[8 + length :] == content[4:28] + content[100:124] + content[32:40]
