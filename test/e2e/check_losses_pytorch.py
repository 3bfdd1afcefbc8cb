"""Trains a model of several outputs with every loss, with dpc and with PyTorch.

  check_losses_pytorch.py DPC OUT MPIRUN
"""

import json
import pathlib
import shlex
import subprocess
import sys

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent / "Inputs"))
from heads import FEATURES, HEADS, draw, save, split_heads, weights

BATCH, STEPS, RATE = 12, 20, 0.05
dpc, out, mpirun = sys.argv[1:]
out = pathlib.Path(out)
save(out / "model.onnx")
rows = BATCH * STEPS
shares = draw.dirichlet(np.ones(5), rows).astype(np.float32)
shares[::4] = np.eye(5)[1]
classes = draw.integers(0, 5, rows)
classes[::3] = -100
data = {"x": draw.standard_normal((rows, FEATURES)).astype(np.float32),
        "target": draw.standard_normal((rows, HEADS["value"])).astype(np.float32),
        "classes": classes, "label_pair": draw.integers(0, 2, rows), "shares": shares,
        "label_flag": draw.integers(0, 2, (rows, 1)).astype(np.float32),
        "alike": np.sign(draw.standard_normal(rows)).astype(np.float32)}
for name, value in data.items():
    np.save(out / f"{name}.npy", value)


def focal(z, t):
    ce = F.cross_entropy(z, t, reduction="none", ignore_index=-100)
    return (0.7 * (1 - torch.exp(-ce)) ** 1.5 * ce).sum() / (t != -100).sum()


def binary_focal(z, t):
    p = z.sigmoid() * t + (1 - z.sigmoid()) * (1 - t)
    ce = F.binary_cross_entropy_with_logits(z, t, reduction="none")
    return ((0.25 * t + 0.75 * (1 - t)) * (1 - p) ** 2 * ce).mean()


def contrastive(a, b):
    alike = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T / 0.5
    own = torch.arange(len(a))
    return (F.cross_entropy(alike, own) + F.cross_entropy(alike.T, own)) / 2


LOSSES = {
    "ce,output=logits,label=classes,ignore_index=-100,label_smoothing=0.1":
        lambda h, d: F.cross_entropy(h["logits"], d["classes"], label_smoothing=0.1),
    "focal,output=logits,label=classes,ignore_index=-100,gamma=1.5,alpha=0.7":
        lambda h, d: focal(h["logits"], d["classes"]),
    "kl,output=logits,label=shares":
        lambda h, d: F.kl_div(h["logits"].log_softmax(1), d["shares"], reduction="batchmean"),
    "multi-margin,output=pair,power=2":
        lambda h, d: F.multi_margin_loss(h["pair"], d["label_pair"], p=2),
    "bce,output=flag,pos_weight=3": lambda h, d: F.binary_cross_entropy_with_logits(
        h["flag"], d["label_flag"], pos_weight=torch.tensor(3.0)),
    "binary-focal,output=flag,alpha=0.25":
        lambda h, d: binary_focal(h["flag"], d["label_flag"]),
    "hinge,output=flag": lambda h, d: (1 - (2 * d["label_flag"] - 1) * h["flag"]).clamp(0).mean(),
    "mse,output=value,label=target": lambda h, d: F.mse_loss(h["value"], d["target"]),
    "l1,output=value,label=target": lambda h, d: F.l1_loss(h["value"], d["target"]),
    "smooth-l1,output=value,label=target,beta=0.5":
        lambda h, d: F.smooth_l1_loss(h["value"], d["target"], beta=0.5),
    "huber,output=value,label=target,delta=0.7":
        lambda h, d: F.huber_loss(h["value"], d["target"], delta=0.7),
    "cosine-embedding,output=a,other=b,label=alike,margin=0.1": lambda h, d:
        F.cosine_embedding_loss(h["a"], h["b"], d["alike"], margin=0.1),
    "contrastive,output=a,other=b,temperature=0.5": lambda h, d: contrastive(h["a"], h["b"]),
    "output:number": lambda h, d: F.mse_loss(h["value"], d["target"]),
}


def train_torch(chosen):
    w = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
         for name, value in weights.items()}
    losses = []
    for step in range(STEPS):
        d = {name: torch.tensor(value[step * BATCH:][:BATCH]) for name, value in data.items()}
        d = {name: value.double() if value.is_floating_point() else value
             for name, value in d.items()}
        hidden = torch.tanh(d["x"] @ w["w"])
        heads = {name: hidden @ w[f"w_{name}"] for name in HEADS}
        loss = sum(0.5 * LOSSES[name](heads, d) for name in chosen)
        losses.append(loss.item())
        loss.backward()
        for value in w.values():
            if value.grad is not None:
                value.data -= RATE * value.grad
                value.grad = None
    return losses


def train_dpc(chosen, name, ranks, *strategy):
    flags = [flag for loss in chosen for flag in ("--loss", loss + ",weight=0.5")]
    subprocess.run([dpc, "compile", out / "model.onnx", "-o", out / name, "--batch", str(BATCH),
                    *flags, *strategy], check=True, stderr=subprocess.DEVNULL)
    used = {"x", "target"} | {key for key in data for loss in chosen if f"label={key}" in loss}
    used |= {f"label_{head}" for head in ("pair", "flag") for loss in chosen
             if f"output={head}" in loss and len(chosen) > 1}
    start = [*shlex.split(mpirun), "-n", str(ranks)] if ranks > 1 else []
    subprocess.run([*start, out / name, *(f"--data={key}={out}/{key}.npy" for key in used),
                    "--no-shuffle", "--quiet", "--steps", str(STEPS), "--lr", str(RATE),
                    "--metrics", out / f"{name}.jsonl"], check=True)
    return [json.loads(line)["loss"]
            for line in (out / f"{name}.jsonl").read_text().splitlines()]


everything = list(LOSSES)
rowwise = [name for name in everything if not name.startswith("contrastive")]
for chosen, name, ranks, *strategy in (
        (everything, "single", 1), (everything, "data", 4, "--mesh", "data=4"),
        (everything, "zero", 2, "--strategy", "zero", "--zero-stage", "3", "--ranks", "2"),
        (everything, "tensor", 2, *split_heads(out / "split.txt")),
        (rowwise, "pipe", 2, "--mesh", "pipe=2")):
    wanted, actual = train_torch(chosen), train_dpc(chosen, name, ranks, *strategy)
    worst = max(abs(a - b) / max(1, abs(b)) for a, b in zip(actual, wanted, strict=True))
    print(f"{name}: {worst:.1e} in {STEPS} steps")
    if not worst < 1e-6:
        sys.exit(f"{name}: {actual} instead of {wanted}")
