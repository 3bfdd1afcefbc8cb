"""Builds a random graph together with its values.

Every node is evaluated as soon as it is added, on all batches of the data, so
that what comes next can choose operands inside of its domain and far from
kinks. A last batch of one row more than the others shows what depends on the
number of rows; dpc never sees it.
"""

import dataclasses
import random

import numpy as np
import onnx
from onnx import numpy_helper

import reference
from reference import is_float, np_type
from values import COMPARISONS, MOVES, Reject, Value, check, evaluate, find_error

# Few that fill a vector register and more.
EXTENTS = (1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 7, 7, 11, 17, 37)
MAX_WEIGHTS = 60


@dataclasses.dataclass
class Input:
    type: str
    # Names or sizes of the dimensions.
    dims: list
    data: np.ndarray
    # The dimension that counts rows, or None.
    rows_dim: int

    @property
    def is_batched(self):
        return self.rows_dim is not None

    def cut(self, first, count):
        """The data of some rows."""
        if not self.is_batched:
            return self.data
        return self.data[(slice(None),) * self.rows_dim + (slice(first, first + count),)]


class Graph:
    """What a seed says. `features` are the kinds of graphs that may come."""

    def __init__(self, seed, features):
        self.random = random.Random(seed)
        # Of kinds that came later, so that seeds keep their meaning.
        self.aside = random.Random(f"aside {seed}")
        self.numpy = np.random.default_rng(seed)
        self.features = features
        r = self.random
        self.opset = r.choice((7, 8, 9, 10, 11, 12, 13, 13, 14, 15, 16, 17, 17,
                               18, 18, 19, 20, 21, 22, 23, 24))
        self.batch = r.choice((1, 2, 3, 4, 4, 5, 6, 7) if "one-row" in features else (2, 3, 4, 5))
        self.is_symbolic = r.random() < 0.6
        # Batches, of which the last may hold less rows; or one batch, and then
        # rows may be mixed.
        self.mixes_rows = r.random() < 0.25
        self.trials = [(0, self.batch)]
        if not self.mixes_rows:
            self.trials.append((self.batch, self.batch))
            if self.batch > 1 and r.random() < 0.8:
                self.trials.append((2 * self.batch, r.randint(1, self.batch - 1)))
        self.data_rows = sum(count for _, count in self.trials)
        if not self.mixes_rows:
            # No extent beside the rows is as large by chance.
            self.trials.append((self.data_rows, self.batch + 8))
        self.inputs, self.constants, self.nodes = {}, {}, []
        self.values, self.dims = {}, {}
        self.count = 0

    #===-------------------------------------------------------------------===#
    # Leaves
    #===-------------------------------------------------------------------===#

    def fresh(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}"

    def draw(self, type_name, shape, low=None, high=None):
        """An array of the real type."""
        if type_name == "bool":
            return self.numpy.random(shape) < 0.5
        if type_name in ("int8", "uint8") and low is None and self.random.random() < 0.4:
            # All values, so that the sign bit matters and sums wrap around.
            info = np.iinfo(type_name)
            low, high = info.min, info.max
        if not is_float(type_name):
            low = (0 if type_name[0] == "u" else -4) if low is None else low
            return self.numpy.integers(low, 5 if high is None else high, shape,
                                       endpoint=True).astype(np_type(type_name))
        if low is not None:
            array = self.numpy.uniform(low, high, shape)
        else:
            array = self.numpy.standard_normal(shape) * 0.8
        # Some are exact in every type.
        if self.random.random() < 0.3:
            array = np.round(array * 8) / 8
        return np.asarray(array).astype(np_type(type_name))

    def add_input(self, type_name, tail, is_batched=True, low=None, high=None,
                  is_special=False):
        """[rows, *tail], rarely with the rows further behind, or, if not batched,
        `tail`."""
        rows_dim = None
        if is_batched:
            rows = sum(self.trials[-1])
            data = self.draw(type_name, (rows, *tail), low, high)
            if is_special and data.size:
                places = self.numpy.random(data.shape) < 0.2
                data[places] = self.numpy.choice((np.nan, np.inf, -np.inf, -0.0), data.shape)[places]
            dims, rows_dim = ["N" if self.is_symbolic else self.batch], 0
        else:
            if tail and tail[0] == self.batch and not self.is_symbolic:
                raise Reject
            data = self.draw(type_name, tail, low, high)
            dims = []
        for extent in tail:
            if extent > 0 and (dims or is_batched) and self.random.random() < 0.15:
                name = self.fresh("D")
                self.dims[name] = extent
                dims.append(name)
            else:
                dims.append(extent)
        # Where rows are mixed, or a number in a shape may be that of rows, nobody
        # could tell them from another dimension.
        if is_batched and tail and self.is_symbolic and not self.mixes_rows \
                and "batch-inside" in self.features and self.aside.random() < 0.15:
            rows_dim = self.aside.randint(1, len(tail))
            dims.insert(rows_dim, dims.pop(0))
            data = np.moveaxis(data, 0, rows_dim)
        name = self.fresh("x")
        given = self.inputs[name] = Input(type_name, dims, data, rows_dim)
        arrays = [reference.to_wide(given.cut(*trial)) for trial in self.trials]
        return self.keep(Value(name, type_name, arrays, is_special=is_special, is_aside=is_special))

    def keep(self, value):
        self.values[value.name] = value
        return value

    def weights(self):
        return {name: array for name, array in self.constants.items()
                if self.values[name].is_trained}

    def add_constant(self, array, as_node=None):
        """An initializer or the output of a Constant node."""
        array = np.asarray(array)
        if as_node is None:
            as_node = self.random.random() < 0.2
        type_name = array.dtype.name
        if self.opset < 9 and not is_float(type_name):
            as_node = False
        wide = [reference.to_wide(array)] * len(self.trials)
        if as_node:
            name = self.fresh("c")
            try:
                self.nodes.append(reference.Node(
                    "Constant", [], [name], {"value": numpy_helper.from_array(array)},
                    [], self.opset))
            except onnx.shape_inference.InferenceError as e:
                raise Reject(str(e)) from e
        else:
            # Floats of rank 1 and more are trained.
            is_trained = is_float(type_name) and array.ndim > 0
            if is_trained and (sum(a.size for a in self.weights().values())
                               + array.size > MAX_WEIGHTS):
                return self.add_constant(array, as_node=True)
            name = self.fresh("w")
            self.constants[name] = array
            return self.keep(Value(name, type_name, wide, is_trained=is_trained,
                                   is_aside=is_trained and type_name != "float32",
                                   is_constant=not is_trained))
        return self.keep(Value(name, type_name, wide, is_constant=True))

    def integers(self, numbers):
        """A constant vector (or scalar) of i64, at times a computed one."""
        numbers = np.asarray(numbers, np.int64)
        if ("computed" in self.features and numbers.ndim == 1 and numbers.size > 1
                and self.random.random() < 0.3):
            cut = self.random.randint(1, numbers.size - 1)
            parts = [self.add_constant(numbers[:cut]), self.add_constant(numbers[cut:])]
            return self.add("Concat", parts, axis=0)
        return self.add_constant(numbers)

    #===-------------------------------------------------------------------===#
    # Choices
    #===-------------------------------------------------------------------===#

    def pick(self, predicate=lambda value: True, type_name=None):
        """A value, rather a late and an unused one."""
        found = [value for value in self.values.values()
                 if (type_name is None or value.type == type_name)
                 and not value.is_constant and predicate(value)]
        if not found:
            raise Reject
        weights = [(3 if not value.is_used else 1) * (i + 1)
                   for i, value in enumerate(found)]
        return self.random.choices(found, weights)[0]

    def pick_float(self, predicate=lambda value: True):
        """Mostly f32."""
        def accepts(value):
            return is_float(value.type) and predicate(value)
        try:
            if self.random.random() < 0.85:
                return self.pick(accepts, "float32")
        except Reject:
            pass
        return self.pick(accepts)

    def extent(self):
        # Of one row without elements nothing tells where reshapes put it.
        if ("empty" in self.features and self.random.random() < 0.03
                and self.batch > 1):
            return 0
        return self.random.choice(EXTENTS)

    def static_shape(self, value):
        """The shape with extents of 1 where it counts rows."""
        shape = list(value.shape)
        if value.rows:
            shape[value.rows[0]] = 1
        return shape

    def broadcast_shape(self, value):
        """A static shape that broadcasts with the value's."""
        r = self.random
        shape = self.static_shape(value)
        if r.random() < 0.4:
            shape = shape[r.randint(0, len(shape)):]
        shape = [1 if r.random() < 0.2 else extent for extent in shape]
        if r.random() < 0.1:
            grown = [self.extent() if extent == 1 and r.random() < 0.5 else extent
                     for extent in shape]
            # Not where it would stand beside rows.
            rows = value.rows and value.rows[0] - value.rank
            if rows and -rows <= len(grown):
                grown[rows] = 1
            shape = grown
        return shape

    def operand(self, like, low=None, high=None):
        """Something of the same type that broadcasts with `like`."""
        r = self.random
        if r.random() < 0.45:
            def fits(value):
                try:
                    for a, b in zip(value.arrays, like.arrays):
                        np.broadcast_shapes(a.shape, b.shape)
                except ValueError:
                    return False
                return low is None or value.every(lambda a: (a >= low) & (a <= high))
            try:
                return self.pick(fits, like.type)
            except Reject:
                pass
        if like.rows and like.rows[0] == 0 and like.rows[1] == 1 and r.random() < 0.1:
            return self.add_input(like.type, self.broadcast_tail(like), True, low, high)
        shape = self.broadcast_shape(like)
        if r.random() < 0.08:
            return self.add_input(like.type, shape, False, low, high)
        return self.add_constant(self.draw(like.type, shape, low, high))

    def broadcast_tail(self, value):
        return [1 if self.random.random() < 0.2 else e for e in value.shape[1:]]

    def may_mix(self, value, axis):
        """Whether elements along `axis` may be moved about."""
        return not value.rows or value.rows[0] != axis % value.rank

    def may_reduce(self, value, axes):
        """Whether there may be sums and maxima over the axes."""
        if not value.rows or value.rows[0] not in [a % value.rank for a in axes]:
            return True
        return "batch-reduction" in self.features and not value.is_folded

    #===-------------------------------------------------------------------===#
    # Nodes
    #===-------------------------------------------------------------------===#

    def add(self, op, inputs, outputs=1, **attributes):
        """Adds a node whose inputs are values or None; returns its output or
        outputs."""
        args = [value for value in inputs if value is not None]
        if any(value.is_special for value in args) and op not in MOVES + COMPARISONS:
            raise Reject("not finite")
        names = [self.fresh("t") for _ in range(outputs)]
        try:
            node = reference.Node(
                op, [v.name if v is not None else "" for v in inputs], names, attributes,
                [v.type if v is not None else "" for v in inputs], self.opset)
        except (onnx.shape_inference.InferenceError, KeyError) as e:
            raise Reject(str(e)) from e
        node.is_trained = any(value.is_trained for value in args)
        results = evaluate(self, node, args)
        moves = op in MOVES or all(not is_float(value.type) for value in args) or (
            op in ("Cast", "CastLike") and all(value.is_exact for value in args))
        error = max((value.error for value in args), default=0.0)
        if not moves:
            error = find_error(self, node, args, results)
        is_exact = moves and all(value.is_exact for value in args)
        values = []
        for i, name in enumerate(names):
            type_name = node.out_types[i]
            value = Value(name, type_name, [result[i] for result in results])
            value.is_constant = bool(args) and all(v.is_constant for v in args)
            if op in ("Shape", "Size", "Constant"):
                value.is_constant = True
            value.is_trained = node.is_trained and is_float(type_name)
            value.is_folded = value.size > 0 and any(v.size == 0 or v.is_folded for v in args)
            value.is_aside = any(v.is_aside for v in args)
            value.is_probability = op in ("Softmax", "LogSoftmax", "Sigmoid") or (
                op in (*MOVES, "Cast", "CastLike") and any(v.is_probability for v in args))
            value.is_special = any(v.is_special for v in args)
            value.is_aside |= value.is_special
            if is_float(type_name):
                value.error, value.is_exact = error, is_exact
            check(self, value)
            values.append(value)
        for value in args:
            value.is_used = True
        self.nodes.append(node)
        for value in values:
            self.keep(value)
        return values[0] if outputs == 1 else values

    def snapshot(self):
        return (len(self.nodes), dict(self.inputs), dict(self.constants),
                dict(self.values), dict(self.dims),
                {name: value.is_used for name, value in self.values.items()})

    def restore(self, snapshot):
        count, self.inputs, self.constants, self.values, self.dims, used = snapshot
        del self.nodes[count:]
        for name, is_used in used.items():
            self.values[name].is_used = is_used

    def attempt(self, emit):
        """Whether `emit` added what it wanted; if not, nothing is added."""
        before = self.snapshot()
        try:
            emit(self)
            return True
        except Reject:
            self.restore(before)
            return False
