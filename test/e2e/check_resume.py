"""Checkpoints written under one plan go on under every other one.

  check_resume.py DPC MODEL DATA FOLDER [--pairs all|ring] [--plans NAME,NAME]
      [--optimizer OPTIMIZER] [OPTION...]

DATA is INPUT=FILE,INPUT=FILE. Each plan trains undisturbed, and again up to a step
in the middle of an epoch; from there a run of its own plan must end with the same
bytes, and one of another plan must have the same losses. The files are read as the
safetensors format says, too: the parts are those of the whole parameters.
"""

import argparse
import json
import pathlib
import shutil
import struct
import subprocess
import sys

import numpy

PLANS = {
    "single": ["--strategy", "single"],
    "data": ["--strategy", "data", "--ranks", "2"],
    "zero": ["--strategy", "zero", "--zero-stage", "3", "--ranks", "4"],
    "tensor": ["--strategy", "tensor", "--ranks", "2"],
    "pipe": ["--mesh", "pipe=2", "--microbatches", "4"],
    "hybrid": ["--mesh", "data=2,tensor=2", "--zero-stage", "1"],
    "expert": ["--mesh", "expert=2"],
    "accumulate": ["--strategy", "data", "--ranks", "2", "--accumulate", "2"],
}
STOP, STEPS = 11, 31


def call(*command):
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, (command, run.stdout, run.stderr)
    return run.stdout


def read_file(path):
    """A safetensors file as {name: array}, and its metadata."""
    content = path.read_bytes()
    length, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    types = {"F32": "f4", "F64": "f8", "I64": "i8", "I32": "i4", "U8": "u1"}
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        arrays[name] = numpy.frombuffer(
            content[8 + length + begin:8 + length + end], types[entry["dtype"]]).reshape(entry["shape"])
    return arrays, metadata


def read_checkpoint(folder):
    """The manifest and the whole tensors of a checkpoint, each element once."""
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [read_file(folder / f"rank-{i:05}.safetensors")[0] for i in range(len(manifest["files"]))]
    wholes = {}
    for tensor in manifest["tensors"]:
        whole = numpy.zeros(tensor["shape"])
        times = numpy.zeros(tensor["shape"], int)
        for part in tensor["parts"]:
            place = tuple(slice(b, b + n) for b, n in zip(part["begin"], part["shape"]))
            whole[place] = files[part["file"]].pop(tensor["name"])
            times[place] += 1
        assert (times == 1).all(), tensor["name"]
        wholes[tensor["name"]] = whole
    assert not any(files), "tensors that the manifest does not know"
    return manifest, wholes


class Plan:
    def __init__(self, options, name):
        self.name, self.dpc = name, options.dpc
        self.folder = options.folder / name
        self.folder.mkdir(parents=True)
        self.program = self.folder / "program"
        call(options.dpc, "compile", options.model, "-o", self.program, "--loss", "softmax-cross-entropy",
             "--batch", "8", "--optimizer", options.optimizer, *options.rest, *PLANS[name])
        self.data = [word for entry in options.data.split(",") for word in ("--data", entry)]
        self.ranks = json.loads(call(self.program, "--plan"))["ranks"]

    def train(self, steps, name, *arguments):
        """The losses by step."""
        metrics = self.folder / f"{name}.jsonl"
        call(self.dpc, "run", "-n", self.ranks, self.program, *self.data, "--steps", steps, "--quiet",
             "--seed", "3", "--metrics", metrics, "--save-safetensors", self.folder / f"{name}.trained",
             *arguments)
        lines = [json.loads(line) for line in metrics.read_text().splitlines()]
        return {line["step"]: line["loss"] for line in lines}

    def trained(self, name):
        return (self.folder / f"{name}.trained").read_bytes()

    def prepare(self):
        self.losses = self.train(STEPS, "whole")
        self.checkpoints = self.folder / "checkpoints"
        self.train(STOP, "first", "--checkpoint", self.checkpoints, "--checkpoint-every", "5")
        names = sorted(path.name for path in self.checkpoints.iterdir() if path.name.startswith("step-"))
        assert names == [f"step-{step:08}" for step in (5, 10, STOP)], names
        manifest, wholes = read_checkpoint(self.checkpoints / names[-1])
        assert (manifest["step"], manifest["epoch"], manifest["row"], manifest["seed"]) == (STOP, 2, 24, 3), manifest
        parameters, _ = read_file(self.folder / "first.trained")
        for name in {t["name"] for t in manifest["tensors"] if t["kind"] == "parameter"} & set(parameters):
            # What is saved are the averages, if there are any.
            saved = wholes.get(f"{name}.average", wholes[name])
            assert (saved == parameters[name].reshape(saved.shape)).all(), name

    def resume(self, other):
        name = f"from-{other.name}"
        # The metrics of a run that came further, and was killed in the last line.
        lines = (other.folder / "whole.jsonl").read_text().splitlines(keepends=True)
        (self.folder / f"{name}.jsonl").write_text("".join(lines[:STOP + 3]) + lines[STOP + 4][:20])
        losses = self.train(STEPS, name, "--resume", other.checkpoints)
        assert list(losses) == list(range(1, STEPS + 1)), (self.name, other.name, list(losses))
        assert (self.folder / f"{name}.jsonl").read_text().startswith("".join(lines[:STOP]))
        error = max(abs(loss - other.losses[step]) / max(1, abs(other.losses[step]))
                    for step, loss in losses.items())
        if self is other:
            assert error == 0 and self.trained(name) == self.trained("whole"), (self.name, error)
        assert error < 1e-5, (self.name, other.name, error, losses, other.losses)
        return error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dpc")
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pairs", choices=("all", "ring"), default="all")
    parser.add_argument("--optimizer", default="adam,lr=0.01")
    parser.add_argument("--plans", default=",".join(PLANS))
    options, options.rest = parser.parse_known_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    plans = [Plan(options, name) for name in options.plans.split(",")]
    for plan in plans:
        plan.prepare()
    pairs = 0
    worst = 0
    for i, saved in enumerate(plans):
        resumed = plans if options.pairs == "all" else (saved, plans[(i + 1) % len(plans)])
        for plan in resumed:
            worst = max(worst, plan.resume(saved))
            pairs += 1
    print(f"{pairs} pairs of plans, losses differ by {worst:.1e} at most")


if __name__ == "__main__":
    main()
