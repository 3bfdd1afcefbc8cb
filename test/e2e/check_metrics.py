"""Makes a model with class weights and an ignored label, with data that do not
fill the last batch, and checks what an evaluation says of them."""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IGNORED = -1
CLASS_WEIGHTS = np.array([0.25, 3, 0.5, 0], np.float32)


def make(folder):
    rng = np.random.default_rng(5)
    weight = rng.normal(size=(3, 4)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["scores"]),
            helper.make_node(
                "SoftmaxCrossEntropyLoss", ["scores", "label", "weights"], ["loss"], ignore_index=IGNORED
            ),
        ],
        "graph",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3]),
            helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("loss", TensorProto.FLOAT, [])],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(CLASS_WEIGHTS, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "weighted.onnx")
    np.save(folder / "w.npy", weight)
    np.save(folder / "x.npy", rng.normal(size=(13, 3)).astype(np.float32))
    label = rng.integers(0, 4, 13)
    label[[2, 11]] = IGNORED
    np.save(folder / "label.npy", label)


def check(folder, metrics):
    x, w, label = (np.load(folder / f"{name}.npy") for name in ("x", "w", "label"))
    scores = x.astype(np.float64) @ w
    counts = label != IGNORED
    weights = np.where(counts, CLASS_WEIGHTS[label], 0)
    losses = np.log(np.exp(scores).sum(-1)) - scores[np.arange(len(label)), label]
    lines = [json.loads(line) for line in open(metrics)]
    (found,) = [line for line in lines if "eval_loss" in line]
    right = (scores.argmax(-1) == label)[counts].sum() / counts.sum()
    assert abs(found["eval_accuracy"] - right) < 1e-6, (found, right)
    assert abs(found["eval_loss"] - (losses * weights).sum() / weights.sum()) < 1e-5, found


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
else:
    check(pathlib.Path(sys.argv[2]), sys.argv[3])
