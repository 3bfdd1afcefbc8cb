"""Tensors without elements, under several strategies, against onnx's reference
evaluator: inside of a graph, as inputs, as outputs and as weights."""

import itertools
import pathlib
import subprocess
import sys
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

warnings.simplefilter("ignore")  # The mean of nothing is NaN.
dpc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
random = np.random.default_rng(0)
numbers = itertools.count()
F32, I64 = TensorProto.FLOAT, TensorProto.INT64
X, NONE = random.standard_normal((6, 4)).astype(np.float32), np.zeros((6, 0), np.float32)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def make_model(nodes, outputs, weights):
    value = helper.make_tensor_value_info
    types = [(name, F32) if isinstance(name, str) else name for name in outputs]
    graph = helper.make_graph(
        nodes, "g", [value("x", F32, ["n", 4]), value("e", F32, ["n", 0])],
        [value(name, kind, None) for name, kind in types],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in weights.items()])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def call(*args):
    result = subprocess.run([str(arg) for arg in args], capture_output=True,
                            text=True, timeout=120)
    if result.returncode != 0:
        sys.exit(f"{args}: {result.stderr}")


def infer(model, flags):
    here = folder / str(next(numbers))
    here.mkdir()
    onnx.save(model, here / "m.onnx")
    np.save(here / "x.npy", X)
    np.save(here / "e.npy", NONE)
    ranks = flags[-1]
    call(dpc, "compile", here / "m.onnx", "-o", here / "p", "--batch", 6, *flags)
    call(dpc, "run", "-n", ranks, here / "p", "--data", f"x={here}/x.npy", "--data",
         f"e={here}/e.npy", "--outputs", here)
    wanted = ReferenceEvaluator(model).run(None, {"x": X, "e": NONE})
    for output, expected in zip(model.graph.output, wanted):
        got = np.load(here / f"{output.name}.npy")
        assert got.shape == expected.shape and got.dtype == expected.dtype and \
            np.allclose(got, expected, rtol=1e-5, equal_nan=True), \
            (output.name, flags, got, expected)


WEIGHTS = {
    "w0": np.zeros((0, 3), np.float32), "w4": np.zeros((4, 0), np.float32),
    "scale": np.zeros(0, np.float32), "bias": np.ones(3, np.float32),
    "zero": [0], "one": [1], "no": np.zeros(0, np.int64), "parts": [4, 0],
    "shape": [6, 0, 5], "shape3": [0, 0, 3], "big": [3, 6, 0]}
NODES = [
    # Of nothing comes nothing.
    node("Identity", "e", "same"), node("Relu", "e", "relu"), node("Add", "e e", "sum"),
    node("Cast", "e", "cast", to=I64), node("Softmax", "e", "softmax"),
    node("LogSoftmax", "e", "logsoftmax"), node("Transpose", "e", "turned"),
    node("Slice", "x zero zero one", "slice"), node("Gather", "x no", "gather", axis=1),
    node("Split", "x parts", "whole part", axis=1), node("MatMul", "x w4", "columns"),
    node("Concat", "e e", "joined", axis=1), node("Expand", "e big", "expand"),
    node("Reshape", "e shape", "reshape", allowzero=1), node("Max", "e e", "max"),
    node("LayerNormalization", "e scale", "norm"), node("Equal", "e e", "equal"),
    node("Where", "equal e e", "where"), node("Unsqueeze", "e one", "unsqueeze"),
    node("Clip", "e", "clip"), node("Pow", "e e", "pow"), node("Shape", "e", "extents"),
    node("Trilu", "reshape", "trilu"), node("ConstantOfShape", "shape3", "made"),
    node("Einsum", "e e", "outer", equation="ni,nj->nij"),
    node("Einsum", "e e", "gram", equation="ni,mi->nm"),
    # Of nothing comes what an operator makes of no operands.
    node("MatMul", "e w0", "zeros"), node("Gemm", "e w0 bias", "biases"),
    node("ReduceSum", "e one", "total", keepdims=0),
    node("ReduceMax", "e one", "most", keepdims=0),
    node("ReduceMin", "e", "least", keepdims=0), node("Size", "e", "size"),
    node("ReduceMean", "e one", "mean", keepdims=1), node("Concat", "e x e", "rest", axis=1)]
OUTPUTS = [name for each in NODES for name in each.output]
KINDS = {"cast": I64, "equal": TensorProto.BOOL, "extents": I64, "size": I64}
model = make_model(NODES, [(name, KINDS.get(name, F32)) for name in OUTPUTS], WEIGHTS)
for flags in (["--ranks", 1], ["--strategy", "data", "--ranks", 2],
              ["--strategy", "data", "--ranks", 4],
              ["--strategy", "tensor", "--ranks", 2]):
    infer(model, flags)

# Trained: what hangs on nothing has no gradient, and what hangs beside it has.
W, V = (random.standard_normal((n, 3)).astype(np.float32) for n in (4, 3))
EMPTY = np.zeros((4, 0), np.float32)
Y = random.standard_normal((6, 3)).astype(np.float32)
model = make_model(
    [node("MatMul", "x w", "h"), node("Concat", "e h e", "h2", axis=1),
     node("MatMul", "x none", "nothing"), node("Mul", "nothing scale", "scaled"),
     node("Concat", "scaled h2", "h3", axis=1), node("MatMul", "e w0", "zeros"),
     node("Slice", "h3 zero zero one", "cut"), node("Concat", "h3 cut", "h4", axis=1),
     node("Add", "h4 zeros", "h5"), node("Tanh", "h5", "h6"), node("MatMul", "h6 v", "y")],
    ["y"], {"w": W, "v": V, "none": EMPTY, **WEIGHTS})
np.save(folder / "x.npy", X)
np.save(folder / "e.npy", NONE)
np.save(folder / "y.npy", Y)
onnx.save(model, folder / "t.onnx")
H = np.tanh(X @ W)
GRAD = (H @ V - Y) * 2 / Y.size
wanted = {"v": V - 0.5 * H.T @ GRAD, "w": W - 0.5 * X.T @ (GRAD @ V.T * (1 - H * H)),
          "none": EMPTY}
for flags in (["--ranks", 1], ["--strategy", "data", "--ranks", 2],
              ["--strategy", "zero", "--zero-stage", 3, "--ranks", 2],
              ["--strategy", "zero", "--ranks", 4],
              ["--strategy", "tensor", "--ranks", 2],
              ["--strategy", "data", "--accumulate", 3, "--ranks", 2],
              ["--strategy", "pipeline", "--microbatches", 3, "--ranks", 2]):
    call(dpc, "compile", folder / "t.onnx", "-o", folder / "t", "--batch", 6, "--loss",
         "mse", "--optimizer", "adam", *flags)
    call(dpc, "compile", folder / "t.onnx", "-o", folder / "t", "--batch", 6, "--loss",
         "mse", *flags)
    call(dpc, "verify", folder / "t.onnx", "--batch", 6, "--loss", "mse", *flags)
    call(dpc, "run", "-n", flags[-1], folder / "t", "--data", f"x={folder}/x.npy",
         "--data", f"e={folder}/e.npy", "--data", f"label={folder}/y.npy", "--lr", 0.5,
         "--steps", 1, "--no-shuffle", "--save-onnx", folder / "trained.onnx")
    trained = {t.name: numpy_helper.to_array(t)
               for t in onnx.load(folder / "trained.onnx").graph.initializer}
    for name, expected in wanted.items():
        assert trained[name].shape == expected.shape, (flags, name)
        assert np.allclose(trained[name], expected, rtol=1e-4, atol=1e-6), (flags, name)
