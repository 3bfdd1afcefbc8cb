#!/usr/bin/env python3
"""Exports the zoo's networks with PyTorch and tries dpc on every file.

  models/zoo/run.py [--out DIR] [--tiny] [--all] [--variants LIST] [NAME...]

prints the table that try_files.py describes. Files that are there already are not
exported again. Networks that need what dpc has not, sliding windows and recurrence,
are left out unless named or with --all. Needs an environment with torch,
torchvision, transformers, onnx, onnxscript and numpy.
"""

import argparse
import os
import pathlib
import sys
import traceback

import case
import export
import try_files

FAMILIES = ("tables", "generative", "handwritten", "huggingface", "vision",
            "recurrent")
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def prepare_apart(name, out, variants, size):
    """In a child: exporters keep memory, and some kill their process."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    log = os.open(out / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    status = 0
    try:
        export.prepare(name, out, variants, size)
    except Exception:  # The exporter raises anything.
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dpc", type=pathlib.Path,
                        default=ROOT / "build" / "release" / "bin" / "dpc")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "models" / "out" / "zoo")
    parser.add_argument("--variants", default=",".join(export.VARIANTS))
    parser.add_argument("--tiny", action="store_true", help="of the smallest sizes")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only-export", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_intermixed_args()
    for family in FAMILIES:
        __import__(family)
    unknown = [name for name in arguments.names if name not in case.NETWORKS]
    if unknown:
        parser.error(f"no network is called {unknown[0]}; there are: "
                     + ", ".join(case.NETWORKS))
    names = arguments.names or [name for name, make in case.NETWORKS.items()
                                if arguments.all or not make.needs]
    variants = arguments.variants.split(",")
    arguments.out.mkdir(parents=True, exist_ok=True)
    models = []
    for name in names:
        files = [arguments.out / f"{name}.{variant}.onnx" for variant in variants]
        if not (arguments.out / f"{name}.json").exists():
            if not prepare_apart(name, arguments.out, variants,
                                 case.TINY if arguments.tiny else case.Sizes()):
                print(f"{name}: PyTorch fails; see {arguments.out / name}.log")
        models += [file for file in files if file.exists()]
    if not arguments.only_export:
        sys.exit(not try_files.report(arguments.dpc, models))


if __name__ == "__main__":
    main()
