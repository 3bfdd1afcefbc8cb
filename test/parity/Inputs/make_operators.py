#!/usr/bin/env python3
"""Makes the files in norms/ and attention/: networks of operators that the usual
models do not have, as PyTorch exports them, data, and the losses of STEPS steps.

  make_operators.py OUT

Needs PyTorch.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

BATCH, STEPS = 8, 5


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(6, 8), nn.Linear(8, 3)
        self.batch, self.group = nn.BatchNorm1d(8), nn.GroupNorm(2, 8)
        self.prelu = nn.PReLU(8)

    def forward(self, x):
        x = functional.hardswish(self.batch(self.first(x)))
        x = functional.mish(self.prelu(self.group(x)))
        return functional.leaky_relu(self.last(functional.elu(x)))


class Attention(nn.Module):
    """Heads that share keys, looking back; and heads under a mask."""

    def __init__(self):
        super().__init__()
        self.embedding, self.norm = nn.Embedding(11, 16), nn.RMSNorm(16)
        self.query, self.key_value = nn.Linear(16, 16), nn.Linear(16, 16)
        self.out, self.head = nn.Linear(16, 16), nn.Linear(16, 11)

    def forward(self, tokens, mask):
        x = self.embedding(tokens)
        y = self.norm(x)
        query = self.query(y).unflatten(2, (4, 4)).transpose(1, 2)
        key, value = self.key_value(y).unflatten(2, (2, 2, 4)).permute(2, 0, 3, 1, 4)
        attend = functional.scaled_dot_product_attention
        y = attend(query, key, value, is_causal=True, enable_gqa=True)
        y = y + attend(query, query, query, attn_mask=mask[:, None, None, :])
        return self.head(x + self.out(y.transpose(1, 2).flatten(2)))


def train(network, out, inputs, label, rate):
    for name, value in [*inputs.items(), ("label", label.to(torch.int32))]:
        np.save(out / f"{name}.npy", value.numpy())
    optimizer = torch.optim.SGD(network.train().parameters(), lr=rate)
    with open(out / "losses.jsonl", "w", encoding="utf-8") as file:
        for step in range(STEPS):
            rows = slice(BATCH * step, BATCH * (step + 1))
            y = network(*(value[rows] for value in inputs.values()))
            loss = functional.cross_entropy(y.flatten(0, -2), label[rows].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            print(json.dumps({"step": step + 1, "loss": loss.item()}), file=file)


def make_norms(out):
    network = Norms().train()
    x, label = torch.randn(BATCH * STEPS, 6), torch.randint(0, 3, (BATCH * STEPS,))
    torch.onnx.export(
        network, (x[:BATCH],), out / "model.onnx", dynamo=False, opset_version=18,
        training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False,
        input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "batch"}})
    train(network, out, {"x": x}, label, 0.1)


def make_attention(out):
    network, rows, length = Attention(), BATCH * STEPS, 6
    tokens, label = torch.randint(0, 11, (2, rows, length))
    mask = torch.arange(length)[None] < torch.randint(1, length + 1, (rows, 1))
    batch = {0: torch.export.Dim("batch")}
    torch.onnx.export(
        network.eval(), (tokens[:BATCH], mask[:BATCH]), dynamo=True, opset_version=24,
        optimize=False, input_names=["tokens", "mask"], dynamic_shapes=(batch, batch),
    ).save(out / "model.onnx")
    train(network, out, {"tokens": tokens, "mask": mask}, label, 0.5)


def main():
    torch.manual_seed(0)
    for name, make in (("norms", make_norms), ("attention", make_attention)):
        out = pathlib.Path(sys.argv[1]) / name
        out.mkdir(parents=True, exist_ok=True)
        make(out)


main()
