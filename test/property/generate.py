"""A whole random graph of one seed: inputs, nodes, outputs, a loss; and the
model file, the data and the right results of it."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import indices
import layout
import operators
import products
import reference
from graphs import Graph
from reference import TYPES
from values import Reject

EMITTERS = (*operators.ELEMENTWISE, *products.PRODUCTS, *products.NORMS, *layout.LAYOUT,
            *indices.INDICES)
# Kinds of graphs that can be left out.
FEATURES = ("batch-inside", "batch-later", "batch-reduction", "computed", "ellipsis", "empty", "mask",
            "merged", "one-row", "pins", "special")


def generate(seed, features=FEATURES):
    """The first graph of this seed that has something to train."""
    for attempt in range(100):
        graph = Graph(seed * 100 + attempt, features)
        try:
            fill(graph)
        except Reject:
            continue
        return graph
    raise RuntimeError(f"seed {seed} gives no graph")


def fill(graph):
    r = graph.random
    graph.add_input("float32", [graph.extent() for _ in range(r.choice((1, 1, 2, 2, 3)))])
    for _ in range(r.choice((0, 0, 0, 1, 2))):
        graph.attempt(operators.new_input)
    wanted, tries = r.choice((3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20)), 0
    # A matrix product early on gives the rest something to train.
    while not graph.attempt(products.matmul if r.random() < 0.5 else operators.arithmetic):
        tries += 1
        if tries > 20:
            raise Reject
    while len(graph.nodes) < wanted and tries < 200:
        tries += 1
        graph.attempt(r.choice(EMITTERS))
    finish(graph)


def finish(graph):
    """The prediction comes first, what nobody uses follows."""
    r = graph.random
    y = predict(graph)
    leaves = [value for value in graph.values.values()
              if not value.is_used and value is not y and not value.is_constant
              and value.name not in graph.constants]
    others = [value for value in leaves if value.name not in graph.inputs]
    r.shuffle(others)
    graph.outputs = [y, *others[:5]]
    used = [value for value in graph.values.values()
            if value.is_used and not value.is_constant and value is not y
            and value.name not in graph.inputs and value.name not in graph.constants]
    if used and r.random() < 0.3:
        graph.outputs.append(r.choice(used))
    remove_dead(graph)
    choose_loss(graph, y)


def choose_loss(graph, y):
    """A loss that dpc attaches, or a node that becomes a part of the model."""
    r, draw = graph.random, graph.numpy
    shape = [graph.data_rows, *y.shape[1:]]
    kinds = ["mse"]
    if not y.is_probability:
        kinds.append("binary-cross-entropy")
        if y.rank in (2, 3) and shape[-1] > 1:
            kinds += ["softmax-cross-entropy"] * 2
        if y.rank >= 2 and graph.opset >= 12:
            kinds.append("model")
    graph.loss = r.choice(kinds)
    graph.loss_attributes, graph.class_weights = {}, None
    if graph.loss == "mse":
        graph.label = draw.standard_normal(shape).astype(np.float32)
    elif graph.loss == "binary-cross-entropy":
        graph.label = draw.integers(0, 2, shape).astype(np.float32)
    elif graph.loss == "softmax-cross-entropy":
        graph.label = draw.integers(0, shape[-1], shape[:-1])
    else:
        graph.label = draw.integers(0, shape[1], [shape[0], *shape[2:]])
        if r.random() < 0.4:
            graph.class_weights = draw.uniform(0.5, 2, shape[1]).astype(np.float32)
        if r.random() < 0.4:
            ignored = r.choice((-1, 0, -100))
            graph.loss_attributes["ignore_index"] = ignored
            if ignored < 0:
                # Something is left of every batch.
                places = draw.random(graph.label.shape) < 0.3
                places[::2] = False
                graph.label[places] = ignored
            else:
                graph.label[::2] = np.maximum(graph.label[::2], 1 % shape[1])
        if r.random() < 0.6:
            graph.loss_attributes["reduction"] = r.choice(("mean", "sum"))


def predict(graph):
    """A float value of a row each that depends on trained parameters."""
    r = graph.random

    def can_train(value):
        return value.is_trained and not value.is_aside and value.size > 0
    y = graph.pick(can_train, "float32")
    if not y.rows and not (graph.mixes_rows and y.rank and y.shape[0] == graph.batch):
        # What all rows share, beside something of each row.
        if y.rank > 2 or y.rank == 0:
            y = graph.add("Reshape", [y, graph.add_constant(np.asarray([-1], np.int64))])
        column = graph.add_input("float32", [1] * max(y.rank, 1))
        y = graph.add(r.choice(("Add", "Mul")), [y, column])
    if y.rows and y.rows[1] != 1:
        if y.rows[0] != 0:
            raise Reject
        y = graph.add("Reshape", [y, graph.add_constant(
            np.asarray([-1, y.rows[1], *y.shape[1:]], np.int64))])
    if y.rows and y.rows[0] != 0:
        perm = list(range(y.rank))
        perm.remove(y.rows[0])
        y = graph.add("Transpose", [y], perm=[y.rows[0], *perm])
    if y.name in graph.inputs or y.name in graph.constants or y.shape[0] != graph.batch:
        raise Reject
    if not y.every(lambda a: np.abs(a) < 30):
        y = graph.add("Tanh", [y])
    y.is_used = True
    return y


def remove_dead(graph):
    """Nodes, constants and inputs that no output needs; one unused input may
    stay."""
    needed = {value.name for value in graph.outputs}
    kept = []
    for node in reversed(graph.nodes):
        if needed & set(node.outputs):
            kept.append(node)
            needed |= set(node.inputs)
    graph.nodes = kept[::-1]
    graph.constants = {n: a for n, a in graph.constants.items() if n in needed}
    graph.inputs = {n: i for n, i in graph.inputs.items() if n in needed}
    if not any(i.is_batched for i in graph.inputs.values()):
        raise Reject
    # The first input says what the batch is.
    if not next(iter(graph.inputs.values())).is_batched and "batch-later" not in graph.features:
        graph.inputs = dict(sorted(graph.inputs.items(), key=lambda i: not i[1].is_batched))


def ancestors(graph, name):
    needed = {name}
    for node in reversed(graph.nodes):
        if needed & set(node.outputs):
            needed |= set(node.inputs)
    return needed


#===-----------------------------------------------------------------------===#
# Files
#===-----------------------------------------------------------------------===#


def add_loss(graph, inputs, constants, nodes):
    """The loss is the model's own; `nodes` end with it."""
    y = graph.outputs[0]
    shape = ["N" if graph.is_symbolic else graph.batch, *graph.label.shape[1:]]
    inputs.append(helper.make_tensor_value_info("label", TensorProto.INT64, shape))
    names = [y.name, "label"]
    if graph.class_weights is not None:
        constants.append(numpy_helper.from_array(graph.class_weights, "class_weights"))
        names.append("class_weights")
    nodes.append(helper.make_node("SoftmaxCrossEntropyLoss", names, ["loss"],
                                  **graph.loss_attributes))
    return [helper.make_tensor_value_info("loss", TensorProto.FLOAT, [])]


def build_model(graph, with_loss=False):
    dims = {name: [str(d) if isinstance(d, str) else int(d) for d in i.dims]
            for name, i in graph.inputs.items()}
    inputs = [helper.make_tensor_value_info(name, TYPES[i.type], dims[name])
              for name, i in graph.inputs.items()]
    outputs = [helper.make_tensor_value_info(v.name, TYPES[v.type], [None] * v.rank)
               for v in graph.outputs]
    constants = [numpy_helper.from_array(array, name)
                 for name, array in graph.constants.items()]
    nodes = [node.proto for node in graph.nodes]
    if with_loss:
        outputs = add_loss(graph, inputs, constants, nodes)
    ir_version = 11 if graph.opset > 21 else 8
    if graph.opset <= 8:
        # Initializers were inputs too.
        ir_version = 3
        inputs += [helper.make_tensor_value_info(name, TYPES[a.dtype.name], a.shape)
                   for name, a in graph.constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "random", inputs, outputs, constants),
        opset_imports=[helper.make_opsetid("", graph.opset)], ir_version=ir_version)
    onnx.checker.check_model(model)
    return model


def data_of(graph, rows):
    """The arrays of all inputs."""
    return {name: i.cut(0, rows) for name, i in graph.inputs.items()}


#===-----------------------------------------------------------------------===#
# Right results
#===-----------------------------------------------------------------------===#


def run_reference(graph, first, count, weights=None, smooth=False, only=None):
    """All values of the rows from `first` on; of the nodes `only`, if given."""
    values = {name: reference.to_wide(i.cut(first, count))
              for name, i in graph.inputs.items()}
    values.update({name: reference.to_wide(a) for name, a in graph.constants.items()})
    values.update(weights or {})
    with np.errstate(all="ignore"):
        for node in graph.nodes if only is None else only:
            values.update(zip((n for n in node.outputs if n), node.run(values, smooth)))
    return values


def join(parts, dim, counts, outer):
    """Parts of some rows each as one value; before the rows, dimension `dim`
    runs over `outer` other positions."""
    split = [part.reshape(*part.shape[:dim], outer, count, -1, *part.shape[dim + 1:])
             for part, count in zip(parts, counts)]
    whole = np.concatenate(split, dim + 1)
    return whole.reshape(*whole.shape[:dim], -1, *whole.shape[dim + 3:])


def join_merged(graph, value, parts, counts):
    """Rows that are merged with something else stand as in one batch of all
    rows, where that may come before them."""
    dim, per_row = value.rows
    whole = run_reference(graph, 0, graph.data_rows)[value.name]
    for outer in range(2, per_row + 1):
        if per_row % outer == 0 and whole.size:
            joined = join(parts, dim, counts, outer)
            if np.allclose(joined.astype(float), whole.astype(float), equal_nan=True):
                return joined
    return np.concatenate(parts, dim)


def right_outputs(graph):
    """Each output as dpc writes it: the rows of all batches, or, of an output
    without rows, one per batch."""
    trials = [t for t in graph.trials if sum(t) <= graph.data_rows]
    runs = [run_reference(graph, *trial) for trial in trials]
    results = {}
    for value in graph.outputs:
        parts = [run[value.name] for run in runs]
        if value.rows and value.rows[1] != 1:
            results[value.name] = join_merged(graph, value, parts, [count for _, count in trials])
        elif value.rows:
            results[value.name] = np.concatenate(parts, value.rows[0])
        else:
            results[value.name] = parts[0] if len(parts) == 1 else np.stack(parts)
    return results


class Training:
    """Losses and weights of some steps."""

    def __init__(self, graph, optimizer, lr, steps):
        y = graph.outputs[0]
        used = ancestors(graph, y.name)
        self.only = [node for node in graph.nodes if used & set(node.outputs)]
        self.weights = {name: reference.to_wide(a).copy()
                        for name, a in graph.constants.items()
                        if name in used and graph.values[name].is_trained}
        self.losses, self.gradients, self.changes = [], [], {}
        self.is_narrow = any(t in reference.NARROW for node in self.only
                             if node.is_trained for t in node.out_types)
        state = {name: reference.Optimizer(optimizer, lr) for name in self.weights}
        batches = graph.data_rows // graph.batch
        for step in range(steps):
            first = step % batches * graph.batch
            label = graph.label[first:first + graph.batch]

            def loss():
                values = run_reference(graph, first, graph.batch, self.weights, True, self.only)
                self.values = values
                return reference.mean_loss(graph.loss, values[y.name], label,
                                           graph.class_weights, **graph.loss_attributes)
            self.losses.append(loss())
            if not np.isfinite(self.losses[-1]) or (step and self.is_near_kink()):
                self.losses.pop()
                break
            gradients = reference.differentiate(loss, self.weights)
            self.gradients.append(gradients)
            for name, gradient in gradients.items():
                self.weights[name] = state[name].update(self.weights[name], gradient)
        self.steps = len(self.losses)

    def is_near_kink(self):
        return any(node.is_trained and node.kink_distance(self.values) < 5e-4
                   for node in self.only)
