#!/usr/bin/env python3
"""Makes of files that run.py exported such as are checked in.

  models/zoo/keep.py FROM TO NAME.VARIANT...

The weights move into the file; what it says of the places in Python, and dpc does
not read, moves out. The losses and the data go with it. Needs onnx and numpy.
"""

import pathlib
import shutil
import sys

import onnx

NOTES = ("pkg.torch.onnx.stack_trace", "pkg.torch.onnx.class_hierarchy", "namespace")


def strip(items):
    kept = [item for item in items if item.key not in NOTES]
    del items[:]
    items.extend(kept)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for file in sys.argv[3:]:
        model = onnx.load(source / f"{file}.onnx")
        for node in model.graph.node:
            strip(node.metadata_props)
            node.doc_string = ""
        for function in model.functions:
            for node in function.node:
                strip(node.metadata_props)
                node.doc_string = ""
        onnx.save(model, target / f"{file}.onnx")
        name = file.split(".")[0]
        for end in ("json", "npz"):
            shutil.copy(source / f"{name}.{end}", target)


if __name__ == "__main__":
    main()
