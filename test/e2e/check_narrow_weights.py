"""Trains y = (x * a + b) @ w with weights in 16 bits, and compares the trained
model with the same arithmetic in numpy."""

import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

dpc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
BATCH, STEPS = 4, 50
rng = np.random.default_rng(0)
x = rng.uniform(1, 2, (BATCH, 8)).astype(np.float32)
label = np.zeros((BATCH, 2), np.float32)
start = {"a": np.ones(8, np.float32), "b": np.full(8, 0.5, np.float32),
         "w": rng.choice([1.0, 1.5], (8, 2)).astype(np.float32)}


def make(data_type):
    """One weight in raw_data, one in int32_data, one in another file."""
    narrow = {name: helper.make_tensor(name, data_type, array.shape, array.ravel())
              for name, array in start.items()}
    assert narrow["b"].int32_data
    for name in ("a", "w"):
        bits = np.array(narrow[name].int32_data, np.uint16).tobytes()
        narrow[name].ClearField("int32_data")
        narrow[name].raw_data = bits
    (folder / "w.bin").write_bytes(b"12345678" + narrow["w"].raw_data)
    narrow["w"].ClearField("raw_data")
    narrow["w"].data_location = TensorProto.EXTERNAL
    narrow["w"].external_data.add(key="location", value="w.bin")
    narrow["w"].external_data.add(key="offset", value="8")
    node, value = helper.make_node, helper.make_tensor_value_info
    graph = helper.make_graph(
        [node("Cast", ["x"], ["h"], to=data_type), node("Mul", ["h", "a"], ["m"]),
         node("Add", ["m", "b"], ["s"]), node("MatMul", ["s", "w"], ["p"]),
         node("Cast", ["p"], ["y"], to=TensorProto.FLOAT)], "g",
        [value("x", TensorProto.FLOAT, ["batch", 8])],
        [value("y", TensorProto.FLOAT, ["batch", 2])], list(narrow.values()))
    return helper.make_model(graph, ir_version=10,
                             opset_imports=[helper.make_opsetid("", 20)])


def train(rate):
    """The weights after plain SGD. What is lost by rounding the copies that the
    model computes with is less than a step of theirs."""
    wide = {name: array.astype(np.float64) for name, array in start.items()}
    for _ in range(STEPS):
        a, b, w = (wide[name] for name in "abw")
        s = x * a + b
        error = 2 * (s @ w - label) / label.size
        back = error @ w.T
        for name, gradient in [("a", (back * x).sum(0)), ("b", back.sum(0)),
                               ("w", s.T @ error)]:
            wide[name] = wide[name] - rate * gradient
    return wide


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True,
                            text=True, timeout=120)
    if result.returncode:
        sys.exit(f"{command}: {result.stderr}")


np.save(folder / "x.npy", x)
np.save(folder / "label.npy", label)
for data_type, digits, rate in ((TensorProto.FLOAT16, 11, 1.2e-6),
                                (TensorProto.BFLOAT16, 8, 1e-5)):
    onnx.save(make(data_type), folder / "m.onnx")
    run(dpc, "compile", folder / "m.onnx", "-o", folder / "m", "--batch", BATCH,
        "--loss", "mse", "--ranks", 2, "--strategy", "zero", "--zero-stage", 3)
    run(dpc, "run", "-n", 2, folder / "m", "--data", f"x={folder / 'x.npy'}", "--data",
        f"label={folder / 'label.npy'}", "--no-shuffle", "--steps", STEPS, "--lr", rate,
        "--save-onnx", folder / "t.onnx")
    trained = onnx.load(folder / "t.onnx")
    onnx.checker.check_model(trained, full_check=True)
    expected = train(rate)
    for tensor in trained.graph.initializer:
        assert tensor.data_type == data_type and tensor.raw_data, tensor.name
        got = numpy_helper.to_array(tensor).astype(np.float64)
        want, ulp = expected[tensor.name], 2.0 ** (1 - digits)
        assert np.abs(got - want).max() <= ulp, (tensor.name, got, want)
        # Far from where it began, in steps that alone would be lost.
        moved = np.abs(want - start[tensor.name]).max()
        assert moved > 2 * ulp and moved / STEPS < ulp / 8, (tensor.name, moved, ulp)
