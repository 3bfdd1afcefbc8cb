"""Trains z = x W, log p = LogSoftmax(z) or Log(Softmax(z)), and their loss with dpc and
with numpy.

  check_nll.py DPC OUT
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROWS, FEATURES, CLASSES, STEPS, RATE = 12, 5, 4, 3, 0.3
draw = np.random.default_rng(2)
X = draw.standard_normal((ROWS, FEATURES)).astype(np.float32)
W = draw.standard_normal((FEATURES, CLASSES)).astype(np.float32)
LABELS = draw.integers(0, CLASSES, ROWS)
LABELS[[1, 7]] = 2
WEIGHTS = np.array([0.5, 2.0, 1.5, 1.0], np.float32)


def save(path, ending, reduction, weighted, ignored):
    node = helper.make_node
    nodes = [node("MatMul", ["x", "w"], ["z"])]
    if ending == "LogSoftmax":
        nodes.append(node("LogSoftmax", ["z"], ["p"], axis=1))
    else:
        nodes += [node("Softmax", ["z"], ["s"], axis=1), node("Log", ["s"], ["p"])]
    attributes = {"reduction": reduction, **({} if ignored is None else {"ignore_index": ignored})}
    nodes.append(node("NegativeLogLikelihoodLoss", ["p", "t"] + ["k"] * weighted, ["loss"],
                      **attributes))
    weights = [numpy_helper.from_array(W, "w")]
    if weighted:
        weights.append(numpy_helper.from_array(WEIGHTS, "k"))
    graph = helper.make_graph(
        nodes, "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", FEATURES]),
         helper.make_tensor_value_info("t", TensorProto.INT64, ["batch"])],
        [helper.make_tensor_value_info("loss", TensorProto.FLOAT, [])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
              path)


def loss_and_gradient(w, rows, reduction, weighted, ignored):
    x, labels = X[rows].astype(np.float64), LABELS[rows]
    z = x @ w
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    count = np.ones(len(labels)) if ignored is None else (labels != ignored).astype(float)
    count *= WEIGHTS[labels] if weighted else 1
    total = count.sum() if reduction == "mean" else 1
    loss = -(np.log(p[np.arange(len(labels)), labels]) * count).sum() / total
    p[np.arange(len(labels)), labels] -= 1
    return loss, x.T @ (p * count[:, None]) / total


def check(dpc, folder, case):
    folder.mkdir()
    ending, reduction, weighted, ignored = case
    save(folder / "model.onnx", *case)
    np.save(folder / "x.npy", X)
    np.save(folder / "t.npy", LABELS)
    program = folder / "program"
    subprocess.run([dpc, "compile", folder / "model.onnx", "-o", program, "--batch", "4"], check=True)
    subprocess.run(
        [program, "--data", f"x={folder}/x.npy", "--data", f"t={folder}/t.npy",
         "--eval-data", f"x={folder}/x.npy", "--eval-data", f"t={folder}/t.npy",
         "--lr", str(RATE), "--epochs", "1", "--no-shuffle", "--metrics", folder / "metrics.jsonl",
         "--quiet"], check=True)
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    w = W.astype(np.float64)
    for step in range(STEPS):
        loss, gradient = loss_and_gradient(w, slice(4 * step, 4 * step + 4), *case[1:])
        assert abs(lines[step]["loss"] - loss) < 1e-5 * max(1, loss), (case, step, lines[step], loss)
        w -= RATE * gradient
    # An evaluation is a mean over all rows.
    loss, _ = loss_and_gradient(w, slice(None), "mean", *case[2:])
    assert abs(lines[-1]["eval_loss"] - loss) < 1e-5, (case, lines[-1], loss)


dpc, out = sys.argv[1:]
CASES = (("LogSoftmax", "mean", False, 2), ("Log", "mean", True, 2), ("Log", "sum", False, None),
         ("LogSoftmax", "sum", True, None))
for number, case in enumerate(CASES):
    check(dpc, pathlib.Path(out) / str(number), case)
