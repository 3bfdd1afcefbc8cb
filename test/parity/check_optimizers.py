#!/usr/bin/env python3
"""Trains a small network with every optimizer and compares with numpy in f64.

Each is compiled for one rank and for a layout of four, with settings other than its
defaults. Losses of 100 steps and the trained parameters must agree with those of
optimizers.py, but for what f32 rounds.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from compare_losses import first_difference
from graph import Graph
from optimizers import Optimizer, clip_norm, clip_value
from reference import SoftmaxCrossEntropy

STEPS = 100
# What metrics lines say.
METRICS = ("loss", "grad_norm", "eval_loss")
TOLERANCE = 1e-6
BATCH = 16
ROWS = 4 * BATCH
LAYOUTS = {
    "zero": ("--strategy", "zero", "--zero-stage", "3", "--ranks", "4"),
    "data": ("--strategy", "data", "--ranks", "4"),
    "tensor": ("--strategy", "tensor", "--ranks", "4"),
    "pipe": ("--mesh", "data=2,pipe=2", "--zero-stage", "1",
             "--microbatches", "4"),
}
# Optimizer, the layout of four ranks, and further options of `dpc compile`.
CASES = (
    ("sgd,lr=0.1", "tensor", {"clip-norm": 0.5, "ema": 0.9}),
    ("momentum,lr=0.05,momentum=0.8,nesterov", "data", {"clip-value": 0.01}),
    # A step that f32 adds without rounding: 100 roundings of one number would
    # all err to the same side.
    ("lion,lr=0.001953125,weight_decay=0.125", "zero", {"decay-all": True}),
    ("adagrad,lr=0.05,weight_decay=0.01", "tensor"),
    ("rmsprop,lr=0.002,alpha=0.95,centered=1,momentum=0.5", "zero",
     {"ema": 0.75}),
    ("adam,lr=0.01,beta2=0.99", "pipe", {"clip-norm": 0.3, "ema": 0.96875}),
    ("adamw,lr=0.004,weight_decay=0.1", "zero",
     {"clip-norm": 0.4, "no-decay": ("fc1.*", "fc2.weight"),
      "lr-scale": {"*": 2, "fc0.*": 0.5, "*.bias": 3}}),
    ("lamb,lr=0.004,beta1=0.8,weight_decay=0.1", "pipe",
     {"lr-scale": {"fc2.*": 0.25}}),
    ("adafactor,lr=0.02,threshold=0.5,weight_decay=0.1", "zero"),
)


def make_model(path):
    """No width divides by 4; tanh, whose gradients are never exactly 0."""
    rng = np.random.default_rng(1)
    nodes, weights, widths, value = [], [], (6, 10, 7, 3), "x"
    for i, (inner, outer) in enumerate(zip(widths, widths[1:])):
        for kind, shape in (("weight", (outer, inner)), ("bias", (outer,))):
            array = rng.normal(0, 1 / np.sqrt(inner), shape).astype(np.float32)
            weights.append(numpy_helper.from_array(array, f"fc{i}.{kind}"))
        nodes.append(helper.make_node(
            "Gemm", [value, f"fc{i}.weight", f"fc{i}.bias"], [f"h{i}"],
            name=f"fc{i}", transB=1))
        value = f"h{i}"
        if outer != widths[-1]:
            nodes.append(helper.make_node("Tanh", [value], [f"t{i}"],
                                          name=f"tanh{i}"))
            value = f"t{i}"
    graph = helper.make_graph(
        nodes, "mlp",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 6])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["batch", 3])],
        weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def make_data(folder):
    rng = np.random.default_rng(2)
    data = rng.normal(size=(ROWS, 6)).astype(np.float32)
    label = (data[:, :3] + 0.5 * data[:, 3:]).argmax(axis=1).astype(np.int64)
    np.save(folder / "x.npy", data)
    np.save(folder / "label.npy", label)
    return data, label


def run(*command):
    result = subprocess.run([str(word) for word in command], text=True,
                            capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"error: exit status {result.returncode} from: "
                 f"{' '.join(map(str, command))}\n"
                 f"{result.stdout}{result.stderr}")
    return result.stdout


def read_safetensors(path):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    return {name: np.frombuffer(content[8 + size:][slice(*entry["data_offsets"])],
                                "<f4").reshape(entry["shape"])
            for name, entry in json.loads(content[8:8 + size]).items()
            if name != "__metadata__"}


def flags_of(options):
    """The options of a case as `dpc compile` takes them."""
    for key, value in options.items():
        if value is True:
            yield f"--{key}"
        elif isinstance(value, tuple):
            yield from (word for item in value for word in (f"--{key}", item))
        elif isinstance(value, dict):
            yield from (word for pattern, factor in value.items()
                        for word in (f"--{key}", f"{pattern}={factor}"))
        else:
            yield from (f"--{key}", value)


def read_metrics(path):
    """Numbers by step."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {key: {line["step"]: line[key] for line in lines if key in line}
            for key in METRICS}


class Comparison:
    def __init__(self, dpc, folder):
        self.dpc, self.folder = dpc, folder
        self.model = folder / "mlp.onnx"
        make_model(self.model)
        self.data, self.label = make_data(folder)

    def reference(self, spec, options):
        """Losses and norms of gradients by step, and the trained parameters."""
        graph = Graph(self.model)
        loss = SoftmaxCrossEntropy(graph)
        optimizer = Optimizer(
            spec, decay_all="decay-all" in options,
            no_decay=options.get("no-decay", ()),
            lr_scale=options.get("lr-scale", {}))
        losses, norms, evaluations = {}, {}, {}
        averages = {name: value.copy() for name, value in graph.parameters.items()}
        clipped = "clip-norm" not in options
        for step in range(1, STEPS + 1):
            first = (step - 1) * BATCH % ROWS
            rows = slice(first, first + BATCH)
            values = graph.forward({"x": self.data[rows].astype(np.float64)})
            losses[step], gradient = loss.loss(values[loss.name],
                                               self.label[rows])
            gradients = graph.backward(values, loss.name, gradient)
            if "clip-norm" in options:
                norms[step] = clip_norm(gradients, options["clip-norm"])
                clipped |= norms[step] > options["clip-norm"]
            if "clip-value" in options:
                clip_value(gradients, options["clip-value"])
            optimizer.update(graph.parameters, gradients)
            if "ema" not in options:
                continue
            for name, value in averages.items():
                value += (1 - options["ema"]) * (graph.parameters[name] - value)
            if first + BATCH == ROWS:
                evaluations[step] = self.evaluate(graph, loss, averages)
        assert clipped, spec
        return ({"loss": losses, "grad_norm": norms, "eval_loss": evaluations},
                averages if "ema" in options else graph.parameters)

    def evaluate(self, graph, loss, parameters):
        """Of all data, with other parameters than the graph's."""
        own, graph.parameters = graph.parameters, parameters
        values = graph.forward({"x": self.data.astype(np.float64)})
        graph.parameters = own
        return loss.loss(values[loss.name], self.label)[0]

    def train(self, spec, layout, options):
        out = self.folder / "mlp"
        files = [out.with_suffix(suffix) for suffix in (".jsonl", ".trained")]
        run(self.dpc, "compile", self.model, "-o", out, "--batch", BATCH,
            "--loss", "softmax-cross-entropy", "--optimizer", spec, *layout,
            *flags_of(options))
        for path in files:
            path.unlink(missing_ok=True)
        data = [word for flag in ("--data", "--eval-data")[:1 + ("ema" in options)]
                for name in ("x", "label")
                for word in (flag, f"{name}={self.folder / name}.npy")]
        run(self.dpc, "run", out, "--steps", STEPS, "--no-shuffle", "--quiet", *data,
            "--metrics", files[0], "--save-safetensors", files[1])
        return read_metrics(files[0]), read_safetensors(files[1])

    def check(self, spec, layout, options):
        wanted, parameters = self.reference(spec, options)
        for name, flags in (("single", ()), (layout, LAYOUTS[layout])):
            where = f"{spec}, {options}, {name}"
            metrics, trained = self.train(spec, flags, options)
            for key, numbers in wanted.items():
                assert metrics[key].keys() == numbers.keys(), (where, key)
                if not numbers:
                    continue
                # By their order; an evaluation is not behind every step.
                what, largest = first_difference(
                    *(dict(enumerate(of.values(), 1))
                      for of in (numbers, metrics[key])),
                    TOLERANCE, len(numbers))
                if what:
                    sys.exit(f"{where}: {key}: {what}")
                print(f"{where}: {key} agrees to {largest:.1e}", flush=True)
            assert sorted(trained) == sorted(parameters), sorted(trained)
            for parameter, value in parameters.items():
                error = (np.abs(trained[parameter] - value).max()
                         / np.abs(value).max())
                if not error < 3e-6:
                    sys.exit(f"{where}: {parameter} differs by {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dpc", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    comparison = Comparison(arguments.dpc, arguments.out)
    for spec, layout, *options in CASES:
        comparison.check(spec, layout, *options or ({},))


if __name__ == "__main__":
    main()
