#!/usr/bin/env python3
"""Measures how long dpc takes to plan large models, and how much memory.

  bench_plan.py [--dpc DPC] [--out DIR] [NAME...]

The models are GPTs of models/make_large_transformer.py, whose weights are zeros in
a sparse file, and, where there are PyTorch and transformers, exports without
weights (full_size.py). Prints seconds as the clock has them and as the processor
has them, and the peak of the memory.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

import full_size

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GPT = {
    "gpt24": (),
    "gpt96": ("--layers", "96"),
    "gpt3": ("--layers", "96", "--hidden", "12288", "--heads", "96", "--sequence", "2048"),
}
PIPE = ("--mesh", "pipe=8", "--batch", "64", "--microbatches")
# Name: model and options.
CELLS = {
    "pipe-8": ("gpt24", *PIPE, "8"),
    "pipe-64": ("gpt24", *PIPE, "64"),
    "tensor-96": ("gpt96", "--mesh", "tensor=8", "--batch", "64"),
    "gpt3": ("gpt3", "--mesh", "data=8,pipe=16,tensor=8", "--batch", "512", "--microbatches", "64"),
    "bert": ("bert", "--batch", "32"),
    "gpt2": ("gpt2", "--batch", "8"),
    "t5": ("t5", "--batch", "8"),
    "llama": ("llama", "--batch", "8", "--mesh", "tensor=8"),
    "dlrm": ("dlrm", "--batch", "2048", "--loss", "binary-cross-entropy"),
}


def make(model, folder):
    """The model's file; None if what makes it is missing."""
    path = folder / f"{model}.onnx"
    if path.exists():
        return path
    if model in GPT:
        subprocess.run((sys.executable, ROOT / "models/make_large_transformer.py", "--out", path, *GPT[model]),
                       check=True, stdout=subprocess.DEVNULL)
        return path
    # In a process of its own: the peak of a child begins with that of its parent.
    run = subprocess.run((sys.executable, HERE / "full_size.py", model, path), stderr=subprocess.PIPE, text=True)
    if run.returncode == full_size.NO_TORCH:
        return None
    sys.stderr.write(run.stderr)
    run.check_returncode()
    return path


def plan(dpc, model, options):
    """Seconds, seconds of the processor and MiB of one run, or an error."""
    if "--loss" not in options:
        options = (*options, "--loss", "softmax-cross-entropy")
    command = (dpc, "plan", str(model), "--optimizer", "adamw", *options)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        return errors.strip().splitlines()[-1]
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dpc", default=str(ROOT / "build/release/bin/dpc"))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "models/out/bench", help="where models are kept")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CELLS))
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(CELLS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(f"{'':<12}{'seconds':>9}{'cpu':>9}{'MiB':>8}")
    failed = False
    for name in arguments.names or CELLS:
        kind, *options = CELLS[name]
        model = make(kind, arguments.out)
        if model is None:
            print(f"{name:<12}left out: needs torch and transformers", flush=True)
            continue
        result = plan(arguments.dpc, model, options)
        if isinstance(result, str):
            failed = True
            print(f"{name:<12}{result}", flush=True)
        else:
            seconds, cpu, memory = result
            print(f"{name:<12}{seconds:9.1f}{cpu:9.1f}{memory:8d}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
