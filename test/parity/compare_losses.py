#!/usr/bin/env python3
"""Compares the losses of two metrics files, step by step.

Exit status 0 if every loss agrees, 1 with one line that names the first step
that does not, 2 for wrong usage.
"""

import argparse
import json
import math
import sys


def read_losses(path):
    """The loss of each training step, by step."""
    losses = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
            if "loss" in record:
                losses[record["step"]] = record["loss"]
    return losses


def first_difference(a, b, rtol, steps):
    """(what differs, None) or (None, largest relative difference)."""
    largest = 0.0
    for step in range(1, steps + 1):
        if step not in a or step not in b:
            return f"step {step}: no loss in one of the files", None
        difference = abs(a[step] - b[step])
        scale = max(abs(a[step]), abs(b[step]))
        if not (math.isfinite(a[step]) and difference <= rtol * scale):
            relative = difference / scale if scale else math.inf
            return (f"step {step}: losses {a[step]!r} and {b[step]!r} differ "
                    f"by {relative:.2e}, more than {rtol:g}"), None
        largest = max(largest, difference / scale if scale else 0.0)
    return None, largest


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("a", metavar="A.jsonl")
    parser.add_argument("b", metavar="B.jsonl")
    parser.add_argument("--rtol", type=float, default=1e-5,
                        help="relative tolerance (default: 1e-5)")
    parser.add_argument("--steps", type=int, default=100,
                        help="compare steps 1 to N (default: 100)")
    arguments = parser.parse_args()
    try:
        a, b = read_losses(arguments.a), read_losses(arguments.b)
    except (OSError, ValueError) as error:
        parser.exit(2, f"error: {error}\n")
    what, largest = first_difference(a, b, arguments.rtol, arguments.steps)
    if what:
        sys.exit(f"{arguments.a} and {arguments.b}: {what}")
    print(f"{arguments.steps} steps agree, largest relative difference "
          f"{largest:.1e}")


if __name__ == "__main__":
    main()
