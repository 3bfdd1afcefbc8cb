#!/usr/bin/env python3
"""Exports small transformers with PyTorch, and trains them there for reference.

Needs torch, and nothing else: Debian's python3-torch will do. The models that it
writes are checked in under models/data/transformer, so that nothing else needs
PyTorch. Three architectures:

  gpt      causal mask, pre-norm, embeddings shared with the head
  bert     attention mask as an input, post-norm; a head for masked words (mlm,
           shared with the embeddings), or a tanh pooler and a classifier (pooler)
  encoder  layers of nn.TransformerEncoderLayer, PyTorch's own, whose
           nn.MultiheadAttention merges batch and heads; a head of its own

A model is exported for training with a dynamic batch axis, just as a user would
write it: the mask of the GPT is a buffer that is cut to the sequence's length.
"""

import argparse
import json
import math
import pathlib
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional

DEFAULT_OUT = pathlib.Path(__file__).resolve().parent / "data" / "transformer"


class Attention(nn.Module):
    def __init__(self, options, causal):
        super().__init__()
        self.heads = options.heads
        self.causal = causal
        self.query_key_value = nn.Linear(options.hidden, 3 * options.hidden)
        self.out = nn.Linear(options.hidden, options.hidden)
        self.drop = nn.Dropout(options.dropout)
        if causal:
            length = options.sequence
            mask = torch.ones(length, length, dtype=torch.bool).tril()
            self.register_buffer("mask", mask.view(1, 1, length, length))

    def split_heads(self, x):
        batch, length, hidden = x.size()
        return x.view(batch, length, self.heads,
                      hidden // self.heads).transpose(1, 2)

    def forward(self, x, bias):
        hidden = x.size(-1)
        query, key, value = (
            self.split_heads(part)
            for part in self.query_key_value(x).split(hidden, dim=2))
        scores = query @ key.transpose(-2, -1) / math.sqrt(hidden // self.heads)
        if self.causal:
            mask = self.mask[:, :, :x.size(1), :x.size(1)]
            scores = torch.where(mask, scores, torch.tensor(-1e9))
        if bias is not None:
            scores = scores + bias
        context = self.drop(scores.softmax(-1)) @ value
        context = context.transpose(1, 2).contiguous()
        return self.out(context.view(x.size(0), x.size(1), hidden))


class Layer(nn.Module):
    def __init__(self, options, causal):
        super().__init__()
        self.pre_norm = causal
        self.attention = Attention(options, causal)
        self.norm1 = nn.LayerNorm(options.hidden)
        self.up = nn.Linear(options.hidden, 4 * options.hidden)
        self.gelu = nn.GELU(approximate=options.gelu)
        self.down = nn.Linear(4 * options.hidden, options.hidden)
        self.norm2 = nn.LayerNorm(options.hidden)
        self.drop = nn.Dropout(options.dropout)

    def feed_forward(self, x):
        return self.drop(self.down(self.gelu(self.up(x))))

    def forward(self, x, bias=None):
        if self.pre_norm:
            x = x + self.drop(self.attention(self.norm1(x), bias))
            return x + self.feed_forward(self.norm2(x))
        x = self.norm1(x + self.drop(self.attention(x, bias)))
        return self.norm2(x + self.feed_forward(x))


class Embedding(nn.Module):
    """Tokens and their positions."""

    def __init__(self, options):
        super().__init__()
        self.tokens = nn.Embedding(options.vocabulary, options.hidden)
        self.positions = nn.Embedding(options.sequence, options.hidden)
        self.drop = nn.Dropout(options.dropout)

    def forward(self, tokens):
        positions = torch.arange(tokens.size(1), dtype=torch.long)
        return self.tokens(tokens) + self.positions(positions)


class GPT(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.embedding = Embedding(options)
        self.layers = nn.ModuleList(
            Layer(options, causal=True) for _ in range(options.layers))
        self.norm = nn.LayerNorm(options.hidden)
        self.head = nn.Linear(options.hidden, options.vocabulary, bias=False)
        self.head.weight = self.embedding.tokens.weight

    def forward(self, tokens):
        x = self.embedding.drop(self.embedding(tokens))
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


class BERT(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.pooler = options.head == "pooler"
        self.embedding = Embedding(options)
        self.norm = nn.LayerNorm(options.hidden)
        self.layers = nn.ModuleList(
            Layer(options, causal=False) for _ in range(options.layers))
        self.dense = nn.Linear(options.hidden, options.hidden)
        if self.pooler:
            self.classifier = nn.Linear(options.hidden, options.classes)
        else:
            self.gelu = nn.GELU(approximate=options.gelu)
            self.head_norm = nn.LayerNorm(options.hidden)
            self.decoder = nn.Linear(options.hidden, options.vocabulary)
            self.decoder.weight = self.embedding.tokens.weight

    def forward(self, tokens, mask):
        bias = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
        x = self.embedding.drop(self.norm(self.embedding(tokens)))
        for layer in self.layers:
            x = layer(x, bias)
        if self.pooler:
            return self.classifier(torch.tanh(self.dense(x[:, 0])))
        return self.decoder(self.head_norm(self.gelu(self.dense(x))))


class Encoder(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.embedding = Embedding(options)
        layer = nn.TransformerEncoderLayer(
            options.hidden, options.heads, 4 * options.hidden, options.dropout,
            "gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, options.layers)
        self.head = nn.Linear(options.hidden, options.vocabulary)

    def forward(self, tokens):
        return self.head(self.encoder(self.embedding(tokens)))


def initialize(model, options):
    generator = torch.Generator().manual_seed(options.seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, options.deviation, generator=generator)
            elif name.endswith("bias"):
                # Not zero, so that a bias that goes astray shows.
                parameter.uniform_(-0.05, 0.05, generator=generator)


def make_data(options, rows):
    """Tokens that can be learnt: the next one follows from the last, mostly."""
    generator = torch.Generator().manual_seed(options.seed + 1)
    length, vocabulary = options.sequence + 1, options.vocabulary
    tokens = torch.randint(vocabulary, (rows, length), generator=generator)
    noise = torch.rand(rows, length, generator=generator)
    for i in range(1, length):
        follows = (5 * tokens[:, i - 1] + 3) % vocabulary
        tokens[:, i] = torch.where(noise[:, i] < 0.8, follows, tokens[:, i])
    if options.model != "bert":
        return {"tokens": tokens[:, :-1], "label": tokens[:, 1:]}
    lengths = torch.randint(max(1, length // 2), length, (rows, 1),
                            generator=generator)
    data = {"tokens": tokens[:, :-1],
            "mask": (torch.arange(length - 1)[None, :] < lengths).long()}
    if options.head == "pooler":
        data["label"] = data["tokens"][:, 0] % options.classes
    else:
        data["label"] = tokens[:, 1:]
    return {name: value.contiguous() for name, value in data.items()}


def export(model, data, path, opset):
    """Without constant folding, which would give the head a weight of its own:
    PyTorch transposes the shared one at export then."""
    inputs = {name: value[:3] for name, value in data.items()
              if name != "label"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, tuple(inputs.values()), str(path), opset_version=opset,
            training=torch.onnx.TrainingMode.TRAINING,
            do_constant_folding=False,
            input_names=list(inputs), output_names=["logits"],
            dynamic_axes={name: {0: "batch"} for name in [*inputs, "logits"]})
    print(f"{path}: {sum(p.numel() for p in model.parameters()):,} parameters, "
          f"{path.stat().st_size:,} bytes")


def make_optimizer(model, text):
    """As `dpc --optimizer` reads it: NAME[,key=value...]."""
    name, *settings = text.split(",")
    settings = {key: float(value) for key, value in
                (setting.split("=") for setting in settings)}
    rate = settings.get("lr", 0.01)
    if name == "sgd":
        return torch.optim.SGD(model.parameters(), lr=rate)
    if name == "momentum":
        return torch.optim.SGD(model.parameters(), lr=rate,
                               momentum=settings.get("momentum", 0.9))
    if name == "adam":
        return torch.optim.Adam(model.parameters(), lr=rate)
    sys.exit(f"error: --optimizer {name}: sgd, momentum or adam")


def train(model, data, options):
    """Losses of the rows in order, as a program with --no-shuffle takes them."""
    optimizer = make_optimizer(model, options.optimizer)
    inputs = [value for name, value in data.items() if name != "label"]
    label = data["label"]
    rows = label.size(0) // options.batch * options.batch
    losses = []
    for step in range(options.steps):
        begin = step * options.batch % rows
        batch = slice(begin, begin + options.batch)
        logits = model(*(value[batch] for value in inputs))
        loss = functional.cross_entropy(
            logits.reshape(-1, logits.size(-1)), label[batch].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def save_npy(path, array):
    """Version 1.0 of numpy's format, for machines with torch but no numpy."""
    header = (f"{{'descr': '<i8', 'fortran_order': False, "
              f"'shape': {tuple(array.shape)}, }}")
    header += " " * (-(len(header) + 11) % 64) + "\n"
    values = array.flatten().tolist()
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
        file.write(header.encode("ascii"))
        for value in values:
            file.write(value.to_bytes(8, "little", signed=True))


MODELS = {"gpt": GPT, "bert": BERT, "encoder": Encoder}


def make(options, path):
    if options.hidden % options.heads:
        sys.exit(f"error: --hidden {options.hidden} is no multiple of --heads "
                 f"{options.heads}")
    torch.manual_seed(options.seed)
    model = MODELS[options.model](options)
    initialize(model, options)
    model.train()
    data = make_data(options, options.rows)
    export(model, data, path, options.opset)
    if options.data:
        options.data.mkdir(parents=True, exist_ok=True)
        for name, value in data.items():
            save_npy(options.data / f"{name}.npy", value)
    if options.losses:
        torch.set_num_threads(1)
        with open(options.losses, "w", encoding="utf-8") as file:
            for step, loss in enumerate(train(model, data, options), start=1):
                file.write(json.dumps({"step": step, "loss": loss}) + "\n")


# What is checked in, by file name.
CHECKED_IN = {
    "gpt-opset14.onnx": "gpt --opset 14",
    "gpt-opset17.onnx": "gpt --opset 17 --gelu tanh",
    "gpt-2-heads.onnx": "gpt --opset 17 --hidden 24 --heads 2",
    "gpt-parity.onnx": "gpt --opset 17 --dropout 0 --data {0}/gpt-parity "
                       "--losses {0}/gpt-parity/losses.jsonl",
    "encoder-opset16.onnx": "encoder --opset 16 --heads 4",
    "bert-opset15.onnx": "bert --opset 15",
    "bert-pooler-opset16.onnx": "bert --opset 16 --head pooler",
}


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Without a model, all that is checked in is written again.")
    parser.add_argument("model", nargs="?", choices=list(MODELS))
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE.onnx",
                        help="file to write; without a model, the folder")
    for name, default in (("layers", 2), ("hidden", 20), ("heads", 5),
                          ("vocabulary", 67), ("sequence", 11), ("classes", 7),
                          ("opset", 17), ("rows", 96), ("seed", 1),
                          ("batch", 8), ("steps", 20)):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N",
                            help=f"(default: {default})")
    parser.add_argument("--dropout", type=float, default=0.1, metavar="P",
                        help="(default: 0.1)")
    parser.add_argument("--deviation", type=float, default=0.15, metavar="S",
                        help="standard deviation of the weights (default: 0.15)")
    parser.add_argument("--gelu", choices=["none", "tanh"], default="none",
                        help="the approximation of GELU (default: none, by erf)")
    parser.add_argument("--head", choices=["mlm", "pooler"], default="mlm",
                        help="the head of bert (default: mlm)")
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        help="also write the training data, one .npy per input")
    parser.add_argument("--losses", type=pathlib.Path, metavar="FILE.jsonl",
                        help="also train for --steps on batches of --batch rows "
                             "and write PyTorch's losses; use --dropout 0")
    parser.add_argument("--optimizer", default="sgd,lr=0.1", metavar="SPEC",
                        help="sgd, momentum or adam with settings, as dpc reads "
                             "it (default: sgd,lr=0.1)")
    return parser.parse_args(arguments)


def main():
    options = parse()
    if options.model:
        make(options, options.out or pathlib.Path(f"{options.model}.onnx"))
        return
    folder = options.out or DEFAULT_OUT
    folder.mkdir(parents=True, exist_ok=True)
    for name, arguments in CHECKED_IN.items():
        make(parse(arguments.format(folder).split()), folder / name)


if __name__ == "__main__":
    main()
