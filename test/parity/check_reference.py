#!/usr/bin/env python3
"""Checks the reference itself: gradients, optimizers and the comparison."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from arrays import read_array
from compare_losses import first_difference
from graph import Graph
from optimizers import Optimizer
from reference import LOSSES

HERE = pathlib.Path(__file__).resolve().parent


def check_gradients(path, loss_name, make_input, label):
    """Every parameter's gradient against central differences in float64."""
    graph = Graph(path)
    loss = LOSSES[loss_name](graph)
    inputs = {graph.inputs[0]: make_input}

    def value():
        return loss.loss(graph.forward(inputs)[loss.name], label)

    gradients = graph.backward(graph.forward(inputs), loss.name, value()[1])
    rng = np.random.default_rng(3)
    for name, weight in graph.parameters.items():
        flat, gradient = weight.reshape(-1), gradients[name].reshape(-1)
        # The largest gradients, and some at random.
        places = np.concatenate([np.argsort(-np.abs(gradient))[:4],
                                 rng.integers(0, len(flat), 4)])
        for place in places:
            saved, width = flat[place], 1e-6
            flat[place] = saved + width
            above = value()[0]
            flat[place] = saved - width
            below = value()[0]
            flat[place] = saved
            numeric = (above - below) / (2 * width)
            error = abs(numeric - gradient[place])
            assert error < 1e-9 + 1e-5 * abs(numeric), (
                f"{path}: {name}[{place}]: {gradient[place]} is not {numeric}")
    print(f"gradients of {path.name} agree with differences")


def check_optimizers():
    """Two steps on one weight of 1 with gradients 0.5 and 0.25, by hand."""
    expected = {
        "sgd": 1 - 0.1 * 0.5 - 0.1 * 0.25,
        "momentum,momentum=0.5": 1 - 0.1 * 0.5 - 0.1 * (0.25 + 0.25),
        # First step: mean/root = 1. Second: mean = 0.09 * 0.5 + 0.1 * 0.25
        # over 1 - 0.81, square = 0.000999 * 0.25 + 0.001 * 0.0625 over
        # 1 - 0.998001.
        "adam,epsilon=0": 0.9 - 0.1 * (0.07 / 0.19) / np.sqrt(
            (0.999 * 0.00025 + 0.0000625) / 0.001999),
        "adam,epsilon=1,beta1=0,beta2=0": 1 - 0.05 / 1.5 - 0.025 / 1.25,
        "adamw,weight_decay=0.5,epsilon=1,beta1=0,beta2=0":
            (0.95 - 0.05 / 1.5) * 0.95 - 0.025 / 1.25,
    }
    for spec, weight in expected.items():
        parameters = {"w": np.array([1.0])}
        optimizer = Optimizer(spec, 0.1, decay_all=True)
        for gradient in (0.5, 0.25):
            optimizer.update(parameters, {"w": np.array([gradient])})
        assert abs(parameters["w"][0] - weight) < 1e-12, (
            f"{spec}: {parameters['w'][0]} is not {weight}")
    print("optimizers agree with what they are by hand")


def check_comparison():
    same = {step: 1 / step for step in range(1, 101)}
    other = {**same, 7: same[7] * (1 + 3e-5)}
    assert first_difference(same, same, 1e-5, 100) == (None, 0.0)
    assert first_difference(same, other, 1e-5, 100)[0].startswith("step 7:")
    assert first_difference(same, other, 1e-4, 100)[0] is None
    assert first_difference(same, {1: 1.0}, 1e-5, 100)[0].startswith("step 2:")
    nan = {**same, 9: float("nan")}
    assert first_difference(nan, nan, 1e-5, 100)[0].startswith("step 9:")
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, losses in (("a", same), ("b", other)):
            files.append(pathlib.Path(folder) / name)
            files[-1].write_text("".join(
                json.dumps({"step": step, "loss": loss}) + "\n"
                for step, loss in losses.items()), encoding="utf-8")
        for pair, status in ((files, 1), (files[:1] * 2, 0),
                             ([files[0], "missing"], 2)):
            result = subprocess.run(
                [sys.executable, HERE / "compare_losses.py", *pair],
                capture_output=True, check=False)
            assert result.returncode == status, (pair, result)
    print("comparison finds the first step that differs")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=pathlib.Path,
                        help="folder with mlp.onnx, credit.onnx and its data")
    parser.add_argument("mnist", type=pathlib.Path,
                        help="folder with the digits")
    arguments = parser.parse_args()
    check_gradients(
        arguments.models / "mlp.onnx", "softmax-cross-entropy",
        read_array(arguments.mnist / "train-images-idx3-ubyte.gz")[:20],
        read_array(arguments.mnist / "train-labels-idx1-ubyte.gz")[:20])
    check_gradients(
        arguments.models / "credit.onnx", "binary-cross-entropy",
        np.load(arguments.models / "credit-train-features.npy")[:50],
        np.load(arguments.models / "credit-train-labels.npy")[:50])
    check_optimizers()
    check_comparison()


if __name__ == "__main__":
    main()
