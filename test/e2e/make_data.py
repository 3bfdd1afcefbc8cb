"""Writes a small good data set for the MLP and its broken variants."""

import gzip
import os
import sys

import numpy as np


def main():
    folder = sys.argv[1]
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, 60, dtype=np.uint8)

    def path(name):
        return os.path.join(folder, name)

    np.save(path("images.npy"), images)
    np.save(path("labels.npy"), labels)
    np.save(path("shape.npy"), images[:, :27])
    np.save(path("float.npy"), images.astype(np.float32))
    np.save(path("few.npy"), labels[:50])
    wrong = labels.astype(np.int64)
    wrong[37] = 10
    np.save(path("range.npy"), wrong)
    whole = open(path("images.npy"), "rb").read()
    open(path("cut.npy"), "wb").write(whole[:-1000])
    open(path("cut.gz"), "wb").write(gzip.compress(whole)[:-1000])
    open(path("empty.npy"), "wb").close()
    open(path("text.npy"), "w").write("not an array\n" * 10)


if __name__ == "__main__":
    main()
