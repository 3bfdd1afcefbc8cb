"""Networks of full size, without their parameters: these are made where the programs run."""

import argparse
import os
import pathlib
import sys

import onnx
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))

from make_large_transformer import Exporter, LargeBuilder  # noqa: E402
from make_mlp import make_mlp  # noqa: E402


def make_wide(sizes, data):
    """A perceptron with ReLU on numbers."""
    graph, value, widths = LargeBuilder(data), "x", sizes["widths"]
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:]), 1):
        weight = graph.weight(f"fc{i}.weight", (outputs, inputs))
        bias = graph.weight(f"fc{i}.bias", (outputs,))
        last = i == len(widths) - 1
        value = graph.node("Gemm", [value, weight, bias], f"fc{i}", "logits" if last else None, transB=1)
        if not last:
            value = graph.node("Relu", [value], f"relu{i}")
    made = helper.make_model(
        helper.make_graph(
            graph.nodes, "mlp", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", widths[0]])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", widths[-1]])], graph.initializers),
        ir_version=8, producer_name="dpc-models", opset_imports=[helper.make_opsetid("", 17)])
    return made, graph.size


def write(sizes, path):
    """FILE.onnx of a network as programs.py has its sizes, and zeros beside it."""
    data = path.with_suffix(".data")
    if sizes["kind"] == "mlp" and sizes.get("bytes"):
        onnx.save(make_mlp(hidden=tuple(sizes["widths"][1:-1])), path)
        return
    if sizes["kind"] == "mlp":
        model, size = make_wide(sizes, data.name)
    else:
        options = argparse.Namespace(dropout=0.0, **{key: sizes[key] for key in (
            "kind", "layers", "hidden", "heads", "vocabulary", "sequence")})
        exporter = Exporter(options, data.name)
        model, size = exporter.run(), exporter.graph.size
    onnx.save(model, path)
    with open(data, "wb"):
        os.truncate(data, size)
