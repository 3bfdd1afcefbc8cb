#!/usr/bin/env python3
"""Writes a GPT or BERT of any size without PyTorch, to see how large models compile.

The graph is that of `make_transformer.py gpt --opset 17`, or `bert`, shape
arithmetic and all. The weights are zeros in a sparse file beside the model, so that a model of
gigabytes takes no room and a moment to write: good for compile, plan and verify,
not for training.
"""

import argparse
import os
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from builder import IR_VERSION, GraphBuilder

OPSET = 17
ALIGNMENT = 64


class LargeBuilder(GraphBuilder):
    """Weights are declared in the file `data`, one after the other."""

    def __init__(self, data):
        super().__init__(seed=0)
        self.data = data
        self.size = 0
        self.constants = 0

    def weight(self, name, shape):
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape,
                             data_location=TensorProto.EXTERNAL)
        length = 4 * int(np.prod(shape))
        for key, value in (("location", self.data), ("offset", self.size),
                           ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        self.size += -(-length // ALIGNMENT) * ALIGNMENT
        self.initializers.append(tensor)
        return name

    def integers(self, values):
        self.constants += 1
        return self.constant(f"constant_{self.constants}",
                             np.array(values, np.int64))

    def scalar(self, value):
        self.constants += 1
        return self.constant(f"constant_{self.constants}", np.float32(value))


class Exporter:
    """Appends the nodes that PyTorch would export, under its names."""

    def __init__(self, options, data):
        self.options = options
        self.graph = LargeBuilder(data)

    def linear(self, value, name, inputs, outputs):
        graph = self.graph
        weight = graph.weight(f"{name}.weight", (outputs, inputs))
        bias = graph.weight(f"{name}.bias", (outputs,))
        weight = graph.node("Transpose", [weight], f"/{name}/Transpose",
                            perm=[1, 0])
        value = graph.node("MatMul", [value, weight], f"/{name}/MatMul")
        return graph.node("Add", [bias, value], f"/{name}/Add")

    def norm(self, value, name):
        hidden = self.options.hidden
        return self.graph.node(
            "LayerNormalization",
            [value, self.graph.weight(f"{name}.weight", (hidden,)),
             self.graph.weight(f"{name}.bias", (hidden,))],
            f"/{name}/LayerNormalization", axis=-1, epsilon=1e-5)

    def dropout(self, value, name):
        graph = self.graph
        training = graph.constant(f"/{name}/training", np.array(True))
        return graph.node(
            "Dropout", [value, graph.scalar(self.options.dropout), training],
            f"/{name}/Dropout")

    def extent(self, value, axis, name):
        """A dimension's size as a vector of one element."""
        graph = self.graph
        shape = graph.node("Shape", [value], f"{name}/Shape")
        size = graph.node("Gather", [shape, graph.integers(axis)],
                          f"{name}/Gather", axis=0)
        return graph.node("Unsqueeze", [size, graph.integers([0])],
                          f"{name}/Unsqueeze")

    def reshape(self, value, like, extents, name):
        """To the first two extents of `like` and then `extents`."""
        graph = self.graph
        parts = [self.extent(like, axis, f"{name}/{axis}") for axis in (0, 1)]
        parts += [graph.integers([extent]) for extent in extents]
        shape = graph.node("Concat", parts, f"{name}/Concat", axis=0)
        return graph.node("Reshape", [value, shape], f"{name}/Reshape")

    def attention(self, value, name, mask):
        graph, options = self.graph, self.options
        hidden, heads = options.hidden, options.heads
        size = hidden // heads
        joined = self.linear(value, f"{name}.query_key_value", hidden,
                             3 * hidden)
        parts = [f"/{name}/Split_output_{i}" for i in range(3)]
        graph.nodes.append(helper.make_node(
            "Split", [joined, graph.integers([hidden] * 3)], parts,
            name=f"/{name}/Split", axis=2))
        views = []
        for part, permutation in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1],
                                             [0, 2, 1, 3])):
            view = self.reshape(part, part, (heads, size), part)
            views.append(graph.node("Transpose", [view], f"{part}/Transpose",
                                    perm=permutation))
        scores = graph.node("MatMul", views[:2], f"/{name}/MatMul")
        scores = graph.node("Div", [scores, graph.scalar(size ** 0.5)],
                            f"/{name}/Div")
        if options.kind == "gpt":
            scores = graph.node("Where", [mask, scores, graph.scalar(-1e9)],
                                f"/{name}/Where")
        else:
            scores = graph.node("Add", [scores, mask], f"/{name}/Add")
        scores = graph.node("Softmax", [scores], f"/{name}/Softmax", axis=-1)
        scores = self.dropout(scores, f"{name}/drop")
        context = graph.node("MatMul", [scores, views[2]], f"/{name}/MatMul_1")
        context = graph.node("Transpose", [context], f"/{name}/Transpose",
                             perm=[0, 2, 1, 3])
        context = self.reshape(context, value, (hidden,), f"/{name}/join")
        return self.linear(context, f"{name}.out", hidden, hidden)

    def gelu(self, value, name):
        graph = self.graph
        scaled = graph.node("Div", [value, graph.scalar(2 ** 0.5)],
                            f"/{name}/gelu/Div")
        erf = graph.node("Erf", [scaled], f"/{name}/gelu/Erf")
        erf = graph.node("Add", [erf, graph.scalar(1)], f"/{name}/gelu/Add")
        product = graph.node("Mul", [value, erf], f"/{name}/gelu/Mul")
        return graph.node("Mul", [product, graph.scalar(0.5)],
                          f"/{name}/gelu/Mul_1")

    def feed_forward(self, value, name):
        hidden = self.options.hidden
        up = self.linear(value, f"{name}.up", hidden, 4 * hidden)
        half = self.gelu(up, name)
        down = self.linear(half, f"{name}.down", 4 * hidden, hidden)
        return self.dropout(down, f"{name}/drop_1")

    def layer(self, value, name, mask):
        graph = self.graph
        if self.options.kind == "bert":
            branch = self.attention(value, f"{name}.attention", mask)
            value = graph.node("Add", [value, self.dropout(branch, f"{name}/drop")],
                               f"/{name}/Add")
            value = self.norm(value, f"{name}.norm1")
            branch = self.feed_forward(value, name)
            value = graph.node("Add", [value, branch], f"/{name}/Add_1")
            return self.norm(value, f"{name}.norm2")
        branch = self.attention(self.norm(value, f"{name}.norm1"),
                                f"{name}.attention", mask)
        value = graph.node("Add", [value, self.dropout(branch, f"{name}/drop")],
                           f"/{name}/Add")
        branch = self.feed_forward(self.norm(value, f"{name}.norm2"), name)
        return graph.node("Add", [value, branch], f"/{name}/Add_1")

    def triangle(self):
        """It is computed: as a buffer it would fill most of the file."""
        graph, length = self.graph, self.options.sequence
        ones = graph.node(
            "ConstantOfShape", [graph.integers([length, length])], "/mask/ones",
            value=numpy_helper.from_array(np.ones(1, np.float32)))
        triangle = graph.node("Trilu", [ones], "/mask/Trilu", upper=0)
        return graph.node("Cast", [triangle], "/mask/Cast", to=TensorProto.BOOL)

    def padding(self):
        """From the input `mask`, 1 for what is attended to, a term of the scores."""
        graph = self.graph
        mask = graph.node("Unsqueeze", ["mask", graph.integers([1, 2])],
                          "/mask/Unsqueeze")
        mask = graph.node("Cast", [mask], "/mask/Cast", to=TensorProto.FLOAT)
        mask = graph.node("Sub", [graph.scalar(1), mask], "/mask/Sub")
        return graph.node("Mul", [mask, graph.scalar(-10000)], "/mask/Mul")

    def head(self, value, table):
        graph, hidden = self.graph, self.options.hidden
        if self.options.kind == "bert":
            value = self.linear(value, "dense", hidden, hidden)
            value = self.norm(self.gelu(value, "head"), "head_norm")
        weight = graph.node("Transpose", [table], "/head/Transpose", perm=[1, 0])
        if self.options.kind == "gpt":
            return graph.node("MatMul", [value, weight], "/head/MatMul", "logits")
        value = graph.node("MatMul", [value, weight], "/head/MatMul")
        bias = graph.weight("decoder.bias", (self.options.vocabulary,))
        return graph.node("Add", [value, bias], "/head/Add", "logits")

    def run(self):
        graph, options = self.graph, self.options
        length = options.sequence
        table = graph.weight("embedding.tokens.weight",
                             (options.vocabulary, options.hidden))
        positions = graph.weight("embedding.positions.weight",
                                 (length, options.hidden))
        mask = self.triangle() if options.kind == "gpt" else self.padding()
        value = graph.node("Gather", [table, "tokens"],
                           "/embedding/tokens/Gather")
        indices = graph.node(
            "Range", [graph.integers(0), graph.integers(length),
                      graph.integers(1)], "/embedding/Range")
        place = graph.node("Gather", [positions, indices],
                           "/embedding/positions/Gather")
        value = graph.node("Add", [value, place], "/embedding/Add")
        if options.kind == "bert":
            value = self.norm(value, "norm")
        value = self.dropout(value, "embedding/drop")
        for i in range(options.layers):
            value = self.layer(value, f"layers.{i}", mask)
        if options.kind == "gpt":
            value = self.norm(value, "norm")
        self.head(value, table)
        inputs = ["tokens"] if options.kind == "gpt" else ["tokens", "mask"]
        return helper.make_model(
            helper.make_graph(
                graph.nodes, options.kind,
                [helper.make_tensor_value_info(name, TensorProto.INT64,
                                               ["batch", length])
                 for name in inputs],
                [helper.make_tensor_value_info(
                    "logits", TensorProto.FLOAT,
                    ["batch", length, options.vocabulary])],
                graph.initializers),
            ir_version=IR_VERSION, producer_name="dpc-models",
            opset_imports=[helper.make_opsetid("", OPSET)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=["gpt", "bert"], default="gpt",
                        help="(default: gpt)")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE.onnx",
                        default=pathlib.Path("gpt-large.onnx"),
                        help="file to write (default: gpt-large.onnx)")
    for name, default in (("layers", 24), ("hidden", 1024), ("heads", 16),
                          ("vocabulary", 50257), ("sequence", 1024)):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N",
                            help=f"(default: {default})")
    parser.add_argument("--dropout", type=float, default=0.1, metavar="P",
                        help="(default: 0.1)")
    options = parser.parse_args()
    if options.hidden % options.heads:
        parser.error(f"--hidden {options.hidden} is no multiple of --heads "
                     f"{options.heads}")
    data = options.out.with_suffix(".data")
    exporter = Exporter(options, data.name)
    onnx.save(exporter.run(), options.out)
    with open(data, "wb"):
        os.truncate(data, exporter.graph.size)
    print(f"{options.out}: {len(exporter.graph.nodes)} nodes, "
          f"{exporter.graph.size // 4:,} parameters, zeros in {data}")


if __name__ == "__main__":
    main()
