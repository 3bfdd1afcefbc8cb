"""Trains and evaluates a model of several outputs with one or more losses.

  check_losses.py DPC OUT MPIRUN
"""

import json
import pathlib
import shlex
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent / "Inputs"))
from heads import FEATURES, HEADS, draw, save, split_heads, weights

BATCH, RATE = 12, 0.1
dpc, out, mpirun = sys.argv[1:]
out = pathlib.Path(out)
save(out / "model.onnx")


def make_rows(prefix, rows):
    """A file for each input, and what is in them."""
    data = {"x": draw.standard_normal((rows, FEATURES)).astype(np.float32),
            "target": draw.standard_normal((rows, HEADS["value"])).astype(np.float32),
            "label_logits": draw.integers(0, 5, rows), "label_pair": draw.integers(0, 2, rows),
            "label_flag": draw.integers(0, 2, (rows, 1)).astype(np.float32)}
    # The last class does not occur, and rows have equal scores.
    data["label_logits"] %= 4
    data["label_logits"][::5] = -100
    data["x"][2::4] = 0
    for name, value in data.items():
        np.save(out / f"{prefix}-{name}.npy", value)
    return data


train, test = make_rows("train", 3 * BATCH), make_rows("test", 31)


def forward(data):
    h = np.tanh(data["x"].astype(np.float64) @ weights["w"])
    return {name: h @ weights[f"w_{name}"] for name in HEADS}


def compile_model(name, *options):
    subprocess.run([dpc, "compile", out / "model.onnx", "-o", out / name, "--batch", str(BATCH),
                    *options], check=True)


def run(name, ranks, inputs, *options):
    """The metrics lines of a run."""
    files = [f(prefix) for i in inputs for prefix, f in (
        ("train", lambda p: f"--data={i}={out}/{p}-{i}.npy"),
        ("test", lambda p: f"--eval-data={i}={out}/{p}-{i}.npy"))]
    start = [*shlex.split(mpirun), "-n", str(ranks)] if ranks > 1 else []
    metrics = out / f"{name}.jsonl"
    metrics.unlink(missing_ok=True)
    subprocess.run([*start, out / name, *files, "--no-shuffle", "--quiet", "--metrics", metrics,
                    *options], check=True)
    return [json.loads(line) for line in metrics.read_text().splitlines()]


def close(actual, wanted, what, tolerance=1e-6):
    if actual is None or abs(actual - wanted) > tolerance * max(1, abs(wanted)):
        sys.exit(f"{what} is {actual} instead of {wanted}")


def softmax_losses(scores, labels):
    z = scores - scores.max(1, keepdims=True)
    return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), labels]


def f1(truth, predicted):
    hits = (truth & predicted).sum()
    return 2 * hits / max(1, truth.sum() + predicted.sum())


def area(truth, scores):
    """As the Mann-Whitney statistic: over all pairs of a true and another row."""
    difference = scores[truth][:, None] - scores[~truth][None]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


def wanted_metrics(test):
    """By scikit-learn's definitions."""
    outputs = forward(test)
    counted = test["label_logits"] != -100
    scores, labels = outputs["logits"][counted], test["label_logits"][counted]
    losses = softmax_losses(scores, labels)
    order = (-scores).argsort(1, kind="stable")
    predicted = order[:, 0]
    pair, pair_label = outputs["pair"], test["label_pair"] == 1
    flag, flag_label = outputs["flag"].ravel(), test["label_flag"].ravel() == 1
    error = outputs["value"] - test["target"]
    binary = np.maximum(flag, 0) - flag * flag_label + np.log1p(np.exp(-np.abs(flag)))
    smooth = 0.9 * losses + 0.1 * (np.log(np.exp(scores).sum(1)) - scores.mean(1))
    yes = flag > 0
    return {
        "loss": (smooth.mean() + 0.5 * softmax_losses(pair, test["label_pair"]).mean()
                 + 2 * binary.mean() + 0.3 * (error ** 2).mean()),
        "loss_logits": smooth.mean(), "loss_value": (error ** 2).mean(),
        "accuracy": (predicted == labels).mean(),
        "top2": (order[:, :2] == labels[:, None]).any(1).mean(),
        "perplexity": np.exp(losses.mean()),
        "f1_macro": np.mean([f1(labels == k, predicted == k)
                             for k in np.union1d(labels, predicted)]),
        "f1_pair": f1(pair_label, pair[:, 1] > pair[:, 0]),
        "auc_pair": area(pair_label, pair[:, 1] - pair[:, 0]),
        "f1_flag": f1(flag_label, yes), "precision_flag": (flag_label & yes).sum() / yes.sum(),
        "recall_flag": (flag_label & yes).sum() / flag_label.sum(),
        "accuracy_flag": (flag_label == yes).mean(), "auc_flag": area(flag_label, flag),
        "mae": np.abs(error).mean(), "mse": (error ** 2).mean(),
        "rmse": np.sqrt((error ** 2).mean())}


# Everything at once: what an evaluation measures, whatever the strategy.
LOSSES = ["--loss", "ce,output=logits,label_smoothing=0.1,ignore_index=-100",
          "--loss", "ce,output=pair,weight=0.5", "--loss", "bce,output=flag,weight=2",
          "--loss", "mse,output=value,label=target,weight=0.3",
          "--eval-metrics", "top2,perplexity,f1-macro,f1:pair,auc:pair,f1:flag,precision:flag,"
          "recall:flag,accuracy:flag,auc:flag,mae,mse,rmse"]
INPUTS = ["x", "target", "label_logits", "label_pair", "label_flag"]
wanted = wanted_metrics(test)
first = wanted_metrics({name: value[:BATCH] for name, value in train.items()})["loss"]
losses = None
for name, ranks, *strategy in (
        ("single", 1), ("accumulate", 1, "--accumulate", "3"), ("data", 4, "--mesh", "data=4"),
        ("pipe", 2, "--mesh", "pipe=2"), ("tensor", 2, *split_heads(out / "split.txt"))):
    compile_model(name, *LOSSES, *strategy)
    line, = run(name, ranks, INPUTS, "--steps", "0")
    for key, value in wanted.items():
        close(line[f"eval_{key}"], value, f"{key} of {name}")
    steps = [line["loss"] for line in run(name, ranks, INPUTS, "--lr", str(RATE), "--epochs", "2")
             if "loss" in line]
    losses = losses or steps
    close(steps[0], first, f"the first loss of {name}")
    for number, (actual, expected) in enumerate(zip(steps, losses, strict=True)):
        close(actual, expected, f"the loss of step {number + 1} of {name}", 2e-6)
assert losses[-1] < losses[0]

# The model's outputs as its loss; a number weighs as its batch's rows.
error = (forward(test)["value"] - test["target"]) ** 2
for name, ranks, loss, *strategy in (("rows", 2, "output:rows", "--mesh", "data=2"),
                                     ("number", 2, "output:number", "--mesh", "data=2"),
                                     ("number-pipe", 2, "output:number", "--mesh", "pipe=2")):
    compile_model(name, "--loss", loss, *strategy)
    line, = run(name, ranks, ["x", "target"], "--steps", "0")
    close(line["eval_loss"], error.mean(), name)

# Partners are in the whole batch, on whatever rank.
outputs = forward(test)
a, b = (outputs[name] / np.maximum(np.linalg.norm(outputs[name], axis=1, keepdims=True), 1e-12)
        for name in "ab")
total = right = 0
for first in range(0, len(a), BATCH):
    alike = a[first:first + BATCH] @ b[first:first + BATCH].T / 0.5
    own = np.arange(len(alike))
    total += (softmax_losses(alike, own) + softmax_losses(alike.T, own)).sum() / 2
    right += (alike.argmax(1) == own).sum()
CONTRASTIVE = "contrastive,output=a,other=b,temperature=0.5"
for name, ranks in (("contrast", 1), ("contrast-data", 4)):
    compile_model(name, "--loss", CONTRASTIVE, "--mesh", f"data={ranks}")
    line, = run(name, ranks, ["x", "target"], "--steps", "0")
    close(line["eval_loss"], total / len(a), name)
    close(line["eval_accuracy"], right / len(a), name)
assert 0 < right < len(a)


def refuse(text, *options):
    run = subprocess.run([dpc, "compile", out / "model.onnx", "-o", out / "none", "--batch",
                          str(BATCH), *options], capture_output=True, text=True)
    lines = [line for line in run.stderr.splitlines() if "warning" not in line]
    if run.returncode not in (1, 2) or len(lines) != 1 or text not in lines[0]:
        sys.exit(f"{options}: {run.returncode} {run.stderr}")


refuse("needs the whole batch at once", "--loss", CONTRASTIVE, "--accumulate", "2")
refuse("needs the whole batch at once", "--loss", CONTRASTIVE, "--mesh", "pipe=2")
refuse("has no output 'logit'; did you mean 'logits'?", "--loss", "ce,output=logit")
refuse("label_smoothing is '2' and must be a number in [0, 1]", "--loss", "ce,label_smoothing=2")
refuse("'output:' names no output", "--loss", "output:")
refuse("the program is inference", "--eval-metrics", "accuracy")
refuse("has no setting 'smoothing'; ", "--loss", "ce,smoothing=0.1")
refuse("'ctc' is not among them", "--loss", "ctc")
refuse("did you mean 'huber'?", "--loss", "hubert")
refuse("would have the labels 'x', which are", "--loss", "ce,label=x")
refuse("compares vectors of equal length", "--loss", "cosine-embedding,output=a,other=value")
refuse("unknown metric 'top'", "--loss", "ce", "--eval-metrics", "top")
refuse("--eval-metrics: 'auc' is of a loss that predicts", "--loss", "ce", "--eval-metrics", "auc")
refuse("that of output 'value' does not", "--loss", "mse,output=value", "--loss", "ce",
       "--eval-metrics", "top3:value")

# Every loss, partitioned and whole.
MESHES = (["--mesh", "data=2"], ["--strategy", "zero", "--zero-stage", "3", "--ranks", "2"],
          split_heads(out / "split.txt"), ["--mesh", "pipe=2"], ["--mesh", "data=2,tensor=2"],
          ["--mesh", "data=2", "--accumulate", "3"])
EVERY = [f"{loss},weight=0.5" for loss in (
    "ce,output=logits,label=classes,label_smoothing=0.1",
    "focal,output=logits,ignore_index=-100,alpha=0.7", "multi-margin,output=pair",
    "kl,output=logits,label=shares", "hinge,output=flag,power=2", "binary-focal,output=flag",
    "l1,output=value", "smooth-l1,output=value", "huber,output=value,delta=0.5",
    "cosine-embedding,output=a,other=b,margin=0.1", "output:rows", "output:number")]
for mesh in MESHES:
    flags = [flag for loss in EVERY for flag in ("--loss", loss)]
    subprocess.run([dpc, "verify", out / "model.onnx", "--batch", "12", *flags, *mesh, "--quiet"],
                   check=True)
    if "pipe=2" not in mesh and "--accumulate" not in mesh:
        subprocess.run([dpc, "verify", out / "model.onnx", "--batch", "11", "--loss", CONTRASTIVE,
                        *mesh, "--quiet"], check=True)
