"""Evaluates a trained model with ONNX's reference evaluator and compares with
the accuracy and loss in the metrics file."""

import gzip
import json
import sys

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator


def read_idx(path, header):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), dtype=np.uint8, offset=header)


def main():
    model_path, metrics_path, mnist = sys.argv[1:]
    images = read_idx(f"{mnist}/t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = read_idx(f"{mnist}/t10k-labels-idx1-ubyte.gz", 8)
    with open(metrics_path) as file:
        lines = [json.loads(line) for line in file]
    steps = [line for line in lines if "loss" in line]
    evals = [line for line in lines if "eval_loss" in line]
    assert [line["step"] for line in steps] == list(range(1, 161)), "not one line per step"
    assert {line["epoch"] for line in steps} == {1, 2}
    assert [line["step"] for line in evals] == [80, 160], "not one evaluation per epoch"

    model = onnx.load(model_path)
    onnx.checker.check_model(model, full_check=True)
    (logits,) = ReferenceEvaluator(model).run(None, {"image": images})
    accuracy = float((logits.argmax(axis=1) == labels).mean())
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probability = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = float(-log_probability[np.arange(len(labels)), labels].mean())
    reported = evals[-1]
    assert abs(reported["eval_accuracy"] - accuracy) < 1e-6, (reported, accuracy)
    assert abs(reported["eval_loss"] - loss) < 1e-4 * loss, (reported, loss)
    assert accuracy > 0.8, accuracy


if __name__ == "__main__":
    main()
