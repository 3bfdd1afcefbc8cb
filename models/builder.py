"""What the scripts that make the example models share."""

import argparse
import pathlib
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

IR_VERSION = 8
OPSET = 17
DEFAULT_OUT = pathlib.Path(__file__).resolve().parent / "out"


class GraphBuilder:
    """Collects the nodes and the weights of a model, in order."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes = []
        self.initializers = []

    def node(self, op_type, inputs, name, output=None, **attributes):
        """Appends a node; its output is called `output`, or like the node."""
        result = output or name
        self.nodes.append(
            helper.make_node(op_type, inputs, [result], name=name, **attributes))
        return result

    def constant(self, name, array):
        return self.node("Constant", [], name,
                         value=numpy_helper.from_array(array, name))

    def weight(self, name, shape, fan_in):
        """A parameter drawn from uniform(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
        bound = 1.0 / np.sqrt(fan_in)
        array = self.rng.uniform(-bound, bound, shape).astype(np.float32)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def model(self, name, inputs, outputs):
        """The checked model; inputs and outputs are (name, type, shape)."""
        graph = helper.make_graph(
            self.nodes, name,
            [helper.make_tensor_value_info(*value) for value in inputs],
            [helper.make_tensor_value_info(*value) for value in outputs],
            self.initializers)
        model = helper.make_model(
            graph, ir_version=IR_VERSION, producer_name="dpc-models",
            opset_imports=[helper.make_opsetid("", OPSET)])
        onnx.checker.check_model(model, full_check=True)
        return model


def parse_out(description):
    """The folder that the command line's --out names, made if need be."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", metavar="DIR", type=pathlib.Path,
                        default=DEFAULT_OUT,
                        help="folder to write to (default: models/out)")
    out = parser.parse_args().out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"error: {out}: {error.strerror}")
    return out


def save(model, path):
    onnx.save(model, path)
    count = sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer)
    print(f"{path}: {len(model.graph.node)} nodes, {count:,} parameters")
