#!/usr/bin/env python3
"""A small GPT on text files, whose vocabulary are the 256 bytes.

The texts are this project's licence and those that Debian installs, or what --text
names. Each file is a stream of bytes that is cut into windows; the labels are the
bytes behind. A tenth of the windows evaluates.
"""

import argparse
import json
import math
import pathlib
import shutil

from example import MODELS, parse, train

import numpy as np
import onnx
from onnx import numpy_helper

from make_large_transformer import Exporter, LargeBuilder

LICENCES = ("Apache-2.0", "GPL-3", "LGPL-2.1", "MPL-2.0")


class Builder(LargeBuilder):
    """With weights to begin a training with."""

    def __init__(self):
        super().__init__("")
        self.rng = np.random.default_rng(0)

    def weight(self, name, shape):
        if name.endswith("bias"):
            array = np.zeros(shape)
        elif len(shape) == 1:
            array = np.ones(shape)
        else:
            array = self.rng.normal(0, 0.02, shape)
        self.initializers.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name


def main():
    arguments = parse(__doc__, steps=300, hidden=64, layers=2, sequence=64, text="")
    out = arguments.out
    texts = [pathlib.Path(arguments.text)] if arguments.text else [
        MODELS.parent / "LICENSE",
        *(pathlib.Path("/usr/share/common-licenses") / name for name in LICENCES)]
    folder = out / "texts"
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(path for path in texts if path.exists()):
        shutil.copy(text, folder / f"{number}.txt")

    options = argparse.Namespace(
        kind="gpt", vocabulary=256, hidden=arguments.hidden, heads=4,
        layers=arguments.layers, sequence=arguments.sequence, dropout=0.0)
    exporter = Exporter(options, "")
    exporter.graph = Builder()
    onnx.save(exporter.run(), out / "text.onnx")
    train(arguments, "text",
          ("--loss", "softmax-cross-entropy", "--optimizer", "adamw", "--batch", 16),
          ("--data", f"tokens={folder}/*.txt", "--data", f"label={folder}/*.txt",
           "--eval-split", 0.1, "--lr", 0.003),
          ("--steps", arguments.steps), ("--save-safetensors", out / "text-trained.safetensors"))
    with open(out / "text.jsonl", encoding="utf-8") as file:
        losses = [json.loads(line) for line in file]
    first = next(line["loss"] for line in losses if "loss" in line)
    last = losses[-1]["eval_loss"]
    print(f"bits per byte: {first / math.log(2):.2f} at the start, "
          f"{last / math.log(2):.2f} on the windows that did not train")


if __name__ == "__main__":
    main()
