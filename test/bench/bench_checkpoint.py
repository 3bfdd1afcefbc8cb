#!/usr/bin/env python3
"""What a checkpoint every few steps adds to a training's time.

  bench_checkpoint.py DPC MODEL.onnx INPUT=SHAPE:HIGH... [--every N] [--steps N] [--rounds N]

Trains on random integers below HIGH. From one checkpoint to the next, the first steps wait
for the copy and run beside the writing; the last ones do not. What the checkpoint costs is
the time of all of them over as many of the last ones (the median), and so the two are
measured within seconds of each other. The same of runs without checkpoints, which take
turns with the others, shows how far that can be trusted: it should be 1. Example, for GPT-2
small on two cores:

  bench_checkpoint.py build/release/bin/dpc gpt2.onnx input_ids=2,128:50257 label=2,128:50257
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import numpy

# The first steps fill caches.
START = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dpc")
    parser.add_argument("model")
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--steps", type=int, default=45)
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

        def measure(*arguments):
            trace = folder / "trace.json"
            steps = START + options.steps
            subprocess.run([folder / "program", *files, "--steps", str(steps), "--quiet", "--threads",
                            str(options.threads), "--trace", trace, "--trace-steps", str(steps), *arguments],
                           check=True, stdout=subprocess.DEVNULL)
            events = [event for event in json.loads(trace.read_text())["traceEvents"] if event["ph"] == "X"]
            begins = [event["ts"] for event in events if event["name"] == events[0]["name"]]
            times = [(end - begin) / 1e3 for begin, end in zip(begins, begins[1:])]
            # The copy behind step N is made in the interval between the beginnings of N and N + 1.
            parts = [times[at:at + options.every] for at in range(options.every - 1, len(times), options.every)]
            return [(sum(part) / options.every, statistics.median(part[options.every // 2:]))
                    for part in parts if len(part) == options.every]

        ratios = {"without": [], "with": []}
        for number in range(options.rounds):
            for kind, measured in ratios.items():
                place = folder / f"checkpoints{number}"
                arguments = ["--checkpoint", place, "--checkpoint-every", str(options.every), "--keep", "1"]
                for mean, undisturbed in measure(*(arguments if kind == "with" else [])):
                    measured.append(mean / undisturbed)
                    print(f"{kind:8} {mean:9.1f} ms per step, {undisturbed:9.1f} undisturbed", flush=True)
        size = sum(path.stat().st_size for path in next((folder / "checkpoints0").glob("step-*")).iterdir())
        without, with_them = (statistics.median(measured) for measured in ratios.values())
        print(f"a checkpoint of {size / 1e6:.0f} MB every {options.every} steps: {with_them:.3f} times the time "
              f"(without one: {without:.3f})")


if __name__ == "__main__":
    main()
