"""How to add one node, or a few that belong together, of every elementwise
operator: legal operands and attributes, in the form that the graph's opset has.
What cannot be here raises Reject, and something else is tried."""

import numpy as np

from reference import TYPES, is_float, np_type
from values import Reject

INTEGERS = ("int32", "int64", "int8", "int16", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64", "float16", "bfloat16")


def require(condition):
    if not condition:
        raise Reject


def pick_number(g, predicate=lambda value: True):
    if g.random.random() < 0.75:
        return g.pick_float(predicate)
    return g.pick(lambda value: value.type in INTEGERS and predicate(value))


def new_input(g):
    """Of any type; a batched one mostly."""
    r = g.random
    types = [name for name in FLOATS + INTEGERS if name != "bfloat16"] + ["bool", "bool"]
    tail = [g.extent() for _ in range(r.choice((0, 1, 1, 2, 2, 3)))]
    if "special" in g.features and r.random() < 0.2:
        g.add_input(r.choice(("float32", "float32", "float64", "float16")), tail, is_special=True)
    else:
        g.add_input(r.choice(types + ["float32"] * 6), tail, r.random() < 0.85)


#===-----------------------------------------------------------------------===#
# Elementwise
#===-----------------------------------------------------------------------===#


def in_domain(g, x, low, high=60.0):
    """x, or something made of it, inside of the bounds."""
    if x.every(lambda a: (a >= low) & (a <= high)):
        return x
    square = g.add("Mul", [x, x])
    half = g.add_constant(np.asarray(max(low, 0) + 0.5).astype(np_type(x.type)))
    y = g.add("Add", [square, half])
    require(y.every(lambda a: (a >= low) & (a <= high)))
    return y


SINCE = {"Sign": 9, "Round": 11, "Sinh": 9, "Cosh": 9, "Asinh": 9, "Acosh": 9,
         "Atanh": 9, "IsNaN": 9, "IsInf": 10}


def unary(g):
    op = g.random.choice((
        "Abs", "Neg", "Relu", "Ceil", "Floor", "Cos", "Sin", "Erf", "Exp", "Log",
        "Sqrt", "Reciprocal", "Sigmoid", "Softplus", "Tanh", "Tanh", "Gelu", "Identity",
        "Sign", "Round", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh",
        "Acosh", "Atanh", "IsNaN", "IsInf"))
    require(g.opset >= SINCE.get(op, 7))
    if op in ("Abs", "Neg", "Relu", "Identity", "Sign"):
        x = pick_number(g)
        require(not (op == "Relu" and not is_float(x.type) and g.opset < 14))
        return g.add(op, [x])
    x = g.pick_float()
    if op in ("Log", "Sqrt", "Reciprocal"):
        x = in_domain(g, x, 0.1)
    if op in ("Asin", "Acos", "Atanh", "Tan"):
        require(x.every(lambda a: np.abs(a) < 0.95))
    if op == "Acosh":
        x = in_domain(g, x, 1.1)
    if op in ("IsNaN", "IsInf"):
        require(x.type in ("float32", "float64"))
    if op in ("Exp", "Sinh", "Cosh"):
        require(x.every(lambda a: a < 4))
    if op == "Gelu":
        require(g.opset >= 20)
        return g.add(op, [x], approximate=g.random.choice(("none", "tanh")))
    return g.add(op, [x])


ACTIVATIONS = {  # Since which opset, and attributes.
    "Celu": (12, {"alpha": (0.7, 1.5)}), "Elu": (7, {"alpha": (0.7, 1.5)}),
    "HardSigmoid": (7, {"alpha": (0.1, 0.4), "beta": (0.3, 0.6)}), "HardSwish": (14, {}),
    "LeakyRelu": (7, {"alpha": (0.1, 0.3)}), "Mish": (18, {}), "PRelu": (9, {}),
    "Selu": (7, {"alpha": (1.5, 1.8), "gamma": (0.9, 1.2)}),
    "Shrink": (9, {"bias": (0.0, 0.5), "lambd": (0.2, 0.8)}), "Softsign": (7, {}),
    "Swish": (24, {"alpha": (0.5, 1.5)}), "ThresholdedRelu": (10, {"alpha": (0.2, 1.2)})}


def activation(g):
    r = g.random
    op = r.choice([name for name, (since, _) in ACTIVATIONS.items() if since <= g.opset])
    x = g.pick_float()
    # The reference does not mind overflow, nor does it lose small differences.
    require(x.every(lambda a: np.abs(a) < 20))
    if op == "PRelu":
        shape = [1 if r.random() < 0.3 else extent
                 for extent in g.static_shape(x)[r.randint(0, x.rank):]]
        return g.add(op, [x, g.add_constant(g.draw(x.type, shape))])
    attributes = {name: r.uniform(*bounds) for name, bounds in ACTIVATIONS[op][1].items()
                  if r.random() < 0.6}
    return g.add(op, [x], **attributes)


def swap(g, a, b):
    return [b, a] if g.random.random() < 0.5 else [a, b]


def arithmetic(g):
    op = g.random.choice(("Add", "Add", "Sub", "Mul", "Mul", "Div"))
    a = pick_number(g)
    if op != "Div":
        return g.add(op, swap(g, a, g.operand(a)))
    b = g.operand(a, 1, 3) if not is_float(a.type) or g.random.random() < 0.5 \
        else g.operand(a, 0.4, 2.0)
    require(b.every(lambda v: np.abs(v.astype(np.float64)) > 0.3))
    return g.add(op, [a, b])


def variadic(g):
    op = g.random.choice(("Max", "Min", "Sum"))
    a = pick_number(g) if op != "Sum" else g.pick_float()
    require(g.opset >= 8)
    others = [g.operand(a) for _ in range(g.random.randint(0, 3))]
    values = [a, *others]
    g.random.shuffle(values)
    return g.add(op, values)


def power(g):
    r = g.random
    a = g.pick_float()
    whole = r.random() < 0.5
    if whole:
        exponent = r.choice((0.0, 1.0, 2.0, 2.0, 3.0, 4.0))
        low = None
    else:
        exponent = r.choice((0.5, 1.5, -1.0, -0.5, 2.5))
        a = in_domain(g, a, 0.15)
    other = np_type(a.type)
    if g.opset >= 12 and r.random() < 0.4:
        other = np.dtype("int64" if whole else "float32")
    if whole or r.random() < 0.6:
        # A trained exponent asks for the logarithm of the base.
        b = g.add_constant(np.full(r.choice(((), (1,))), exponent).astype(other),
                           as_node=True)
    else:
        b = g.add_constant(g.draw(other.name, g.broadcast_shape(a), 0.5, 2.0))
    return g.add("Pow", [a, b])


def integer_power(g):
    require(g.opset >= 12)
    a = g.pick(lambda v: v.type in ("int32", "int64"))
    return g.add("Pow", [a, g.add_constant(np.asarray(g.random.choice((0, 1, 2, 3)), "int64"))])


def clip(g):
    r = g.random
    x = pick_number(g)
    low, high = (r.choice((-2, -1, 0)), r.choice((1, 2, 3)))
    if is_float(x.type):
        low, high = low + 0.3, high - 0.6
    else:
        require(g.opset >= 12)
        low = max(low, 0) if x.type[0] == "u" else low
    has_low, has_high = r.choice(((1, 1), (1, 1), (1, 0), (0, 1), (0, 0)))
    if g.opset < 11:
        attributes = {}
        if has_low:
            attributes["min"] = float(low)
        if has_high:
            attributes["max"] = float(high)
        return g.add("Clip", [x], **attributes)
    kind = np_type(x.type)
    bounds = [g.add_constant(np.asarray(bound).astype(kind)) if has else None
              for bound, has in ((low, has_low), (high, has_high))]
    while bounds and bounds[-1] is None:
        bounds.pop()
    return g.add("Clip", [x, *bounds])


def remainder(g):
    require(g.opset >= 10)
    a = pick_number(g)
    require(a.type != "bfloat16")
    b = g.add_constant(g.draw(a.type, (), 2, 5))
    return g.add("Mod", [a, b], fmod=1 if is_float(a.type) else g.random.randint(0, 1))


def bits(g):
    x = g.pick(lambda v: v.type in INTEGERS)
    if x.type[0] == "u" and g.opset >= 11 and g.random.random() < 0.5:
        distance = g.add_constant(g.draw(x.type, (), 0, 3))
        return g.add("BitShift", [x, distance],
                     direction=g.random.choice(("LEFT", "RIGHT")))
    require(g.opset >= 18)
    op = g.random.choice(("BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot"))
    return g.add(op, [x] if op == "BitwiseNot" else [x, g.operand(x)])


def compare(g):
    op = g.random.choice(("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"))
    require(g.opset >= (12 if op.endswith("OrEqual") else 7))
    a = pick_number(g)
    return g.add(op, swap(g, a, g.operand(a)))


def pick_bool(g):
    try:
        return g.pick(type_name="bool")
    except Reject:
        return compare(g)


def logic(g):
    op = g.random.choice(("And", "Or", "Xor", "Not"))
    a = pick_bool(g)
    return g.add("Not", [a]) if op == "Not" else g.add(op, [a, g.operand(a)])


def where(g):
    require(g.opset >= 9)
    condition = pick_bool(g)
    x = pick_number(g) if g.random.random() < 0.8 else g.pick(type_name="bool")
    return g.add("Where", [condition, *swap(g, x, g.operand(x))])


def cast_to(g, x, type_name):
    """Only what no type leaves open: numbers that the result can hold."""
    if type_name == "bfloat16" or x.type == "bfloat16":
        require(g.opset >= 13)
    if not is_float(type_name) and type_name != "bool":
        info = np.iinfo(type_name)
        require(x.every(lambda a: (a.astype(np.float64) > max(info.min, -2**31) - 0.5)
                        & (a.astype(np.float64) < min(info.max, 2**31) + 0.5)))
        if type_name[0] == "u":
            require(x.every(lambda a: a >= 0))
    if g.opset >= 15 and g.random.random() < 0.3:
        like = g.add_constant(g.draw(type_name, (1,)), as_node=True)
        return g.add("CastLike", [x, like])
    return g.add("Cast", [x], to=TYPES[type_name])


def cast(g):
    x = g.pick()
    for _ in range(g.random.choice((1, 1, 2, 3))):
        types = FLOATS + INTEGERS + ("bool", "float32", "float32")
        x = cast_to(g, x, g.random.choice(types))
    if g.random.random() < 0.6 and x.type != "float32":
        cast_to(g, x, "float32")


# As often as they stand here.
ELEMENTWISE = (*[unary] * 10, *[activation] * 4, *[arithmetic] * 4, *[variadic] * 3, power, power,
               integer_power, remainder, bits, clip, compare, logic, *[where] * 2, *[cast] * 3)
