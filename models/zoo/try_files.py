#!/usr/bin/env python3
"""Tries dpc on files that export.py wrote, and prints a line for each.

  try_files.py --dpc DPC FOLDER [FILE...] [--mesh MESH]...

FILE is NAME.VARIANT, and may be a pattern. Columns: whether dpc compiles the file;
the largest difference of a loss of the first steps from PyTorch's, or "warned" for
one that differs after a warning of what the exporter lost, or "export" for a file
whose outputs are not PyTorch's by ONNX's own evaluator either; that of the first
output from PyTorch's, for files in eval mode; whether `dpc verify` holds on each
mesh, "whole" if only with the batch uncut. The exit status is 1 if something is
neither right nor warned of. Needs numpy and onnx.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

MESHES = ("data=2", "tensor=2", "pipe=2", "zero 3")
STEPS = 5
TOLERANCE = 1e-5
# Of warnings of what the exporter left out.
REMEDY = "export the module with optimize=False"
# What dpc says of a batch that a pipeline cannot cut.
ONE_MICROBATCH = "use --microbatches 1"
LIMIT_SECONDS = 300


class Failure(Exception):
    """The first line of what a command said."""


class Trial:
    def __init__(self, dpc, model, work):
        self.dpc, self.model, self.work = dpc, model, work
        self.name, self.variant = model.name.split(".")[:2]
        self.mode = self.variant.split("-")[1]
        folder = model.parent
        self.info = json.loads((folder / f"{self.name}.json").read_text())
        self.arrays = dict(np.load(folder / f"{self.name}.npz"))
        self.common = [model, "--batch", self.info["batch"]]
        self.training = ["--loss", self.info["loss"], "--optimizer",
                         self.info["optimizer"], "--decay-all"]
        if self.info["loss"] == "none":
            self.training = []
        # The older exporter says nothing of nn.Embedding's padding_idx.
        if self.variant.startswith("ts"):
            for name, row in self.info["padding"].items():
                self.training += ["--freeze-row", f"{name}={row}"]
        self.warnings = []

    def call(self, *command):
        environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1",
                           OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        try:
            result = subprocess.run(
                [str(word) for word in command], env=environment, text=True,
                capture_output=True, errors="replace", timeout=LIMIT_SECONDS,
                check=False)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"no end after {LIMIT_SECONDS} s") from error
        lines = result.stderr.splitlines()
        self.warnings += [line for line in lines if ": warning: " in line]
        if result.returncode:
            said = [line for line in lines if "error" in line] or lines
            said = said or result.stdout.splitlines()[-1:] or ["nothing"]
            raise Failure(f"exit status {result.returncode}: {said[-1]}")

    def data(self, rows, names):
        words = []
        for name in names:
            path = self.work / f"{name}.npy"
            np.save(path, self.arrays[name][:rows])
            words += ["--data", f"{name}={path}"]
        return words

    def compare_losses(self):
        """The largest difference from PyTorch's."""
        metrics, program = self.work / "metrics.jsonl", self.work / "train"
        self.call(self.dpc, "compile", *self.common, *self.training, "-o", program)
        self.call(program, *self.data(None, [*self.info["inputs"], "label"]),
                  "--steps", STEPS, "--no-shuffle", "--metrics", metrics)
        losses = [json.loads(line)["loss"] for line in metrics.open()]
        wanted = self.info["torch"][self.mode]
        return float(np.max(np.abs(np.subtract(losses, wanted))
                            / np.maximum(1, np.abs(wanted))))

    def compare_outputs(self):
        program, out = self.work / "infer", self.work / "out"
        self.call(self.dpc, "compile", *self.common, "-o", program)
        self.call(program, *self.data(self.info["batch"], self.info["inputs"]),
                  "--outputs", out)
        found = subprocess.run([self.dpc, "inspect", self.model, "--json"],
                               capture_output=True, check=True)
        name = json.loads(found.stdout)["outputs"][0]["name"]
        got = np.load(out / (re.sub(r"[^A-Za-z0-9._-]", "_", name)[:200] + ".npy"))
        wanted = self.arrays["first_output"]
        if got.shape != wanted.shape:
            raise Failure(f"an output of shape {got.shape}, not {wanted.shape}")
        return float(np.max(np.abs(got - wanted) / np.maximum(1, np.abs(wanted))))

    def is_exported_wrong(self):
        """Whether the file is another function than the module."""
        model = onnx.load(self.model)
        feeds = {value.name: self.arrays[value.name][:self.info["batch"]]
                 for value in model.graph.input}
        got = ReferenceEvaluator(model).run(None, feeds)[0]
        wanted = self.arrays["first_output"]
        return got.shape != wanted.shape or not np.allclose(
            got, wanted, rtol=1e-3, atol=1e-3)

    def verify(self, mesh):
        words = (["--strategy", "zero", "--zero-stage", 3, "--ranks", 2]
                 if mesh == "zero 3" else ["--mesh", mesh])
        words += ["--quiet", "--steps", 1]
        try:
            self.call(self.dpc, "verify", *self.common, *self.training, *words)
            return "ok"
        except Failure as failure:
            # A network whose rows are not apart, such as the nodes of a graph.
            if ONE_MICROBATCH not in str(failure):
                raise
        self.call(self.dpc, "verify", *self.common, *self.training, *words,
                  "--microbatches", 1)
        return "whole"

    def run(self, meshes):
        """The table's cells, and what is wrong."""
        cells, problems = ["in"], []

        def judge(what, compare):
            try:
                difference = compare()
            except Failure as failure:
                cells.append("fails")
                problems.append(f"{what}: {failure}")
                return
            cells.append(f"{difference:.0e}")
            if self.info["is_random"]:
                cells[-1] = "random"
            elif not difference <= TOLERANCE and any(
                    REMEDY in warning for warning in self.warnings):
                cells[-1] = "warned"
            elif not difference <= TOLERANCE and self.is_exported_wrong():
                cells[-1] = "export"
            elif not difference <= TOLERANCE:
                problems.append(f"{what} differ by {difference:.1e}")

        try:
            self.call(self.dpc, "plan", *self.common, *self.training)
        except Failure as failure:
            return ["refused"], [str(failure)]
        if self.training:
            judge("losses", self.compare_losses)
        else:
            cells.append("-")
        if self.mode == "eval":
            judge("outputs", self.compare_outputs)
        else:
            cells.append("-")
        for mesh in meshes:
            try:
                cells.append(self.verify(mesh))
            except Failure as failure:
                cells.append("fails")
                problems.append(f"verify {mesh}: {failure}")
        return cells, problems


def try_file(dpc, model, meshes=MESHES):
    with tempfile.TemporaryDirectory() as work:
        trial = Trial(dpc, model, pathlib.Path(work))
        cells, problems = trial.run(meshes)
        return cells, problems, sorted(set(trial.warnings))


def print_row(name, cells):
    print(f"{name:38}" + "".join(f"{cell:>10}" for cell in cells), flush=True)


def report(dpc, models, meshes=MESHES, show_warnings=True):
    """Tries the files one by one; whether all is right."""
    print_row("", ["", "losses", "outputs", *meshes])
    good = 0
    for model in models:
        cells, problems, warnings = try_file(dpc, model, meshes)
        print_row(model.name.removesuffix(".onnx"), cells)
        for problem in problems:
            print(f"    {problem}")
        if show_warnings:
            for warning in warnings:
                print(f"    {warning[:300]}")
        good += not problems
    print(f"{good} of {len(models)} files are right")
    return good == len(models)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dpc", type=pathlib.Path, required=True)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("files", nargs="*", default=["*"])
    parser.add_argument("--mesh", action="append",
                        help="instead of data=2, tensor=2, pipe=2 and zero 3")
    parser.add_argument("--no-verify", action="store_true")
    arguments = parser.parse_intermixed_args()
    models = [model for model in sorted(arguments.folder.glob("*.onnx"))
              if any(fnmatch.fnmatch(model.stem, file) for file in arguments.files)]
    if not models:
        sys.exit("error: there is no such file")
    meshes = [] if arguments.no_verify else arguments.mesh or MESHES
    sys.exit(not report(arguments.dpc.resolve(), models, meshes))


if __name__ == "__main__":
    main()
