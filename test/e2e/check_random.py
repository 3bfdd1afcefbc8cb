"""A model of all random operators, and what is to be said of its outputs."""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROWS, WIDTH = 100, 50


def save(path, nodes, outputs, weights=()):
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", WIDTH])],
        [onnx.ValueInfoProto(name=name) for name in outputs], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=8),
              path)


def make(folder):
    node = helper.make_node
    save(folder / "random.onnx", [
        node("RandomNormalLike", ["x"], ["normal"], mean=2.0, scale=3.0, seed=1.0),
        node("RandomNormalLike", ["x"], ["other"], mean=2.0, scale=3.0, seed=1.0),
        node("RandomUniformLike", ["x"], ["uniform"], low=-1.0, high=4.0),
        node("Bernoulli", ["x"], ["chosen"], dtype=TensorProto.INT32),
        node("RandomNormal", [], ["noise"], shape=[3, 700]),
        node("RandomUniform", [], ["wide"], shape=[2000], dtype=TensorProto.DOUBLE),
        node("ReduceMean", ["normal", "axes"], ["means"], keepdims=0),
    ], ["normal", "other", "uniform", "chosen", "noise", "wide", "means"],
        [numpy_helper.from_array(np.array([0]), "axes")])
    save(folder / "train.onnx", [
        node("RandomNormalLike", ["x"], ["noise"]),
        node("Mul", ["noise", "w"], ["scaled"]),
        node("Add", ["x", "scaled"], ["y"]),
    ], ["y"], [numpy_helper.from_array(np.ones(WIDTH, np.float32), "w")])
    x = np.full((ROWS, WIDTH), 0.3, np.float32)
    np.save(folder / "x.npy", x)


def check(folder):
    def load(run):
        return {path.stem: np.load(path) for path in (folder / f"out.{run}").glob("*.npy")}

    one, two, seed = load("one"), load("two"), load("seed")
    assert len(one) == 7
    for name, values in one.items():
        # Sums over the ranks differ in their last digits.
        close = np.allclose if name == "means" else np.array_equal
        assert close(values, two[name]), name
        assert not np.array_equal(values, seed[name]), name
    normal, uniform, chosen = one["normal"], one["uniform"], one["chosen"]
    assert normal.shape == (ROWS, WIDTH) and np.all(np.isfinite(normal))
    assert abs(normal.mean() - 2) < 0.2 and abs(normal.std() - 3) < 0.2
    # As many beyond two deviations as there should be.
    assert 0.03 < np.mean(np.abs(normal - 2) > 6) < 0.06
    assert uniform.min() >= -1 and uniform.max() <= 4
    assert abs(uniform.mean() - 1.5) < 0.1 and abs(uniform.std() - 5 / 12**0.5) < 0.1
    assert set(np.unique(chosen)) == {0, 1} and abs(chosen.mean() - 0.3) < 0.05
    # Other operators, other rows and other batches, other numbers.
    assert abs(np.corrcoef(normal.ravel(), one["other"].ravel())[0, 1]) < 0.1
    assert not np.array_equal(normal[0], normal[1]) and not np.array_equal(normal[0], normal[40])
    # What has no rows is written once for each batch.
    noise, wide = one["noise"], one["wide"]
    assert noise.shape == (3, 3, 700) and wide.shape == (3, 2000) and wide.dtype == np.float64
    assert abs(noise.mean()) < 0.1 and abs(noise.std() - 1) < 0.1
    assert not np.array_equal(noise[0], noise[1])
    # The last batch has 20 rows.
    for batch, first in enumerate(range(0, ROWS, 40)):
        assert np.allclose(one["means"][batch], normal[first:first + 40].mean(0), 1e-4), batch


folder = pathlib.Path(sys.argv[2])
if sys.argv[1] == "make":
    make(folder)
else:
    check(folder)
