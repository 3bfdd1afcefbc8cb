#!/usr/bin/env python3
"""Credit risk from a table with missing values and categories.

Makes the applicants of make_credit.py as a bank might have them, in a CSV file, and
an MLP; trains it on all columns but the target, evaluating on a tenth of the rows;
then scores new applicants by the statistics that were stored beside the model.
"""

import csv
import json

from example import parse, run, train

import numpy as np
from onnx import TensorProto

from builder import GraphBuilder, save
from make_credit import COUNTS, FEATURES, FLAGS, NORMAL, default_probability, make_applicants

UNITS = {"income": (52000, 18000), "debt": (15000, 9000), "age": (44, 13),
         "loan_amount": (20000, 8000), "savings": (9000, 4000)}
WORDS = {"owns_home": ("rent", "owner"), "has_guarantor": ("no", "yes"),
         "self_employed": ("employee", "self-employed"), "earlier_default": ("no", "yes"),
         "new_customer": ("known", "new")}
MISSING = 0.04


def write_table(path, rng, rows):
    features = make_applicants(rng, rows)
    target = rng.random(rows) < default_probability(features)
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["id", *FEATURES, "default"])
        for row in range(rows):
            cells = []
            for name, value in zip(FEATURES, features[row]):
                if name in NORMAL:
                    mean, spread = UNITS.get(name, (0, 1))
                    cell = f"{mean + spread * value:.6g}"
                elif name in COUNTS:
                    mean = COUNTS[name]
                    cell = str(round(float(value) * mean ** 0.5 + mean))
                else:
                    cell = WORDS[name][int(value > 0)]
                cells.append("" if rng.random() < MISSING else cell)
            table.writerow([f"A-{row:06}", *cells, "yes" if target[row] else "no"])


def make_model():
    graph = GraphBuilder(seed=4)
    # An indicator for each number, one value for each word.
    width = 2 * (len(NORMAL) + len(COUNTS)) + 3 * len(FLAGS)
    value, inputs = "features", width
    for number, outputs in enumerate((64, 32, 1), start=1):
        weight = graph.weight(f"fc{number}.weight", (inputs, outputs), inputs)
        bias = graph.weight(f"fc{number}.bias", (outputs,), inputs)
        value = graph.node("Gemm", [value, weight, bias], f"fc{number}")
        if outputs > 1:
            value = graph.node("Relu", [value], f"relu{number}")
        inputs = outputs
    graph.node("Sigmoid", [value], "sigmoid", "probability")
    return graph.model(
        "credit-table", [("features", TensorProto.FLOAT, ["batch", width])],
        [("probability", TensorProto.FLOAT, ["batch", 1])])


def main():
    arguments = parse(__doc__, rows=12_000, epochs=6)
    out, dpc = arguments.out, arguments.dpc
    rng = np.random.default_rng(7)
    write_table(out / "credit.csv", rng, arguments.rows)
    write_table(out / "applicants.csv", rng, 500)
    save(make_model(), out / "credit-table.onnx")
    train(arguments, "credit-table",
          ("--loss", "binary-cross-entropy", "--optimizer", "adam", "--batch", 100),
          ("--data", f"features={out}/credit.csv:*=standard+indicator,-id",
           "--data", f"label={out}/credit.csv:default", "--eval-split", 0.1, "--lr", 0.003),
          ("--epochs", arguments.epochs), ("--save-onnx", out / "credit-trained.onnx"))
    run(dpc, "compile", out / "credit-trained.onnx", "-o", out / "credit-score",
        "--batch", 100)
    run(dpc, "run", out / "credit-score", "--data", f"features={out}/applicants.csv",
        "--outputs", out / "credit-scores")

    with open(out / "applicants.csv", newline="", encoding="utf-8") as file:
        truth = np.array([row["default"] == "yes" for row in csv.DictReader(file)])
    scores = np.load(out / "credit-scores" / "probability.npy").ravel()
    with open(out / "credit-table.jsonl", encoding="utf-8") as file:
        accuracy = [json.loads(line).get("eval_accuracy") for line in file][-1]
    print(f"accuracy: {accuracy:.3f} on the rows that did not train, "
          f"{np.mean((scores > 0.5) == truth):.3f} on new applicants, "
          f"{max(np.mean(truth), 1 - np.mean(truth)):.3f} by always saying no")


if __name__ == "__main__":
    main()
