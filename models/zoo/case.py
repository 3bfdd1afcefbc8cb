"""What a network of the zoo is: a module, its data, and how it is trained.

A family's file registers a function per network:

    @network("tables")
    def mlp(size, drop):
        return Case(nn.Sequential(...), {"x": floats(20)}, "softmax-cross-entropy",
                    classes(3))

`size` holds the dimensions, `drop` is the probability of dropout. Weights and
data are random, and the same in every run.
"""

import dataclasses

import numpy as np
from torch import nn

STEPS = 5
NETWORKS = {}


@dataclasses.dataclass
class Sizes:
    vocabulary: int = 97
    sequence: int = 12
    hidden: int = 32
    layers: int = 2
    heads: int = 4
    batch: int = 8


TINY = Sizes(vocabulary=29, sequence=6, hidden=16, layers=1, heads=2, batch=4)


@dataclasses.dataclass
class Case:
    module: nn.Module
    inputs: dict           # name -> array of STEPS batches, the rows in front
    loss: str              # as for dpc --loss; "none" without training
    label: np.ndarray | None
    batch: int = 8
    optimizer: str = "sgd,lr=0.05"
    is_random: bool = False  # draws numbers, and so gives others elsewhere
    needs: tuple = ()      # "convolution", "recurrence": what dpc has not yet


def network(family, needs=()):
    def register(make):
        make.family = family
        make.needs = needs
        NETWORKS[make.__name__.strip("_")] = make
        return make
    return register


def floats(*shape, batch=8, seed=3):
    numbers = np.random.default_rng(seed).standard_normal((STEPS * batch, *shape))
    return numbers.astype(np.float32)


def integers(high, *shape, batch=8, seed=4):
    return np.random.default_rng(seed).integers(0, high, (STEPS * batch, *shape))


def bits(*shape, batch=8):
    return (floats(*shape, batch=batch) > 0).astype(np.float32)


def padding_mask(size, seed=5):
    """1 for a token, 0 behind a sentence of half the length or more."""
    length = np.random.default_rng(seed).integers(
        size.sequence // 2, size.sequence + 1, (STEPS * size.batch, 1))
    return (np.arange(size.sequence)[None] < length).astype(np.int64)


def tokens(size):
    return integers(size.vocabulary, size.sequence, batch=size.batch)


def token_case(module, size, inputs, number_of_classes=None, **settings):
    """Of a network that reads tokens: a class for each, or one for the sentence."""
    label = (integers(number_of_classes, batch=size.batch) if number_of_classes
             else integers(size.vocabulary, size.sequence, batch=size.batch, seed=6))
    settings.setdefault("optimizer", "adamw,lr=0.001")
    return Case(module, inputs, "softmax-cross-entropy", label, size.batch,
                **settings)
