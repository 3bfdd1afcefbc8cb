"""Trains one model under plain names and under names that dpc, safetensors or
a terminal give a meaning to: losses and weights must be the same."""

import json
import pathlib
import struct
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

dpc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
random = np.random.default_rng(0)
SHAPES = [(3, 4), (4,), (4,), (4, 4), (4,), (4,)]
WEIGHTS = [random.standard_normal(shape).astype(np.float32) for shape in SHAPES]
np.save(folder / "x.npy", random.standard_normal((8, 3)).astype(np.float32))
np.save(folder / "y.npy", random.standard_normal((8, 4)).astype(np.float32))


def make_model(path, names, input_name, output):
    a, b, c, d, e, f = names
    value = helper.make_tensor_value_info
    nodes = [helper.make_node(op, inputs, [result], name=result)
             for op, inputs, result in [
                 ("MatMul", [input_name, a], "forward"), ("Mul", ["forward", b], "loss"),
                 ("Add", ["loss", c], "seed"), ("MatMul", ["seed", d], "lr"),
                 ("Mul", ["lr", e], "rows"), ("Add", ["rows", f], output)]]
    graph = helper.make_graph(
        nodes, "g", [value(input_name, TensorProto.FLOAT, ["n", 3])],
        [value(output, TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(w, n) for w, n in zip(WEIGHTS, names)])
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def call(*args):
    result = subprocess.run([str(arg) for arg in args], capture_output=True,
                            text=True, timeout=120)
    if result.returncode != 0:
        sys.exit(f"{args}: {result.stderr}")
    return result.stderr


def train(names, input_name, output, label, flags):
    model, program = folder / "m.onnx", folder / "program"
    make_model(model, names, input_name, output)
    warning = call(dpc, "compile", model, "-o", program, "--batch", 8, "--loss",
                   "mse", "--optimizer", "momentum", "--ranks", 2, *flags)
    assert ("called 'label_2'" in warning) == (label == "label_2"), warning
    params = folder / "moved.safetensors"
    (folder / "program.safetensors").rename(params)
    call(dpc, "run", "-n", 2, program, "--data", f"{input_name}={folder}/x.npy",
         "--data", f"{label}={folder}/y.npy", "--steps", 2, "--no-shuffle",
         "--params", params, "--metrics", folder / "m.jsonl",
         "--save-onnx", folder / "t.onnx")
    content = params.read_bytes()
    header = json.loads(content[8:8 + struct.unpack("<Q", content[:8])[0]])
    losses = [json.loads(line)["loss"] for line in open(folder / "m.jsonl")]
    trained = {t.name: numpy_helper.to_array(t)
               for t in onnx.load(folder / "t.onnx").graph.initializer}
    return losses, [trained[name] for name in names], list(header)


for flags in (("--strategy", "zero", "--zero-stage", 3), ("--strategy", "pipeline")):
    expected = train("abcdef", "x", "y", "label", flags)
    for names, input_name, output in [
            (("train", "infer", "__metadata__", "mesh", "___metadata__", "main"),
             "label", "loss_sum"),
            (("w", "w.momentum", "gradient", "w.momentum.momentum", "eval",
              "infer_k0"), "step", "count"),
            (('"\\', "@train", "\u202eevil", "e\u0301", "%0 {", "-"), "a=b", "lr2")]:
        label = "label_2" if input_name == "label" else "label"
        losses, weights, keys = train(names, input_name, output, label, flags)
        assert losses == expected[0], (names, losses, expected[0])
        for name, got, wanted in zip(names, weights, expected[1]):
            assert np.array_equal(got, wanted), name
        # The file's description is no tensor.
        assert keys[0] == "__metadata__" and len(keys) == 7, keys
        if "train" in names:
            assert {"___metadata__", "____metadata__"} < set(keys), keys
