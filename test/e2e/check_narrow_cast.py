"""Casts of f64 to bf16 at ties of bf16 and right beside them, where a step by way
of f32 would round twice.

  check_narrow_cast.py make DIR
  check_narrow_cast.py check DIR
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

CASES = [
    [(1.00390625, 1.0), (1.0039062500001, 1.0078125), (1.0117187499999, 1.0078125)],
    [(-1.0039062500001, -1.0078125), (-1.0117187499999, -1.0078125), (3.0, 3.0)],
    [(np.nan, np.nan), (-np.inf, -np.inf), (1e39, np.inf)],
    [(-0.0, -0.0), (3.3961775292304e38, 2.0**127 * (2 - 2.0**-7)), (1e-41, 0.0)]]


def make(folder):
    nodes = [helper.make_node("Cast", ["x"], ["narrow"], to=TensorProto.BFLOAT16),
             helper.make_node("Cast", ["narrow"], ["y"], to=TensorProto.FLOAT)]
    graph = helper.make_graph(
        nodes, "narrow", [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                ir_version=8), f"{folder}/model.onnx")
    np.save(f"{folder}/x.npy", [[x for x, _ in row] for row in CASES])


def check(folder):
    right = np.array([[y for _, y in row] for row in CASES], np.float32)
    np.testing.assert_array_equal(np.load(f"{folder}/out/y.npy"), right)


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](sys.argv[2])
