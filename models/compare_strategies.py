#!/usr/bin/env python3
"""Trains one MLP on MNIST under every strategy and compares.

Its five layers, 784-256-256-256-256-10, can be cut into stages of equal cost, and
its tanh is smooth: a ReLU whose input is rounded to the other side of 0 would change
the losses by a thousandth, on one rank as on several.

Splitting a model does not change the mathematics: the accuracies must be equal,
and the losses of every step to 1e-4, or this fails.
"""

import argparse
import pathlib
import subprocess
import sys

from builder import save
from make_mlp import make_mlp
from quickstart_table import get_step_time, get_traffic, print_table, read_run

ROOT = pathlib.Path(__file__).resolve().parent.parent
MNIST = ROOT / "models" / "data" / "mnist"
# Name, mesh and further options.
STRATEGIES = (
    ("single", "data=1", ()),
    ("data", "data=2", ()),
    ("data", "data=4", ()),
    ("zero", "data=2", ("--zero-stage", "3")),
    ("tensor", "tensor=2", ()),
    ("tensor", "tensor=4", ()),
    ("pipeline", "pipe=2", ("--microbatches", "4")),
    ("hybrid", "data=2,tensor=2", ()),
    ("hybrid", "data=2,pipe=2", ("--microbatches", "2")),
)
MODEL = "deep-mlp.onnx"
COLUMNS = ("strategy", "mesh", "ranks", "time a step", "loss", "accuracy",
           "bytes a step", "memory a rank")


def call(*command, output=None):
    run = subprocess.run([str(word) for word in command], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode:
        sys.exit(f"error: {' '.join(map(str, command))}\n{run.stdout}{run.stderr}")
    if output:
        output.write_text(run.stdout)


def train(arguments, name, mesh, options):
    """The plan, the steps and the accuracy of one run."""
    path = arguments.out / f"deep-mlp-{mesh.replace('=', '').replace(',', '-')}-{name}"
    plan, metrics = path.with_suffix(".plan.json"), path.with_suffix(".jsonl")
    ranks = 1
    for axis in mesh.split(","):
        ranks *= int(axis.split("=")[1])
    program = ("--strategy", name, "--mesh", mesh, *options, "--batch", 100,
               "--loss", "softmax-cross-entropy",
               "--optimizer", "momentum,momentum=0.9")
    model = arguments.out / MODEL
    call(arguments.dpc, "compile", model, "-o", path, *program)
    call(arguments.dpc, "plan", model, "--json", *program, output=plan)
    length = (("--steps", arguments.steps) if arguments.steps
              else ("--epochs", arguments.epochs))
    call(arguments.dpc, "run", "-n", ranks, path, *length, "--lr", 0.01,
         "--seed", 0, "--metrics", metrics,
         "--data", f"image={MNIST}/train-images-idx3-ubyte.gz",
         "--data", f"label={MNIST}/train-labels-idx1-ubyte.gz",
         "--eval-data", f"image={MNIST}/t10k-images-idx3-ubyte.gz",
         "--eval-data", f"label={MNIST}/t10k-labels-idx1-ubyte.gz")
    return read_run(plan, metrics)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dpc", type=pathlib.Path,
                        default=ROOT / "build" / "release" / "bin" / "dpc")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        default=ROOT / "models" / "out",
                        help="folder for what is made (default: models/out)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--steps", type=int, default=0,
                        help="instead of --epochs")
    parser.add_argument("--strategy", action="append",
                        help="only these; may be repeated")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    save(make_mlp(4 * (256,), "Tanh"), arguments.out / MODEL)
    table, failed, reference = [COLUMNS], [], None
    for name, mesh, options in STRATEGIES:
        if arguments.strategy and name not in arguments.strategy:
            continue
        plan, steps, accuracy = train(arguments, name, mesh, options)
        losses = [step["loss"] for step in steps]
        table.append((name, mesh, str(plan["ranks"]),
                      f"{get_step_time(steps):.2f} ms", f"{losses[-1]:.6f}",
                      f"{accuracy:.4f}", f"{get_traffic(plan):,}",
                      f"{plan['memory_bytes']:,}"))
        if reference is None:
            reference = (losses, accuracy)
            continue
        if accuracy != reference[1]:
            failed.append(f"{name} on {mesh}: accuracy {accuracy} instead of "
                          f"{reference[1]}")
        if not all(abs(a - b) <= 1e-4 for a, b in zip(losses, reference[0])):
            failed.append(f"{name} on {mesh}: other losses")
    print_table(table)
    print("\ntime: median; bytes: what a rank hands to collectives, in a "
          "pipeline the sum of\nwhat all stages do; loss: of the last step; "
          "memory: of the rank with the most")
    if failed:
        sys.exit("error: " + "; ".join(failed))
    print("accuracies are equal")


if __name__ == "__main__":
    main()
