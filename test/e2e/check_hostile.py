"""Models that are small to store and large to compile: each must end, within
seconds and little memory, in a plan or in one line that names what is wrong."""

import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

dpc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
SECONDS, BYTES = 20, 3 << 30


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


def integers(*values):
    return np.array(values, np.int64)


def make_model(nodes, inputs=("x",), outputs=("y",), weights=None, width=4, opset=20,
               functions=()):
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "g", [value(name, TensorProto.FLOAT, ["n", width]) for name in inputs],
        [value(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in (weights or {}).items()])
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("my", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10,
                             functions=list(functions))


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(model, *flags):
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString())
    process = subprocess.Popen([dpc, "plan", path, "--batch", "8", *flags],
                               preexec_fn=limit, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, start_new_session=True)
    try:
        # Other tests run at the same time.
        _, error = process.communicate(timeout=6 * SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        sys.exit(f"{path}: no end")
    text = error.decode()
    if process.returncode not in (0, 1) or \
            len(text.splitlines()) != process.returncode or \
            not all(line.isprintable() for line in text.splitlines()):
        sys.exit(f"{path}: {process.returncode}: {text[:1000]}")
    return process.returncode, text


def works(model, *flags):
    code, text = run(model, *flags)
    if code != 0:
        sys.exit(f"refused: {text}")


def refused(model, what, *flags):
    code, text = run(model, *flags)
    if code != 1 or not re.search(what, text):
        sys.exit(f"not refused for {what!r}: {text}")


# Constants that nobody stores: needed as values, they stay what they are; as a
# shape, they are too many.
ones = numpy_helper.from_array(integers(1))
big = [node("ConstantOfShape", ["s"], ["c"], value=ones)]
refused(make_model(big + [node("Reshape", ["x", "c"], ["y"])],
                   weights={"s": integers(2**32)}), "input 'shape' has 4294967296 numbers")
works(make_model(big + [node("ReduceSum", ["c"], ["r"], keepdims=0),
                        node("Cast", ["r"], ["f"], to=1), node("Add", ["x", "f"], ["y"])],
                 weights={"s": integers(2**32)}))
works(make_model([node("Expand", ["x", "s"], ["e"]), node("ReduceMax", ["e"], ["y"])],
                 weights={"s": integers(2**36, 1, 4)}))
refused(make_model([node("Expand", ["x", "s"], ["y"])],
                   weights={"s": integers(2**47, 1, 4)}), "no possible shape")
refused(make_model([node("Reshape", ["x", "s"], ["y"])],
                   weights={"s": integers(2**62, 2**62, 4)}), "would be too large")
refused(make_model([node("Unsqueeze", ["x", "s"], ["y"])],
                   weights={"s": np.arange(10000)}), "10002 dimensions")
twice = [node("Shape", ["x"], ["s0"])] + [
    node("Concat", [f"s{i}", f"s{i}"], [f"s{i + 1}"], axis=0) for i in range(40)]
refused(make_model(twice + [node("ConstantOfShape", ["s40"], ["y"])]), "numbers; at most")
# A chain of constants that is long to compute.
chain = [node("Range", ["zero", "end", "one"], ["r0"])] + [
    node("Add", [f"r{i}", f"r{i}"], [f"r{i + 1}"]) for i in range(20000)]
works(make_model(chain + [node("Cast", ["r20000"], ["f"], to=1),
                          node("ReduceSum", ["f"], ["y"], keepdims=0)],
                 weights={"zero": np.array(0), "end": np.array(1000), "one": np.array(1)}))

# Very many operands, results, nodes.
names = [f"x{i}" for i in range(10000)]
for op, attributes in (("Sum", {}), ("Max", {}), ("Concat", {"axis": 1})):
    works(make_model([node(op, ["x"] * 10000, ["y"], **attributes)]))
    works(make_model([node(op, names, ["y"], **attributes)], inputs=names))
works(make_model([node("Concat", names, ["w"], axis=1), node("MatMul", ["x", "w"], ["y"])],
                 weights={name: np.ones((4, 1), np.float32) for name in names}))
parts = [f"y{i}" for i in range(2000)]
works(make_model([node("Split", ["x", "sizes"], parts, axis=1)], outputs=parts, width=2000,
                 weights={"sizes": np.ones(2000, np.int64)}))
refused(make_model([node("Split", ["x"], [f"y{i}" for i in range(10**6)], axis=1,
                         num_outputs=10**6)], outputs=["y0"], width=10**6),
        "more than 100000 operands and results")
refused(make_model([node("Einsum", ["x"] * 10**6, ["y"],
                         equation=",".join(["ij"] * 10**6))]), "more than 100000")


def make_chain(op, length):
    return [node(op, [f"v{i}" if i else "x"], [f"v{i + 1}" if i < length - 1 else "y"])
            for i in range(length)]


works(make_model(make_chain("Tanh", 10000)))
works(make_model(make_chain("Identity", 100000)))
refused(make_model(make_chain("Relu", 150000)), "more than 100000 operations")
layers, weights = [], {}
for i in range(1000):
    weights[f"w{i}"] = np.ones((4, 4), np.float32)
    layers += [node("MatMul", [f"r{i}" if i else "x", f"w{i}"], [f"h{i}"]),
               node("Relu", [f"h{i}"], [f"r{i + 1}" if i < 999 else "y"])]
works(make_model(layers, weights=weights), "--loss", "mse", "--optimizer", "adam",
      "--strategy", "zero", "--zero-stage", "3", "--ranks", "4")


# Functions that call functions.
def make_functions(depth, calls):
    for i in range(depth):
        body = [node(f"f{i - 1}" if i else "Relu", [f"t{k}"], [f"t{k + 1}"],
                     domain="my" if i else "") for k in range(calls)]
        yield helper.make_function("my", f"f{i}", ["t0"], [f"t{calls}"], body,
                                   [helper.make_opsetid("", 20),
                                    helper.make_opsetid("my", 1)])


for depth, calls in ((60, 2), (8, 10), (63, 3)):
    refused(make_model([node(f"f{depth - 1}", ["x"], ["y"], domain="my")],
                       functions=make_functions(depth, calls)), "more than 200000 nodes")

# Strings and lists of attributes.
evil = "\x1b[2J\u202eevil\r\n\x00" * 100000
refused(make_model([node("Gelu", ["x"], ["y"], approximate=evil)]), r"\\x1b\[2J\\u202eevil")
refused(make_model([node("Einsum", ["x"], ["y"], equation=evil)]), "Einsum")
refused(make_model([node("Einsum", ["x"], ["y"], equation="i" * 3000000)]), "Einsum")
refused(make_model([node("Transpose", ["x"], ["y"], perm=range(10**6))]), "no permutation")
refused(make_model([node("ReduceSum", ["x"], ["y"], axes=[0] * 10**6)], opset=12), "twice")

# A product counts its inner dimension once, and has an end.
made = [node("ConstantOfShape", ["s"], ["a"]), node("ConstantOfShape", ["t"], ["b"]),
        node("MatMul", ["a", "b"], ["c"]), node("ReduceMax", ["c"], ["m"], keepdims=0),
        node("Add", ["x", "m"], ["y"])]
works(make_model(made, weights={"s": integers(2**13, 2**10, 2**10),
                                "t": integers(2**13, 2**10, 2**6)}))
refused(make_model(made, weights={"s": integers(2**23, 2**24), "t": integers(2**24, 2**23)}),
        "multiplications")
