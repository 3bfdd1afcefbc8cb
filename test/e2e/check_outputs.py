"""Compiles models and compares what they compute with what lies beside them.

  check_outputs.py DPC OUT MODEL.onnx...

Beside MODEL.onnx lies MODEL.npz: the inputs, under their names, and results in the
order of the model's outputs.
"""
import pathlib
import subprocess
import sys

import numpy as np
import onnx


def check(dpc, model, out):
    arrays = dict(np.load(model.with_suffix(".npz")))
    graph = onnx.load(model).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value.name for value in graph.input if value.name not in weights]
    folder = out / model.stem
    folder.mkdir(parents=True)
    data = []
    for name in inputs:
        array = arrays.pop(name)
        rows = len(array)
        np.save(folder / f"{name}.npy", array)
        data += ["--data", f"{name}={folder / name}.npy"]
    program = folder / "program"
    subprocess.run([dpc, "compile", model, "-o", program, "--batch", str(rows)],
                   check=True)
    subprocess.run([program, *data, "--outputs", folder / "outputs", "--quiet"], check=True)
    wrong = []
    for value, (name, wanted) in zip(graph.output, arrays.items()):
        actual = np.load(folder / "outputs" / f"{value.name}.npy")
        if actual.size != wanted.size or not np.allclose(
                actual.reshape(wanted.shape), wanted, 2e-5, 2e-5):
            wrong.append(value.name)
            print(f"{model.name}: output '{value.name}' ({name}): {actual.shape} {actual.ravel()[:4]} "
                  f"instead of {wanted.shape} {wanted.ravel()[:4]}")
    return not wrong


def main():
    dpc, out, *models = sys.argv[1:]
    if not all([check(dpc, pathlib.Path(model), pathlib.Path(out)) for model in models]):
        sys.exit(1)


main()
