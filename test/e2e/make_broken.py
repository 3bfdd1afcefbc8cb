"""Writes one good model and its broken variants into a folder."""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def model(nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()


def value(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def main():
    folder = sys.argv[1]

    def write(name, data):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)

    weight = numpy_helper.from_array(np.arange(15, dtype=np.float32).reshape(5, 3) / 10, "w")
    x, y = value("x", ["batch", 5]), value("y", ["batch", 3])
    good = model([helper.make_node("MatMul", ["x", "w"], ["y"], name="fc")], [x], [y], [weight])
    write("good.onnx", good)
    write("empty.onnx", b"")
    write("truncated.onnx", good[: len(good) * 2 // 3])
    write("text.onnx", b"this is not a model\n" * 20)
    write(
        "unsupported.onnx",
        model(
            [
                helper.make_node("NoSuchOp", ["x"], ["a"], name="first"),
                helper.make_node("MatMul", ["a", "w"], ["b"], name="fc"),
                helper.make_node("AlsoMissing", ["b"], ["y"], name="second"),
            ],
            [x],
            [y],
            [weight],
        ),
    )
    write(
        "cycle.onnx",
        model(
            [
                helper.make_node("Add", ["x", "b"], ["a"], name="one"),
                helper.make_node("Relu", ["a"], ["b"], name="two"),
                helper.make_node("MatMul", ["b", "w"], ["y"], name="fc"),
            ],
            [x],
            [y],
            [weight],
        ),
    )
    write(
        "wrong-dtype.onnx",
        model(
            [helper.make_node("Add", ["x", "i"], ["y"], name="add")],
            [x, value("i", ["batch", 5], TensorProto.INT64)],
            [value("y", ["batch", 5])],
        ),
    )
    write(
        "no-parameters.onnx",
        model([helper.make_node("Relu", ["x"], ["y"], name="relu")], [x], [value("y", ["batch", 5])]),
    )


if __name__ == "__main__":
    main()
