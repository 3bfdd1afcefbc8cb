"""Checks and measures programs of dpc on a GPU, see --help. One JSON, one table."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import correctness
import kernels
import machine
import nccl
import products
import refusals
import report
import sanitizer
import steps
from session import OutOfTime, Part, Session

# In order, each with the share of the whole time that it may take; `steps` takes what is left
# by those in front of it, but for what comes behind it.
PARTS = {"correctness": (correctness, 0.24), "nccl": (nccl, 0.04), "sanitizer": (sanitizer, 0.11),
         "kernels": (kernels, 0.08), "products": (products, 0.09), "steps": (steps, None),
         "refusals": (refusals, 0.06)}
# What is not timed; while it runs, PyTorch compiles.
UNTIMED = ("correctness", "nccl", "sanitizer")
WARM_UP_SHARE = 0.42
BYTES_A_WORKER = 24 << 30


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="run", description="Checks the programs beside this file on the first GPU, and measures them against "
        "PyTorch, cuBLASLt and copies. Needs the driver, CUDA's libraries, and a python3 with torch and numpy. Exit "
        "status 1 if something is wrong, whatever the times are; 3 without a GPU.")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("gpu-check.json"), metavar="FILE",
                        help="the results, written after each of them (default: gpu-check.json)")
    parser.add_argument("--seconds", type=float, default=450, metavar="N",
                        help="for everything; parts that would overrun are cut (default: 450)")
    parser.add_argument("--parts", default=",".join(PARTS), metavar="LIST", help="which (default: %(default)s)")
    parser.add_argument("--work", type=pathlib.Path, metavar="DIR",
                        help="where 2 GB of parameters and caches go meanwhile (default: a new folder in TMPDIR)")
    parser.add_argument("--table", type=pathlib.Path, metavar="FILE.json", help="print the table of results, and exit")
    parser.add_argument("--quick", action="store_true", help="few steps, to try the parts themselves")
    parser.add_argument("--peer-device", choices=["cuda", "cpu"], default="cuda",
                        help="where PyTorch runs, to try the parts themselves")
    options = parser.parse_args()
    options.parts = options.parts.split(",")
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"--parts: '{unknown[0]}' is none of {', '.join(PARTS)}")
    options.out = options.out.absolute()
    options.stand_in = False
    return options


def end_of(session, name):
    """When a part has to be done."""
    share = PARTS[name][1]
    if share is not None and session.options.parts != [name]:
        return min(time.monotonic() + share * session.options.seconds, session.end_of_run)
    behind = session.options.parts[session.options.parts.index(name) + 1:]
    return session.end_of_run - sum(PARTS[other][1] or 0 for other in behind) * session.options.seconds


def start_warm_up(session):
    if "steps" not in session.options.parts or session.quick:
        return None
    workers = min(3, session.results["machine"]["cpus"] // 4, session.results["machine"]["free_bytes"] // BYTES_A_WORKER)
    return steps.WarmUp(session, workers) if workers > 0 else None


def finish_warm_up(session, warm_up):
    warm_up.finish(max(0, WARM_UP_SHARE * session.options.seconds - session.elapsed()))
    session.say(f"PyTorch has compiled {len(warm_up.done)} of {len(session.manifest['steps'])} networks beforehand")


def run_parts(session):
    session.say("looking at the machine")
    session.end = time.monotonic() + 60
    machine.describe(session)
    session.unpack()
    session.save()
    warm_up = start_warm_up(session)
    for name in session.options.parts:
        if warm_up and name not in UNTIMED:
            finish_warm_up(session, warm_up)
            warm_up = None
        part = Part(session, name)
        session.end = end_of(session, name)
        session.say(f"{name}, at most {max(0, session.left()):.0f} s")
        try:
            PARTS[name][0].run(session, part)
        except OutOfTime:
            part.cut("the rest of it")
        except Exception as error:  # a fault of one part leaves the others
            part.fail(f"{type(error).__name__}: {error}")
        part.end()


def finish(session, status):
    session.stop_all()
    session.results["status"] = status
    session.save()
    print("\n".join(report.render(session.results)), flush=True)


def main():
    options = parse_arguments()
    if options.table:
        print("\n".join(report.render(json.loads(options.table.read_text(encoding="utf-8")))))
        return 0
    folder = pathlib.Path(__file__).resolve().parents[1]
    work = pathlib.Path(tempfile.mkdtemp(prefix="gpu-check-", dir=options.work)).absolute()
    session = Session(folder, work, options)

    def stop(number, frame):
        session.end = session.end_of_run = 0
        session.stop_all()
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        run_parts(session)
        failed = [name for name, part in session.results["parts"].items() if part["status"] == "failed"]
        finish(session, "failed: " + ", ".join(failed) if failed else "ok")
        return 1 if failed else 0
    except KeyboardInterrupt:
        finish(session, "stopped")
        return 1
    except (RuntimeError, OutOfTime) as error:
        session.stop_all()
        print(f"gpu-check: error: no GPU: {error}", file=sys.stderr)
        return 3
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    # Threads that wait for children must not hold up the end.
    status = main()
    sys.stdout.flush()
    os._exit(status)
