"""What the examples share: they say what they run, and run it."""

import argparse
import pathlib
import shlex
import subprocess
import sys

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(MODELS))


def parse(description, **defaults):
    """The command line: a folder, a program, ranks, and what `defaults` names."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", metavar="DIR", type=pathlib.Path,
                        default=MODELS / "out", help="folder to write to (models/out)")
    parser.add_argument("--dpc", default="dpc", help="the compiler (dpc on PATH)")
    parser.add_argument("--ranks", type=int, default=2, metavar="N")
    for name, value in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value,
                            metavar="N", help=f"({value})")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    return arguments


def run(*command):
    """Runs a command that must succeed."""
    command = [str(word) for word in command]
    print("$", shlex.join(command), flush=True)
    if status := subprocess.run(command, check=False).returncode:
        sys.exit(status)
