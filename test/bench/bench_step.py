#!/usr/bin/env python3
"""Step time of the MLP on one thread: dpc against PyTorch, side by side.

Batch 100, momentum SGD, the same weights and the same rows in the same order;
both cast and scale the bytes inside the step. The two take turns, round by
round, and the medians over all rounds are compared. PyTorch runs with each form
of its optimizer; the fastest is the rival.

Exit status 0 if dpc's step takes at most PyTorch's time, 1 if not or on an
error, 77 if PyTorch is missing.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
MNIST = ROOT / "models" / "data" / "mnist"
sys.path.insert(0, str(ROOT / "test" / "parity"))

from arrays import read_array  # noqa: E402
from compare_losses import first_difference, read_losses  # noqa: E402

BATCH, LR, MOMENTUM = 100, 0.01, 0.9
WARM_UP = 80
TORCH_MISSING = 77


def one_thread():
    """An environment in which libraries use one thread and choose their own
    kernels: the two OPENBLAS variables can force slow ones."""
    environment = dict(os.environ, OMP_NUM_THREADS="1",
                       OPENBLAS_NUM_THREADS="1")
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        environment.pop(name, None)
    return environment


def run(command):
    result = subprocess.run([str(word) for word in command], text=True,
                            capture_output=True, check=False, env=one_thread())
    if result.returncode != 0:
        sys.exit(f"error: exit status {result.returncode} from: "
                 f"{' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


class Dpc:
    """The compiled MLP."""

    def __init__(self, dpc, folder):
        self.dpc, self.folder = dpc, folder
        run([dpc, "compile", folder / "mlp.onnx", "-o", folder / "mlp",
             "--strategy", "single", "--batch", BATCH,
             "--loss", "softmax-cross-entropy",
             "--optimizer", f"momentum,momentum={MOMENTUM}"])

    def _run(self, steps):
        """Seconds of the process, and its metrics file."""
        metrics = self.folder / "dpc.jsonl"
        start = time.perf_counter()
        run([self.dpc, "run", "-n", 1, self.folder / "mlp",
             "--data", f"image={MNIST / 'train-images-idx3-ubyte.gz'}",
             "--data", f"label={MNIST / 'train-labels-idx1-ubyte.gz'}",
             "--steps", steps, "--lr", LR, "--no-shuffle",
             "--metrics", metrics])
        return time.perf_counter() - start, metrics

    def round(self, steps):
        """{name: (step times, losses by step, ms a step of the process)}.

        The third is measured from outside, as the difference between a long
        and a short run, so that nothing stays unseen between the steps."""
        short, _ = self._run(WARM_UP)
        long, metrics = self._run(steps)
        with open(metrics, encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        times = [r["step_ms"] for r in records if "step_ms" in r]
        outside = 1e3 * (long - short) / (steps - WARM_UP)
        return {"dpc": (times, read_losses(metrics), outside)}


class Torch:
    """PyTorch under another Python, since it is Debian's package."""

    def __init__(self, python, folder):
        self.python, self.inputs = python, folder / "inputs.npz"
        self.about = ""
        model = onnx.load(folder / "mlp.onnx")
        np.savez(
            self.inputs,
            images=read_array(MNIST / "train-images-idx3-ubyte.gz"),
            labels=read_array(MNIST / "train-labels-idx1-ubyte.gz"),
            **{tensor.name: numpy_helper.to_array(tensor)
               for tensor in model.graph.initializer})

    def available(self):
        try:
            return subprocess.run([self.python, "-c", "import torch"],
                                  capture_output=True, check=False,
                                  env=one_thread()).returncode == 0
        except OSError:
            return False

    def round(self, steps):
        result = json.loads(run([
            self.python, pathlib.Path(__file__).with_name("pytorch_mlp.py"),
            self.inputs, "--batch", BATCH, "--steps", steps, "--lr", LR,
            "--momentum", MOMENTUM]))
        self.about = f"PyTorch {result['torch']}, BLAS {result['blas']}"
        return {f"PyTorch {name}": (
            data["step_ms"], dict(enumerate(data["losses"], start=1)),
            data["loop_ms"]) for name, data in result["variants"].items()}


def summarize(rounds):
    """One row of the table from the rounds of one program."""
    medians = [statistics.median(times[WARM_UP:]) for times, _, _ in rounds]
    steps = [ms for times, _, _ in rounds for ms in times[WARM_UP:]]
    return {"median": statistics.median(steps), "low": min(medians),
            "high": max(medians),
            "outside": statistics.median(outside for _, _, outside in rounds)}


def print_table(rows):
    print(f"{'':24}{'median':>10}{'medians of the rounds':>25}"
          f"{'mean, all included':>21}")
    for name, row in rows.items():
        span = f"{row['low']:.3f} to {row['high']:.3f}"
        print(f"{name:24}{row['median']:>7.3f} ms{span:>22} ms"
              f"{row['outside']:>18.3f} ms")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dpc", default=ROOT / "build/release/bin/dpc",
                        type=pathlib.Path, help="default: build/release/bin/dpc")
    parser.add_argument("--python", default="/usr/bin/python3",
                        help="one with PyTorch (default: /usr/bin/python3)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=800,
                        help=f"a round; the first {WARM_UP} are not counted")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.steps <= WARM_UP:
        parser.error(f"at least 1 round and more than {WARM_UP} steps")
    return arguments


def main():
    arguments = parse_arguments()
    if not arguments.dpc.exists():
        sys.exit(f"error: {arguments.dpc}: not built; run tools/quickstart")
    with tempfile.TemporaryDirectory(prefix="dpc-bench-") as name:
        folder = pathlib.Path(name)
        run([sys.executable, ROOT / "models/make_mlp.py", "--out", folder])
        torch = Torch(arguments.python, folder)
        if not torch.available():
            print(f"error: {arguments.python} has no PyTorch; install it with "
                  "tools/setup --bench", file=sys.stderr)
            sys.exit(TORCH_MISSING)
        sides = (Dpc(arguments.dpc, folder), torch)
        rounds = {}
        for number in range(arguments.rounds):
            # Who goes first alternates too.
            for side in sides if number % 2 == 0 else reversed(sides):
                for key, data in side.round(arguments.steps).items():
                    rounds.setdefault(key, []).append(data)

    rows = {key: summarize(data) for key, data in sorted(
        rounds.items(), key=lambda item: item[0] != "dpc")}
    rival = min((key for key in rows if key != "dpc"),
                key=lambda key: rows[key]["median"])
    what, largest = first_difference(rounds["dpc"][0][1], rounds[rival][0][1],
                                     1e-4, min(100, arguments.steps))
    if what:
        sys.exit(f"error: dpc and PyTorch do not train alike: {what}")
    ratio = rows["dpc"]["median"] / rows[rival]["median"]
    print(f"MLP 784-128-10, batch {BATCH}, momentum SGD, one thread; "
          f"{arguments.rounds} rounds of {arguments.steps} steps each\n"
          f"{torch.about}\nlosses agree to {largest:.1e}\n")
    print_table(rows)
    holds = ratio <= 1.0
    print(f"\ndpc takes {ratio:.2f} times the time of {rival}: "
          f"{'dpc' if ratio < 1 else 'PyTorch'} is faster; "
          f"\"at most 1.0\" {'holds' if holds else 'DOES NOT HOLD'}")
    if "openblas" not in torch.about and "mkl" not in torch.about:
        print("PyTorch runs on a slow BLAS here; tools/setup --bench installs "
              "OpenBLAS for a fair comparison")
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
