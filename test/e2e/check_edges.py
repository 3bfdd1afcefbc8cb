"""A model of many small parts, each a function of its own parameter at points
where the derivative is a matter of convention or of limits. The labels are such
that every output's gradient is 1; a step of SGD subtracts the derivative."""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROWS = 4
INF = np.inf
# Points, values, derivatives; `p` is the parameter, repeated for every row.
PARTS = {
    "relu": ([0, -0.0, 1, -1], [0, 0, 1, 0], [0, 0, 1, 0]),
    "abs": ([0, -0.0, 1, -1], [0, 0, 1, 1], [0, 0, 1, -1]),
    "sqrt": ([0, 4], [0, 2], [INF, 0.25]),
    "max": ([1, 0, 2], [1, 1, 2], [0.5, 0, 1]),
    "min": ([1, 0, 2], [1, 0, 1], [0.5, 1, 0]),
    "reduce_max": ([3, 3, 1, 3], [3], [1 / 3, 1 / 3, 0, 1 / 3]),
    "reduce_min": ([3, 3, 4, 5], [3], [0.5, 0.5, 0, 0]),
    "clip": ([-1, 1, 2, -2, 0], [-1, 1, 1, -1, 0], [1, 1, 0, 0, 1]),
    "pow_base": ([0, 0, 0, -2, 0.25, -1.5], [1, 0, 0, -8, 0.5, 1], [0, 1, 0, 12, 1, 0]),
    "pow_exponent": ([2, 0.5, 2, 0, 3], [0, 0, 4, 1, -8], [0, 0, 4 * np.log(2), 0, 0]),
    "tanh": ([1000, -1000], [1, -1], [0, 0]),
    "sigmoid": ([1000, -1000], [1, 0], [0, 0]),
    "softplus": ([1000, -1000], [1000, 0], [1, 0]),
    "erf": ([1e20, -1e20], [1, -1], [0, 0]),
    "flat": ([1e20, -1e20], [1, -1], [0, 0]),
    "entropy": ([0, -1, 1, -0.0], [0, 0, 0, 0], [0, 0, 1, 0]),
    "clipped_log": ([0, 1], [-100, 0], [0, 1]),
    "other_branch": ([0, 79], [0, 79], [1, 1]),
    "masked_softmax": ([1, 5, 1], [0.5, 0, 0.5], [0, 0, 0]),
    "norm": ([1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]),
}


def build():
    nodes, constants, outputs = [], {}, []

    def constant(value, dtype=np.float32):
        name = f"c{len(constants)}"
        constants[name] = np.asarray(value, dtype)
        nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(constants[name])))
        return name

    def op(kind, *inputs, output=None, **attrs):
        output = output or f"v{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [output], **attrs))
        return output

    zero = constant(0)
    makers = {
        "relu": lambda p: op("Relu", p),
        "abs": lambda p: op("Abs", p),
        "sqrt": lambda p: op("Sqrt", p),
        "max": lambda p: op("Max", p, constant(1)),
        "min": lambda p: op("Min", constant(1), p),
        "reduce_max": lambda p: op("ReduceMax", p, axes=[1]),
        "reduce_min": lambda p: op("ReduceMin", p, axes=[1]),
        "clip": lambda p: op("Clip", p, constant(-1), constant(1)),
        "pow_base": lambda p: op("Pow", p, constant([0, 1, 2, 3, 0.5, 0])),
        "pow_exponent": lambda p: op("Pow", constant([0, 0, 2, 1, -2]), p),
        "tanh": lambda p: op("Tanh", p),
        "sigmoid": lambda p: op("Sigmoid", p),
        "softplus": lambda p: op("Softplus", p),
        "erf": lambda p: op("Erf", p),
        "flat": lambda p: op("Tanh", op("Mul", op("Mul", p, p), p)),
        "entropy": lambda p: op("Where", op("Greater", p, zero), op("Mul", p, op("Log", p)), zero),
        "clipped_log": lambda p: op("Max", op("Log", p), constant(-100)),
        "other_branch": lambda p: op(
            "Where", op("Less", p, constant(80)), p, op("Mul", op("Exp", p), op("Exp", p))
        ),
        "masked_softmax": lambda p: op(
            "Softmax", op("Where", constant([True, False, True], bool), p, constant(-INF))
        ),
        "norm": lambda p: op("LayerNormalization", p, constant([1, 1, 1, 1])),
    }
    for name, (points, _, _) in PARTS.items():
        outputs.append(makers[name](op("Mul", "x", op("Unsqueeze", name, constant([0], np.int64)))))
    op("Concat", *outputs, output="y", axis=1)
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.array(points, np.float32), name) for name, (points, _, _) in PARTS.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def make(folder):
    onnx.save(build(), folder / "edges.onnx")
    values = np.concatenate([np.array(values, np.float32) for _, values, _ in PARTS.values()])
    # The mean of ROWS * width squares: each row's share of the gradient is 1.
    label = values - ROWS * len(values) / 2
    np.save(folder / "x.npy", np.ones((ROWS, 1), np.float32))
    np.save(folder / "label.npy", np.tile(label, (ROWS, 1)).astype(np.float32))


def check(path):
    trained = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    for name, (points, _, derivatives) in PARTS.items():
        # The rate is 1 / ROWS, the gradient the sum of the rows' derivatives.
        wanted = np.array(points, np.float32) - np.array(derivatives, np.float32)
        assert np.allclose(trained[name], wanted, 1e-5, 1e-5), (name, trained[name], wanted)


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
else:
    check(sys.argv[2])
