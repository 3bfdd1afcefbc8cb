"""Trains Inputs/exported/module.onnx and compares with what PyTorch did."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import numpy_helper

dpc, inputs, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
wanted = json.loads((inputs / "losses.json").read_text())
trained = np.load(inputs / "trained.npz")


def call(*words, expect=0):
    result = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=300)
    assert result.returncode == expect, (words, result.stdout, result.stderr)
    return result


def read_safetensors(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    assert header.pop("__metadata__") == {"format": "pt"}
    body, end = data[8 + size:], 0
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[begin:end], np.float32).reshape(entry["shape"])
    assert end == len(body)
    return tensors


def compile_and_run(model, name, ranks, *flags):
    exe = out / name
    compiled = call(dpc, "compile", model, "-o", exe, "--batch", 4, "--loss", "softmax-cross-entropy",
                    "--optimizer", "adamw,lr=0.01,weight_decay=0", *flags)
    call(dpc, "run", "-n", ranks, exe, "--data", f"tokens={inputs / 'tokens.npy'}", "--data",
         f"label={inputs / 'label.npy'}", "--steps", 5, "--no-shuffle", "--metrics", f"{exe}.jsonl",
         "--save-onnx", f"{exe}.onnx", "--save-safetensors", f"{exe}.trained.safetensors", "--quiet")
    lines = [json.loads(line) for line in (out / f"{name}.jsonl").read_text().splitlines()]
    return compiled, [line["loss"] for line in lines if "loss" in line]


def near(a, b, tolerance):
    return np.max(np.abs(np.subtract(a, b))) < tolerance


def check(name, ranks, *flags):
    compiled, losses = compile_and_run(inputs / "module.onnx", name, ranks, *flags)
    assert near(losses, wanted, 1e-5), (name, losses, wanted)
    # What was looked up while exporting cannot be told from the file.
    assert compiled.stderr.count("warning") == 1, compiled.stderr
    assert "computed 'embedding_1' from 'positions.weight'" in compiled.stderr, compiled.stderr
    elements = sum(v.size for k, v in trained.items() if k not in ("tokens.weight", "table"))
    elements -= 4 * 8                       # rows of positions.weight that were not looked up
    assert f"training 32 tensors of {elements} elements, and 2 of 49 not" in compiled.stdout, compiled.stdout

    tensors = read_safetensors(out / f"{name}.trained.safetensors")
    for key, value in tensors.items():
        expected = trained[key] if key != "embedding_1" else trained["positions.weight"][:6]
        assert value.shape == expected.shape, (key, value.shape, expected.shape)
        # Adam follows the sign of gradients that are zero but for rounding.
        assert key.endswith("in_proj_bias") or near(value, expected, 1e-4), (name, key)
    # One name of the two that PyTorch has for a tied weight.
    missing = set(trained.files) - set(tensors)
    assert missing == {"tokens.weight", "positions.weight"}, missing
    return tensors


tensors = check("one", 1)
for name, ranks, flags in [("data", 2, ("--strategy", "data")), ("zero", 2, ("--strategy", "zero", "--zero-stage", 3)),
                           ("tensor", 2, ("--strategy", "tensor")), ("pipe", 2, ("--strategy", "pipeline"))]:
    for key, value in check(name, ranks, "--ranks", ranks, *flags).items():
        assert key.endswith("in_proj_bias") or near(value, tensors[key], 1e-4), (name, key)

# The ONNX model that is written has every parameter by its name, and goes on as it is.
model = onnx.load(out / "one.onnx")
onnx.checker.check_model(model, full_check=True)
saved = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
for key, value in tensors.items():
    assert np.array_equal(saved[key], value), key
compiled, losses = compile_and_run(out / "one.onnx", "again", 1)
_, more = compile_and_run(out / "one.onnx", "again2", 2, "--ranks", 2)
assert near(losses, more, 1e-5), (losses, more)
assert losses[0] < wanted[0], (losses, wanted)
names = set(read_safetensors(out / "again.trained.safetensors"))
assert names == set(tensors), names ^ set(tensors)

# The user's word goes first, the last one of it.
compiled, _ = compile_and_run(inputs / "module.onnx", "some", 1, "--freeze", "*", "--train", "head.*")
assert "training 2 tensors of 153 elements" in compiled.stdout, compiled.stdout
left = read_safetensors(out / "some.trained.safetensors")
assert near(left["norm.weight"], 1, 1e-9) and not near(left["head.bias"], 0, 1e-3)
call(dpc, "plan", inputs / "module.onnx", "--train", "val_*.shape", expect=1)
inspected = json.loads(call(dpc, "inspect", inputs / "module.onnx", "--json").stdout)
reasons = {entry["name"]: entry["reason"] for entry in inspected["trained"] + inspected["not_trained"]}
assert reasons["table"] == "a buffer of the module", reasons["table"]
assert reasons["scale"] == "a parameter of the module", reasons["scale"]
assert reasons["blocks.1.after.bias"] == "a parameter of the module"
