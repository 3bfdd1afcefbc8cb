#!/usr/bin/env python3
"""Digits from tar shards of PNG images.

Packs the digits of models/data/mnist into shards, whose members are called
CLASS/NUMBER.png, and trains mlp.onnx from them; the pictures are decoded while the
steps run.
"""

import gzip
import io
import json
import struct
import tarfile
import zlib

from example import MODELS, parse, train

import numpy as np

from builder import save
from make_mlp import make_mlp

DIGITS = MODELS / "data" / "mnist"


def read_idx(name, offset):
    with gzip.open(DIGITS / name) as file:
        return np.frombuffer(file.read()[offset:], np.uint8)


def encode_png(image):
    """A gray image [height, width] of bytes."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    height, width = image.shape
    # Each line begins with its filter: none.
    lines = b"".join(b"\0" + line.tobytes() for line in image)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def write_shards(folder, split, count, shards):
    images = read_idx(f"{split}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:count]
    labels = read_idx(f"{split}-labels-idx1-ubyte.gz", 8)[:count]
    for shard in range(shards):
        with tarfile.open(folder / f"{split}-{shard}.tar", "w") as tar:
            for row in range(len(labels) * shard // shards, len(labels) * (shard + 1) // shards):
                data = encode_png(images[row])
                member = tarfile.TarInfo(f"{labels[row]}/{row:05}.png")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))


def main():
    arguments = parse(__doc__, rows=8000, shards=4, epochs=5)
    out = arguments.out
    folder = out / "digits"
    folder.mkdir(exist_ok=True)
    write_shards(folder, "train", arguments.rows, arguments.shards)
    write_shards(folder, "t10k", arguments.rows, 1)
    save(make_mlp(), out / "digits-mlp.onnx")
    train(arguments, "digits-mlp",
          ("--loss", "softmax-cross-entropy", "--optimizer", "adam", "--batch", 100),
          ("--data", f"image={folder}/train-*.tar", "--data", f"label={folder}/train-*.tar",
           "--eval-data", f"image={folder}/t10k-*.tar", "--eval-data", f"label={folder}/t10k-*.tar"),
          ("--epochs", arguments.epochs), ("--save-onnx", out / "digits-trained.onnx"))
    with open(out / "digits-mlp.jsonl", encoding="utf-8") as file:
        last = [json.loads(line) for line in file][-1]
    print(f"accuracy on the test digits: {last['eval_accuracy']:.3f}")


if __name__ == "__main__":
    main()
