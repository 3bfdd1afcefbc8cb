"""How to add one node of every operator that moves elements, or makes them of
shapes."""

import numpy as np
from onnx import numpy_helper

from operators import require
from reference import is_float


def axes_of(g, op, x, axes, since, **attributes):
    """A node whose axes are an attribute before version `since` and an input
    from it on."""
    if g.opset >= since:
        return g.add(op, [x, g.integers(axes)], **attributes)
    return g.add(op, [x], axes=list(axes), **attributes)


def negate_some(g, axes, rank):
    return [a - rank if g.random.random() < 0.4 else a for a in axes]


def concat(g):
    r = g.random
    x = g.pick(lambda v: v.rank >= 1)
    axis = r.randrange(x.rank)
    require(g.may_mix(x, axis))
    parts = [x]
    for _ in range(r.randint(0, 2)):
        def fits(v):
            return (v.rank == x.rank and v.rows == x.rows and all(
                i == axis or a == b for i, (a, b) in enumerate(zip(v.shape, x.shape))))
        if r.random() < 0.6 or x.rows:
            parts.append(g.pick(fits, x.type))
        else:
            shape = list(x.shape)
            shape[axis] = g.extent()
            parts.append(g.add_constant(g.draw(x.type, shape)))
    r.shuffle(parts)
    return g.add("Concat", parts, axis=negate_some(g, [axis], x.rank)[0])


def split(g):
    r = g.random
    x = g.pick(lambda v: v.rank >= 1)
    axis = r.randrange(x.rank)
    require(g.may_mix(x, axis))
    extent, count = x.shape[axis], r.randint(1, 3)
    attributes = {} if axis == 0 and r.random() < 0.5 else \
        {"axis": negate_some(g, [axis], x.rank)[0]}
    if r.random() < 0.6:
        cuts = sorted(r.randint(0, extent) for _ in range(count - 1))
        sizes = [b - a for a, b in zip([0] + cuts, cuts + [extent])]
        require(0 not in sizes or "empty" in g.features)
        if g.opset < 13:
            g.add("Split", [x], count, split=sizes, **attributes)
        else:
            g.add("Split", [x, g.integers(sizes)], count, **attributes)
        return
    if g.opset >= 18:
        attributes["num_outputs"] = count
        # The evaluator computes other sizes than the specification here.
        chunk = -(-extent // count)
        require(extent % count == 0 or 0 < extent - chunk * (count - 1) < chunk)
    else:
        require(extent % count == 0)
    g.add("Split", [x], count, **attributes)


def slice_bounds(g, extent):
    """Python's start, end and step, also from the end and beyond it."""
    r = g.random
    step = r.choice((1, 1, 1, 2, 3, -1, -1, -2))
    places = list(range(-extent - 1, extent + 2)) or [0]
    start, end = r.choice(places), r.choice(places)
    if r.random() < 0.3:
        start = 0 if step > 0 else r.choice((-1, extent, 2**31 - 1))
    if r.random() < 0.4:
        end = r.choice((extent, 2**31 - 1, 2**63 - 1) if step > 0 else
                       (-extent - 1, -2**31, -2**63))
    return start, end, step


def slice_(g):
    r = g.random
    x = g.pick(lambda v: v.rank >= 1)
    axes = [a for a in range(x.rank) if g.may_mix(x, a)]
    require(axes)
    axes = r.sample(axes, r.randint(1, len(axes)))
    bounds = [slice_bounds(g, x.shape[a]) for a in axes]
    if g.opset < 10:
        bounds = [(s, e, 1) for s, e, _ in bounds]
    starts, ends, steps = (list(column) for column in zip(*bounds))
    if axes == list(range(len(axes))) and all(s == 1 for s in steps) and r.random() < 0.5:
        if g.opset < 10:
            return g.add("Slice", [x], starts=starts, ends=ends)
        return g.add("Slice", [x, g.integers(starts), g.integers(ends)])
    if g.opset < 10:
        return g.add("Slice", [x], starts=starts, ends=ends, axes=axes)
    # Only later versions say that axes may be negative.
    axes = negate_some(g, axes, x.rank) if g.opset >= 11 else axes
    inputs = [x] + [g.integers(column) for column in (starts, ends, axes)]
    if any(s != 1 for s in steps) or r.random() < 0.3:
        inputs.append(g.integers(steps))
    return g.add("Slice", inputs)


def gather(g):
    r = g.random
    x = g.pick(lambda v: v.rank >= 1) if r.random() < 0.8 else g.add_constant(
        g.draw("float32", [r.choice((3, 5, 7)), g.extent()]))
    axis = r.randrange(x.rank)
    require(g.may_mix(x, axis) and x.shape[axis] > 0)
    extent = x.shape[axis]
    low = -extent if g.opset >= 11 else 0
    attributes = {"axis": negate_some(g, [axis], x.rank)[0]} if axis or r.random() < 0.5 else {}
    kind = r.choice(("int64", "int32"))
    if r.random() < 0.4:
        # One set of rows meets another nowhere.
        require(not x.rows)
        tail = [g.extent() for _ in range(r.choice((0, 0, 1)))]
        indices = g.add_input(kind, tail, low=low, high=extent - 1)
    else:
        shape = [g.extent() for _ in range(r.choice((0, 1, 1, 2)))]
        indices = g.add_constant(g.draw(kind, shape, low, extent - 1))
    return g.add("Gather", [x, indices], **attributes)


def group_extents(g, shape):
    """A shape of as many elements: neighbours multiplied, some cut in two."""
    r = g.random
    out = []
    for extent in shape:
        if out and r.random() < 0.4:
            out[-1] *= extent
        elif extent > 3 and r.random() < 0.4:
            divisor = next(d for d in range(2, extent + 1) if extent % d == 0)
            out += [divisor, extent // divisor]
        else:
            out.append(extent)
        if r.random() < 0.1:
            out.append(1)
    return out


def reshape(g):
    r = g.random
    x = g.pick()
    attributes = {}
    if x.rows:
        dim, per_row = x.rows
        before, after = list(x.shape[:dim]), list(x.shape[dim + 1:])
        if "merged" in g.features and r.random() < 0.3 and after and not before:
            # Rows times something, or what a row holds in several.
            take = r.randint(0, len(after))
            shape = [-1] + (group_extents(g, after[take:]) if take < len(after) else [])
        elif before:
            require(per_row == 1)
            shape = group_extents(g, before) + [-1] + group_extents(g, after)
        else:
            shape = [-1] + group_extents(g, after)
            require(per_row == 1 or "merged" in g.features)
    else:
        shape = group_extents(g, x.shape)
        if r.random() < 0.4 and shape and 0 not in shape:
            shape[r.randrange(len(shape))] = -1
    if g.mixes_rows and "merged" not in g.features:
        require(shape and x.rank and shape[0] == x.shape[0])
    # 0 copies the extent of the operand.
    if not (0 in x.shape):
        for i, extent in enumerate(shape):
            if i < x.rank and extent == x.shape[i] and r.random() < 0.3:
                shape[i] = 0
    elif g.opset >= 14 and -1 not in shape:
        attributes["allowzero"] = 1
    else:
        require(all(e != 0 or (i < x.rank and x.shape[i] == 0) for i, e in enumerate(shape)))
        require(not (-1 in shape and 0 in shape))
    if g.opset >= 14 and 0 not in shape and not attributes and r.random() < 0.1:
        attributes["allowzero"] = 1
    if not shape:
        require(x.size == 1)
    return g.add("Reshape", [x, g.integers(np.asarray(shape, np.int64))], **attributes)


def flatten(g):
    r = g.random
    x = g.pick(lambda v: v.rank >= 1)
    axis = r.randint(0, x.rank)
    if "merged" not in g.features:
        require(axis == 1 and (not x.rows or x.rows[0] == 0))
    if axis == 1 and r.random() < 0.5:
        return g.add("Flatten", [x])
    if g.opset >= 11 and axis < x.rank:
        axis = negate_some(g, [axis], x.rank)[0]
    return g.add("Flatten", [x], axis=axis)


def squeeze(g):
    r = g.random
    x = g.pick(lambda v: 1 in v.shape and not (v.rows and v.shape[v.rows[0]] == 1))
    ones = [i for i, e in enumerate(x.shape) if e == 1]
    if r.random() < 0.3:
        return g.add("Squeeze", [x])
    axes = r.sample(ones, r.randint(1, len(ones)))
    if g.opset >= 11:
        axes = negate_some(g, axes, x.rank)
    return axes_of(g, "Squeeze", x, axes, 13)


def unsqueeze(g):
    r = g.random
    x = g.pick()
    count = r.randint(1, 2)
    # The reference evaluator takes one axis after the other.
    axes = sorted(r.sample(range(x.rank + count), count))
    if g.opset >= 11 and count == 1:
        axes = negate_some(g, axes, x.rank + count)
    return axes_of(g, "Unsqueeze", x, axes, 13)


def transpose(g):
    x = g.pick(lambda v: v.rank >= 2)
    if g.random.random() < 0.3:
        return g.add("Transpose", [x])
    perm = list(range(x.rank))
    g.random.shuffle(perm)
    return g.add("Transpose", [x], perm=perm)


def expand(g):
    r = g.random
    require(g.opset >= 8)
    x = g.pick()
    shape = [g.extent() if e == 1 and r.random() < 0.5 else r.choice((1, e))
             for e in g.static_shape(x)]
    if x.rows:
        shape[x.rows[0]] = 1
        if x.shape[x.rows[0]] == 1:
            require(r.random() < 0.5)
    if r.random() < 0.2:
        shape = [g.extent(), *shape]
    return g.add("Expand", [x, g.integers(shape)])


def trilu(g):
    require(g.opset >= 14)
    x = g.pick(lambda v: v.rank >= 2 and v.type in ("float32", "float64", "int64", "int32"))
    require(g.may_mix(x, x.rank - 1) and g.may_mix(x, x.rank - 2))
    inputs = [x]
    if g.random.random() < 0.6:
        inputs.append(g.add_constant(np.asarray(g.random.randint(-2, 3), np.int64)))
    attributes = {} if g.random.random() < 0.3 else {"upper": g.random.randint(0, 1)}
    return g.add("Trilu", inputs, **attributes)


def from_shape(g):
    """Shape, Size, ConstantOfShape and Range, as exporters write them."""
    r = g.random
    x = g.pick(lambda v: v.rank >= 1)
    shape = g.add("Shape", [x])
    kind = r.choice(("reshape", "constant", "range", "part", "size"))
    if kind == "reshape":
        tail = g.add("Gather", [shape, g.add_constant(np.asarray([0], np.int64))])
        require(not x.rows or x.rows[0] == 0)
        rest = g.add_constant(np.asarray([-1], np.int64))
        target = g.add("Concat", [tail, rest], axis=0)
        require(0 not in x.shape)
        return g.add("Reshape", [x, target])
    if kind == "constant":
        require(g.opset >= 9)
        attributes = {}
        if r.random() < 0.7:
            number = g.draw(r.choice(("float32", "int64", "bool")), (1,))
            attributes["value"] = numpy_helper.from_array(number)
        y = g.add("ConstantOfShape", [shape], **attributes)
        require(y.type == x.type)
        return g.add("Add", [x, y])
    if kind == "range":
        require(g.opset >= 11 and g.may_mix(x, x.rank - 1))
        last = g.add("Gather", [shape, g.add_constant(np.asarray(-1, np.int64))])
        zero, one = (g.add_constant(np.asarray(n, np.int64)) for n in (0, 1))
        y = g.add("Range", [zero, last, one])
        if is_float(x.type):
            y = g.add("CastLike", [y, x]) if g.opset >= 15 else g.add(
                "Cast", [y], to=1)
        require(y.type == x.type)
        return g.add(r.choice(("Add", "Mul")), [x, y])
    if kind == "part":
        axes = [a for a in range(x.rank) if g.may_mix(x, a)]
        require(axes)
        y = g.add("Gather", [shape, g.add_constant(np.asarray([r.choice(axes)], np.int64))])
    else:
        require(not x.rows)
        y = g.add("Size", [x])
    y = g.add("Cast", [y], to=1)
    require(x.type == "float32")
    return g.add("Mul", [x, g.add("Reciprocal", [y])])


# As often as they stand here.
LAYOUT = (concat, concat, split, split, slice_, slice_, gather, gather, reshape,
          reshape, reshape, flatten, squeeze, unsqueeze, transpose, transpose, expand,
          expand, trilu, from_shape)
