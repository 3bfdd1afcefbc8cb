#!/usr/bin/env python3
"""The PyTorch side of bench_step.py: the MLP's training step, timed.

Runs under a Python that has PyTorch and prints one JSON object: versions, the
BLAS in use and, for each variant of the optimizer, each step's time and loss.
"""

import argparse
import json
import pathlib
import time

import numpy as np
import torch


def loaded_blas():
    """The file of the BLAS that this process has loaded."""
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))
    with open("/proc/self/maps", encoding="utf-8") as maps:
        files = {line.split(maxsplit=5)[5].strip() for line in maps
                 if "/" in line}
    names = ("libblas", "libopenblas", "libblis", "libmkl")
    for file in sorted(files):
        if pathlib.Path(file).name.startswith(names):
            return str(pathlib.Path(file).resolve())
    return "built in"


def make_model(weights):
    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(),
                                torch.nn.Linear(128, 10))
    with torch.no_grad():
        for layer, name in ((model[0], "fc1"), (model[2], "fc2")):
            layer.weight.copy_(torch.from_numpy(weights[f"{name}.weight"]))
            layer.bias.copy_(torch.from_numpy(weights[f"{name}.bias"]))
    return model


def train(arguments, images, labels, weights, **optimizer_options):
    """Milliseconds and loss of each step, and the mean time of the loop."""
    model = make_model(weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=arguments.lr,
                                momentum=arguments.momentum,
                                **optimizer_options)
    cross_entropy = torch.nn.CrossEntropyLoss()
    per_epoch = len(images) // arguments.batch
    times, losses = [], []
    begin = time.perf_counter()
    for step in range(arguments.steps):
        start = time.perf_counter()
        first = step % per_epoch * arguments.batch
        rows = slice(first, first + arguments.batch)
        image = images[rows].to(torch.float32).mul_(1 / 255).flatten(1)
        loss = cross_entropy(model(image), labels[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        times.append(1e3 * (time.perf_counter() - start))
    loop = 1e3 * (time.perf_counter() - begin) / arguments.steps
    return {"step_ms": times, "losses": losses, "loop_ms": loop}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("inputs", metavar="FILE.npz",
                        help="images, labels and the initial weights")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--momentum", type=float, default=0.9)
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    arrays = np.load(arguments.inputs)
    images = torch.from_numpy(arrays["images"])
    labels = torch.from_numpy(arrays["labels"].astype(np.int64))
    result = {"torch": torch.__version__, "blas": loaded_blas(),
              "threads": torch.get_num_threads(), "variants": {}}
    variants = {"SGD": {}}
    try:
        torch.optim.SGD([torch.zeros(1)], lr=1.0, foreach=True)
        variants["SGD, foreach"] = {"foreach": True}
    except TypeError:
        pass
    for name, options in variants.items():
        result["variants"][name] = train(arguments, images, labels, arrays,
                                         **options)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
