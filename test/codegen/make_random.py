"""Prints a random local-level program for dpc-codegen-test.

    make_random.py SEED

The values stay small, so that f32 and the f64 reference stay close.
"""
import random
import sys

rng = random.Random(int(sys.argv[1]))
lines, values = [], []  # values: (name, shape)


def type_of(shape, element="f32"):
    return "tensor<" + "".join(f"{n}x" for n in shape) + element + ">"


def emit(shape, text):
    name = f"%v{len(lines)}"
    phase = rng.choice(["", " {nn.phase = #nn.phase<backward>}"])
    lines.append(f"{name} = " + text.replace("ATTRS", phase))
    values.append((name, shape))
    return name


def pick(rank=None, shape=None):
    fitting = [v for v in values
               if (rank is None or len(v[1]) >= rank) and (shape is None or v[1] == shape)]
    return rng.choice(fitting[-8:] if rng.random() < 0.7 else fitting)


def unary():
    x, shape = pick()
    emit(shape, f"nn.{rng.choice(['tanh', 'logistic', 'neg', 'relu', 'softplus'])} {x}ATTRS : {type_of(shape)}")


def binary():
    x, shape = pick()
    y, _ = pick(shape=shape)
    t = emit(shape, f"nn.{rng.choice(['add', 'sub', 'mul'])} {x}, {y}ATTRS : {type_of(shape)}")
    emit(shape, f"nn.tanh {t} : {type_of(shape)}")


def reduce():
    x, shape = pick(rank=1)
    dims = sorted(rng.sample(range(len(shape)), rng.randint(1, len(shape))))
    rest = [n for i, n in enumerate(shape) if i not in dims]
    t = emit(rest, f"nn.reduce {rng.choice(['sum', 'max', 'min'])} {x} {dims}ATTRS : {type_of(shape)}")
    emit(rest, f"nn.tanh {t} : {type_of(rest)}")


def broadcast():
    x, shape = pick()
    if len(shape) > 2:
        return
    new, dims = [], []
    for n in shape + [None]:
        if rng.random() < 0.5:
            new.append(rng.randint(1, 4))
        if n is not None:
            dims.append(len(new))
            new.append(n)
    emit(new, f"nn.broadcast {x} {dims}ATTRS : {type_of(shape)} to {type_of(new)}")


def transpose():
    x, shape = pick(rank=2)
    order = list(range(len(shape)))
    rng.shuffle(order)
    emit([shape[i] for i in order], f"nn.transpose {x} {order}ATTRS : {type_of(shape)}")


def reshape():
    x, shape = pick()
    count = 1
    for n in shape:
        count *= n
    factor = rng.choice([d for d in range(1, count + 1) if count % d == 0])
    new = rng.choice([[count], [factor, count // factor], [1, factor, count // factor]])
    emit(new, f"nn.reshape {x}ATTRS : {type_of(shape)} to {type_of(new)}")


def select():
    x, shape = pick()
    y, _ = pick(shape=shape)
    c = emit(None, f"nn.compare {rng.choice(['lt', 'ge', 'ne'])} {x}, {y}ATTRS : {type_of(shape)}")
    values.pop()
    emit(shape, f"nn.select {c}, {y}, {x}ATTRS : {type_of(shape)}")


def dot():
    x, shape = pick(rank=1)
    y, other = pick(rank=1)
    pairs = [(i, j) for i, n in enumerate(shape) for j, m in enumerate(other) if n == m]
    if not pairs or len(shape) + len(other) > 5:
        return
    i, j = rng.choice(pairs)
    new = [n for k, n in enumerate(shape) if k != i] + [n for k, n in enumerate(other) if k != j]
    t = emit(new, f"nn.dot {x}, {y} batch [] x [] contract [{i}] x [{j}]ATTRS : {type_of(shape)}, {type_of(other)} -> {type_of(new)}")
    emit(new, f"nn.tanh {t} : {type_of(new)}")


def slice_():
    x, shape = pick(rank=1)
    starts = [rng.randint(0, n - 1) for n in shape]
    limits = [rng.randint(s + 1, n) for s, n in zip(starts, shape)]
    steps = [rng.randint(1, 2) for _ in shape]
    new = [-(-(l - s) // k) for s, l, k in zip(starts, limits, steps)]
    emit(new, f"nn.slice {x} {starts} to {limits} step {steps}ATTRS : {type_of(shape)}")


def pad():
    x, shape = pick(rank=1)
    low, high = [rng.randint(0, 1) for _ in shape], [rng.randint(0, 1) for _ in shape]
    new = [a + n + b for a, n, b in zip(low, shape, high)]
    emit(new, f"nn.pad {x} low {low} high {high} interior {[0] * len(shape)} value 0.5ATTRS : {type_of(shape)}")


def constant():
    shape = pick()[1]
    emit(list(shape), f"nn.constant dense<{rng.uniform(-1, 1):.3f}> : {type_of(shape)}")


pending = []


def start():
    members = [pick() for _ in range(rng.randint(1, 3))]
    handle = f"%h{len(lines)}"
    types = ", ".join(type_of(s) for _, s in members)
    kind = rng.choice(["sum", "max"])
    results = ", ".join(f"%r#{i}" for i in range(len(members)))
    lines.append(f"{handle} = dist.start {{ %r:{len(members)} = dist.all_reduce {kind} "
                 + ", ".join(n for n, _ in members)
                 + f' over ["data"] : {types} dist.yield {results} : {types} }}')
    pending.append((handle, [s for _, s in members]))


def wait():
    if not pending:
        return
    handle, shapes = pending.pop(rng.randrange(len(pending)))
    name = f"%w{len(lines)}"
    lines.append(f"{name}:{len(shapes)} = dist.wait {handle} : " + ", ".join(map(type_of, shapes)))
    waited = [(f"{name}#{i}", s) for i, s in enumerate(shapes)]
    for value, shape in waited:
        emit(shape, f"nn.tanh {value} : {type_of(shape)}")


arguments = []
for i in range(rng.randint(2, 4)):
    shape = [rng.choice([1, 3, 4, 5]) for _ in range(rng.randint(0, 3))]
    arguments.append((f"%p{i}", shape))
values += arguments
builders = [unary, unary, binary, binary, binary, reduce, broadcast, transpose, reshape, select,
            dot, slice_, pad, constant, start, wait]
for _ in range(rng.randint(5, 40)):
    builder = rng.choice(builders)
    if builder is transpose and not any(len(s) >= 2 for _, s in values):
        continue
    if builder in (reduce, dot, slice_, pad) and not any(s for _, s in values):
        continue
    builder()
while pending:
    wait()

results = []  # (value, shape, attributes)
for name, shape in arguments:
    fitting = [v for v in values if v[1] == shape]
    if rng.random() < 0.7:
        results.append((rng.choice(fitting)[0], shape,
                        f'nn.name = "{name[1:]}", nn.role = #nn.role<parameter>'))
for i in range(rng.randint(1, 4)):
    name, shape = rng.choice(values)
    results.append((name, shape, f'nn.name = "y{i}", nn.role = #nn.role<output>'))
rng.shuffle(results)

print('dist.mesh @mesh ["data" = 2]')
print("func.func @f(" + ", ".join(
    f'{n}: {type_of(s)} {{nn.name = "{n[1:]}", nn.role = #nn.role<parameter>}}' for n, s in arguments))
print(") -> (" + ", ".join(f"{type_of(s)} {{{a}}}" for _, s, a in results))
print(') attributes {nn.program = "f"} {')
print("\n".join("  " + line for line in lines))
print("  return " + ", ".join(n for n, _, _ in results) + " : " + ", ".join(type_of(s) for _, s, _ in results))
print("}")
