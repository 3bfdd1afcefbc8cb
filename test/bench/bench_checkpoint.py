#!/usr/bin/env python3
"""What a checkpoint every few steps adds to a training's time.

  bench_checkpoint.py DPC MODEL.onnx INPUT=SHAPE:HIGH... [--every N] [--steps N] [--rounds N]

Trains with and without checkpoints in turns, on random integers below HIGH, and
compares the time of STEPS steps: of runs of START + STEPS steps, that of runs of START
is taken off, so that the start and the end do not count. Everything else of the
machine's should rest. Example, for GPT-2 small on two cores:

  bench_checkpoint.py build/release/bin/dpc gpt2.onnx input_ids=2,128:50257 label=2,128:50257
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy

START = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dpc")
    parser.add_argument("model")
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", help="where checkpoints go (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        folder = pathlib.Path(folder)
        files, batch = [], 1
        random = numpy.random.default_rng(0)
        for entry in options.inputs:
            name, rest = entry.split("=")
            shape, high = rest.split(":")
            shape = [int(extent) for extent in shape.split(",")]
            batch = shape[0]
            numpy.save(folder / f"{name}.npy", random.integers(0, int(high), [4 * batch, *shape[1:]]))
            files += ["--data", f"{name}={folder / name}.npy"]
        subprocess.run([options.dpc, "compile", options.model, "-o", folder / "program", "--batch", str(batch),
                        "--loss", "softmax-cross-entropy", "--optimizer", "adamw"], check=True)

        def run(steps, *arguments):
            begin = time.perf_counter()
            subprocess.run([folder / "program", *files, "--steps", str(steps), "--quiet", "--threads",
                            str(options.threads), *arguments], check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - begin

        times = {"without": [], "with": []}
        for number in range(options.rounds):
            for kind, measured in times.items():
                def train(steps):
                    if kind == "without":
                        return run(steps)
                    return run(steps, "--checkpoint", folder / f"c{number}.{steps}", "--checkpoint-every",
                               str(options.every), "--keep", "1")
                seconds = train(START + options.steps) - train(START)
                measured.append(seconds / options.steps)
                print(f"{kind:8} {seconds / options.steps * 1e3:9.1f} ms per step", flush=True)
        without, with_them = (statistics.median(measured) for measured in times.values())
        size = sum(path.stat().st_size for path in next((folder / f"c0.{START}").glob("step-*")).iterdir())
        print(f"a checkpoint of {size / 1e6:.0f} MB every {options.every} steps: {with_them / without:.3f} times the time")


if __name__ == "__main__":
    main()
