"""Random graphs of the operators that dpc knows: inference and two steps of
training on 1 to 5 ranks against ONNX's reference evaluator and central
differences of it. Any difference is an error, and so is a refusal that is not
among those below, a crash, a hang, or more than a line of a message.

  check_graphs.py --dpc DPC [--seed S] [--graphs N] [--jobs J]
  check_graphs.py --dpc DPC --seed S --graphs 1 --shrink --keep DIR   (one that failed)
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

import generate
import reference
import shrink

# What dpc may refuse, by the message; the README says so.
REFUSALS = {
    "too few operations for a pipeline": r"too few for \d+ pieces of a pipeline",
    "needs the whole batch at once": r"needs the whole batch at once",
    "microbatches do not divide the batch": r"does not divide into",
}
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1",
                   OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMP_NUM_THREADS="1")
STRATEGIES = ("data", "zero", "tensor", "pipeline", "hybrid", "model")


class Wrong(Exception):
    """Something that dpc did wrong, and the commands that show it."""


class Refused(Exception):
    """A refusal that is allowed; its kind."""


class Runner:
    """Runs dpc in a folder of its own."""

    def __init__(self, dpc, folder):
        self.dpc, self.folder, self.commands = dpc, folder, []

    def call(self, *command):
        command = [str(c) for c in command]
        self.commands.append(" ".join(command))
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", env=ENVIRONMENT, start_new_session=True, cwd=self.folder)
        try:
            _, errors = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Wrong("no end after 180 s") from None
        lines = [line for line in errors.splitlines()
                 if not re.match(r"dpc: (warning|note):", line)]
        if process.returncode == 0 and not lines:
            return
        if process.returncode != 1 or len(lines) != 1 \
                or not lines[0].startswith("dpc: error: "):
            raise Wrong(f"exit status {process.returncode} and the message\n{errors.strip()}")
        for kind, pattern in REFUSALS.items():
            if re.search(pattern, lines[0]):
                raise Refused(kind)
        raise Wrong(f"refused: {lines[0]}")

    def data_flags(self, arrays):
        flags = []
        for name, array in arrays.items():
            np.save(self.folder / f"{name}.npy",
                    np.ascontiguousarray(array).reshape(array.shape))
            flags += ["--data", f"{name}={name}.npy"]
        return flags

    def infer(self, graph, layout):
        self.call(self.dpc, "compile", "model.onnx", "-o", "infer", *layout)
        self.call(self.dpc, "run", "-n", ranks_of(layout), "./infer",
                  *self.data_flags(generate.data_of(graph, graph.data_rows)),
                  "--outputs", "outputs", "--quiet")
        results = {}
        for value in graph.outputs:
            try:
                results[value.name] = np.load(self.folder / f"outputs/{value.name}.npy")
            except (OSError, ValueError) as error:
                raise Wrong(f"output {value.name}: {error}") from error
        return results

    def train(self, graph, layout, optimizer, lr, steps):
        rows = graph.data_rows // graph.batch * graph.batch
        data = generate.data_of(graph, rows)
        data["label"] = graph.label[:rows]
        loss = [] if graph.loss == "model" else ["--loss", graph.loss]
        # Whatever their values are: zeros, series and the like would stay, and
        # constant nodes would not.
        trained = ["--freeze", "*"] + [
            text for name, array in graph.weights().items() if array.size
            for text in ("--train", name)]
        self.call(self.dpc, "compile", "model.onnx", "-o", "train", *loss,
                  "--optimizer", optimizer, *trained, *layout)
        self.call(self.dpc, "run", "-n", ranks_of(layout), "./train",
                  *self.data_flags(data), "--lr", lr, "--steps", steps, "--no-shuffle",
                  "--metrics", "metrics.jsonl", "--save-onnx", "trained.onnx", "--quiet")
        lines = map(json.loads, (self.folder / "metrics.jsonl").read_text().splitlines())
        losses = [line["loss"] for line in lines if "loss" in line]
        weights = {i.name: numpy_helper.to_array(i)
                   for i in onnx.load(self.folder / "trained.onnx").graph.initializer}
        return losses, weights


def ranks_of(layout):
    return layout[layout.index("--ranks") + 1]


def dim_flags(graph):
    used = [name for name in graph.dims if any(name in i.dims for i in graph.inputs.values())]
    return [text for name in used for text in ("--dim", f"{name}={graph.dims[name]}")]


def draw_layout(graph, trains):
    """Flags that say how the work is split."""
    r = graph.random
    ranks = r.choices((1, 2, 3, 4, 5), (8, 3, 3, 3, 3))[0]
    flags = ["--batch", graph.batch, "--ranks", ranks]
    if not graph.is_symbolic and {"batch-inside", "batch-later"} & set(graph.features):
        # Without it dpc would have to guess.
        names = [f"{name}:{i.rows_dim}" if i.rows_dim else name
                 for name, i in graph.inputs.items() if i.is_batched]
        flags += ["--batch-dim", ",".join(
            names + ["label"] * (trains and graph.loss == "model"))]
    flags += dim_flags(graph)
    strategy = r.choice(STRATEGIES) if ranks > 1 else "single"
    if strategy == "hybrid":
        axes = {4: ("data=2,tensor=2", "data=2,pipe=2", "tensor=2,pipe=2")}.get(
            ranks, (f"data={ranks},tensor=1", f"tensor={ranks}", f"pipe={ranks}"))
        return [*flags, "--mesh", r.choice(axes)]
    if strategy == "zero" and not trains:
        strategy = "data"
    flags += ["--strategy", strategy]
    if strategy == "zero":
        flags += ["--zero-stage", r.choice((1, 2, 3))]
    if not trains:
        return flags
    parts = r.choice([m for m in (1, 2, 3) if graph.batch % m == 0])
    if strategy == "pipeline":
        flags += ["--microbatches", parts, "--schedule",
                  r.choice(("gpipe", "1f1b", "interleaved", "zero-bubble"))]
    elif strategy in ("data", "zero", "single") and r.random() < 0.3:
        flags += ["--accumulate", parts]
    if r.random() < 0.2:
        flags += ["--recompute", r.choice(("selective", "full"))]
    return flags


def compare(name, actual, wanted, type_name, tolerance):
    actual = np.asarray(actual)
    written = "float32" if type_name == "bfloat16" else type_name
    if actual.dtype != written:
        raise Wrong(f"{name} has type {actual.dtype}, right is {written}")
    if actual.shape != wanted.shape:
        raise Wrong(f"{name} has shape {actual.shape}, right is {wanted.shape}")
    if not reference.is_float(type_name):
        differs = actual != wanted
    else:
        actual = actual.astype(np.float64)
        with np.errstate(invalid="ignore"):
            same = (np.abs(actual - wanted) <= tolerance) | (actual == wanted)
        differs = ~(same | (np.isnan(actual) & np.isnan(wanted)))
    if np.any(differs):
        place = tuple(int(i) for i in np.argwhere(differs)[0])
        raise Wrong(f"{name}{list(place)} is {actual[place]}, right is {wanted[place]} "
                    f"(tolerance {tolerance:.2g}, {int(differs.sum())} of {differs.size} differ)")


@dataclasses.dataclass
class Case:
    """A graph with the flags of one of its two runs."""
    graph: object
    is_inference: bool
    layout: list
    optimizer: str
    lr: float
    pins: str = ""

    def run(self, runner):
        """Raises Wrong or Refused."""
        has_loss = self.graph.loss == "model" and not self.is_inference
        onnx.save(generate.build_model(self.graph, has_loss), runner.folder / "model.onnx")
        (runner.folder / "pins.txt").write_text(self.pins)
        self.graph.is_inference = self.is_inference
        (self.check_inference if self.is_inference else self.check_training)(runner)

    def check_inference(self, runner):
        results = runner.infer(self.graph, self.layout)
        for name, wanted in generate.right_outputs(self.graph).items():
            value = self.graph.values[name]
            tolerance = 0 if value.is_exact else 4 * value.error + 1e-6
            compare(f"output {name}", results[name], wanted, value.type, tolerance)

    def check_training(self, runner):
        right = generate.Training(self.graph, self.optimizer, self.lr, 2)
        # Weights without elements are nothing to train.
        if right.steps == 0 or not any(w.size for w in right.weights.values()):
            return
        losses, weights = runner.train(self.graph, self.layout, self.optimizer, self.lr,
                                       right.steps)
        if len(losses) != right.steps:
            raise Wrong(f"{len(losses)} losses of {right.steps} steps")
        loose = 2e-2 if right.is_narrow else 2e-4
        for step, (loss, wanted) in enumerate(zip(losses, right.losses)):
            if loss is None or not abs(loss - wanted) <= loose * (1 + abs(wanted)):
                raise Wrong(f"loss {step} is {loss}, right is {wanted}")
        for name, before in self.graph.constants.items():
            if name not in weights:
                raise Wrong(f"initializer {name} is not in the trained model")
            if name in right.weights:
                self.compare_weight(name, weights[name], right, loose)
            else:
                compare(f"initializer {name}", weights[name], reference.to_wide(before),
                        before.dtype.name, 0)

    def compare_weight(self, name, actual, right, loose):
        actual, wanted = actual.astype(np.float64), right.weights[name]
        gradients = np.array([g[name] for g in right.gradients])
        scale = max(np.max(np.abs(gradients), initial=0), 1e-3)
        if self.optimizer == "adam":
            # It makes the rounding error of a gradient as large as the gradient.
            clear = np.all(np.abs(gradients) > 1e-2 * scale, axis=0)
            actual, wanted = np.where(clear, actual, 0), np.where(clear, wanted, 0)
            scale = 1
        tolerance = self.lr * loose * 10 * scale + 1e-6 * np.max(np.abs(wanted), initial=1)
        compare(f"weight {name}", actual.astype(np.float32), wanted, "float32", tolerance)


def make_cases(seed, features):
    graph = generate.generate(seed, features)
    layouts = draw_layout(graph, False), draw_layout(graph, True)
    optimizer = graph.random.choice(("sgd", "sgd", "momentum", "adam"))
    lr = 0.01 if optimizer == "adam" else 0.05
    cases = [Case(graph, i == 0, layout, optimizer, lr) for i, layout in enumerate(layouts)]
    for case in cases:
        case.pins = draw_pins(graph, case.layout)
        if case.pins:
            case.layout += ["--shardings", "pins.txt"]
    return cases


def draw_pins(graph, layout):
    """Layouts of some parameters and inputs of the prediction, whatever the
    strategy finds best."""
    r = graph.random
    axes = [axis for axis in ("data", "tensor") if f"{axis}=" in str(layout[-1])
            or ("--strategy" in layout and axis in layout)]
    if not axes or "pins" not in graph.features or r.random() < 0.7:
        return ""
    used, lines = generate.ancestors(graph, graph.outputs[0].name), []
    for name, value in graph.values.items():
        is_leaf = name in graph.inputs or name in graph.constants
        # What has no elements is folded away.
        if name in used and is_leaf and value.rank and value.size \
                and value.type == "float32" and r.random() < 0.5:
            dims = ["-"] * value.rank
            for axis in axes:
                if r.random() < 0.6:
                    dims[r.randrange(value.rank)] = axis
            lines.append(f"{name} = [{', '.join(dims)}]\n")
    return "".join(lines)


def describe(case, seed, wrong, runner):
    lines = [f"seed {seed}, {'inference' if case.is_inference else 'training'}: {wrong}"]
    lines += [f"    {n.op}({', '.join(n.inputs)}) -> {', '.join(n.outputs)}"
              for n in case.graph.nodes]
    lines += ["    " + pin for pin in case.pins.splitlines()]
    return "\n".join(lines + ["    " + command for command in runner.commands])


def kind_of(wrong):
    """Of two errors of one kind all but names and numbers is the same."""
    return re.sub(r"'[^']*'|\S*\d\S*|/\S+", "", str(wrong))[:80]


def shrink_case(case, wrong, arguments, folder):
    """A smaller case that fails in the same way, on less ranks if it does."""
    def fails(smaller):
        try:
            smaller.run(Runner(arguments.dpc, folder))
        except Wrong as other:
            return kind_of(other) == kind_of(wrong)
        except Refused:
            pass
        return False
    alone = dataclasses.replace(case, layout=[
        *case.layout[:2], "--ranks", 1, *dim_flags(case.graph), "--strategy", "single"])
    if fails(alone):
        case = alone
    graph = shrink.shrink(case.graph, lambda g: fails(dataclasses.replace(case, graph=g)))
    return dataclasses.replace(case, graph=graph)


def check_seed(seed, arguments, folder):
    """What is wrong with the graph of this seed, or None; and counts."""
    counts = collections.Counter()
    for case in make_cases(seed, arguments.features):
        runner = Runner(arguments.dpc, folder)
        counts[f"on {ranks_of(case.layout)} ranks"] += 1
        counts.update({node.op for node in case.graph.nodes})
        try:
            case.run(runner)
        except Refused as refused:
            counts[f"refused, {refused}"] += 1
        except Wrong as wrong:
            if arguments.shrink:
                case = shrink_case(case, wrong, arguments, folder)
                runner = Runner(arguments.dpc, folder)
                try:
                    case.run(runner)
                except Wrong as smaller:
                    wrong = smaller
            return describe(case, seed, wrong, runner), counts
    return None, counts


def work(seed, arguments):
    warnings.simplefilter("ignore")
    if arguments.keep:
        folder = pathlib.Path(arguments.keep) / str(seed)
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="graph"))
    error = True
    try:
        error, counts = check_seed(seed, arguments, folder)
        return error, counts
    finally:
        if not arguments.keep or not error:
            shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dpc", default="dpc", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0, help="of the first graph")
    parser.add_argument("--graphs", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--without", action="append", default=[], choices=generate.FEATURES)
    parser.add_argument("--keep", help="folder for the files of graphs that fail")
    parser.add_argument("--shrink", action="store_true",
                        help="make graphs that fail smaller first; takes minutes")
    parser.add_argument("--stop", type=int, default=10, help="after this many failures")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    # It is run in other folders.
    arguments.dpc = shutil.which(arguments.dpc) or parser.error("--dpc: there is no dpc")
    arguments.dpc = os.path.abspath(arguments.dpc)
    arguments.features = [f for f in generate.FEATURES if f not in arguments.without]
    start, failures, counts = time.monotonic(), 0, collections.Counter()
    seeds = range(arguments.seed, arguments.seed + arguments.graphs)
    with concurrent.futures.ProcessPoolExecutor(
            arguments.jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        waiting = [pool.submit(work, seed, arguments) for seed in seeds]
        for future in waiting:
            error, found = future.result()
            counts.update(found)
            if error:
                failures += 1
                print(error, flush=True)
                if failures >= arguments.stop:
                    print(f"stopped after {failures} failures")
                    pool.shutdown(cancel_futures=True)
                    break
    for kind, count in sorted(counts.items()):
        if arguments.verbose or kind.startswith("refused"):
            print(f"{kind}: {count}")
    print(f"{arguments.graphs} graphs, {failures} wrong, {time.monotonic() - start:.0f} s")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
