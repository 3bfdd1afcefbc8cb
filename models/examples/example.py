"""What the examples share: they say what they run, and run it."""

import argparse
import pathlib
import shlex
import shutil
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


def train(arguments, model, settings, data, length, results):
    """Compiles OUT/MODEL.onnx for the ranks and trains half of `length`, such as
    ("--epochs", 6); then, as a cluster might have it, goes on from the checkpoint with
    one that was compiled for other ranks and another strategy."""
    out, dpc, ranks = arguments.out, arguments.dpc, arguments.ranks
    flag, whole = length
    checkpoints = out / f"{model}-checkpoints"
    shutil.rmtree(checkpoints, ignore_errors=True)
    layouts = {model: ("--ranks", ranks),
               f"{model}-zero": ("--strategy", "zero", "--zero-stage", 3, "--ranks", ranks + 1)}
    for name, layout in layouts.items():
        run(dpc, "compile", out / f"{model}.onnx", "-o", out / name, *settings, *layout)
    for name, end, *more in ((model, (whole + 1) // 2), (f"{model}-zero", whole, *results)):
        run(dpc, "run", out / name, *data, flag, end, "--metrics", out / f"{model}.jsonl",
            "--checkpoint", checkpoints, "--resume", checkpoints, *more)


def run(*command):
    """Runs a command that must succeed."""
    command = [str(word) for word in command]
    print("$", shlex.join(command), flush=True)
    if status := subprocess.run(command, check=False).returncode:
        sys.exit(status)
