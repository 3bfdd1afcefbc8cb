"""Inference and evaluation with rows that only fill up the last batch, on 1 to
3 ranks, against what ONNX's reference evaluator makes of each batch."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

DPC, OUT = sys.argv[1], pathlib.Path(sys.argv[2])
RNG = np.random.default_rng(5)


def values(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def make(name, nodes, inputs, weights, outputs=("y",)):
    """inputs: name -> shape; all are f32."""
    graph = helper.make_graph(
        [helper.make_node(op, i.split(), o.split(), name=o, **kw)
         for op, i, o, kw in nodes], "g",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
         for n, s in inputs.items()],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None)
         for o in outputs],
        [numpy_helper.from_array(np.asarray(w), n) for n, w in weights.items()])
    path = OUT / f"{name}.onnx"
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path, model


def dpc(*args):
    return subprocess.run([DPC, *map(str, args)], text=True,
                          capture_output=True, timeout=300, check=False)


def succeed(*args):
    result = dpc(*args)
    assert result.returncode == 0, result.stderr
    return result


def data(arrays, prefix, flag="--data"):
    args = []
    for name, array in arrays.items():
        path = OUT / f"{prefix}_{name}.npy"
        np.save(path, array)
        args += [flag, f"{name}={path}"]
    return args


def check(name, made, batch, ranks, feeds, expected, *options):
    path, _ = made
    exe = OUT / f"{name}{ranks}"
    succeed("compile", path, "-o", exe, "--batch", batch, "--ranks", ranks,
            *options)
    folder = OUT / f"{name}{ranks}_out"
    succeed("run", "-n", ranks, exe, *data(feeds, name), "--outputs", folder)
    for output, array in expected.items():
        actual = np.load(folder / f"{output}.npy")
        assert actual.shape == array.shape, (name, ranks, actual.shape)
        np.testing.assert_allclose(actual, array, rtol=1e-5, atol=1e-5,
                                   err_msg=f"{name} on {ranks}")
    print(name, ranks)


def by_batch(model, x, batch):
    """The outputs of the batches, the last of which may be smaller."""
    evaluator = ReferenceEvaluator(model)
    parts = [evaluator.run(None, {"x": x[i:i + batch]})
             for i in range(0, len(x), batch)]
    return [np.concatenate(p) for p in zip(*parts)]


def merged():
    w = values(4, 5)
    x = values(5, 3, 4)
    made = make("merged", [
        ("MatMul", "x w", "h", {}),
        ("Reshape", "h tokens", "tokens_out", {}),
        ("Transpose", "h", "t", {"perm": [1, 0, 2]}),
        ("Reshape", "t tokens", "major", {}),
        ("Reshape", "h lead", "led", {})],
        {"x": ["N", 3, 4]},
        {"w": w, "tokens": np.array([-1, 5]), "lead": np.array([1, -1, 5])},
        ["tokens_out", "major", "led"])
    h = x @ w
    for ranks in (1, 2, 3):
        check("merged", made, 2, ranks, {"x": x},
              {"tokens_out": h.reshape(-1, 5),
               "major": h.transpose(1, 0, 2).reshape(-1, 5),
               "led": h.reshape(1, -1, 5)})
    pairs = make("pairs", [("Reshape", "x s", "y", {})], {"x": ["N", 3]},
                 {"s": np.array([-1, 6])})
    x = values(6, 3)
    for ranks in (1, 3):
        check("pairs", pairs, 4, ranks, {"x": x}, {"y": x.reshape(-1, 6)})
    result = dpc("run", "-n", 1, OUT / "pairs1", *data({"x": x[:5]}, "odd"),
                 "--outputs", OUT / "odd")
    assert result.returncode == 1 and "a multiple of 2" in result.stderr, result


def statistics():
    x = values(7, 3) + 2
    for name, nodes in {
            "mean": [("ReduceMean", "x", "m", {"axes": [0]}),
                     ("Sub", "x m", "y", {})],
            "max": [("Neg", "x", "n", {}),
                    ("ReduceMax", "n", "m", {"axes": [0]}),
                    ("Sub", "n m", "y", {})],
            "softmax": [("Softmax", "x", "y", {"axis": 0})],
            "pairwise": [("Transpose", "x", "t", {}), ("MatMul", "x t", "s", {}),
                         ("Softmax", "s", "a", {"axis": 1}),
                         ("MatMul", "a x", "y", {})]}.items():
        made = make(name, nodes, {"x": ["N", 3]}, {})
        for ranks in (1, 2, 3):
            check(name, made, 4, ranks, {"x": x},
                  {"y": by_batch(made[1], x, 4)[0]})
    # What cannot be masked is refused, and does not pass for a result.
    made = make("pick", [("Slice", "x s e", "p", {}), ("Sub", "x p", "y", {})],
                {"x": ["N", 3]}, {"s": np.array([1, 0]), "e": np.array([2, 3])})
    succeed("compile", made[0], "-o", OUT / "pick", "--batch", 4)
    result = dpc("run", "-n", 1, OUT / "pick", *data({"x": x}, "pick"),
                 "--outputs", OUT / "pick_out")
    assert result.returncode == 1, result
    assert result.stderr.startswith("dpc: error: p: "), result.stderr
    assert "full batches of 4" in result.stderr, result.stderr


def counted():
    """The number of rows as a number, as `x.sum(0) / len(x)` exports it, and as
    a shape; and of a batch of one."""
    x = values(5, 3)
    shape = [("Shape", "x", "s", {}), ("Gather", "s zero", "n", {})]
    made = make("counted", shape + [
        ("Cast", "n", "f", {"to": TensorProto.FLOAT}),
        ("ReduceSum", "x axis", "t", {}), ("Div", "t f", "m", {}),
        ("Sub", "x m", "y", {}), ("Concat", "n one", "r", {"axis": 0}),
        ("ConstantOfShape", "r", "z", {}), ("Reshape", "x r3", "w", {})],
        {"x": ["N", 3]},
        {"zero": np.array([0]), "axis": np.array([0]), "one": np.array([1]),
         "r3": np.array([-1, 3])}, ["y", "z", "w"])
    for batch in (4, 1):
        for ranks in (1, 2):
            check("counted", made, batch, ranks, {"x": x},
                  dict(zip("yzw", by_batch(made[1], x, batch))))
    made = make("mask", [("Dropout", "x", "d m", {}), ("Cast", "m", "y", {"to": 1})],
                {"x": ["N", 3]}, {})
    x = values(5, 3)
    for ranks in (1, 2):
        check("mask", made, 2, ranks, {"x": x}, {"y": np.ones_like(x)})
    made = make("one", [("Unsqueeze", "x a", "u", {}), ("Relu", "u", "y", {})],
                {"x": ["N", 1, 2]}, {"a": np.array([0])})
    x = values(3, 1, 2)
    check("one", made, 1, 2, {"x": x}, {"y": np.maximum(x, 0)[None]})


def evaluation():
    w, x, label = values(3, 2), values(5, 3), values(5, 2)
    path, model = make("centred", [
        ("MatMul", "x w", "h", {}), ("ReduceMean", "h", "m", {"axes": [0]}),
        ("Sub", "h m", "y", {})], {"x": ["N", 3]}, {"w": w})
    y = by_batch(model, x, 4)[0]
    for ranks in (1, 2, 3):
        exe = OUT / f"centred{ranks}"
        succeed("compile", path, "-o", exe, "--batch", 4, "--loss", "mse",
                "--ranks", ranks)
        metrics = OUT / f"centred{ranks}.jsonl"
        succeed("run", "-n", ranks, exe,
                *data({"x": x[:4], "label": label[:4]}, "train"),
                *data({"x": x, "label": label}, "eval", "--eval-data"),
                "--steps", 1, "--lr", 0, "--metrics", metrics)
        loss = json.loads(metrics.read_text().splitlines()[-1])["eval_loss"]
        np.testing.assert_allclose(loss, np.mean((y - label) ** 2), rtol=1e-5)
        print("evaluation", ranks)


def places():
    """The batch in dimension 1, trained and evaluated; labels follow it."""
    w, x, label = values(3, 2), values(4, 6, 3), values(4, 6, 2)
    path, _ = make("time", [("MatMul", "x w", "y", {})],
                   {"x": ["T", "batch", 3]}, {"w": w})
    losses = []
    for ranks in (1, 2, 3):
        exe = OUT / f"time{ranks}"
        succeed("compile", path, "-o", exe, "--batch", 4, "--dim", "T=4",
                "--loss", "mse", "--ranks", ranks)
        metrics = OUT / f"time{ranks}.jsonl"
        succeed("run", "-n", ranks, exe, *data({"x": x, "label": label}, "time"),
                *data({"x": x, "label": label}, "time", "--eval-data"),
                "--no-shuffle", "--steps", 1, "--lr", 0, "--metrics", metrics)
        step, last = map(json.loads, metrics.read_text().splitlines())
        error = (x @ w - label) ** 2
        np.testing.assert_allclose(step["loss"], error[:, :4].mean(), rtol=1e-5)
        np.testing.assert_allclose(last["eval_loss"], error.mean(), rtol=1e-5)
        print("batch in dimension 1", ranks)
    mask, x = values(4, 4), values(6, 4)
    made = make("table", [("MatMul", "x mask", "y", {})],
                {"mask": [4, 4], "x": ["N", 4]}, {})
    check("table", made, 4, 2, {"mask": mask, "x": x}, {"y": x @ mask})
    made = make("fixed", [("MatMul", "x mask", "y", {})],
                {"mask": [4, 4], "x": [4, 4]}, {})
    check("fixed", made, 4, 2, {"mask": mask, "x": x}, {"y": x @ mask},
          "--batch-dim", "x")


merged()
statistics()
counted()
evaluation()
places()
