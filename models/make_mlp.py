#!/usr/bin/env python3
"""Makes mlp.onnx: an MLP 784-128-10 with ReLU for 28 x 28 images of digits.

The graph reads raw bytes: it casts and scales `image` itself, so that a
compiled program trains from the original files.
"""

import numpy as np
from onnx import TensorProto

from builder import GraphBuilder, parse_out, save


def make_mlp(hidden=(128,), activation="Relu"):
    graph = GraphBuilder(seed=0)

    def linear(name, value, inputs, outputs, result=None):
        weight = graph.weight(f"{name}.weight", (outputs, inputs), inputs)
        bias = graph.weight(f"{name}.bias", (outputs,), inputs)
        return graph.node("Gemm", [value, weight, bias], name, result, transB=1)

    value = graph.node("Cast", ["image"], "cast", to=TensorProto.FLOAT)
    scale = graph.constant("one_255th", np.array(1 / 255, np.float32))
    value = graph.node("Mul", [value, scale], "scale")
    value = graph.node("Flatten", [value], "flatten", axis=1)
    inputs = 784
    for i, outputs in enumerate(hidden, 1):
        value = linear(f"fc{i}", value, inputs, outputs)
        value = graph.node(activation, [value], f"{activation.lower()}{i}")
        inputs = outputs
    linear(f"fc{len(hidden) + 1}", value, inputs, 10, "logits")
    return graph.model(
        "mlp",
        [("image", TensorProto.UINT8, ["batch", 28, 28])],
        [("logits", TensorProto.FLOAT, ["batch", 10])])


def main():
    out = parse_out(__doc__.splitlines()[0])
    save(make_mlp(), out / "mlp.onnx")


if __name__ == "__main__":
    main()
