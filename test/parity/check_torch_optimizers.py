#!/usr/bin/env python3
"""Compares optimizers.py with PyTorch's optimizers, in f64."""

import sys

import numpy as np
import torch

from optimizers import Optimizer, clip_norm, clip_value

STEPS = 100
SHAPES = {"matrix": (4, 5), "vector": (3,), "stack": (2, 3, 4)}


def cases():
    optim = torch.optim
    yield "sgd,weight_decay=0.1", lambda p: optim.SGD(p, 0.01, weight_decay=0.1)
    yield "momentum,momentum=0.8,nesterov,weight_decay=0.1", lambda p: optim.SGD(
        p, 0.01, momentum=0.8, nesterov=True, weight_decay=0.1)
    yield "adagrad,weight_decay=0.1", lambda p: optim.Adagrad(p, weight_decay=0.1)
    yield "rmsprop,weight_decay=0.1", lambda p: optim.RMSprop(p, weight_decay=0.1)
    yield "rmsprop,alpha=0.9,centered,momentum=0.5", lambda p: optim.RMSprop(
        p, alpha=0.9, centered=True, momentum=0.5)
    yield "adam,weight_decay=0.1", lambda p: optim.Adam(p, weight_decay=0.1)
    yield "adamw", optim.AdamW
    if hasattr(optim, "Adafactor"):
        yield (f"adafactor,epsilon1={np.finfo(np.float64).eps}",
               optim.Adafactor)
        yield ("adafactor,lr=0.05,threshold=1.5,epsilon1=1e-4,epsilon2=0.01,"
               "weight_decay=0.1,power=0.7", lambda p: optim.Adafactor(
                   p, lr=0.05, d=1.5, eps=(1e-4, 0.01), weight_decay=0.1,
                   beta2_decay=-0.7))


def check_clipping():
    rng = np.random.default_rng(0)
    for limit in (0.5, 100.0):
        for mine, theirs in ((clip_norm, torch.nn.utils.clip_grad_norm_),
                             (clip_value, torch.nn.utils.clip_grad_value_)):
            gradients = {name: rng.normal(size=shape)
                         for name, shape in SHAPES.items()}
            tensors = []
            for value in gradients.values():
                tensors.append(torch.zeros(value.shape, dtype=torch.float64,
                                           requires_grad=True))
                tensors[-1].grad = torch.tensor(value.copy())
            norm, wanted = mine(gradients, limit), theirs(tensors, limit)
            assert norm is None or abs(norm - float(wanted)) < 1e-12
            for value, tensor in zip(gradients.values(), tensors):
                assert np.abs(value - tensor.grad.numpy()).max() < 1e-12


def main():
    check_clipping()
    for spec, make in cases():
        rng = np.random.default_rng(0)
        mine = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
        theirs = {name: torch.tensor(value.copy(), requires_grad=True)
                  for name, value in mine.items()}
        optimizer, wanted = Optimizer(spec, decay_all=True), make(list(theirs.values()))
        for _ in range(STEPS):
            gradients = {name: rng.normal(size=value.shape) + 0.1 * value
                         for name, value in mine.items()}
            optimizer.update(mine, gradients)
            for name, tensor in theirs.items():
                tensor.grad = torch.tensor(gradients[name])
            wanted.step()
        error = max(np.abs(tensor.detach().numpy() - mine[name]).max()
                    for name, tensor in theirs.items())
        print(f"{spec}: {error:.1e}")
        if not error < 1e-12:
            sys.exit(f"{spec} is not PyTorch's")


if __name__ == "__main__":
    main()
