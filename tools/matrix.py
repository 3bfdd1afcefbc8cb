#!/usr/bin/env python3
"""Proves every strategy on every model: models x strategies x ranks.

Each cell stands for two proofs. The first is `dpc verify`: the partitioned
training program against the whole one, in f64. The second trains with real ranks
under mpirun, in f32, and compares the losses with those of `single`; models with
dropout keep it, so that equal losses also show equal masks. A cell prints the
largest relative error of both, or FAIL. The exit status is 0 if none fails.

The model `torch` is the GPT without dropout, and its losses are compared with those
of PyTorch, which are stored beside it: within 1e-3.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "models"), str(ROOT / "test" / "parity")]

from compare_losses import first_difference, read_losses  # noqa: E402

TRANSFORMERS = ROOT / "models" / "data" / "transformer"
RANKS = (2, 3, 4, 8)
TORCH_RTOL = 1e-3
SCHEDULES = ("gpipe", "1f1b", "interleaved", "zero-bubble")


class Model:
    """A file, the options of its program and data to train on."""

    def __init__(self, path, batch, loss, optimizer, data, reference=None):
        """`reference` are losses to compare with, of `single` if there are
        none."""
        self.path = path
        self.reference = reference
        self.program = ["--batch", batch, "--loss", loss, "--optimizer",
                        optimizer]
        self.data = data


def make_mlp(folder, rng):
    import make_mlp as script
    path = folder / "mlp.onnx"
    onnx.save(script.make_mlp(), path)
    return Model(path, 24, "softmax-cross-entropy", "momentum,lr=0.02",
                 {"image": rng.integers(0, 256, (72, 28, 28), dtype=np.uint8),
                  "label": rng.integers(0, 10, 72)})


def make_deep(folder, rng):
    """All widths are prime; the batch divides by no number of ranks but 3."""
    import make_credit as script
    path = folder / "deep.onnx"
    onnx.save(script.make_credit(), path)
    features = rng.standard_normal((63, 23)).astype(np.float32)
    return Model(path, 21, "binary-cross-entropy", "adam,lr=0.002",
                 {"features": features,
                  "label": (features[:, 0] > 0).astype(np.float32)})


def make_tokens(rng, rows):
    """Of the models that make_transformer.py makes by default."""
    tokens = rng.integers(0, 67, (rows, 12))
    return tokens[:, :-1].copy(), (5 * tokens[:, :-1] + 3) % 67


def make_gpt(folder, rng):
    tokens, label = make_tokens(rng, 48)
    return Model(TRANSFORMERS / "gpt-opset17.onnx", 8, "softmax-cross-entropy",
                 "adam,lr=0.003", {"tokens": tokens, "label": label})


def make_heads(folder, rng):
    """A GPT with fewer heads than ranks: they lie over a part of the axis."""
    tokens, label = make_tokens(rng, 48)
    return Model(TRANSFORMERS / "gpt-2-heads.onnx", 8, "softmax-cross-entropy",
                 "adam,lr=0.003", {"tokens": tokens, "label": label})


def make_encoder(folder, rng):
    """PyTorch's own layers, which merge batch and heads."""
    tokens, label = make_tokens(rng, 48)
    return Model(TRANSFORMERS / "encoder-opset16.onnx", 8,
                 "softmax-cross-entropy", "momentum,lr=0.05",
                 {"tokens": tokens, "label": label})


def make_bert(folder, rng):
    """A batch of 12: on 8 ranks two have no row."""
    tokens, label = make_tokens(rng, 60)
    lengths = rng.integers(5, 12, (60, 1))
    mask = (np.arange(11)[None, :] < lengths).astype(np.int64)
    return Model(TRANSFORMERS / "bert-opset15.onnx", 12, "softmax-cross-entropy",
                 "momentum,lr=0.05",
                 {"tokens": tokens, "mask": mask, "label": label})


def make_moe(folder, rng):
    """A mixture of 4 experts, large enough to be worth splitting."""
    import make_moe as script
    path = folder / "moe.onnx"
    onnx.save(script.make_moe(hidden=32), path)
    return Model(path, 12, "softmax-cross-entropy", "adam,lr=0.003",
                 {"x": rng.standard_normal((60, 6, 8)).astype(np.float32),
                  "label": rng.integers(0, 5, 60)})


def make_torch(folder, rng):
    data = TRANSFORMERS / "gpt-parity"
    return Model(TRANSFORMERS / "gpt-parity.onnx", 8, "softmax-cross-entropy",
                 "sgd,lr=0.1", {name: np.load(data / f"{name}.npy")
                                for name in ("tokens", "label")},
                 data / "losses.jsonl")


MODELS = {"mlp": make_mlp, "deep": make_deep, "gpt": make_gpt,
          "heads": make_heads, "encoder": make_encoder,
          "bert": make_bert, "moe": make_moe,
          "torch": make_torch}


def list_strategies(model):
    """(row of the table, ranks, options of dpc) for a model."""
    for ranks in RANKS:
        yield "data", ranks, ["--strategy", "data"]
        for stage in (1, 2, 3):
            yield f"zero {stage}", ranks, ["--strategy", "zero", "--zero-stage",
                                           str(stage)]
        yield "tensor", ranks, ["--strategy", "tensor"]
        if model in ("gpt", "heads", "encoder", "bert", "torch"):
            yield "tensor and sequence", ranks, ["--strategy", "tensor",
                                                 "--sequence-parallel"]
        yield "model", ranks, ["--strategy", "model"]
        for schedule in SCHEDULES:
            yield f"pipeline {schedule}", ranks, [
                "--strategy", "pipeline", "--schedule", schedule]
    for name, meshes, extra in (
            ("data x tensor", ("data=2,tensor=2", "data=4,tensor=2"), []),
            ("zero 3 x tensor", ("data=2,tensor=2", "data=2,tensor=4"),
             ["--zero-stage", "3"]),
            ("data x pipe", ("data=2,pipe=2", "data=2,pipe=4"), []),
            ("zero 1 x pipe", ("data=2,pipe=2", "data=4,pipe=2"),
             ["--zero-stage", "1"]),
            ("pipe x tensor", ("pipe=2,tensor=2", "pipe=2,tensor=4"), []),
            ("data x pipe x tensor", ("data=2,pipe=2,tensor=2",), []),
            ("zero 2 x pipe x tensor", ("data=2,pipe=2,tensor=2",),
             ["--zero-stage", "2", "--schedule", "zero-bubble"]),
            ("expert", ("expert=4", "expert=8"), []),
            ("data x expert", ("data=2,expert=2", "data=2,expert=4"), []),
            ("expert x tensor", ("expert=2,tensor=2", "expert=4,tensor=2"),
             []),
            ("expert in 2 parts", ("expert=2", "expert=3", "expert=4",
                                   "expert=8"), ["--accumulate", "2"]),
            ("data x expert in 2 parts",
             ("data=2,expert=2", "data=2,expert=4"), ["--accumulate", "2"]),
            ("pipe x expert in 2 parts", ("pipe=2,expert=2", "pipe=2,expert=4"),
             ["--microbatches", "2"]),
            ("pipe x expert in 4 parts", ("pipe=2,expert=2", "pipe=2,expert=4"),
             ["--microbatches", "4"]),
            ("data x pipe x expert", ("data=2,pipe=2,expert=2",), [])):
        for mesh in meshes:
            ranks = math.prod(int(axis.split("=")[1])
                              for axis in mesh.split(","))
            if "expert" not in mesh or model == "moe":
                yield name, ranks, ["--strategy", "hybrid", "--mesh", mesh,
                                    *extra]


class Failure(Exception):
    pass


class Matrix:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.wanted = {}
        self.failures = []

    def run(self, *command):
        """The standard output; a failure says what the command said."""
        command = [str(word) for word in command]
        try:
            result = subprocess.run(command, capture_output=True, text=True,
                                    timeout=self.options.timeout, check=False,
                                    stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise Failure(f"no end after {self.options.timeout} s: "
                          f"{' '.join(command)}") from None
        if result.returncode:
            lines = [line for line in result.stderr.splitlines()
                     if "error" in line.lower() or "assert" in line.lower()]
            end = (f"exit status {result.returncode}" if result.returncode > 0
                   else f"signal {-result.returncode}")
            raise Failure(f"{end}: {' '.join(command)}\n      "
                          f"{lines[0][:500] if lines else 'no message'}")
        return result.stdout

    def check_split(self, model, row, flags):
        """Ranks that all do the whole work would prove nothing."""
        plan = json.loads(self.run(self.options.dpc, "plan", model.path,
                                   *model.program, *flags, "--json"))
        kinds = {collective["kind"] for collective in plan["collectives"]}
        if not kinds or ("pipe" in row and "send" not in kinds):
            raise Failure("nothing is split: the plan communicates "
                          f"{', '.join(sorted(kinds)) or 'nothing'}")

    def verify(self, model, row, flags):
        self.check_split(model, row, flags)
        text = self.run(self.options.dpc, "verify", model.path, *model.program,
                        *flags, "--quiet")
        found = re.search(r"largest relative error ([0-9.e+-]+)", text)
        return float(found.group(1)) if found else 0.0

    def train(self, name, model, ranks, flags):
        stem = re.sub(r"[^a-z0-9]+", "-", " ".join([name, str(ranks), *flags]))
        output = self.folder / stem
        metrics = output.with_suffix(".jsonl")
        self.run(self.options.dpc, "compile", model.path, "-o", output,
                 *model.program, *flags)
        training = ["--steps", self.options.steps, "--no-shuffle", "--seed", 3,
                    "--metrics", metrics]
        for key in model.data:
            training += ["--data", f"{key}={self.folder}/{name}-{key}.npy"]
        self.run(self.options.dpc, "run", "-n", ranks, output, *training)
        output.unlink()
        return read_losses(metrics)

    def compare(self, name, model, ranks, flags):
        losses = self.train(name, model, ranks, flags)
        rtol = self.options.rtol if model.reference is None else TORCH_RTOL
        what, largest = first_difference(self.wanted[name], losses, rtol,
                                         self.options.steps)
        if what:
            raise Failure(what)
        return largest

    def cell(self, name, model, row, ranks, flags):
        texts, start = [], time.monotonic()
        if "--mesh" not in flags:
            flags = [*flags, "--ranks", str(ranks)]
        proofs = [("verify", lambda: self.verify(model, row, flags))]
        if not self.options.no_run:
            proofs.append(
                ("run", lambda: self.compare(name, model, ranks, flags)))
        for proof, prove in proofs:
            try:
                texts.append(f"{prove():.0e}")
            except Failure as failure:
                texts.append("FAIL")
                self.failures.append(f"{name}, {row}, {ranks} ranks, {proof} "
                                     f"({' '.join(flags)}): {failure}")
        text = " ".join(texts)
        print(f"  {name:4} {row:24} {ranks} ranks  {text}  "
              f"{time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
        return text

    def prove_model(self, name):
        """Prints the model's table; returns the number of its cells."""
        rng = np.random.default_rng(7)
        model = MODELS[name](self.folder, rng)
        for key, array in model.data.items():
            np.save(self.folder / f"{name}-{key}.npy", array)
        cells = [(row, ranks, flags) for row, ranks, flags in list_strategies(name)
                 if ranks in self.options.ranks
                 and any(fnmatch.fnmatch(row, pattern)
                         for pattern in self.options.strategies)]
        if not self.options.no_run:
            try:
                self.wanted[name] = (self.train(name, model, 1, [])
                                     if model.reference is None
                                     else read_losses(model.reference))
            except Failure as failure:
                self.failures.append(f"{name}, single: {failure}")
                return 0
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            texts = list(pool.map(
                lambda cell: self.cell(name, model, *cell), cells))
        self.print_table(name, {(row, ranks): text for (row, ranks, _), text
                                in zip(cells, texts)})
        return len(cells)

    def print_table(self, name, texts):
        rows = list(dict.fromkeys(row for row, _, _ in list_strategies(name)))
        print(f"\n{name:24}" + "".join(f"{f'{ranks} ranks':>14}"
                                       for ranks in self.options.ranks))
        for row in rows:
            line = [texts.get((row, ranks), "-") for ranks in
                    self.options.ranks]
            if any(text != "-" for text in line):
                print(f"{row:24}" + "".join(f"{text:>14}" for text in line))
        sys.stdout.flush()


def split(text):
    return [part.strip() for part in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", type=split, default=list(MODELS),
                        metavar="LIST", help=f"of {', '.join(MODELS)}")
    parser.add_argument("--strategies", type=split, default=["*"],
                        metavar="LIST", help="patterns of rows of the table: "
                        "zero*,'pipeline 1f1b'")
    parser.add_argument("--ranks", type=split, default=list(map(str, RANKS)),
                        metavar="LIST", help="of 2,3,4,8")
    parser.add_argument("--steps", type=int, default=20, metavar="N",
                        help="of training (default: 20)")
    parser.add_argument("--rtol", type=float, default=1e-4,
                        help="between losses (default: 1e-4)")
    parser.add_argument("--no-run", action="store_true",
                        help="verify only, without real ranks")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(),
                        metavar="N", help="cells at a time (default: the CPUs)")
    parser.add_argument("--timeout", type=int, default=120, metavar="SECONDS",
                        help="for one command (default: 120)")
    parser.add_argument("--dpc", type=pathlib.Path, metavar="FILE",
                        default=ROOT / "build" / "release" / "bin" / "dpc",
                        help="(default: that of build/release)")
    options = parser.parse_args()
    for name in options.models:
        if name not in MODELS:
            parser.error(f"--models: {name} is none of {', '.join(MODELS)}")
    try:
        options.ranks = [int(rank) for rank in options.ranks]
    except ValueError:
        parser.error("--ranks: numbers are needed")
    return options


def main():
    options = parse()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        matrix = Matrix(options, pathlib.Path(folder))
        cells = sum(matrix.prove_model(name) for name in options.models)
    print(f"\n{cells} cells, {len(matrix.failures)} failures, "
          f"{time.monotonic() - start:.0f} s; in a cell: largest relative error "
          f"of dpc verify" + ("" if options.no_run else
                              f", of the losses of {options.steps} steps"))
    for failure in matrix.failures:
        print(f"FAIL {failure}")
    if not cells and not matrix.failures:
        sys.exit("error: no cell fits --strategies and --ranks")
    sys.exit(1 if matrix.failures else 0)


if __name__ == "__main__":
    main()
