"""Runs a command that must fail as the contract says: one line on standard
error, `dpc: error: WHERE: WHAT`, the right exit status, no file left behind.

  expect_error.py [--status N] [--match TEXT]... [--absent PATH]... -- COMMAND
"""

import argparse
import os
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--status", type=int, default=1)
    parser.add_argument("--match", action="append", default=[])
    parser.add_argument("--absent", action="append", default=[])
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()

    run = subprocess.run(
        args.command, capture_output=True, text=True, errors="replace", timeout=args.timeout
    )
    problems = []
    lines = run.stderr.splitlines()
    if run.returncode != args.status:
        problems.append(f"exit status {run.returncode}, expected {args.status}")
    if len(lines) != 1 or not lines[0].startswith("dpc: error: "):
        problems.append("standard error is not one line 'dpc: error: ...'")
    for text in args.match:
        if text not in run.stderr:
            problems.append(f"the message lacks {text!r}")
    for path in args.absent:
        if os.path.exists(path):
            problems.append(f"{path} was left behind")
    if problems:
        print("command:", " ".join(args.command))
        print("\n".join(problems))
        print("--- standard error\n" + run.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
