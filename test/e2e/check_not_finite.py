"""A training whose values stop being finite ends at that step, in one line that
names the layer and the row of the data.

  check_not_finite.py DPC FOLDER
"""

import json
import os
import re
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper as h, numpy_helper as nh

dpc, folder = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
os.chdir(folder)
rng = np.random.default_rng(0)
ROWS, WIDTH, BATCH = 400, 12, 40
failures = []


def weights(*sizes):
    result = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        result += [nh.from_array((rng.standard_normal((a, b)) / np.sqrt(a)).astype("f"), f"w{i}"),
                   nh.from_array(np.zeros(b, "f"), f"b{i}")]
    return result


def save(name, nodes, initializers, shape=("batch", WIDTH)):
    info = h.make_tensor_value_info
    graph = h.make_graph(nodes, "g", [info("x", TensorProto.FLOAT, list(shape))],
                         [info("y", TensorProto.FLOAT, None)], initializers)
    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8), name)


def gemm(i, source, target):
    return h.make_node("Gemm", [source, f"w{i}", f"b{i}"], [target], name=f"fc{i}")


def relu(i, source, target):
    return h.make_node("Relu", [source], [target], name=f"relu{i}")


def constant(name, value):
    return h.make_node("Constant", [], [name], value=nh.from_array(np.asarray(value, "f"), name))


# Models.
mlp = [gemm(0, "x", "a0"), relu(0, "a0", "a1"), gemm(1, "a1", "a2"), relu(1, "a2", "a3"),
       gemm(2, "a3", "y")]
mlp_weights = weights(WIDTH, 24, 24, 10)
save("mlp.onnx", mlp, mlp_weights)
save("log.onnx", [h.make_node("Log", ["x"], ["a"], name="log"), gemm(0, "a", "y")],
     weights(WIDTH, 10))
broken = nh.to_array(mlp_weights[2]).copy()
broken[3, 4] = np.nan
save("start.onnx", mlp, mlp_weights[:2] + [nh.from_array(broken, "w1")] + mlp_weights[3:])
mask = np.triu(np.full((4, 4), -np.inf), 1)
attention = [
    h.make_node("Reshape", ["x", "rows"], ["s"], name="split"),
    h.make_node("MatMul", ["s", "wq"], ["q"], name="query"),
    h.make_node("Transpose", ["s"], ["t"], perm=[0, 2, 1], name="keys"),
    h.make_node("MatMul", ["q", "t"], ["c"], name="scores"),
    h.make_node("Add", ["c", "mask"], ["m"], name="masked"),
    h.make_node("Softmax", ["m"], ["p"], axis=-1, name="softmax"),
    h.make_node("MatMul", ["p", "s"], ["o"], name="values"),
    h.make_node("Flatten", ["o"], ["f"], name="join"),
    gemm(0, "f", "y")]
attention_weights = weights(WIDTH, 10) + [
    nh.from_array(np.array([-1, 4, 3]), "rows"),
    nh.from_array(rng.standard_normal((3, 3)).astype("f"), "wq")]
save("mask.onnx", [constant("mask", mask)] + attention, attention_weights)
save("mask_weight.onnx", attention, attention_weights + [nh.from_array(mask.astype("f"), "mask")])
# Infinities go into a product and are taken out behind it.
save("meant.onnx", [
    h.make_node("MatMul", ["x", "frozen"], ["a"], name="product"),
    h.make_node("Abs", ["a"], ["size"], name="size"), constant("limit", 1e30),
    h.make_node("Less", ["size", "limit"], ["good"], name="good"), constant("zero", 0),
    h.make_node("Where", ["good", "a", "zero"], ["c"], name="choose"), gemm(0, "c", "y")],
    weights(WIDTH, 10) + [nh.from_array(rng.standard_normal((WIDTH, WIDTH)).astype("f"), "frozen")])
# The gradient of log at 1e-37, a thousand times, is too large for f32.
save("steep.onnx", [
    gemm(0, "x", "a"), h.make_node("Abs", ["a"], ["b"], name="abs"), constant("tiny", 1e-37),
    h.make_node("Mul", ["b", "tiny"], ["c"], name="shrink"),
    h.make_node("Log", ["c"], ["d"], name="log"), constant("thousand", 1e3),
    h.make_node("Mul", ["d", "thousand"], ["y"], name="grow")], weights(WIDTH, 10))

# Data.
x = rng.standard_normal((ROWS, WIDTH)).astype("f")
np.save("x.npy", x)
np.save("label.npy", rng.integers(0, 10, ROWS).astype("i4"))
for name, row, value in (("nan", 123, np.nan), ("inf", 321, np.inf)):
    other = x.copy()
    other[row, 1] = value
    np.save(f"{name}.npy", other)
other = np.abs(x) + 0.1
other[77, 3] = -1
np.save("negative.npy", other)


def compile(out, model, *options):
    run = subprocess.run(
        [dpc, "compile", model, "-o", out, "--batch", str(BATCH),
         *([] if "--loss" in options else ["--loss", "softmax-cross-entropy"]), *options],
        capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def check(out, data, status, texts, *arguments, label="label.npy"):
    """Runs OUT; its standard error must be the given texts, one a line."""
    saved = f"{out}.trained.onnx"
    metrics = f"{out}.jsonl"
    for path in (saved, metrics):
        if os.path.exists(path):
            os.remove(path)
    command = [dpc, "run", f"./{out}", "--data", f"x={data}", "--data", f"label={label}",
               "--quiet", "--save-onnx", saved, "--metrics", metrics, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=100)
    lines = run.stderr.splitlines()
    good = (run.returncode == status and len(lines) == len(texts)
            and all(re.search(text, line) for text, line in zip(texts, lines)))
    written = status == 0 or "continue" in arguments
    if not good or os.path.exists(saved) != written:
        failures.append(f"{' '.join(command)}\nexit {run.returncode}, expected {status}; model "
                        f"{'' if os.path.exists(saved) else 'not '}there\n{run.stderr}")
    with open(metrics) as file:
        return [json.loads(line) for line in file]


def first_row(data, layer, step, row, what):
    return (rf"^dpc: error: {layer}: the value is not finite.* at step {step} \(forward\), first in "
            rf"row {row} of {data}{what}, and .*\.trained\.onnx is not written; ")


# A row of the data, under every strategy: step 4 of those in file order has it.
meshes = {
    "one": [],
    "three": ["--mesh", "data=3"],
    "zero": ["--mesh", "data=2", "--zero-stage", "3"],
    "accumulated": ["--mesh", "data=2", "--accumulate", "2"],
    "tensor": ["--mesh", "tensor=2"],
    "pipe": ["--mesh", "pipe=2", "--microbatches", "4"],
    "both": ["--mesh", "data=2,pipe=2", "--microbatches", "2"],
}
for name, options in meshes.items():
    compile(name, "mlp.onnx", *options)
    records = check(name, "nan.npy", 1, [first_row("nan.npy", "fc0", 4, 123, ", which holds nan")],
                    "--no-shuffle")
    steps = [r["step"] for r in records]
    if steps != [1, 2, 3, 4] or records[-1]["loss"] is not None:
        failures.append(f"{name}: metrics {records}")
    check(name, "x.npy", 0, [])
for name in ("one", "three"):
    check(name, "nan.npy", 1, [first_row("nan.npy", "fc0", r"\d+", 123, ", which holds nan")])
    # The last step is looked at too.
    check(name, "nan.npy", 1, [first_row("nan.npy", "fc0", 4, 123, ", which holds nan")],
          "--no-shuffle", "--steps", "4")
    check(name, "nan.npy", 0, [], "--no-shuffle", "--steps", "3")
    check(name, "inf.npy", 1, [first_row("inf.npy", "fc0", 9, 321, ", which holds inf")],
          "--no-shuffle")
    # A rate that is too large, and no row.
    check(name, "x.npy", 1, [r"^dpc: error: fc\d: the value is not finite \(-?(nan|inf)\) at step "
                             r"\d+ \(\w+\), and .* is not written; lower --lr, or go on with --nan"],
          "--lr", "1e30")
    # Accepted, but never with exit status 0.
    check(name, "nan.npy", 1, [
        r"^dpc: warning: step 4: the loss is -?nan; training goes on \(--nan continue\)",
        rf"^dpc: error: {name}.trained.onnx: the trained parameter 'w0' holds nan; "],
          "--no-shuffle", "--nan", "continue")
    # An evaluation is no training.
    records = check(name, "x.npy", 0, [r"^dpc: warning: step 10: the evaluation's loss is -?nan$"],
                    "--eval-data", "x=nan.npy", "--eval-data", "label=label.npy")
    if records[-1]["eval_loss"] is not None:
        failures.append(f"{name}: {records[-1]}")

# The layer that makes it of a finite row.
for name, options in (("log1", []), ("log3", ["--mesh", "data=3"])):
    compile(name, "log.onnx", *options)
    check(name, "negative.npy", 1, [first_row("negative.npy", "log", 2, 77, "")], "--no-shuffle")
compile("steep", "steep.onnx")
check("steep", "x.npy", 1, [r"^dpc: error: \w+: the value is not finite \(.*inf\) at step 1 "
                            r"\(backward\), and .* lower --lr"])

# Labels may be floats.
values = rng.standard_normal((ROWS, 10)).astype("f")
values[200, 9] = np.nan
np.save("values.npy", values)
for name, options in (("mse1", []), ("mse3", ["--mesh", "data=3"])):
    compile(name, "mlp.onnx", "--loss", "mse", *options)
    check(name, "x.npy", 1, [first_row("values.npy", r"\w+", 6, 200, ", which holds nan")],
          "--no-shuffle", label="values.npy")

# At the start.
compile("start", "start.onnx")
run = subprocess.run([dpc, "run", "start", "--data", "x=x.npy", "--data", "label=label.npy"],
                     capture_output=True, text=True)
if run.returncode != 1 or not re.fullmatch(
        r"dpc: error: .*start.safetensors: the initial parameter 'w1' holds nan; mend the model, "
        r"or train with --nan continue\n", run.stderr):
    failures.append(f"start: exit {run.returncode}\n{run.stderr}")

# Infinities that are meant.
compile("mask", "mask.onnx")
check("mask", "x.npy", 0, [])
compile("frozen", "mask_weight.onnx", "--mesh", "data=2", "--freeze", "mask")
check("frozen", "x.npy", 0, [])
compile("told", "mask_weight.onnx")
check("told", "x.npy", 0, [])
# A trained mask stays one with adamw; what decays it otherwise makes NaN of it.
compile("trained", "mask_weight.onnx", "--mesh", "data=2", "--optimizer", "adamw", "--train", "mask")
check("trained", "x.npy", 0, [])
compile("decayed", "mask_weight.onnx", "--train", "mask")
check("decayed", "x.npy", 1, [r"^dpc: error: \w+: .* not finite .*--freeze 'mask', which holds -inf"])
compile("meant", "meant.onnx", "--freeze", "frozen")
check("meant", "inf.npy", 0, [], "--epochs", "2")

print("\n".join(failures))
print(f"{len(failures)} failed")
sys.exit(len(failures) > 0)
