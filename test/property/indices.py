"""How to add one node of every operator that finds elements, or puts them where
indices say."""

import numpy as np

from layout import axes_of, negate_some
from operators import require
from reference import is_float


def pick_table(g):
    x = g.pick(lambda v: v.rank >= 1 and 0 not in v.shape)
    axis = g.random.randrange(x.rank)
    require(g.may_mix(x, axis))
    return x, axis


def indices_like(g, x, axis, extent, may_be_wide=True):
    """Indices below x's extent along `axis`, of x's shape but for that axis."""
    low, high = -x.shape[axis], x.shape[axis] - 1
    kind = g.random.choice(("int64", "int32"))
    shape = list(x.shape)
    shape[axis] = extent
    if x.rows:
        require(x.rows == (0, 1) and axis != 0)
        return g.add_input(kind, shape[1:], low=low, high=high)
    for i, size in enumerate(shape):
        if i != axis and may_be_wide and g.random.random() < 0.2:
            shape[i] = g.random.randint(1, size)
    values = g.draw(kind, shape, low, high)
    # Known to be the same along one dimension.
    if g.random.random() < 0.4:
        values = np.broadcast_to(values.take([0], g.random.randrange(x.rank)), shape)
    return g.add_constant(np.ascontiguousarray(values))


def gather_elements(g):
    require(g.opset >= 11)
    x, axis = pick_table(g)
    indices = indices_like(g, x, axis, g.extent())
    return g.add("GatherElements", [x, indices], axis=negate_some(g, [axis], x.rank)[0])


def gather_nd(g):
    require(g.opset >= 11)
    r = g.random
    x = g.pick(lambda v: v.rank >= 1 and 0 not in v.shape)
    if x.rows:
        # Behind the rows, which both have; or by them.
        require(g.opset >= 12 and x.rows == (0, 1) and x.rank >= 2)
        indices = g.add_input("int64", [g.extent(), 1], low=-x.shape[1],
                              high=x.shape[1] - 1)
        return g.add("GatherND", [x, indices], batch_dims=1)
    count = r.randint(1, x.rank)
    shape = [g.extent() for _ in range(r.randint(0, 2))]
    columns = [g.draw("int64", shape, -extent, extent - 1)
               for extent in x.shape[:count]]
    return g.add("GatherND", [x, g.add_constant(np.stack(columns, -1))])


def reduction_for(g, x):
    names = ["none", "none"]
    if x.type != "bool" and g.opset >= 16:
        names += ["add", "mul"] + (["max", "min"] if g.opset >= 18 else [])
    return g.random.choice(names)


def scatter_elements(g):
    require(g.opset >= 11)
    x, axis = pick_table(g)
    require(x.type in ("float32", "float64", "int32", "int64", "bool"))
    reduction = reduction_for(g, x)
    if reduction == "none":
        # Which of several comes last is nobody's business.
        require(not x.rows)
        extent = g.random.randint(1, x.shape[axis])
        order = np.argsort(g.numpy.random(x.shape), axis).take(range(extent), axis)
        indices = g.add_constant(order.astype("int64"))
    else:
        indices = indices_like(g, x, axis, g.extent(), may_be_wide=False)
    updates = g.pick(lambda v: v.shape == indices.shape and v.rows == indices.rows,
                     x.type) if x.rows or g.random.random() < 0.3 else \
        g.add_constant(g.draw(x.type, indices.shape))
    attributes = {} if reduction == "none" else {"reduction": reduction}
    return g.add("ScatterElements", [x, indices, updates],
                 axis=negate_some(g, [axis], x.rank)[0], **attributes)


def scatter_nd(g):
    require(g.opset >= 11)
    x, _ = pick_table(g)
    require(not x.rows and x.type in ("float32", "float64", "int32", "int64", "bool"))
    reduction = reduction_for(g, x)
    count = g.random.randint(1, x.rank)
    places = int(np.prod(x.shape[:count]))
    number = g.random.randint(1, places)
    # A run of them is a box.
    if g.random.random() < 0.4:
        first = g.random.randint(0, places - number)
        chosen = np.arange(first, first + number)
    else:
        chosen = g.numpy.permutation(places)[:number]
    if reduction != "none" and g.random.random() < 0.5:
        chosen[0] = chosen[-1]
    indices = np.stack(np.unravel_index(chosen, x.shape[:count]), -1)
    updates = g.add_constant(g.draw(x.type, (number, *x.shape[count:])))
    attributes = {} if reduction == "none" else {"reduction": reduction}
    return g.add("ScatterND", [x, g.add_constant(indices.astype("int64")), updates],
                 **attributes)


def arg_extreme(g):
    x, axis = pick_table(g)
    require(x.type != "bool" and not x.is_special)
    attributes = {"keepdims": g.random.randint(0, 1)}
    if g.opset >= 12:
        attributes["select_last_index"] = g.random.randint(0, 1)
    axis = negate_some(g, [axis], x.rank)[0] if g.opset >= 11 else axis
    return g.add(g.random.choice(("ArgMax", "ArgMin")), [x], axis=axis, **attributes)


def top_k(g):
    x, axis = pick_table(g)
    require(g.opset >= 11 and x.type in ("float32", "float64", "int64", "int32"))
    count = g.random.randint(1, x.shape[axis])
    return g.add("TopK", [x, g.integers([count])], 2, axis=axis,
                 largest=g.random.randint(0, 1))


def one_hot(g):
    require(g.opset >= 11)
    depth = g.random.randint(2, 5)
    if g.random.random() < 0.5:
        indices = g.add_input(g.random.choice(("int64", "int32")),
                              [g.extent() for _ in range(g.random.randint(0, 1))],
                              low=-depth, high=depth - 1)
    else:
        indices = g.add_constant(g.draw("int64", (g.extent(),), -depth - 1, depth))
    kind = g.random.choice(("float32", "int64"))
    values = g.add_constant(g.draw(kind, (2,)))
    attributes = {} if g.random.random() < 0.5 else \
        {"axis": g.random.randint(1 if indices.rows else 0, indices.rank)}
    return g.add("OneHot", [indices, g.add_constant(np.asarray(depth, "int64")), values],
                 **attributes)


def cum_sum(g):
    require(g.opset >= 11)
    x, axis = pick_table(g)
    require(x.type in ("float32", "float64", "int32", "int64"))
    axis = negate_some(g, [axis], x.rank)[0]
    return g.add("CumSum", [x, g.add_constant(np.asarray(axis, "int64"))],
                 exclusive=g.random.randint(0, 1), reverse=g.random.randint(0, 1))


def tile(g):
    x = g.pick(lambda v: v.rank >= 1)
    repeats = [g.random.choice((1, 1, 2, 3)) for _ in x.shape]
    if x.rows:
        repeats[x.rows[0]] = 1
    return g.add("Tile", [x, g.integers(repeats)])


def pad(g):
    require(g.opset >= 11)
    r = g.random
    x = g.pick(lambda v: v.rank >= 1 and 0 not in v.shape)
    require(x.type in ("float32", "float64", "int32", "int64") or g.opset >= 13)
    mode = r.choice(("constant", "constant", "edge", "reflect"))
    low, high = [0] * x.rank, [0] * x.rank
    for axis in range(x.rank):
        if not g.may_mix(x, axis) or r.random() < 0.4:
            continue
        extent = x.shape[axis]
        most = min(3, extent - 1) if mode == "reflect" else 3
        least = -1 if mode == "constant" and extent > 2 else 0
        low[axis], high[axis] = r.randint(least, most), r.randint(least, most)
    inputs = [x, g.integers(low + high)]
    if mode == "constant" and r.random() < 0.6:
        inputs.append(g.add_constant(g.draw(x.type, ())))
    return g.add("Pad", inputs, mode=mode)


def norm(g):
    """Reductions that are composed of others."""
    x = g.pick_float(lambda v: v.rank >= 1 and 0 not in v.shape)
    axis = g.random.randrange(x.rank)
    require(g.may_mix(x, axis) and is_float(x.type))
    op = g.random.choice(("ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceProd",
                          "ReduceSumSquare"))
    return axes_of(g, op, x, negate_some(g, [axis], x.rank) if g.opset >= 11 else [axis],
                   18, keepdims=g.random.randint(0, 1))


INDICES = (gather_elements, gather_nd, scatter_elements, scatter_nd, arg_extreme,
           top_k, one_hot, cum_sum, tile, pad, norm)
