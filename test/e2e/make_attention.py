"""Makes one attention whose projections have biases:

  make_attention.py FILE.onnx [--fused|--grouped]

The gradient of the keys' bias is zero but for rounding: a softmax does not see
what is added to all scores of a row. With --fused, queries, keys and values are
one projection, and that is true of a third of its bias. With --grouped, 4 heads of queries share 2
of keys and values, and an MLP works side by side with the attention.
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models"))
from builder import GraphBuilder  # noqa: E402


class Attention(GraphBuilder):
    def linear(self, name, value, inputs, outputs):
        weight = self.weight(f"{name}.weight", (inputs, outputs), inputs)
        self.initializers.append(numpy_helper.from_array(np.zeros(outputs, np.float32), f"{name}.bias"))
        value = self.node("MatMul", [value, weight], f"{name}/product")
        return self.node("Add", [value, f"{name}.bias"], name)

    def attend(self, query, key, value):
        """The last two dimensions are positions and features."""
        rank = 3 if query == "query" else 4
        turned = self.node("Transpose", [key], "turned", perm=[*range(rank - 2), rank - 1, rank - 2])
        scores = self.node("MatMul", [query, turned], "scores")
        return self.node("MatMul", [self.node("Softmax", [scores], "shares", axis=-1), value], "mixed")

    def reshape(self, value, name, shape):
        shape = self.constant(f"{name}/shape", np.array(shape, np.int64))
        return self.node("Reshape", [value, shape], name)

    def split_heads(self, value, heads, share):
        name = f"{value}/heads"
        value = self.reshape(value, f"{name}/split", [0, 6, heads, 1, 8])
        repeats = self.constant(f"{name}/repeats", np.array([1, 1, 1, share, 1], np.int64))
        value = self.node("Expand", [value, repeats], f"{name}/expand")
        value = self.reshape(value, f"{name}/merge", [0, 6, heads * share, 8])
        return self.node("Transpose", [value], name, perm=[0, 2, 1, 3])


def make_plain(graph):
    query, key, value = (graph.linear(name, "x", 8, 8) for name in ("query", "key", "value"))
    graph.linear("y", graph.attend(query, key, value), 8, 5)


def make_fused(graph):
    graph.linear("qkv", "x", 8, 24)
    graph.nodes.append(
        helper.make_node("Split", ["qkv"], ["query", "key", "value"], name="qkv/split", axis=-1))
    graph.linear("y", graph.attend("query", "key", "value"), 8, 5)


def make_grouped(graph):
    x = graph.linear("embed", "x", 8, 32)
    query = graph.split_heads(graph.linear("query", x, 32, 32), 4, 1)
    key, value = (graph.split_heads(graph.linear(name, x, 32, 16), 2, 2) for name in ("key", "value"))
    mixed = graph.node("Transpose", [graph.attend(query, key, value)], "mixed/turned", perm=[0, 2, 1, 3])
    out = graph.linear("out", graph.reshape(mixed, "mixed/merge", [0, 6, 32]), 32, 32)
    hidden = graph.node("Relu", [graph.linear("up", x, 32, 64)], "relu")
    down = graph.linear("down", hidden, 64, 32)
    x = graph.node("Add", [graph.node("Add", [x, out], "first"), down], "second")
    graph.linear("y", x, 32, 5)


def main():
    graph = Attention(seed=5)
    kinds = {"--fused": make_fused, "--grouped": make_grouped}
    next((kinds[flag] for flag in sys.argv if flag in kinds), make_plain)(graph)
    model = graph.model("attention", [("x", TensorProto.FLOAT, ["batch", 6, 8])],
                        [("y", TensorProto.FLOAT, ["batch", 6, 5])])
    onnx.save(model, sys.argv[1])


if __name__ == "__main__":
    main()
