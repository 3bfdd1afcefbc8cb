#!/usr/bin/env python3
"""Makes moe.onnx, a classifier with a mixture-of-experts block as in GShard.

A sample is a group of tokens. A gate sends every token to its best expert, at
most CAPACITY tokens of a group to each; those that find no place pass by. The
place of a token at its expert is a cumulative sum, here a product with a
triangular matrix. Dispatch and combination are products with a mask
[group, token, expert, place]. With dropout, the experts' hidden values and what
comes back from them lose some.
"""

import argparse
import pathlib
import sys

import numpy as np
from onnx import TensorProto

from builder import DEFAULT_OUT, GraphBuilder, save


def make_moe(tokens=6, features=8, hidden=16, experts=4, capacity=3, classes=5,
             dropout=0.0):
    graph = GraphBuilder(seed=3)

    def linear(name, value, inputs, outputs, output=None):
        weight = graph.weight(f"{name}.weight", (inputs, outputs), inputs)
        bias = graph.weight(f"{name}.bias", (outputs,), inputs)
        value = graph.node("MatMul", [value, weight], f"{name}/product")
        return graph.node("Add", [value, bias], name, output)

    def unsqueeze(value, axes, name):
        axes = graph.constant(f"{name}/axes", np.array(axes, np.int64))
        return graph.node("Unsqueeze", [value, axes], name)

    def as_float(value, name):
        return graph.node("Cast", [value], name, to=TensorProto.FLOAT)

    def drop(value, name):
        if not dropout:
            return value
        ratio = graph.constant(f"{name}/ratio", np.array(dropout, np.float32))
        training = graph.constant(f"{name}/training", np.array(True))
        return graph.node("Dropout", [value, ratio, training], name)

    x = linear("embed", "x", features, features)

    # The gate: g groups, s tokens, e experts.
    scores = graph.node(
        "MatMul", [x, graph.weight("gate.weight", (features, experts), features)],
        "gate/scores")
    shares = graph.node("Softmax", [scores], "gate/shares", axis=-1)
    best = graph.node("ReduceMax", [shares], "gate/best", axes=[-1], keepdims=1)
    chosen = as_float(
        graph.node("GreaterOrEqual", [shares, best], "gate/is_best"), "gate/chosen")
    # Places count from 1.
    earlier = graph.constant("gate/earlier", np.tril(np.ones((tokens, tokens), np.float32)))
    count = graph.node("Einsum", [earlier, chosen], "gate/count", equation="st,gte->gse")
    place = graph.node("Mul", [count, chosen], "gate/place")
    places = graph.constant(
        "gate/places", np.arange(1, capacity + 1, dtype=np.float32))
    # The mask: c places of every expert.
    dispatch = as_float(
        graph.node("Equal", [unsqueeze(place, [3], "gate/place_of"), places], "gate/is_there"),
        "gate/dispatch")
    share = unsqueeze(graph.node("Mul", [shares, chosen], "gate/share"), [3], "gate/share_of")
    combine = graph.node("Mul", [dispatch, share], "gate/combine")

    # The experts: m features, f hidden ones.
    up = graph.weight("experts.up", (experts, features, hidden), features)
    down = graph.weight("experts.down", (experts, hidden, features), hidden)
    value = graph.node("Einsum", [dispatch, x], "dispatch", equation="gsec,gsm->egcm")
    value = graph.node("Einsum", [value, up], "experts/up", equation="egcm,emf->egcf")
    value = graph.node("Relu", [value], "experts/relu")
    value = drop(value, "experts/dropout")
    value = graph.node("Einsum", [value, down], "experts/down", equation="egcf,efm->egcm")
    value = graph.node("Einsum", [combine, value], "combine", equation="gsec,egcm->gsm")
    value = drop(value, "dropout")
    value = graph.node("Add", [x, value], "residual")

    value = graph.node("ReduceMean", [value], "pool", axes=[1], keepdims=0)
    linear("head", value, features, classes, "logits")
    return graph.model(
        "moe", [("x", TensorProto.FLOAT, ["batch", tokens, features])],
        [("logits", TensorProto.FLOAT, ["batch", classes])])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", metavar="DIR", type=pathlib.Path, default=DEFAULT_OUT)
    for name, default in (("tokens", 6), ("features", 8), ("hidden", 16), ("experts", 4),
                          ("capacity", 3), ("classes", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.0)
    options = vars(parser.parse_args())
    out = options.pop("out")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"error: {out}: {error.strerror}")
    save(make_moe(**options), out / "moe.onnx")


if __name__ == "__main__":
    main()
