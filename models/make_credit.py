#!/usr/bin/env python3
"""Makes credit.onnx, a deeper MLP that scores credit risk, and its data.

The applicants are invented: 23 features follow a simple population model, and
whether a loan defaults is drawn from a probability that is a known function of
them. The best accuracy that any model can reach is therefore known: it is the
mean of max(p, 1 - p), here by Monte Carlo over fresh applicants.
"""

import json

import numpy as np
from onnx import TensorProto

from builder import GraphBuilder, parse_out, save

WIDTHS = (101, 67, 43, 29, 13)
TRAIN_ROWS = 20_000
TEST_ROWS = 5_000
MONTE_CARLO_ROWS = 1_000_000
# Normal: zero mean, unit variance. Counts and flags are centred and scaled too,
# by the constants of their distribution and not by those of a sample.
NORMAL = ("income", "debt", "utilisation", "age", "employment_years",
          "account_age", "loan_amount", "loan_term", "savings",
          "monthly_spending", "rent", "income_change", "balance_change")
COUNTS = {"late_payments": 1.0, "inquiries": 2.0, "open_accounts": 4.0,
          "dependents": 1.5, "cards": 3.0}
FLAGS = {"owns_home": 0.4, "has_guarantor": 0.15, "self_employed": 0.2,
         "earlier_default": 0.1, "new_customer": 0.3}
FEATURES = NORMAL + tuple(COUNTS) + tuple(FLAGS)


def make_applicants(rng, rows):
    """Features [rows, 23] in the order of FEATURES."""
    normal = rng.standard_normal((rows, len(NORMAL)))
    wealth = rng.standard_normal((rows, 1))
    loading = np.zeros(len(NORMAL))
    for name, share in (("income", 0.6), ("savings", 0.5), ("loan_amount", 0.4),
                        ("rent", 0.5), ("debt", -0.3), ("utilisation", -0.4)):
        loading[NORMAL.index(name)] = share
    normal = wealth * loading + normal * np.sqrt(1 - loading**2)
    means = np.array(list(COUNTS.values()))
    counts = (rng.poisson(means, (rows, len(COUNTS))) - means) / np.sqrt(means)
    rates = np.array(list(FLAGS.values()))
    flags = (rng.random((rows, len(FLAGS))) < rates) - rates
    flags = flags / np.sqrt(rates * (1 - rates))
    return np.concatenate([normal, counts, flags], axis=1).astype(np.float32)


def default_probability(features):
    """The true probability of default: logistic in terms, some not linear."""
    column = {name: features[:, index].astype(np.float64)
              for index, name in enumerate(FEATURES)}
    burden = column["debt"] + 0.7 * column["loan_amount"] - column["income"]
    score = (
        -1.9
        + 1.1 * burden
        + 0.6 * np.maximum(burden, 0.0)
        + 0.9 * column["late_payments"]
        + 0.7 * column["utilisation"]
        + 0.4 * column["utilisation"] * column["late_payments"]
        + 0.7 * column["earlier_default"]
        + 0.5 * column["inquiries"]
        - 0.6 * column["savings"]
        - 0.5 * np.tanh(column["employment_years"])
        - 0.5 * column["owns_home"]
        - 0.4 * column["has_guarantor"]
        + 0.3 * column["self_employed"] * column["income_change"]
        - 0.3 * column["account_age"]
        + 0.2 * column["dependents"]
        + 0.2 * column["loan_term"])
    return 1.0 / (1.0 + np.exp(-1.3 * score))


def make_data(out):
    """Writes the arrays; returns what is known about them."""
    rng = np.random.default_rng(1)
    facts = {"features": list(FEATURES)}
    for split, rows in (("train", TRAIN_ROWS), ("test", TEST_ROWS)):
        features = make_applicants(rng, rows)
        probability = default_probability(features)
        label = (rng.random(rows) < probability).astype(np.uint8)
        np.save(out / f"credit-{split}-features.npy", features)
        np.save(out / f"credit-{split}-labels.npy", label)
        likelier = (probability > 0.5).astype(np.uint8)
        facts[split] = {
            "rows": rows,
            "defaults": round(float(label.mean()), 4),
            "accuracy_of_true_probability": float((likelier == label).mean())}
    probability = default_probability(make_applicants(rng, MONTE_CARLO_ROWS))
    best = np.maximum(probability, 1 - probability)
    entropy = -(probability * np.log(probability)
                + (1 - probability) * np.log1p(-probability))
    facts["best_accuracy"] = round(float(best.mean()), 5)
    facts["best_accuracy_standard_error"] = float(
        f"{best.std() / np.sqrt(MONTE_CARLO_ROWS):.1e}")
    facts["best_loss"] = round(float(entropy.mean()), 5)
    return facts


def make_credit():
    graph = GraphBuilder(seed=2)
    value, inputs = "features", len(FEATURES)
    for number, outputs in enumerate(WIDTHS + (1,), start=1):
        name = f"fc{number}"
        weight = graph.weight(f"{name}.weight", (inputs, outputs), inputs)
        bias = graph.weight(f"{name}.bias", (outputs,), inputs)
        value = graph.node("MatMul", [value, weight], f"{name}.matmul")
        value = graph.node("Add", [value, bias], f"{name}.add")
        if number <= len(WIDTHS):
            value = graph.node("Relu", [value], f"relu{number}")
        inputs = outputs
    graph.node("Sigmoid", [value], "sigmoid", "probability")
    return graph.model(
        "credit",
        [("features", TensorProto.FLOAT, ["batch", len(FEATURES)])],
        [("probability", TensorProto.FLOAT, ["batch", 1])])


def main():
    out = parse_out(__doc__.splitlines()[0])
    save(make_credit(), out / "credit.onnx")
    facts = make_data(out)
    with open(out / "credit.json", "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
    print(f"{out / 'credit.json'}: {TRAIN_ROWS:,} rows to train on, "
          f"{TEST_ROWS:,} to test on; no model can expect an accuracy above "
          f"{facts['best_accuracy']:.4f} (on these test rows the true "
          f"probability reaches "
          f"{facts['test']['accuracy_of_true_probability']:.4f})")


if __name__ == "__main__":
    main()
