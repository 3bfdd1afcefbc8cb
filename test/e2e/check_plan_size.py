"""How plans grow with microbatches, layers and ranks.

  check_plan_size.py DPC MAKE_LARGE_TRANSFORMER FOLDER

Every microbatch runs the same kernels, and so do equal layers that draw no
random numbers (those have a stream each): what differs between two of them is a
kernel that is compiled once more for nothing.
"""

import json
import subprocess
import sys

DPC, MAKE, FOLDER = sys.argv[1:]
OPTIONS = ("--loss", "softmax-cross-entropy", "--optimizer", "adamw")


def make(name, **options):
    flags = [f"--{key}={value}" for key, value in options.items()]
    subprocess.run((sys.executable, MAKE, "--out", f"{FOLDER}/{name}.onnx", *flags), check=True,
                   stdout=subprocess.DEVNULL)
    return f"{FOLDER}/{name}.onnx"


def plan(model, *options):
    run = subprocess.run((DPC, "plan", model, "--json", *OPTIONS, *options), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{model} {' '.join(options)}\n{run.stderr}")
    return json.loads(run.stdout)


def count_launches(plan):
    return sum(kernel["launches"] for kernel in plan["kernels"])


def count_instructions(plan):
    return sum(len(program["instructions"]) for program in plan["programs"])


def check_microbatches():
    model = make("dropping", layers=2, hidden=64, heads=4, sequence=32, vocabulary=100)
    for mesh, flag in (("data=1", "--accumulate"), ("data=2", "--accumulate"), ("pipe=2", "--microbatches"),
                       ("data=2,pipe=2", "--microbatches")):
        options = ("--batch", "64", "--mesh", mesh, flag)
        plans = [plan(model, *options, str(count), "--unroll-microbatches") for count in (4, 8, 16)]
        kernels = [len(plan["kernels"]) for plan in plans]
        assert len(set(kernels)) == 1, (mesh, kernels)
        # The loop stands for the last microbatch, too, which may differ.
        looped = [plan(model, *options, str(count)) for count in (8, 16)]
        assert len(looped[0]["kernels"]) == len(looped[1]["kernels"]) <= kernels[0], mesh
        few, many = map(count_instructions, looped)
        assert many < 1.1 * few, (mesh, few, many)


def check_growth():
    """A microbatch more is the same work more."""
    model = f"{FOLDER}/dropping.onnx"
    launches = [count_launches(plan(model, "--batch", "48", "--mesh", "pipe=2", "--microbatches", str(count)))
                for count in (4, 8, 12)]
    assert launches[2] - launches[1] == launches[1] - launches[0], launches


def check_layers():
    models = [make(f"layers{layers}", layers=layers, hidden=64, heads=4, sequence=32, vocabulary=100, dropout=0)
              for layers in (2, 4)]
    for mesh in ("data=2", "tensor=2"):
        kernels = [len(plan(model, "--batch", "64", "--mesh", mesh)["kernels"]) for model in models]
        assert kernels[0] == kernels[1], (mesh, kernels)


def check_ranks():
    """2^61 operations and more are too much for a rank, but not for 64."""
    model = make("wide", layers=1, hidden=65536, heads=64, sequence=1024, vocabulary=1024)
    options = (*OPTIONS, "--batch", "8192")
    run = subprocess.run((DPC, "plan", model, *options), capture_output=True, text=True)
    assert run.returncode == 1 and "more than 2^58 operations or bytes" in run.stderr, run.stderr
    flops = plan(model, "--batch", "8192", "--mesh", "data=16,tensor=8")["flops"]
    assert 0 < flops < 2**60, flops


check_microbatches()
check_growth()
check_layers()
check_ranks()
