"""Makes an MLP of many layers: make_layers.py FILE.onnx [--layers 10 --width 256 ...]."""

import argparse

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def make_layers(path, layers=10, width=256, rows=8, dropout=0.0, out=None, seed=0):
    """Gemm, Relu and, if asked for, Dropout; the last layer is a Gemm alone."""
    random = numpy.random.default_rng(seed)
    nodes, weights, value = [], [], "x"
    for i in range(layers):
        is_last = i + 1 == layers
        outputs = out if is_last and out else width
        weight = random.standard_normal((outputs, width)) * numpy.sqrt(2 / width)
        weights += [numpy_helper.from_array(weight.astype("f4"), f"w{i}"),
                    numpy_helper.from_array(numpy.zeros(outputs, "f4"), f"b{i}")]
        nodes.append(helper.make_node("Gemm", [value, f"w{i}", f"b{i}"], [f"h{i}"], f"fc{i}", transB=1))
        value = f"h{i}"
        if is_last:
            break
        nodes.append(helper.make_node("Relu", [value], [f"r{i}"], f"relu{i}"))
        value = f"r{i}"
        if dropout:
            nodes.append(helper.make_node("Dropout", [value, "ratio", "training"], [f"d{i}"], f"dropout{i}"))
            value = f"d{i}"
    if dropout:
        weights += [numpy_helper.from_array(numpy.array(dropout, "f4"), "ratio"),
                    numpy_helper.from_array(numpy.array(True), "training")]
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, size])
              for name, size in (("x", width), (value, out or width))]
    graph = helper.make_graph(nodes, "deep", shapes[:1], shapes[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


def make_data(path, width, rows, classes, seed=1):
    """Rows and labels that can be learnt."""
    random = numpy.random.default_rng(seed)
    x = random.standard_normal((rows, width)).astype("f4")
    label = (x @ random.standard_normal((width, classes))).argmax(1)
    numpy.save(f"{path}-x.npy", x)
    numpy.save(f"{path}-label.npy", label.astype("i8"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    for name, value in (("layers", 10), ("width", 256), ("rows", 8), ("out", 0), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--data", metavar="PREFIX", help="also write PREFIX-x.npy and PREFIX-label.npy")
    options = vars(parser.parse_args())
    data = options.pop("data")
    make_layers(**options)
    if data:
        make_data(data, options["width"], 8 * options["rows"], options["out"] or options["width"])


if __name__ == "__main__":
    main()
