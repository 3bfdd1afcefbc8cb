"""A value of a random graph, how it is computed, and what makes it a good one."""

import dataclasses

import numpy as np

import reference
from reference import is_float

MAX_ELEMENTS = 1000
MAX_VALUE = 300
# Distance that a value keeps from a kink, beside its error.
MARGIN = 2e-3
COMPARISONS = ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")
# Results are elements of the operands.
MOVES = ("Identity", "Concat", "Split", "Slice", "Gather", "Reshape", "Flatten",
         "Squeeze", "Unsqueeze", "Transpose", "Expand", "Trilu", "Where", "Max",
         "Min", "Clip", "Relu", "Abs", "Neg", "ReduceMax", "ReduceMin", "Dropout",
         "GatherElements", "GatherND", "Tile", "TopK")


class Reject(Exception):
    """A node that cannot be, for reasons the one who made it does not see."""


@dataclasses.dataclass
class Value:
    name: str
    type: str
    # Wide, for each batch. Unless the graph mixes rows, the last one has a row
    # more than the first.
    arrays: list
    # Bound of the rounding error, and whether there is none.
    error: float = 0.0
    is_exact: bool = True
    # Whether it depends on trained parameters; on constants only.
    is_trained: bool = False
    is_constant: bool = False
    # Made of something without elements: a constant, of which dpc does not know
    # that it has rows.
    is_folded: bool = False
    # Not on the way to the loss.
    is_aside: bool = False
    is_used: bool = False
    # A softmax or sigmoid, moved about at most: a loss may take it for
    # probabilities.
    is_probability: bool = False
    # Holds NaN or infinities; then nothing is computed from it that rounds.
    is_special: bool = False

    @property
    def shape(self):
        return self.arrays[0].shape

    @property
    def rank(self):
        return self.arrays[0].ndim

    @property
    def size(self):
        return self.arrays[0].size

    @property
    def rows(self):
        """The dimension that counts rows and how many elements a row has
        there, or None."""
        for dim, (a, b) in enumerate(zip(self.shape, self.arrays[-1].shape)):
            if a != b:
                return dim, b - a
        return None

    def every(self, predicate):
        return all(bool(np.all(predicate(array))) for array in self.arrays)


def evaluate(graph, node, args):
    results = []
    for trial in range(len(graph.trials)):
        operands = {value.name: value.arrays[trial] for value in args}
        try:
            with np.errstate(all="ignore"):
                results.append([np.asarray(a) for a in node.run(operands)])
        except (ValueError, TypeError, IndexError, RuntimeError) as e:
            raise Reject(f"{node.op}: {e}") from e
        if any(v.is_trained or not v.is_exact for v in args):
            error = max(v.error for v in args)
            if node.kink_distance(operands) < MARGIN + 20 * error:
                raise Reject("near a kink")
    return results


def find_error(graph, node, args, results):
    """The error of the operands as it goes through, and the node's own."""
    operands = {value.name: value.arrays[0] for value in args}
    for value in args:
        if value.error:
            signs = graph.numpy.choice((-1.0, 1.0), value.shape)
            operands[value.name] = value.arrays[0] + value.error * signs
    try:
        with np.errstate(all="ignore"):
            moved = node.run(operands)
    except (ValueError, TypeError, IndexError, RuntimeError) as e:
        raise Reject(str(e)) from e
    error = 0.0
    for type_name, right, other in zip(node.out_types, results[0], moved):
        if is_float(type_name) and right.size:
            # Two directions are not the worst one.
            error = max(error, 3 * float(np.max(np.abs(right - other)))
                        + reference.EPSILON[type_name] * float(np.max(np.abs(right))))
    largest = max((float(np.max(np.abs(v.arrays[0]))) for v in args
                   if is_float(v.type) and v.size), default=0.0)
    kinds = [t for t in node.out_types + node.in_types if t and is_float(t)]
    own = max((reference.EPSILON[t] for t in kinds), default=0.0)
    return error + own * largest


def check(graph, value):
    """Refuses what would not be a good test."""
    if value.rank > 5 or any(a.size > MAX_ELEMENTS for a in value.arrays):
        raise Reject("too large")
    if 0 in value.shape and "empty" not in graph.features:
        raise Reject("empty")
    if is_float(value.type) or value.type == "int64":
        bound = MAX_VALUE
    elif value.type != "bool":
        bound = min(MAX_VALUE, np.iinfo(value.type).max)
    else:
        bound = 1
    if not value.is_constant and not value.is_special and not value.every(
            lambda a: np.isfinite(a) & (np.abs(a.astype(np.float64)) <= bound)):
        raise Reject("too large a value")
    if is_float(value.type) and value.size and not value.is_special:
        scale = max(float(np.max(np.abs(value.arrays[0]))), 0.1)
        if value.error > (0.05 if value.type in reference.NARROW else 0.02) * scale:
            raise Reject("badly conditioned")
    check_rows(graph, value)


def check_rows(graph, value):
    """One dimension at most counts rows, from 0 on; all trials agree."""
    rows = value.rows
    for (_, count), array in zip(graph.trials, value.arrays):
        wanted = list(value.shape)
        if rows:
            wanted[rows[0]] = rows[1] * count
        if list(array.shape) != wanted:
            raise Reject("the rows cannot be told")
    if rows and rows[1] != 1 and "merged" not in graph.features:
        raise Reject("merged rows")
