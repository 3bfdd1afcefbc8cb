"""make_nests.py: programs for each way in which kernels of GPUs are spread over threads, of sizes
that fill blocks, warps and vectors and of such that do not. Printed as MLIR."""

programs = []


def add(name, arguments, body, results):
    """Types by argument; lines; (value, type) of each result."""
    ins = ", ".join(f'%{n}: {t} {{nn.name = "{name}_{n}", nn.role = #nn.role<input>{extra}}}'
                    for n, (t, extra) in arguments.items())
    outs = ", ".join(f'{t} {{nn.name = "{name}_r{i}", nn.role = #nn.role<output>}}'
                     for i, (_, t) in enumerate(results))
    lines = "\n".join("  " + line for line in body)
    programs.append(f'func.func @{name}({ins})\n    -> ({outs})\n    attributes {{nn.program = "{name}"}} {{\n'
                    f'{lines}\n  return {", ".join(v for v, _ in results)} : '
                    f'{", ".join(t for _, t in results)}\n}}\n')


def tensor(*shape, of="f32"):
    return f"tensor<{''.join(f'{n}x' for n in shape)}{of}>"


def columns(rows, width, of="f32", kind="sum"):
    x, y = tensor(rows, width, of=of), tensor(width, of=of)
    add(f"columns_{kind}_{rows}_{width}_{of}", {"x": (x, "")},
        [f"%y = nn.reduce {kind} %x [0] : {x}"], [("%y", y)])


def narrow(shape, of):
    """Lines that bring %x into memory as numbers of 16 bits, and take them from there as %wide."""
    x, n = tensor(*shape), tensor(*shape, of=of)
    return [f"%n = nn.convert %x {{nn.materialize}} : {x} to {n}", f"%wide = nn.convert %n : {n} to {x}"]


def narrow_columns(rows, width, of):
    x, y = tensor(rows, width), tensor(width)
    add(f"columns_{rows}_{width}_{of}", {"x": (x, "")},
        [*narrow((rows, width), of), f"%y = nn.reduce sum %wide [0] : {x}"], [("%y", y)])


def everything(*shape):
    x, y = tensor(*shape), tensor()
    add("all_" + "_".join(map(str, shape)), {"x": (x, "")},
        [f"%q = nn.mul %x, %x : {x}",
         f"%s = nn.reduce sum %q [{', '.join(str(d) for d in range(len(shape)))}] : {x}",
         f"%y = nn.sqrt %s : {y}"], [("%y", y)])


def softmax(rows, width, of="f32"):
    """With what its gradient needs as results, and a mask of each column."""
    x, m, b = tensor(rows, width), tensor(rows), tensor(width)
    body, value = [], "%x"
    if of != "f32":
        body, value = narrow((rows, width), of), "%wide"
    body += [f"%bb = nn.broadcast %b [1] : {b} to {x}", f"%xb = nn.add {value}, %bb : {x}",
             f"%m = nn.reduce max %xb [1] : {x}", f"%mb = nn.broadcast %m [0] : {m} to {x}",
             f"%d = nn.sub %xb, %mb : {x}", f"%e = nn.exp %d : {x}", f"%s = nn.reduce sum %e [1] : {x}",
             f"%sb = nn.broadcast %s [0] : {m} to {x}", f"%y = nn.div %e, %sb : {x}", f"%l = nn.log %s : {m}"]
    add(f"softmax_{rows}_{width}_{of}", {"x": (x, ""), "b": (b, "")}, body,
        [("%y", x), ("%l", m)])


def scatter(rows, width, updates, of="f32"):
    i, u, t = tensor(updates, of="i64"), tensor(updates, width, of=of), tensor(rows, width, of=of)
    add(f"scatter_{rows}_{width}_{updates}_{of}",
        {"i": (i, f", test.range = [-2.0, {rows + 1}.0]"), "u": (u, "")},
        [f"%y = nn.scatter_add %i, %u axis = 0 : {i}, {u} -> {t}"], [("%y", t)])


def transpose(shape, permutation, of="f32"):
    x, y = tensor(*shape, of=of), tensor(*(shape[i] for i in permutation), of=of)
    add("transpose_" + "_".join(map(str, (*shape, *permutation, of))), {"x": (x, ""), "y": (y, "")},
        [f"%t = nn.transpose %x {list(permutation)} : {x}", f"%z = nn.add %t, %y : {y}"], [("%z", y)])


def joined(outer, parts, inner):
    """What a split's gradient is made of: each part in its place, and their sum; and a concatenation."""
    whole = tensor(outer, sum(parts), inner)
    body, values, start = [], [], 0
    for i, part in enumerate(parts):
        x = tensor(outer, part, inner)
        body.append(f"%p{i} = nn.pad %x{i} low [0, {start}, 0] high [0, {sum(parts) - start - part}, 0] "
                    f"interior [0, 0, 0] value 0.0 : {x}")
        start += part
        values.append(f"%p{i}")
        if i:
            body.append(f"%s{i} = nn.add {values[-2]}, %p{i} : {whole}")
            values[-1] = f"%s{i}"
    arguments = {f"x{i}": (tensor(outer, part, inner), "") for i, part in enumerate(parts)}
    body.append(f"%c = nn.concat {', '.join('%' + name for name in arguments)} dim = 1 : "
                f"{', '.join(t for t, _ in arguments.values())}")
    add("joined_" + "_".join(map(str, (outer, *parts, inner))), arguments, body, [(values[-1], whole), ("%c", whole)])


for rows, width in ((1, 1), (31, 33), (64, 63), (65, 64), (1000, 1), (129, 68), (7, 520), (1009, 24)):
    columns(rows, width)
columns(300, 40, kind="max")
narrow_columns(100, 24, "bf16")
narrow_columns(300, 7, "f16")
columns(77, 10, of="i64")
columns(77, 10, of="f64")
columns(0, 8)
columns(3, 10007)
everything(8191)
everything(9, 1024)
everything(1)
everything(13, 7, 101)
for rows, width in ((1, 1), (3, 2), (5, 31), (33, 33), (64, 64), (7, 63), (9, 65), (3, 1000), (2, 1009), (2, 3072),
                    (2, 4100), (1, 16384), (1, 16388), (0, 5)):
    softmax(rows, width)
softmax(9, 72, of="bf16")
softmax(9, 71, of="f16")
for rows, width, updates in ((1, 1, 1), (5, 3, 70), (67, 20, 22), (300, 1, 2000), (40, 768, 33), (3, 1030, 9),
                             (64, 64, 1025)):
    scatter(rows, width, updates)
scatter(9, 8, 40, of="i64")
scatter(9, 6, 40, of="f64")
scatter(4, 3, 0)
for shape, permutation in (((33, 65), (1, 0)), ((64, 32), (1, 0)), ((7, 64), (1, 0)), ((3, 31, 8, 9), (0, 3, 1, 2)),
                           ((2, 40, 3, 24), (0, 2, 3, 1)), ((100, 8), (1, 0))):
    transpose(shape, permutation)
transpose((33, 40), (1, 0), of="i64")
transpose((9, 40, 8), (2, 0, 1), of="f64")
joined(3, (2, 1, 3), 8)
joined(129, (1, 1, 1), 64)
joined(5, (3, 4), 7)
print("\n".join(programs))
