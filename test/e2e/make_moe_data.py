"""Writes tokens and labels for models/make_moe.py's model into a folder."""

import pathlib
import sys

import numpy as np


def main():
    out = pathlib.Path(sys.argv[1])
    rng = np.random.default_rng(5)
    x = rng.standard_normal((64, 6, 8)).astype(np.float32)
    np.save(out / "x.npy", x)
    np.save(out / "label.npy", (x.mean(axis=(1, 2)) * 9).astype(np.int64) % 5)


if __name__ == "__main__":
    main()
