"""Attention stays split by heads beside the pins of --shardings.

  check_pinned_heads.py DPC gpt.onnx FOLDER
"""

import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WEIGHT = "layers.0.attention.query_key_value.weight"
TENSOR = ["--loss", "softmax-cross-entropy", "--strategy", "tensor", "--mesh", "tensor=2"]


def make_attention(path):
    """As nn.MultiheadAttention is exported: of [T, N, 12], N and 3 heads of 4 in one."""
    rng = np.random.default_rng(1)
    weights = {"in.weight": (12, 12), "in.bias": (12,), "out.weight": (12, 5), "out.bias": (5,)}
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], "turn", perm=[1, 0, 2]),
        helper.make_node("MatMul", ["t", "in.weight"], ["m"], "in"),
        helper.make_node("Add", ["m", "in.bias"], ["a"], "in_add"),
        helper.make_node("Reshape", ["a", "heads"], ["h"], "to_heads"),
        helper.make_node("Transpose", ["h"], ["q"], "query", perm=[1, 0, 2]),
        helper.make_node("Transpose", ["h"], ["k"], "key", perm=[1, 2, 0]),
        helper.make_node("MatMul", ["q", "k"], ["s"], "scores"),
        helper.make_node("Softmax", ["s"], ["p"], "softmax", axis=-1),
        helper.make_node("MatMul", ["p", "q"], ["c"], "context"),
        helper.make_node("Transpose", ["c"], ["b"], "back", perm=[1, 0, 2]),
        helper.make_node("Reshape", ["b", "merged"], ["f"], "to_features"),
        helper.make_node("MatMul", ["f", "out.weight"], ["o"], "out"),
        helper.make_node("Add", ["o", "out.bias"], ["y"], "out_add"),
        helper.make_node("ReduceMean", ["y"], ["z"], "mean", axes=[0], keepdims=0),
    ]
    constants = [numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)
                 for name, shape in weights.items()]
    constants.append(numpy_helper.from_array(np.array([7, -1, 4]), "heads"))
    constants.append(numpy_helper.from_array(np.array([7, -1, 12]), "merged"))
    graph = helper.make_graph(
        nodes, "attention", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 7, 12])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 5])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def main():
    dpc, gpt, folder = sys.argv[1:]
    pins = os.path.join(folder, "pins")

    def write(text):
        with open(pins, "w") as file:
            file.write(text)

    # One vector, or all of them, say nothing of the matrix; it itself does.
    for text, shape in [("layers.0.norm1.bias = [-]", [3, 3, 4, 20]), ("* = [-]", [3, 3, 4, 20]),
                        (WEIGHT + " = [tensor, -]", [30, 20])]:
        write(text)
        plan = json.loads(run(dpc, "plan", "--json", gpt, *TENSOR, "--batch", "4",
                              "--shardings", pins))
        lies = next(p["shape"] for p in plan["parameters"] if p["name"] == WEIGHT)
        assert lies == shape, (text, lies)

    # Batch and heads that the model merges are still told apart.
    attention = os.path.join(folder, "attention.onnx")
    make_attention(attention)
    write("out.bias = [-]")
    run(dpc, "verify", attention, *TENSOR, "--accumulate", "2", "--batch", "12", "--quiet",
        "--shardings", pins)


if __name__ == "__main__":
    main()
