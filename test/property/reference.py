"""What is right: ONNX's reference evaluator, node by node and in f64.

A value is held "wide": its floats as f64, everything else as it is. A node is
evaluated on wide operands, and rounded only where its type is narrower than
f32; nodes whose meaning depends on the type itself see the real one. So the
reference has no rounding errors of its own where dpc may differ by some, and
gradients can be taken by differences.
"""

import math

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

TYPES = {
    "float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16,
    "bool": TensorProto.BOOL,
    "int8": TensorProto.INT8, "int16": TensorProto.INT16,
    "int32": TensorProto.INT32, "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8, "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32, "uint64": TensorProto.UINT64}
NARROW = ("float16", "bfloat16")
# Relative rounding errors; f32 with some room for the functions of libm.
EPSILON = {"float32": 5e-7, "float64": 1e-15, "float16": 1e-3, "bfloat16": 8e-3}
# They are computed on operands of their own types: rounding is what they do, or
# what they make does not come from operands.
ON_REAL_TYPES = ("Cast", "CastLike", "Constant", "ConstantOfShape", "Range",
                 "Shape", "Size")


def np_type(name):
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def is_float(name):
    return name in EPSILON


def to_wide(array):
    array = np.asarray(array)
    return array.astype(np.float64) if is_float(array.dtype.name) else array


#===-----------------------------------------------------------------------===#
# Where ONNX 1.23's evaluator is wrong, or less exact than f64
#===-----------------------------------------------------------------------===#


class Erf(OpRun):
    """The original rounds to f32."""
    op_domain = ""

    def _run(self, x):
        return (np.vectorize(math.erf, otypes=["d"])(x).reshape(x.shape),)


class Gelu(OpRun):
    """The original is a function that calls the original Erf."""
    op_domain = ""

    def _run(self, x, approximate=None):
        if approximate == "tanh":
            inner = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
        else:
            inner = np.vectorize(math.erf, otypes=["d"])(x * math.sqrt(0.5))
        return (0.5 * x * (1 + inner).reshape(x.shape),)


def log_softmax(x, axis, coerces):
    if x.size == 0:
        return x
    rows = x.reshape(int(np.prod(x.shape[:axis])), -1) if coerces else x
    axis = 1 if coerces else axis
    rows = rows - rows.max(axis, keepdims=True)
    return (rows - np.log(np.exp(rows).sum(axis, keepdims=True))).reshape(x.shape)


def softmax_classes(opset, attributes):
    """The originals take one axis in every version, by default the last, and the
    logarithm of a softmax loses small values."""
    coerces = opset < 13
    given = attributes.get("axis", 1 if coerces else -1)

    def make(name, finish):
        def run(_, x, axis=None):
            del axis  # The newest version's default, where there is none.
            return (finish(log_softmax(x, given % max(x.ndim, 1), coerces)),)
        return type(name, (OpRun,), {"op_domain": "", "_run": run})

    return [make("Softmax", np.exp), make("LogSoftmax", lambda x: x)]


#===-----------------------------------------------------------------------===#
# Nodes
#===-----------------------------------------------------------------------===#


class Node:
    """One node with its types, ready to be evaluated."""

    def __init__(self, op, inputs, outputs, attributes, in_types, opset):
        self.op, self.inputs, self.outputs = op, inputs, outputs
        self.attributes, self.in_types, self.opset = attributes, in_types, opset
        # Whether a trained parameter takes part, set by the graph.
        self.is_trained = False
        self.proto = helper.make_node(op, inputs, outputs, **attributes)
        self.out_types = self._infer_types()
        self.real = self._evaluator(lambda name: name)
        self.wide = (self.real if op in ON_REAL_TYPES else
                     self._evaluator(lambda name: "float64" if is_float(name) else name))

    def _model(self, map_type):
        values = {name: helper.make_tensor_value_info(
                      name, TYPES[map_type(type_name)], None)
                  for name, type_name in zip(self.inputs, self.in_types) if name}
        outputs = [onnx.ValueInfoProto(name=name) for name in self.outputs if name]
        return helper.make_model(
            helper.make_graph([self.proto], "node", list(values.values()), outputs),
            opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)

    def _infer_types(self):
        """Fails on what ONNX does not allow."""
        model = onnx.shape_inference.infer_shapes(
            self._model(lambda name: name), check_type=True, strict_mode=True)
        names = {number: name for name, number in TYPES.items()}
        found = {value.name: value.type.tensor_type.elem_type
                 for value in model.graph.output}
        return [names[found[name]] if name else None for name in self.outputs]

    def _evaluator(self, map_type):
        evaluator = ReferenceEvaluator(
            self._model(map_type),
            new_ops=[Erf, Gelu, *softmax_classes(self.opset, self.attributes)])
        names = [name for name in self.outputs if name]
        return lambda feeds: evaluator.run(names, feeds)

    def run(self, values, smooth=False):
        """The outputs, wide, of wide `values`. If `smooth`, nothing is rounded
        between a trained parameter and the loss."""
        feeds = {name: values[name] for name in self.inputs if name}
        smooth = smooth and self.is_trained
        if self.op in ON_REAL_TYPES:
            if smooth and is_float(self.in_types[0]) and is_float(self.out_types[0]):
                return [feeds[self.inputs[0]]]
            feeds = {name: feeds[name].astype(np_type(type_name))
                     for name, type_name in zip(self.inputs, self.in_types) if name}
        results = [to_wide(result) for result in self.wide(feeds)]
        for i, name in enumerate(name for name in self.out_types if name):
            if name in NARROW and not smooth:
                results[i] = to_wide(results[i].astype(np_type(name)))
        return results

    def kink_distance(self, values):
        """How far the operands are from where the result jumps or bends."""
        args = [values[name] for name in self.inputs if name]
        if not args or not is_float(self.in_types[0]) or args[0].size == 0:
            if self.op != "Where":
                return math.inf
        return min((float(np.min(np.abs(d))) for d in find_distances(self, args)
                    if np.size(d)), default=math.inf)


def find_distances(node, args):
    """Arrays of distances to the nearest kink."""
    x = args[0]
    if node.op in ("Relu", "Abs", "Elu", "LeakyRelu", "PRelu", "Selu", "Softsign"):
        return [x]
    if node.op == "HardSigmoid":
        line = node.attributes.get("alpha", 0.2) * x + node.attributes.get("beta", 0.5)
        return [line, line - 1]
    if node.op == "HardSwish":
        return [x - 3, x + 3]
    if node.op == "Shrink":
        return [np.abs(x) - node.attributes.get("lambd", 0.5)]
    if node.op == "ThresholdedRelu":
        return [x - node.attributes.get("alpha", 1.0)]
    if node.op == "Sign":
        return [x]
    if node.op in ("Floor", "Ceil"):
        return [x - np.round(x)]
    if node.op == "Round":
        return [x - np.floor(x) - 0.5]
    if node.op == "Mod":
        return [x / args[1] - np.round(x / args[1])]
    if node.op in ("ArgMax", "ArgMin", "TopK"):
        return [np.diff(np.sort(x, node.attributes.get("axis", 0)),
                        axis=node.attributes.get("axis", 0))]
    if node.op == "ReduceL1":
        return [x]
    if node.op in ("ScatterElements", "ScatterND"):
        # Extremes may meet anywhere.
        if node.attributes.get("reduction") in ("max", "min"):
            return [np.subtract.outer(x.ravel(), args[2].ravel()),
                    np.diff(np.sort(args[2].ravel()))]
        return []
    if node.op in ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"):
        return [x - args[1]]
    if node.op == "Clip":
        bounds = [node.attributes[key] for key in ("min", "max")
                  if key in node.attributes] or args[1:]
        return [x - bound for bound in bounds]
    if node.op in ("Max", "Min"):
        return [a - b for i, a in enumerate(args) for b in args[:i]]
    if node.op in ("ReduceMax", "ReduceMin"):
        axes = node.attributes.get("axes")
        if axes is None and len(args) > 1:
            axes = args[1].tolist()
        if not axes and node.attributes.get("noop_with_empty_axes"):
            return []
        axes = [a % x.ndim for a in axes] if axes else list(range(x.ndim))
        rest = [a for a in range(x.ndim) if a not in axes]
        rows = x.transpose(rest + axes).reshape(
            int(np.prod([x.shape[a] for a in rest])), -1)
        return [np.diff(np.sort(rows, 1), axis=1)]
    if node.op == "Cast" and not is_float(node.out_types[0]):
        return [x if node.out_types[0] == "bool" else x - np.round(x)]
    return []


#===-----------------------------------------------------------------------===#
# Training
#===-----------------------------------------------------------------------===#


def mean_loss(kind, y, label, class_weights=None, ignore_index=None, reduction="mean"):
    """Of the losses that dpc attaches, or of ONNX's SoftmaxCrossEntropyLoss."""
    if kind == "mse":
        return float(np.mean((y - label)**2))
    if kind == "binary-cross-entropy":  # y is the logit.
        return float(np.mean(np.maximum(y, 0) - y * label + np.log1p(np.exp(-np.abs(y)))))
    axis = 1 if kind == "model" else y.ndim - 1
    scores = log_softmax(y, axis, False)
    counts = np.ones(label.shape) if ignore_index is None else label != ignore_index
    classes = np.where(counts, label, 0)
    if class_weights is not None:
        counts = counts * class_weights.astype(np.float64)[classes]
    losses = -np.take_along_axis(scores, np.expand_dims(classes, axis), axis)
    total = np.sum(losses.squeeze(axis) * counts)
    return float(total / np.sum(counts) if reduction == "mean" else total)


class Optimizer:
    """PyTorch's formulas, on one parameter."""

    def __init__(self, kind, lr):
        self.kind, self.lr, self.step, self.m, self.v = kind, lr, 0, 0.0, 0.0

    def update(self, weight, gradient):
        self.step += 1
        if self.kind == "sgd":
            return weight - self.lr * gradient
        if self.kind == "momentum":
            self.m = 0.9 * self.m + gradient
            return weight - self.lr * self.m
        self.m = 0.9 * self.m + 0.1 * gradient
        self.v = 0.999 * self.v + 0.001 * gradient**2
        m = self.m / (1 - 0.9**self.step)
        v = self.v / (1 - 0.999**self.step)
        return weight - self.lr * m / (np.sqrt(v) + 1e-8)


def differentiate(loss, weights, step=1e-5):
    """Central differences by every element of the weights."""
    gradients = {}
    for name, weight in weights.items():
        gradient = np.zeros_like(weight)
        flat, out = weight.reshape(-1), gradient.reshape(-1)
        for i in range(flat.size):
            old = flat[i]
            flat[i] = old + step
            above = loss()
            flat[i] = old - step
            out[i] = (above - loss()) / (2 * step)
            flat[i] = old
        gradients[name] = gradient
    return gradients
