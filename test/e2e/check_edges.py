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
    "leaky_relu": ([0, -0.0, 1, -2], [0, 0, 1, -0.2], [0.1, 0.1, 1, 0.1]),
    "elu": ([0, 1000, -1000, -3e38], [0, 1000, -2, -2], [2, 1, 0, 0]),
    "selu": ([0, 100, -1000], [0, 105.0701, -1.7580993], [1.7580993, 1.050701, 0]),
    "celu": ([0, 1000, -1000], [0, 1000, -2], [1, 1, 0]),
    "prelu": ([0, -1, 3], [0, -0.25, 3], [0.25, 0.25, 1]),
    "prelu_slope": ([0.5, 0.5, 0.5], [0, 2, -1], [0, 0, -2]),
    "hard_sigmoid": ([-3, 3, 0, 3e38, -3e38], [0, 1, 0.5, 1, 0], [0, 0, 1 / 6, 0, 0]),
    "hard_swish": ([-3, 3, 0, 1000, -3e38], [0, 3, 0, 1000, 0], [0, 1, 0.5, 1, 0]),
    "mish": ([1000, -1000], [1000, 0], [1, 0]),
    "swish": ([1000, -1000, 0], [1000, 0, 0], [1, 0, 0.5]),
    "thresholded_relu": ([1, 2, -3e38], [0, 2, 0], [0, 1, 0]),
    "softsign": ([0, 1e30, -1e30], [0, 1, -1], [1, 0, 0]),
    "shrink": ([1, -1, 2, -2, 0], [0, 0, 1, -1, 0], [0, 0, 1, 1, 0]),
    "hardmax": ([1, 3, 3], [0, 1, 0], [0, 0, 0]),
    "unit_length": ([0, 0, 0], [0, 0, 0], [0, 0, 0]),
    "mean_variance": ([1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]),
    "product": ([0, 2, 3], [0], [6, 0, 0]),
    "product_of_five": ([1, 2, 0, 4, 5], [0], [0, 0, 40, 0, 0]),
    "product_of_zeros": ([0, 0, 3], [0], [0, 0, 0]),
    "length": ([0, 0], [0], [0, 0]),
    "length_of_some": ([3, 4], [5], [0.6, 0.8]),
    "distance": ([0, -2, 3], [5], [0, -1, 1]),
    "log_sum_exp": ([1000, 1000, -1000], [1000 + np.log(2)], [0.5, 0.5, 0]),
    "top_k": ([1, 3, 3, 2], [3, 3], [0, 1, 1, 0]),
    "top_one": ([1, 3, 3, 2, 0, 0, 0, 0, 0, 0], [3], [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    "sign": ([0, 2, -3], [0, 1, -1], [0, 0, 0]),
    "round": ([0.5, 1.5, -0.7], [0, 2, -1], [0, 0, 0]),
    "asin": ([1, -1, 0], [np.pi / 2, -np.pi / 2, 0], [INF, INF, 1]),
    "acos": ([1, -1, 0], [0, -np.pi, -np.pi / 2], [INF, INF, 1]),
    "acosh": ([1], [0], [INF]),
    "remainder": ([5.5, -5.5], [1.5, -1.5], [1, 1]),
    "running_sum": ([1, 2, 3], [1, 3, 6], [3, 2, 1]),
    "looked_up": ([1, 2], [1, 1, 2], [2, 1]),
    "greater_update": ([1, 2, 3], [1, 2, 3], [1, 0.5, 1]),
    "replaced": ([1, 2, 3], [1, 7, 3], [1, 0, 1]),
    "reflected": ([1, 2, 3], [2, 1, 2, 3, 2], [1, 3, 1]),
    "tiled": ([1, 2], [1, 2, 1, 2], [2, 2]),
    "singular": ([1, 2, 0, 2, 4, 0, 3, 5, 6], [0], [24, -12, -2, -12, 6, 1, 0, 0, 0]),
    "zero_matrix": ([0, 0, 0, 0], [0], [0, 0, 0, 0]),
    "frequencies": (
        [1, 2, 3], [6, 0, -1.5, 0.5 * np.sqrt(3), -1.5, -0.5 * np.sqrt(3)], [3, 0, 0]
    ),
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

    def rows(value, dtype=np.float32):
        return constant(np.tile(np.array(value, dtype), (ROWS, 1)), dtype)

    def top_k(p, count):
        name = f"v{len(nodes)}"
        nodes.append(helper.make_node("TopK", [p, constant([count], np.int64)], [name, name + "_at"]))
        return name

    def determinant(p, order):
        matrices = op("Reshape", p, constant([-1, order, order], np.int64))
        return op("Unsqueeze", op("Det", matrices), constant([1], np.int64))

    zero = constant(0)
    makers = {
        "relu": lambda p: op("Relu", p),
        "abs": lambda p: op("Abs", p),
        "sqrt": lambda p: op("Sqrt", p),
        "max": lambda p: op("Max", p, constant(1)),
        "min": lambda p: op("Min", constant(1), p),
        "reduce_max": lambda p: op("ReduceMax", p, constant([1], np.int64)),
        "reduce_min": lambda p: op("ReduceMin", p, constant([1], np.int64)),
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
        "leaky_relu": lambda p: op("LeakyRelu", p, alpha=0.1),
        "elu": lambda p: op("Elu", p, alpha=2.0),
        "selu": lambda p: op("Selu", p),
        "celu": lambda p: op("Celu", p, alpha=2.0),
        "prelu": lambda p: op("PRelu", p, constant([0.25])),
        "prelu_slope": lambda p: op("PRelu", op("Mul", "x", constant([0, 2, -2])), p),
        "hard_sigmoid": lambda p: op("HardSigmoid", p, alpha=1 / 6),
        "hard_swish": lambda p: op("HardSwish", p),
        "mish": lambda p: op("Mish", p),
        "swish": lambda p: op("Swish", p),
        "thresholded_relu": lambda p: op("ThresholdedRelu", p),
        "softsign": lambda p: op("Softsign", p),
        "shrink": lambda p: op("Shrink", p, bias=1.0, lambd=1.0),
        "hardmax": lambda p: op("Hardmax", p),
        "unit_length": lambda p: op("LpNormalization", p),
        "mean_variance": lambda p: op("MeanVarianceNormalization", p, axes=[1]),
        "product": lambda p: op("ReduceProd", p, constant([1], np.int64)),
        "product_of_five": lambda p: op("ReduceProd", p, constant([1], np.int64)),
        "product_of_zeros": lambda p: op("ReduceProd", p, constant([1], np.int64)),
        "length": lambda p: op("ReduceL2", p, constant([1], np.int64)),
        "length_of_some": lambda p: op("ReduceL2", p, constant([1], np.int64)),
        "distance": lambda p: op("ReduceL1", p, constant([1], np.int64)),
        "log_sum_exp": lambda p: op("ReduceLogSumExp", p, constant([1], np.int64)),
        "top_k": lambda p: top_k(p, 2),
        "top_one": lambda p: top_k(p, 1),
        "sign": lambda p: op("Sign", p),
        "round": lambda p: op("Round", p),
        "asin": lambda p: op("Asin", p),
        "acos": lambda p: op("Neg", op("Acos", p)),
        "acosh": lambda p: op("Acosh", p),
        "remainder": lambda p: op("Mod", p, constant([2]), fmod=1),
        "running_sum": lambda p: op("CumSum", p, constant(1, np.int64)),
        "looked_up": lambda p: op("GatherElements", p, rows([0, 0, -1], np.int64), axis=1),
        "greater_update": lambda p: op(
            "ScatterElements", p, rows([1, 1], np.int64), rows([2, 0]), axis=1, reduction="max"
        ),
        "replaced": lambda p: op("ScatterElements", p, rows([1], np.int64), rows([7]), axis=1),
        "reflected": lambda p: op("Pad", p, constant([0, 1, 0, 1], np.int64), mode="reflect"),
        "tiled": lambda p: op("Tile", p, constant([1, 2], np.int64)),
        "singular": lambda p: determinant(p, 3),
        "zero_matrix": lambda p: determinant(p, 2),
        "frequencies": lambda p: op(
            "Flatten", op("DFT", op("Unsqueeze", p, constant([2], np.int64)))
        ),
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
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)], ir_version=10)


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
