#!/usr/bin/env python3
"""Proves the target cuda on what stands in for GPUs: models x layouts x precisions x seeds.

    .venv/bin/python test/hostcuda/matrix.py --jobs 2 --results FILE

A cell is a model, a layout and a precision. It trains by the target cpu and, once for each
seed, by the target cuda on the libraries of this folder, which end a run at a race, at an
access beside a kernel's buffers, at a missing wait and at a read of what nobody has written.
The losses of all steps must be those of the target cpu, to the precision's bound. Seed 0 takes
things in order; each other one chooses when streams run, which blocks and warps come first, and
how far approximations are off. Every eighth seed multiplies with kernels of dpc's own instead
of cuBLASLt's stand-in, every fourth moves collectives through the host instead of by NCCL's,
and at every eighth one ranks meet by MPI instead of TCP. The first two seeds take --steps, the
others --more-steps.

With --results a run that was made with the same dpc and libraries is not made again.
"""

import argparse
import concurrent.futures
import fnmatch
import hashlib
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BOUNDS = {"f32": 1e-5, "bf16": 3e-3, "f16": 2e-3}
"""Between losses of the two targets, relative. Those of 16 bits sum in another order and
round the sums: to 8 bits, to 11."""

LAYOUTS = {
    "single": (1, ""),
    **{f"{name} {ranks}": (ranks, f"{options} --ranks {ranks}") for ranks in (2, 4)
       for name, options in {
           "data": "--strategy data", "tensor": "--strategy tensor",
           "pipeline": "--strategy pipeline",
           **{f"zero {stage}": f"--strategy zero --zero-stage {stage}" for stage in (1, 2, 3)},
       }.items()},
    "data x tensor": (4, "--mesh data=2,tensor=2"),
    "data x pipe": (4, "--mesh data=2,pipe=2"),
    "pipe x tensor": (4, "--mesh pipe=2,tensor=2"),
    "zero 3 x tensor": (4, "--mesh data=2,tensor=2 --zero-stage 3"),
    "expert": (2, "--mesh expert=2"),
    "data x expert": (4, "--mesh data=2,expert=2"),
}
MODELS = {"mlp": "mlp", "credit": "deep", "gpt": "gpt", "bert": "bert", "moe": "moe"}
"""By the names that tools/matrix.py gives them."""
NARROW = ("single", "data 2", "tensor 2", "zero 3 2", "data x tensor")


# The stand-in takes no machine code, and none is made where there is no assembler.
PATH = os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep)
                       if not os.path.exists(os.path.join(folder, "ptxas")))


class Failure(Exception):
    pass


def load_models():
    """tools/matrix.py, whose models and data these are."""
    spec = importlib.util.spec_from_file_location("tools_matrix", ROOT / "tools" / "matrix.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*command, environment=None, timeout=600):
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout,
                              stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    except subprocess.TimeoutExpired:
        raise Failure(f"no end after {timeout} s: {' '.join(command)}") from None
    lines = [line for line in done.stderr.splitlines() if "error" in line]
    if done.returncode or any("hostcuda" in line for line in lines):
        raise Failure(f"exit status {done.returncode}: {' '.join(command)}: "
                      + " | ".join(lines[:2])[:700])


class Results:
    """Lines of JSON, one for each run; those of the file are known from the start."""

    def __init__(self, path, tree):
        self.path, self.tree, self.lock = path, tree, threading.Lock()
        self.known = {}
        if path and path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if entry["tree"] == tree and not entry["failure"]:
                    self.known[entry["run"]] = entry

    def add(self, name, error, failure, seconds):
        entry = {"tree": self.tree, "run": name, "error": error, "failure": failure,
                 "seconds": round(seconds, 2)}
        with self.lock:
            self.known[name] = entry
            if self.path:
                with self.path.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
        return entry


class Cell:
    def __init__(self, options, folder, results, model, layout, precision):
        self.options, self.results = options, results
        self.name = f"{model}, {layout}, {precision}"
        self.layout, self.precision = layout, precision
        self.ranks, flags = LAYOUTS[layout]
        self.flags = [*flags.split(), "--precision", precision]
        self.model, self.data = options.made[model]
        self.folder = folder / re.sub(r"\W+", "-", self.name)
        self.wanted = None

    def compile(self, target):
        run(self.options.dpc, "compile", self.model.path, *self.model.program, *self.flags,
            "--target", target, "-o", self.folder / target, environment={"PATH": PATH})

    def train(self, target, steps, environment=None):
        metrics = self.folder / "metrics.jsonl"
        metrics.unlink(missing_ok=True)
        try:
            run(self.options.dpc, "run", "-n", self.ranks, self.folder / target, "--steps", steps,
                "--seed", 3, "--no-shuffle", "--quiet", "--metrics", metrics, *self.data,
                environment={"LD_LIBRARY_PATH": str(self.options.library), "OMP_NUM_THREADS": "1",
                             "DPC_HOSTCUDA_DEVICES": str(self.ranks), **(environment or {})})
            losses = [json.loads(line)["loss"] for line in metrics.read_text().splitlines()]
        finally:
            for path in self.folder.glob("metrics.jsonl*"):
                path.unlink()
        if len(losses) != steps:
            raise Failure(f"{len(losses)} steps instead of {steps}")
        return losses

    def prepare(self):
        if self.wanted is None:
            self.folder.mkdir(exist_ok=True)
            for target in ("cpu", "cuda"):
                self.compile(target)
            self.wanted = self.train("cpu", self.options.steps, {"DPC_TRANSPORT": "tcp"})

    def prove(self, seed):
        """What Results keeps of the run."""
        steps = self.options.steps if seed < 2 else self.options.more_steps
        name = f"{self.name}, seed {seed}, {steps} steps"
        if name in self.results.known:
            return self.results.known[name]
        start = time.monotonic()
        try:
            self.prepare()
            losses = self.train("cuda", steps, {
                "DPC_HOSTCUDA_SEED": str(seed), "DPC_CUBLASLT": "off" if seed % 8 == 1 else "on",
                "DPC_NCCL": "off" if seed % 4 == 2 else "on",
                "DPC_TRANSPORT": "mpi" if seed % 8 == 7 else "tcp"})
            error = max(abs(got - want) / abs(want)
                        for got, want in zip(losses, self.wanted, strict=False))
            failure = ("" if error <= BOUNDS[self.precision] else
                       f"losses are {error:.1e} off: {losses} instead of {self.wanted[:steps]}")
        except Failure as found:
            error, failure = None, str(found)
        entry = self.results.add(name, error, failure, time.monotonic() - start)
        if failure:
            print(f"FAIL {name}: {failure}", file=sys.stderr, flush=True)
        return entry

    def prove_all(self, seeds):
        """The largest error, and what failed. Two failures are enough."""
        start, entries = time.monotonic(), []
        for seed in seeds:
            entries.append(self.prove(seed))
            if sum(bool(entry["failure"]) for entry in entries) == 2:
                break
        for path in self.folder.glob("*") if self.folder.exists() else ():
            path.unlink()
        errors = [entry["error"] for entry in entries if entry["error"] is not None]
        failed = sum(bool(entry["failure"]) for entry in entries)
        text = f"{max(errors):.0e}" if errors and not failed else f"FAIL {failed}/{len(entries)}"
        print(f"  {self.name}: {len(entries)} seeds, {text}, {time.monotonic() - start:.0f} s",
              file=sys.stderr, flush=True)
        return entries, text


def split(text):
    return [part.strip() for part in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=split, default=list(MODELS), metavar="LIST",
                        help=f"of {', '.join(MODELS)}")
    parser.add_argument("--layouts", type=split, default=["*"], metavar="LIST",
                        help=f"patterns of {', '.join(LAYOUTS)}")
    parser.add_argument("--precisions", type=split, default=list(BOUNDS), metavar="LIST")
    parser.add_argument("--seeds", default="0-49", metavar="A-B", help="(default: 0-49)")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--more-steps", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="cells at a time")
    parser.add_argument("--results", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    options.seeds = range(int(first), int(last or first) + 1)
    options.dpc, options.library = options.build / "bin" / "dpc", options.build / "test" / "hostcuda"
    return options


def identify(options):
    digest = hashlib.sha256()
    for path in (options.dpc, options.library / "libcuda.so.1",
                 *sorted(options.build.rglob("libdpc_runtime*.a"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def make_cells(options, folder, results):
    for precision in options.precisions:
        for model in options.models:
            for layout in LAYOUTS:
                if (("expert" in layout and model != "moe")
                        or (precision != "f32" and layout not in NARROW)
                        or not any(fnmatch.fnmatch(layout, one) for one in options.layouts)):
                    continue
                yield Cell(options, folder, results, model, layout, precision)


def main():
    options = parse()
    start = time.monotonic()
    tools = load_models()
    results = Results(options.results, identify(options))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        options.made = {}
        for name in options.models:
            model = tools.MODELS[MODELS[name]](folder, np.random.default_rng(7))
            words = []
            for key, array in model.data.items():
                np.save(folder / f"{name}-{key}.npy", array)
                words += ["--data", f"{key}={folder}/{name}-{key}.npy"]
            options.made[name] = model, words
        cells = list(make_cells(options, folder, results))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            done = list(pool.map(lambda cell: cell.prove_all(options.seeds), cells))
    for precision in options.precisions:
        texts = {cell.name: text for cell, (_, text) in zip(cells, done, strict=True)}
        print(f"\n{precision:18}" + "".join(f"{model:>12}" for model in options.models))
        for layout in LAYOUTS:
            line = [texts.get(f"{model}, {layout}, {precision}", "-") for model in options.models]
            if any(text != "-" for text in line):
                print(f"{layout:18}" + "".join(f"{text:>12}" for text in line))
    entries = [entry for entries, _ in done for entry in entries]
    failures = [entry for entry in entries if entry["failure"]]
    for entry in failures:
        print(f"FAIL {entry['run']}: {entry['failure']}")
    print(f"\n{len(cells)} cells, {len(entries)} runs, {len(failures)} failures, "
          f"{time.monotonic() - start:.0f} s; in a cell: largest relative difference of losses")
    return 1 if failures or not cells else 0


if __name__ == "__main__":
    sys.exit(main())
