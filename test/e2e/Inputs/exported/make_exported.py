#!/usr/bin/env python3
"""Writes the files of this folder: a small module as torch.onnx.export's default writes it,
the data of 5 steps, and PyTorch's own losses and parameters. Needs torch 2.9 or newer:

    make_exported.py [FOLDER]

What the exporter does to it: equal norms, biases and copied layers become one tensor each, a
bias of zeros vanishes, weights are stored transposed, the head that shares the embedding's
weight gets a copy, as does the projection by `weight.T`, and the look-up of positions is
computed."""
import copy
import json
import pathlib
import sys

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

VOCABULARY, SEQUENCE, WIDTH, BATCH, STEPS = 17, 6, 8, 4, 5


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 12), nn.Linear(12, WIDTH)

    def forward(self, x):
        y = self.before(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.down(F.gelu(self.up(self.after(x))))


class Module(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(10, WIDTH)
        block = Block()
        self.blocks = nn.ModuleList(copy.deepcopy(block) for _ in range(2))
        self.mix, self.mixBias = (nn.Parameter(torch.randn(WIDTH, WIDTH) * 0.3),
                                  nn.Parameter(torch.zeros(WIDTH)))
        self.scale = nn.Parameter(torch.tensor(1.5))
        self.register_buffer("table", torch.randn(SEQUENCE, WIDTH) * 0.1)
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY)
        nn.init.zeros_(self.head.bias)
        self.head.weight = self.tokens.weight

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions(torch.arange(SEQUENCE)) + self.table
        for block in self.blocks:
            x = block(x)
        x = torch.addmm(self.mixBias, x.reshape(-1, WIDTH), self.mix).reshape(x.shape)
        x = self.norm(x) * self.scale
        return self.head(x) + F.tanh(x) @ self.tokens.weight.T


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    folder = folder if folder.is_dir() else folder.parent
    torch.manual_seed(0)
    module = Module().train()
    tokens = torch.randint(0, VOCABULARY, (STEPS * BATCH, SEQUENCE))
    label = torch.randint(0, VOCABULARY, (STEPS * BATCH, SEQUENCE))
    batch = {0: torch.export.Dim("batch", min=2, max=4096)}
    path = folder / "module.onnx"
    torch.onnx.export(copy.deepcopy(module), (tokens[:BATCH],), str(path), dynamo=True,
                      dynamic_shapes=(batch,), input_names=["tokens"], external_data=False)
    model = onnx.load(path)
    for element in model.graph.node:      # traces name this machine's folders
        kept = [p for p in element.metadata_props if p.key.endswith("fx_node")]
        del element.metadata_props[:]
        element.metadata_props.extend(kept)
    onnx.save(model, path)
    np.save(folder / "tokens.npy", tokens.numpy())
    np.save(folder / "label.npy", label.numpy())
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.01, weight_decay=0)
    losses = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        loss = F.cross_entropy(module(tokens[rows]).flatten(0, 1), label[rows].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    (folder / "losses.json").write_text(json.dumps(losses) + "\n")
    np.savez(folder / "trained.npz", **{k: v.numpy() for k, v in module.state_dict().items()})


if __name__ == "__main__":
    main()
