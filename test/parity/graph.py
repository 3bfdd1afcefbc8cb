"""An ONNX graph in numpy, forward and backward, written apart from dpc.

Only the operators of the models in models/ are known. Every intermediate value
has the type given to the constructor, float64 unless told otherwise.
"""

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper


def reduce_to(gradient, shape):
    """Sums a gradient over the dimensions that broadcasting added."""
    extra = gradient.ndim - len(shape)
    gradient = gradient.sum(axis=tuple(range(extra)))
    ones = tuple(axis for axis, size in enumerate(shape)
                 if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=ones, keepdims=True)


def sigmoid(x):
    positive = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, positive) / (1 + positive)


def gemm(inputs, attributes):
    a, b = inputs[0], inputs[1]
    a = a.T if attributes.get("transA") else a
    b = b.T if attributes.get("transB") else b
    result = attributes.get("alpha", 1.0) * (a @ b)
    if len(inputs) == 3:
        result = result + attributes.get("beta", 1.0) * inputs[2]
    return result


def gemm_gradient(inputs, _, gradient, attributes):
    a, b = inputs[0], inputs[1]
    trans_a, trans_b = attributes.get("transA"), attributes.get("transB")
    scaled = attributes.get("alpha", 1.0) * gradient
    grad_a = scaled @ (b if trans_b else b.T)
    grad_b = (a if trans_a else a.T) @ scaled
    result = [grad_a.T if trans_a else grad_a, grad_b.T if trans_b else grad_b]
    if len(inputs) == 3:
        result.append(reduce_to(attributes.get("beta", 1.0) * gradient,
                                inputs[2].shape))
    return result


# op type -> (forward(inputs, attributes), backward(inputs, output, gradient of
# the output, attributes) -> gradients of the inputs).
OPERATORS = {
    "Identity": (lambda i, a: i[0], lambda i, o, g, a: [g]),
    "Flatten": (
        lambda i, a: i[0].reshape(
            int(np.prod(i[0].shape[:a.get("axis", 1)])), -1),
        lambda i, o, g, a: [g.reshape(i[0].shape)]),
    "Add": (
        lambda i, a: i[0] + i[1],
        lambda i, o, g, a: [reduce_to(g, i[0].shape),
                            reduce_to(g, i[1].shape)]),
    "Mul": (
        lambda i, a: i[0] * i[1],
        lambda i, o, g, a: [reduce_to(g * i[1], i[0].shape),
                            reduce_to(g * i[0], i[1].shape)]),
    "MatMul": (lambda i, a: i[0] @ i[1],
               lambda i, o, g, a: [g @ i[1].T, i[0].T @ g]),
    "Gemm": (gemm, gemm_gradient),
    "Relu": (lambda i, a: np.maximum(i[0], 0), lambda i, o, g, a: [g * (o > 0)]),
    "Sigmoid": (lambda i, a: sigmoid(i[0]), lambda i, o, g, a: [g * o * (1 - o)]),
    "Tanh": (lambda i, a: np.tanh(i[0]), lambda i, o, g, a: [g * (1 - o * o)]),
}


class Graph:
    """A model with one output; `parameters` maps names to arrays."""

    def __init__(self, path, dtype=np.float64):
        try:
            model = onnx.load(path)
        except DecodeError as error:
            raise ValueError(f"{path}: not an ONNX file: {error}") from None
        self.dtype = dtype
        self.nodes = list(model.graph.node)
        self.inputs = [value.name for value in model.graph.input]
        self.output = model.graph.output[0].name
        self.parameters = {
            tensor.name: numpy_helper.to_array(tensor).astype(dtype)
            for tensor in model.graph.initializer}
        known = set(OPERATORS) | {"Cast", "Constant"}
        for node in self.nodes:
            if node.op_type not in known:
                raise ValueError(f"{path}: node '{node.name}': operator "
                                 f"{node.op_type} is not known here")

    def logit(self):
        """The value that the output's Sigmoid is applied to."""
        for node in self.nodes:
            if node.output[0] == self.output and node.op_type == "Sigmoid":
                return node.input[0]
        raise ValueError(f"output '{self.output}' is not made by a Sigmoid")

    def forward(self, inputs):
        """All values of the graph, by name."""
        values = dict(self.parameters)
        values.update(inputs)
        for node in self.nodes:
            attributes = self._attributes(node)
            if node.op_type == "Constant":
                result = numpy_helper.to_array(attributes["value"])
                result = result.astype(self.dtype)
            elif node.op_type == "Cast":
                result = values[node.input[0]].astype(self.dtype)
            else:
                forward = OPERATORS[node.op_type][0]
                result = forward([values[n] for n in node.input], attributes)
            values[node.output[0]] = np.asarray(result, self.dtype)
        return values

    def backward(self, values, name, gradient):
        """Gradients of the parameters, from that of the value `name`."""
        gradients = {name: gradient}
        for node in reversed(self.nodes):
            if node.output[0] not in gradients or node.op_type in (
                    "Constant", "Cast"):
                continue
            backward = OPERATORS[node.op_type][1]
            results = backward([values[n] for n in node.input],
                               values[node.output[0]],
                               gradients[node.output[0]],
                               self._attributes(node))
            for operand, result in zip(node.input, results):
                if operand in gradients:
                    result = gradients[operand] + result
                gradients[operand] = np.asarray(result, self.dtype)
        return {name: gradients[name] for name in self.parameters}

    @staticmethod
    def _attributes(node):
        return {attribute.name: onnx.helper.get_attribute_value(attribute)
                for attribute in node.attribute}
