"""Makes one attention whose projections have biases: make_attention.py FILE.onnx.

The gradient of the keys' bias is zero but for rounding: a softmax does not see
what is added to all scores of a row.
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models"))
from builder import GraphBuilder  # noqa: E402


def main():
    graph = GraphBuilder(seed=5)

    def linear(name, value, outputs):
        weight = graph.weight(f"{name}.weight", (8, outputs), 8)
        graph.initializers.append(onnx.numpy_helper.from_array(np.zeros(outputs, np.float32), f"{name}.bias"))
        value = graph.node("MatMul", [value, weight], f"{name}/product")
        return graph.node("Add", [value, f"{name}.bias"], name)

    query, key, value = (linear(name, "x", 8) for name in ("query", "key", "value"))
    turned = graph.node("Transpose", [key], "turned", perm=[0, 2, 1])
    scores = graph.node("Softmax", [graph.node("MatMul", [query, turned], "scores")], "shares", axis=-1)
    linear("y", graph.node("MatMul", [scores, value], "mixed"), 5)
    model = graph.model("attention", [("x", TensorProto.FLOAT, ["batch", 6, 8])],
                        [("y", TensorProto.FLOAT, ["batch", 6, 5])])
    onnx.save(model, sys.argv[1])


if __name__ == "__main__":
    main()
