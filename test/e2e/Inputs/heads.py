"""A model of several outputs, for losses of each."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FEATURES, HIDDEN = 6, 8
HEADS = {"logits": 5, "pair": 2, "flag": 1, "value": 3, "a": 4, "b": 4}
draw = np.random.default_rng(4)
weights = {"w": draw.standard_normal((FEATURES, HIDDEN)) * 0.7}
weights |= {f"w_{name}": draw.standard_normal((HIDDEN, size)) for name, size in HEADS.items()}
# Partners that are alike, but not always the most alike.
weights["w_b"] = weights["w_a"] + 2 * weights["w_b"]
# The last class is never ahead of both of the first.
weights["w_logits"][:, 4] = weights["w_logits"][:, :2].mean(1)
weights = {name: value.astype(np.float32) for name, value in weights.items()}


def split_heads(path):
    """Constraints that split every head's classes or values over "tensor"."""
    path.write_text("w_* = [-, tensor]\n")
    return ["--mesh", "tensor=2", "--shardings", path]


def save(path):
    """Every head is a layer on the same hidden one; "rows" and "number" are losses."""
    node = helper.make_node
    nodes = [node("MatMul", ["x", "w"], ["z"], "hidden"), node("Tanh", ["z"], ["h"], "tanh")]
    for name in HEADS:
        nodes.append(node("MatMul", ["h", f"w_{name}"], [name], name))
    nodes += [node("Sub", ["value", "target"], ["error"], "error"),
              node("Mul", ["error", "error"], ["square"], "square"),
              node("ReduceMean", ["square"], ["rows"], "rows", axes=[1], keepdims=0),
              node("ReduceMean", ["square"], ["number"], "number", keepdims=0)]
    shapes = {name: ["batch", size] for name, size in HEADS.items()}
    shapes |= {"rows": ["batch"], "number": []}
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "heads",
        [info("x", TensorProto.FLOAT, ["batch", FEATURES]),
         info("target", TensorProto.FLOAT, ["batch", HEADS["value"]])],
        [info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [numpy_helper.from_array(value, name) for name, value in weights.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
              path)
