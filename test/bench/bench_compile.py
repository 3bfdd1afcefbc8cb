#!/usr/bin/env python3
"""Measures how long dpc takes to compile a transformer of many layers.

Makes a GPT (models/make_large_transformer.py; weights are zeros in a sparse
file) and compiles it for each mesh. Prints the best of --runs.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MESHES = [
    "data=8",
    "tensor=8",
    "pipe=8",
    "data=2,tensor=4",
    "data=2,pipe=2,tensor=2",
]


def compile_model(dpc, model, mesh, output):
    command = [
        dpc, "compile", model, "-o", output, "--mesh", mesh, "--batch", "16",
        "--loss", "softmax-cross-entropy", "--optimizer", "adamw",
    ]  # fmt: skip
    start = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if result.returncode:
        sys.exit(f"bench_compile: {mesh}: {result.stderr.strip()}")
    return seconds, result.stdout.strip().split(": ", 1)[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dpc", default=str(ROOT / "build/release/bin/dpc"))
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--mesh", action="append", help="only this mesh; repeated")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/model.onnx"
        subprocess.run(
            [sys.executable, ROOT / "models/make_large_transformer.py",
             "--layers", str(args.layers), "--out", model],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        print(f"{'mesh':<24}{'seconds':>9}  plan")
        for mesh in args.mesh or MESHES:
            runs = [
                compile_model(args.dpc, model, mesh, f"{folder}/out")
                for _ in range(args.runs)
            ]
            seconds, plan = min(runs)
            print(f"{mesh:<24}{seconds:9.1f}  {plan}", flush=True)


if __name__ == "__main__":
    main()
