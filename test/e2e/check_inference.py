"""Compares inference outputs with ONNX's reference evaluator."""

import gzip
import sys

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator


def main():
    model_path, mnist, *outputs = sys.argv[1:]
    with gzip.open(f"{mnist}/t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), dtype=np.uint8, offset=16).reshape(-1, 28, 28)
    (expected,) = ReferenceEvaluator(onnx.load(model_path)).run(None, {"image": images})
    for path in outputs:
        actual = np.load(path)
        assert actual.shape == expected.shape, (path, actual.shape)
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5, err_msg=path)


if __name__ == "__main__":
    main()
