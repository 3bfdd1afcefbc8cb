"""Checks that models have the same parameters, up to rounding."""

import sys

import numpy as np
import onnx


def read(path):
    graph = onnx.load(path).graph
    return {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}


def main():
    first, *others = sys.argv[1:]
    expected = read(first)
    for path in others:
        actual = read(path)
        assert actual.keys() == expected.keys(), path
        for name, value in expected.items():
            np.testing.assert_allclose(actual[name], value, rtol=1e-4, atol=1e-6, err_msg=f"{path}: {name}")


if __name__ == "__main__":
    main()
