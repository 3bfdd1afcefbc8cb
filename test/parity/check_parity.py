#!/usr/bin/env python3
"""Trains a model with dpc on several numbers of ranks and compares the losses.

Compiles MODEL once as `single` and once for each strategy and number of ranks, and
runs each for --steps steps without shuffling. The losses of all runs must agree
with those of `single`, and those of `single` with the numpy reference.
"""

import argparse
import math
import pathlib
import subprocess
import sys

from compare_losses import first_difference, read_losses

HERE = pathlib.Path(__file__).resolve().parent


def run(command):
    result = subprocess.run([str(word) for word in command], text=True,
                            capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"error: exit status {result.returncode} from: "
                 f"{' '.join(map(str, command))}\n"
                 f"{result.stdout}{result.stderr}")


class Runs:
    """Makes the metrics files; each method returns the losses by step."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.program = ["--loss", arguments.loss, "--batch", arguments.batch,
                        "--optimizer", arguments.optimizer]
        self.training = ["--steps", arguments.steps, "--lr", arguments.lr]
        for pair in arguments.data:
            self.training += ["--data", pair]

    def reference(self):
        metrics = self.arguments.out / "reference.jsonl"
        run([sys.executable, HERE / "reference.py", self.arguments.model,
             *self.program, *self.training, "--metrics", metrics])
        return read_losses(metrics)

    def dpc(self, strategy, ranks, mesh=None):
        output = self.arguments.out / f"{strategy}-{ranks}"
        metrics = output.with_suffix(".jsonl")
        run([self.arguments.dpc, "compile", self.arguments.model, "-o", output,
             "--strategy", strategy, "--ranks", ranks, *self.program,
             *(["--mesh", mesh] if mesh else [])])
        run([self.arguments.dpc, "run", "-n", ranks, output, *self.training,
             "--no-shuffle", "--metrics", metrics])
        return read_losses(metrics)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, help="ONNX file")
    parser.add_argument("--dpc", required=True, help="the dpc executable")
    parser.add_argument("--out", type=pathlib.Path, required=True,
                        metavar="DIR", help="folder for what is made")
    parser.add_argument("--data", action="append", metavar="INPUT=FILE",
                        required=True, help="as for the executable; repeated")
    parser.add_argument("--loss", required=True)
    parser.add_argument("--optimizer", required=True)
    parser.add_argument("--lr", required=True)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--ranks", type=int, nargs="*", default=[1, 2, 3, 4],
                        help="for the strategy `data` (default: 1 2 3 4)")
    parser.add_argument("--tensor", type=int, nargs="*", default=[],
                        metavar="RANKS", help="for the strategy `tensor`")
    parser.add_argument("--hybrid", nargs="*", default=[], metavar="MESH",
                        help="for the strategy `hybrid`: data=2,tensor=2")
    parser.add_argument("--rtol", type=float, default=1e-5,
                        help="between numbers of ranks (default: 1e-5)")
    parser.add_argument("--reference-rtol", type=float, default=1e-4,
                        help="to the reference (default: 1e-4)")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    runs = Runs(arguments)
    single = runs.dpc("single", 1)
    checks = [("numpy reference", runs.reference(), arguments.reference_rtol)]
    for ranks in arguments.ranks:
        checks.append((f"data, ranks: {ranks}", runs.dpc("data", ranks),
                       arguments.rtol))
    for ranks in arguments.tensor:
        checks.append((f"tensor, ranks: {ranks}", runs.dpc("tensor", ranks),
                       arguments.rtol))
    for mesh in arguments.hybrid:
        ranks = math.prod(int(axis.split("=")[1]) for axis in mesh.split(","))
        checks.append((f"hybrid, mesh: {mesh}", runs.dpc("hybrid", ranks, mesh),
                       arguments.rtol))
    failed = False
    for name, losses, rtol in checks:
        what, largest = first_difference(single, losses, rtol, arguments.steps)
        failed |= what is not None
        print(f"single against {name}: " + (what or (
            f"{arguments.steps} steps agree to {largest:.1e}")))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
