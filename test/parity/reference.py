#!/usr/bin/env python3
"""Trains an ONNX model in numpy: what dpc's losses are compared with.

Shares no code with dpc. Takes the same flags as `dpc compile` and the
executable it makes, and writes the same metrics lines.
"""

import argparse
import json
import sys

import numpy as np

from arrays import read_named
from graph import Graph, sigmoid
from optimizers import Optimizer


class SoftmaxCrossEntropy:
    """The mean over the rows, from the logits."""

    def __init__(self, graph):
        self.name = graph.output

    def loss(self, logits, label):
        if label.min() < 0 or label.max() >= logits.shape[1]:
            raise ValueError(f"a label is not in [0, {logits.shape[1]})")
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        rows = np.arange(len(label))
        loss = (log_sum[:, 0] - shifted[rows, label]).mean()
        gradient = np.exp(shifted - log_sum)
        gradient[rows, label] -= 1
        return loss, gradient / len(label)

    def correct(self, logits, label):
        return int((logits.argmax(axis=1) == label).sum())


class BinaryCrossEntropy:
    """The mean over the elements, from the logit behind the Sigmoid."""

    def __init__(self, graph):
        self.name = graph.logit()

    def loss(self, logit, label):
        label = label.reshape(logit.shape).astype(logit.dtype)
        loss = np.maximum(logit, 0) - logit * label
        loss = (loss + np.log1p(np.exp(-np.abs(logit)))).mean()
        return loss, (sigmoid(logit) - label) / logit.size

    def correct(self, logit, label):
        return int(((logit > 0) == label.reshape(logit.shape)).sum())


LOSSES = {"softmax-cross-entropy": SoftmaxCrossEntropy,
          "binary-cross-entropy": BinaryCrossEntropy}


def evaluate(graph, loss, inputs, label):
    values = graph.forward(inputs)[loss.name]
    return {"eval_loss": float(loss.loss(values, label)[0]),
            "eval_accuracy": loss.correct(values, label) / label.size}


def read_data(graph, pairs):
    """The arrays of the graph's inputs by name, and the labels."""
    arrays = read_named(pairs)
    wanted = {*graph.inputs, "label"}
    if set(arrays) != wanted:
        raise ValueError(f"data is needed for {sorted(wanted)}, and given for "
                         f"{sorted(arrays)}")
    return arrays, arrays.pop("label").astype(np.int64)


def train(graph, loss, optimizer, arguments):
    """Yields one metrics record a step, and one an evaluation."""
    inputs, label = read_data(graph, arguments.data)
    test, test_label = None, None
    if arguments.eval_data:
        test, test_label = read_data(graph, arguments.eval_data)
    per_epoch = len(label) // arguments.batch
    if per_epoch == 0:
        raise ValueError("the data holds fewer rows than one batch")
    steps = arguments.steps or arguments.epochs * per_epoch
    rng = np.random.default_rng(arguments.shuffle)
    order = np.arange(len(label))
    for step in range(steps):
        epoch, position = divmod(step, per_epoch)
        if arguments.shuffle is not None and position == 0:
            order = rng.permutation(len(label))
        rows = order[position * arguments.batch:][:arguments.batch]
        values = graph.forward({n: array[rows] for n, array in inputs.items()})
        value, gradient = loss.loss(values[loss.name], label[rows])
        optimizer.update(graph.parameters,
                         graph.backward(values, loss.name, gradient))
        yield {"step": step + 1, "epoch": epoch + 1, "loss": float(value)}
        if test and (position + 1 == per_epoch or step + 1 == steps):
            yield {"step": step + 1, **evaluate(graph, loss, test, test_label)}


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", help="ONNX file")
    parser.add_argument("--data", action="append", metavar="INPUT=FILE",
                        required=True, help="repeated; .npy or IDX, also .gz")
    parser.add_argument("--eval-data", action="append", metavar="INPUT=FILE",
                        default=[])
    parser.add_argument("--loss", choices=sorted(LOSSES), required=True)
    parser.add_argument("--optimizer", default="sgd", metavar="KIND[,KEY=VALUE…]")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=100)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int)
    length.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--shuffle", type=int, metavar="SEED",
                        help="shuffle each epoch (default: keep the order)")
    parser.add_argument("--dtype", choices=("float32", "float64"),
                        default="float64")
    parser.add_argument("--metrics", metavar="FILE.jsonl",
                        help="default: standard output")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    try:
        graph = Graph(arguments.model, np.dtype(arguments.dtype))
        loss = LOSSES[arguments.loss](graph)
        optimizer = Optimizer(arguments.optimizer, arguments.lr)
        with (open(arguments.metrics, "w", encoding="utf-8")
              if arguments.metrics else sys.stdout) as file:
            for record in train(graph, loss, optimizer, arguments):
                print(json.dumps(record), file=file)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
