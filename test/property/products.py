"""How to add a node of every operator that multiplies matrices, reduces or
normalizes."""

import math

import numpy as np

from operators import require
from reference import is_float, np_type

#===-----------------------------------------------------------------------===#
# Products
#===-----------------------------------------------------------------------===#


def scale_for(extent):
    return 1.2 / math.sqrt(max(extent, 1))


def weight(g, type_name, shape, contracted):
    if not is_float(type_name):
        return g.add_constant(g.draw(type_name, shape))
    array = g.draw(type_name, shape).astype(np.float64) * scale_for(contracted)
    return shared(g, type_name, shape) or g.add_constant(array.astype(np_type(type_name)))


def shared(g, type_name, shape):
    """At times an initializer that is there already."""
    if g.random.random() < 0.25:
        for name, array in g.constants.items():
            if array.shape == tuple(shape) and array.dtype.name == type_name:
                return g.values[name]
    return None


def matmul(g):
    r = g.random
    require(g.opset >= 9)
    a = g.pick_float(lambda v: v.rank >= 1) if r.random() < 0.9 else g.pick(
        lambda v: v.rank >= 1 and v.type in ("int32", "int64"))
    if r.random() < 0.25:
        def fits(b):
            return b.rank >= 1 and b.shape[max(b.rank - 2, 0)] == a.shape[-1]
        return g.add("MatMul", [a, g.pick(fits, a.type)])
    on_left = r.random() < 0.3
    inner = a.shape[max(a.rank - 2, 0) if on_left else -1]
    axis = (max(a.rank - 2, 0) if on_left else a.rank - 1)
    require(not a.rows or a.rows[0] != axis)
    batch = [e if r.random() < 0.5 else 1 for e in g.static_shape(a)[:-2]]
    batch = batch[r.randint(0, len(batch)):] if r.random() < 0.7 else []
    if not batch and r.random() < 0.1:
        batch = [g.extent()]
    own = [g.extent()] if batch or r.random() < 0.85 else []
    if on_left:
        b = weight(g, a.type, batch + own + [inner], inner)
        return g.add("MatMul", [b, a])
    b = weight(g, a.type, batch + [inner] + own, inner)
    return g.add("MatMul", [a, b])


def gemm(g):
    r = g.random
    a = g.pick_float(lambda v: v.rank == 2)
    trans_a, trans_b = r.random() < 0.3, r.random() < 0.5
    axis = 0 if trans_a else 1
    inner, own = a.shape[axis], g.extent()
    require(g.may_reduce(a, [axis]))
    if a.rows and a.rows[0] == axis:
        b = g.pick(lambda v: v.rank == 2 and v.rows and v.shape[v.rows[0]] == inner, a.type)
        trans_b = b.rows[0] == 1
        own = b.shape[1 - b.rows[0]]
    else:
        b = weight(g, a.type, [own, inner] if trans_b else [inner, own], inner)
    attributes = {}
    if trans_a or r.random() < 0.1:
        attributes["transA"] = int(trans_a)
    if trans_b or r.random() < 0.1:
        attributes["transB"] = int(trans_b)
    if r.random() < 0.3:
        attributes["alpha"] = r.choice((0.5, 2.0, -1.0, 0.25))
    if r.random() < 0.3:
        attributes["beta"] = r.choice((0.5, 2.0, -1.0, 0.0))
    inputs = [a, b]
    if g.opset < 11 or r.random() < 0.7:
        left = 1 if a.rows and a.rows[0] != axis else a.shape[1 - axis]
        shape = r.choice(([own], [1], [], [left, own], [left, 1], [1, own], [1, 1]))
        inputs.append(g.add_constant(g.draw(a.type, shape)))
    return g.add("Gemm", inputs, **attributes)


def einsum(g):
    r = g.random
    require(g.opset >= 12)
    a = g.pick_float(lambda v: v.rank <= 4)
    letters = list("ijklmnp")
    r.shuffle(letters)
    left = letters[:a.rank]
    extents = dict(zip(left, a.shape))
    rows = left[a.rows[0]] if a.rows else None
    equations, inputs = ["".join(left)], [a]
    for _ in range(r.choice((0, 1, 1, 1, 2))):
        known = [letter for letter in extents if letter != rows]
        labels = r.sample(known, r.randint(0, min(2, len(known))))
        if r.random() < 0.5 or not labels:
            letter = letters[a.rank + len(inputs) - 1]
            extents[letter] = g.extent()
            labels.append(letter)
        r.shuffle(labels)
        shape = [extents[letter] for letter in labels]
        inputs.append(shared(g, a.type, shape) or g.add_constant(
            g.draw(a.type, shape) * np_type(a.type).type(0.7)))
        equations.append("".join(labels))
    output = [letter for letter in extents if r.random() < 0.6 or (
        letter == rows and not g.may_reduce(a, [a.rows[0]]))]
    r.shuffle(output)
    ellipsis = "ellipsis" in g.features and r.random() < 0.3 and a.rank > 1
    if ellipsis:
        # The first labels of the first operand become `...`; others must lack them.
        gone = left[:r.randint(1, a.rank - 1)]
        if not any(letter in text for letter in gone for text in equations[1:]):
            equations[0] = "..." + equations[0][len(gone):]
            output = ["..."] + [letter for letter in output if letter not in gone]
    text = ",".join(equations)
    if r.random() < 0.85 or rows:
        text += "->" + "".join(output)
    return g.add("Einsum", inputs, equation=text)


#===-----------------------------------------------------------------------===#
# Reductions and norms
#===-----------------------------------------------------------------------===#


def reduce(g):
    r = g.random
    op = r.choice(("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"))
    x = g.pick_float() if r.random() < 0.8 else g.pick(
        lambda v: v.type in ("int32", "int64"))
    require(not (op == "ReduceMean" and not is_float(x.type)))
    if op != "ReduceSum":
        require(0 not in x.shape)
    attributes, inputs = {}, [x]
    if r.random() < 0.7:
        attributes["keepdims"] = r.randint(0, 1)
    axes_by_input = g.opset >= (13 if op == "ReduceSum" else 18)
    if r.random() < 0.8 and x.rank:
        axes = r.sample(range(x.rank), r.randint(1, min(2, x.rank)))
        require(g.may_reduce(x, axes))
        axes = [a - x.rank if r.random() < 0.4 else a for a in axes]
        if axes_by_input:
            inputs.append(g.integers(axes))
        else:
            attributes["axes"] = axes
        return g.add(op, inputs, **attributes)
    if axes_by_input and r.random() < 0.5:
        attributes["noop_with_empty_axes"] = r.randint(0, 1)
        if r.random() < 0.5:
            inputs.append(g.add_constant(np.zeros(0, np.int64)))
    if not attributes.get("noop_with_empty_axes"):
        require(g.may_reduce(x, range(x.rank)))
    return g.add(op, inputs, **attributes)


def softmax(g):
    x = g.pick_float(lambda v: v.rank >= 1 and 0 not in v.shape)
    attributes = {}
    axis = 1 if g.opset < 13 else -1
    if g.random.random() < 0.7 or axis >= x.rank:
        axis = g.random.randint(-x.rank, x.rank - 1)
        attributes["axis"] = axis
    axis %= x.rank
    if g.opset < 13:
        require(g.may_reduce(x, range(axis, x.rank)))
    else:
        require(g.may_reduce(x, [axis]))
    return g.add(g.random.choice(("Softmax", "LogSoftmax")), [x], **attributes)


def normalization(g):
    r = g.random
    op = "LayerNormalization" if g.opset < 23 or r.random() < 0.6 else "RMSNormalization"
    require(g.opset >= 17)
    x = g.pick_float(lambda v: v.rank >= 1 and 0 not in v.shape
                     and v.type in ("float32", "float64"))
    axis = r.randint(-x.rank, x.rank - 1)
    axes = range(axis % x.rank, x.rank)
    require(g.may_reduce(x, axes))
    # A row of equal elements divides by the square root of epsilon.
    spread = [np.ptp(a.reshape(*a.shape[:axis % x.rank], -1), axis=-1) for a in x.arrays]
    require(all(np.all(s > 0.2) for s in spread))
    shape = g.static_shape(x)[axis % x.rank:]
    if r.random() < 0.3:
        shape = [1 if r.random() < 0.5 else e for e in shape]
    inputs = [x, shared(g, x.type, shape) or g.add_constant(g.draw(x.type, shape))]
    attributes = {"axis": axis} if axis != -1 or r.random() < 0.5 else {}
    if r.random() < 0.5:
        attributes["epsilon"] = r.choice((1e-5, 1e-3, 0.1))
    if op == "RMSNormalization":
        return g.add(op, inputs, **attributes)
    if r.random() < 0.7:
        inputs.append(g.add_constant(g.draw(x.type, shape)))
    # The other outputs are f32 whatever the type.
    outputs = 3 if x.type == "float32" and r.random() < 0.2 else 1
    return g.add(op, inputs, outputs, **attributes)


def dropout(g):
    """In inference. What trains must not drop here: the ratio is 0 or the model
    says that it does not train."""
    x = g.pick_float()
    if g.opset < 12:
        return g.add("Dropout", [x], ratio=0.0)
    ratio = g.add_constant(np.float32(0.4), as_node=True)
    mode = g.add_constant(np.asarray(False), as_node=True)
    outputs = 2 if "mask" in g.features and g.random.random() < 0.3 else 1
    return g.add("Dropout", [x, ratio, mode], outputs)


def fourier(g):
    require(g.opset >= 17)
    r = g.random
    x = g.pick_float(lambda v: v.rank >= 1 and 0 not in v.shape
                     and v.type in ("float32", "float64"))
    if x.rank < 2 or x.shape[-1] > 2 or x.rows == (x.rank - 1, 1) or r.random() < 0.5:
        x = g.add("Unsqueeze", [x, g.integers([-1])])
    axis = r.randrange(x.rank - 1)
    require(g.may_mix(x, axis))
    attributes = {"inverse": r.randint(0, 1), "onesided": 0}
    if x.shape[-1] == (2 if attributes["inverse"] else 1):
        attributes["onesided"] = r.randint(0, 1)
    length = r.randint(1, x.shape[axis] + 2)
    inputs = [x, g.add_constant(np.asarray(length, "int64"))]
    if g.opset < 20:
        attributes["axis"] = axis
    else:
        inputs.append(g.add_constant(np.asarray(axis, "int64")))
    return g.add("DFT", inputs, **attributes)


def determinant(g):
    require(g.opset >= 11)
    x = g.pick_float(lambda v: v.rank >= 2 and v.shape[-1] == v.shape[-2] > 0
                     and v.type in ("float32", "float64"))
    require(g.may_mix(x, x.rank - 1) and g.may_mix(x, x.rank - 2))
    return g.add("Det", [x])


# As often as they stand here.
PRODUCTS = (*[matmul] * 4, *[gemm] * 3, *[einsum] * 3, fourier, determinant)
NORMS = (*[reduce] * 5, *[softmax] * 3, *[normalization] * 2, dropout)
