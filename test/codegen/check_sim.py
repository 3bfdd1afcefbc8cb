"""Trains a model on the CPU and on the target "sim", and compares the losses.

check_sim.py DPC DPC-CODEGEN-TEST credit.onnx, beside its data.
"""
import json
import pathlib
import subprocess
import sys

CASES = {"single": 1, "data=2": 2, "tensor=2": 2, "pipe=2": 2, "data=2 --zero-stage 3": 2}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def train(dpc, executable, ranks):
    metrics = pathlib.Path(f"{executable}.jsonl")
    run(dpc, "run", "-n", str(ranks), f"./{executable}", "--steps", "10", "--seed", "7",
        "--data", "features=credit-test-features.npy", "--data",
        "label=credit-test-labels.npy", "--metrics", str(metrics))
    return [json.loads(line)["loss"] for line in metrics.read_text().splitlines()]


dpc, codegen, model = sys.argv[1:]
for number, (case, ranks) in enumerate(CASES.items()):
    options = [model, "--batch", "64", "--loss", "binary-cross-entropy", "--optimizer", "adam",
               *(("--strategy", "single") if case == "single" else ("--mesh", *case.split()))]
    cpu, sim = f"cpu{number}", f"sim{number}"
    run(dpc, "compile", *options, "-o", cpu)
    run(dpc, "compile", *options, "--emit", "local", "-o", f"{sim}.mlir")
    run(codegen, f"{sim}.mlir", "--target", "sim", "--executable", sim,
        "--parameters", f"{sim}.safetensors")
    expected, losses = train(dpc, cpu, ranks), train(dpc, sim, ranks)
    assert len(losses) == 10 and losses[-1] < losses[0], (case, losses)
    for one, other in zip(expected, losses):
        assert abs(one - other) <= 1e-5 * abs(one), (case, expected, losses)
