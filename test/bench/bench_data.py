#!/usr/bin/env python3
"""How long the steps of the MLP 784-128-10 wait for their data, by the data's format.

  bench_data.py DPC [--steps N] [--rounds N] [--ranks N] [--batch N]

The digits come from the file that they are published in, from a .npy, from tables of 784
columns as text and as Parquet (if pyarrow is there), in memory and from a file, and from
JPEGs in a tar file (if Pillow is there). Prints the medians of the steps of all rounds
behind the first epoch. Everything else of the machine's should rest.
"""

import argparse
import gzip
import importlib.util
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
MNIST = ROOT / "models" / "data" / "mnist"


def write_tables(folder, image, label):
    names = [f"p{i}" for i in range(784)] + ["digit"]
    table = numpy.column_stack([image.reshape(len(image), -1), label])
    numpy.savetxt(folder / "digits.csv", table, "%d", ",", header=",".join(names), comments="")
    yield "csv", "digits.csv:-digit", "digits.csv:digit", []
    yield "csv, from a file", "digits.csv:-digit", "digits.csv:digit", ["--data-memory", "0"]
    if importlib.util.find_spec("pyarrow"):
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table(dict(zip(names, table.T))),
                                    folder / "digits.parquet", row_group_size=2000)
        yield "parquet", "digits.parquet:-digit", "digits.parquet:digit", []
        yield ("parquet, from a file", "digits.parquet:-digit", "digits.parquet:digit",
               ["--data-memory", "0"])


def write_jpegs(folder, image, label):
    from PIL import Image

    def add(name, content):
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))

    with tarfile.open(folder / "digits.tar", "w") as archive:
        for i, pixels in enumerate(image):
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "JPEG")
            add(f"{i:05}.jpg", buffer.getvalue())
            add(f"{i:05}.cls", str(label[i]).encode())
    yield "jpeg", "digits.tar", "digits.tar", []
    yield "jpeg, not read ahead", "digits.tar", "digits.tar", ["--read-ahead", "0"]


def write_data(folder):
    def read(name, offset):
        return numpy.frombuffer(gzip.decompress((MNIST / name).read_bytes()), numpy.uint8, offset=offset)

    image = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    label = read("train-labels-idx1-ubyte.gz", 8)
    yield ("idx.gz", MNIST / "train-images-idx3-ubyte.gz", MNIST / "train-labels-idx1-ubyte.gz", [])
    numpy.save(folder / "image.npy", image)
    numpy.save(folder / "label.npy", label)
    yield "npy", "image.npy", "label.npy", []
    yield "npy, read ahead", "image.npy", "label.npy", ["--read-ahead", "8"]
    yield from write_tables(folder, image, label)
    if importlib.util.find_spec("PIL"):
        yield from write_jpegs(folder, image, label)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dpc")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--batch", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        formats = list(write_data(folder))
        subprocess.run([sys.executable, ROOT / "models" / "make_mlp.py", "--out", folder], check=True)
        subprocess.run([options.dpc, "compile", folder / "mlp.onnx", "-o", folder / "mlp", "--strategy", "data",
                        "--ranks", str(options.ranks), "--batch", str(options.batch), "--loss",
                        "softmax-cross-entropy"], check=True, stdout=subprocess.DEVNULL)
        found = {kind: [] for kind, *_ in formats}
        for _ in range(options.rounds):
            for kind, image, label, more in formats:
                subprocess.run([options.dpc, "run", "-n", str(options.ranks), folder / "mlp", "--data",
                                f"image={folder / image}", "--data", f"label={folder / label}", "--steps",
                                str(options.steps), "--lr", "0.01", "--quiet", "--metrics", folder / "m.jsonl",
                                *more], check=True)
                steps = [json.loads(line) for line in (folder / "m.jsonl").read_text().splitlines()]
                steps = steps[8000 // options.batch:]
                total = sum(step["step_ms"] for step in steps)
                found[kind].append((statistics.median(step["step_ms"] for step in steps),
                                    statistics.median(step["data_ms"] for step in steps),
                                    100 * sum(step["data_ms"] for step in steps) / total))
        for kind, rounds in found.items():
            step, data, share = (statistics.median(column) for column in zip(*rounds))
            print(f"{kind:22} step {step:.3f} ms, of which data {data * 1000:5.1f} us; waits {share:.1f} %")


if __name__ == "__main__":
    main()
