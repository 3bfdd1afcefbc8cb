"""How a program starts its kernels, read from what dpc writes with --emit: so that the runner can
start each of them by itself."""

import re

BITS = {"i1": 8, "i8": 8, "ui8": 8, "f16": 16, "bf16": 16, "i32": 32, "f32": 32, "i64": 64, "f64": 64}
FUNCTION = re.compile(r"^define [^\n]*@(\w+)\(([^)]*)\)[^\n]*\{\n(.*?)^\}", re.M | re.S)
START = re.compile(r"call void @dpc_launch\(ptr %0, i32 (\d+), i64 (\d+), i32 (\d+), ptr [^,]*, i32 (\d+)\)")
STORED = re.compile(r"store ptr %(\d+),")
NAMES = re.compile(r'@dpc_device_kernels = [^\n]*? c"((?:[^"\\]|\\..)*)"')
PTX = re.compile(r'@dpc_device_ptx = [^\n]*? c"([^"]*)"')
LAUNCH = re.compile(r"plan\.launch @(\w+)\([^)]*\)(.*?) : (memref<.*)")
SHAPE = re.compile(r"memref<((?:\d+x)*)(\w+)[^>]*>")


def size_of(shape, kind):
    count = 1
    for size in shape.split("x"):
        count *= int(size) if size else 1
    return count * BITS[kind] // 8


def read_ptx(llvm):
    """The device's code, which the program holds as a constant with a zero behind it."""
    text = PTX.search(llvm).group(1)
    return re.sub(r"\\([0-9A-F]{2})", lambda match: chr(int(match.group(1), 16)), text).rstrip("\0")


def read_starts(llvm):
    """{kernel of the plan: (the device's, grid, block)} of those that are started once, with the
    kernel's buffers in their order."""
    names = NAMES.search(llvm).group(1).split("\\0A")
    starts = {}
    for name, arguments, body in FUNCTION.findall(llvm):
        calls = START.findall(body)
        count = arguments.count("ptr") - 1
        if len(calls) == 1 and STORED.findall(body) == [str(i + 1) for i in range(count)]:
            number, grid, block, given = map(int, calls[0])
            if given == count:
                starts[name] = (names[number], grid, block)
    return starts


def read_launches(plan, llvm, kernels):
    """One record for each kernel of a step: how it is started, on buffers of which sizes, and which
    of them hold integers. `plan` is the program's text, `kernels` what its JSON says of them."""
    starts = read_starts(llvm)
    told = {kernel["name"]: kernel for kernel in kernels}
    found = {}
    for name, _, types in LAUNCH.findall(plan):
        if name in found:
            found[name]["count"] += 1
            continue
        if name not in starts or name not in told or not told[name]["bytes"]:
            continue
        buffers = SHAPE.findall(types.split(" loc(")[0])
        if any(kind not in BITS for _, kind in buffers):
            continue
        device, grid, block = starts[name]
        found[name] = {"kernel": name, "device": device, "node": (told[name]["nodes"] or [""])[0], "count": 1,
                       "bytes": told[name]["bytes"], "grid": grid, "block": block,
                       "sizes": [size_of(*buffer) for buffer in buffers],
                       "integers": [i for i, (_, kind) in enumerate(buffers) if "f" not in kind]}
    return list(found.values())
