"""Runs models that look up rows of tables, with data in and out of range."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

DPC, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
ROWS, DIM, BATCH = 6, 3, 4
TABLE = np.arange(ROWS * DIM, dtype=np.float32).reshape(ROWS, DIM) / 10
node = helper.make_node


def model(nodes, dtype=T.INT64, constants=(), shape=("N", 2), inputs=(), outputs=("y",)):
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(name, kind, dims)
            for name, kind, dims in [("ids", dtype, shape), *inputs]
        ],
        [helper.make_tensor_value_info(name, T.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in [("table", TABLE), *constants]],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def gather(indices, axis=0):
    return node("Gather", ["table", indices], ["y"], name="lookup", axis=axis)


PLAIN = model([gather("ids")])
SHIFTED = model(
    [node("Add", ["ids", "three"], ["moved"]), gather("moved")], constants=[("three", np.int64(3))]
)
FLAT = model(
    [
        node("Sub", ["ids", "one"], ["moved"]),
        node("Reshape", ["moved", "all"], ["flat"]),
        node("Gather", ["table", "flat"], ["rows"], name="lookup"),
        node("Reshape", ["rows", "back"], ["y"]),
    ],
    constants=[("one", np.int64(1)), ("all", np.array([-1])), ("back", np.array([-1, 2, DIM]))],
)
WIDENED = model(
    [
        node("Cast", ["ids"], ["wide"], to=T.INT64),
        node("Unsqueeze", ["wide", "two"], ["deep"]),
        gather("deep"),
    ],
    dtype=T.UINT8,
    constants=[("two", np.array([2]))],
)
ROUNDED = model([node("Cast", ["ids"], ["whole"], to=T.INT32), gather("whole")], dtype=T.FLOAT)
NESTED = model(
    [
        node("Gather", ["map", "ids"], ["inner"], name="map"),
        node("Cast", ["inner"], ["whole"], to=T.INT64),
        gather("whole"),
    ],
    constants=[("map", np.array([0, 1, 2, 3, 4, 5, -7], np.float32))],
)
COLUMNS = model([gather("ids", axis=1)], shape=(2,))
LABELS = model(
    [
        node("Mul", ["scale", "x0"], ["x"]),
        node("Add", ["ids", "one"], ["classes"]),
        node("SoftmaxCrossEntropyLoss", ["x", "classes"], ["y"], name="loss", ignore_index=-5),
    ],
    constants=[("one", np.int64(1)), ("scale", np.ones(DIM, np.float32))],
    shape=("N",),
    inputs=[("x0", T.FLOAT, ("N", DIM))],
)


def ids(*rows, dtype=np.int64):
    return np.array(rows, dtype)


def fine(rows, dtype=np.int64):
    return np.arange(2 * rows, dtype=dtype).reshape(rows, 2) % 3


def with_row(rows, row, values, dtype=np.int64):
    result = fine(rows, dtype)
    result[row] = values
    return result


count = 0
compiled = {}


def run(model, data, flags=(), ranks=1, loss="mse", steps=(), evaluation=None, batch=BATCH):
    """The finished process. Compiles each model once for the same flags."""
    global count
    key = (id(model), flags, ranks, loss)
    if key not in compiled:
        count += 1
        path = FOLDER / f"{count}"
        onnx.save(model, f"{path}.onnx")
        command = [DPC, "compile", f"{path}.onnx", "-o", path, "--ranks", ranks]
        command += ["--batch", batch] if batch else []
        command += ["--loss", loss] if loss else []
        subprocess.run([str(c) for c in (*command, *flags)], check=True)
        compiled[key] = path
    path = compiled[key]
    command = [DPC, "run", "-n", ranks, path]
    for flag, arrays in (("--data", data), ("--eval-data", evaluation or {})):
        for name, array in arrays.items():
            file = f"{path}.{flag}.{name}.npy"
            np.save(file, array)
            command += [flag, f"{name}={file}"]
    if any(flag == "infer" for flag in steps):
        command += ["--outputs", f"{path}.out"]
    else:
        command += ["--no-shuffle", *steps]
    return subprocess.run(
        [str(c) for c in command], env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )


def refused(what, *words, **arguments):
    result = run(**arguments)
    lines = result.stderr.splitlines()
    ok = result.returncode == 1 and len(lines) == 1 and lines[0].startswith("dpc: error: ")
    assert ok and all(word in lines[0] for word in words), (what, words, result)
    print("refused:", lines[0])


def accepted(what, **arguments):
    result = run(**arguments)
    assert result.returncode == 0 and not result.stderr, (what, result)


def labelled(array, shape=None):
    return {"ids": array, "label": np.zeros(shape or (len(array), 2, DIM), np.float32)}


def main():
    first = {"steps": ("--steps", 1)}
    pipeline = ("--strategy", "pipeline", "--microbatches", "2")
    layouts = [
        ((), 1),
        (("--strategy", "data"), 3),
        (("--strategy", "tensor"), 2),
        (("--strategy", "zero", "--zero-stage", "3"), 2),
    ]

    # Of an input: the loader, in all rows, whatever runs first.
    for bad in (6, -7, 10**12):
        refused("input", "row 7", f" {bad} ", "[-6, 6)", "'lookup'", ".ids.npy:", model=PLAIN,
                data=labelled(with_row(8, 7, [0, bad])), **first)
    for flags, ranks in layouts:
        accepted("input", model=PLAIN, flags=flags, ranks=ranks, data=labelled(with_row(8, 3, [-6, 5])))
        refused("input", "row 1", " 6 ", "'lookup'", model=PLAIN, flags=flags, ranks=ranks,
                data=labelled(with_row(8, 1, [0, 6])), **first)
    refused("evaluation", "row 4", " 9 ", "--eval-data.ids.npy", model=PLAIN, data=labelled(fine(8)),
            evaluation=labelled(with_row(5, 4, [9, 0])), **first)
    refused("inference", "row 4", " -9 ", model=PLAIN, loss=None, data={"ids": with_row(5, 4, [-9, 0])},
            steps=("infer",))
    refused("bytes", "row 2", " 200 ", "[-6, 6)", model=WIDENED,
            data=labelled(with_row(4, 2, [200, 0], np.uint8), (4, 2, 1, DIM)), **first)
    refused("columns", "row 1", " 3 ", "[-3, 3)", model=COLUMNS, loss=None, batch=None,
            data={"ids": ids(0, 3)}, steps=("infer",))

    # Computed: the program, as soon as it comes to it.
    for flags, ranks in [*layouts, (("--accumulate", "2"), 1), (("--strategy", "data", "--accumulate", "2"), 2)]:
        accepted("sum", model=SHIFTED, flags=flags, ranks=ranks, data=labelled(with_row(8, 3, [-9, 2])))
        refused("sum", "lookup:", "row 6", " 6,", "[-6, 6)", model=SHIFTED, flags=flags, ranks=ranks,
                data=labelled(with_row(8, 6, [0, 3])))
    for flags, ranks in [((), 1), (("--strategy", "data"), 2)]:
        refused("flat", "lookup:", "row 3", " -7,", model=FLAT, flags=flags, ranks=ranks,
                data=labelled(with_row(4, 3, [0, -6])))
    refused("evaluation", "lookup:", "row 4 of --eval-data", " 8,", model=SHIFTED, data=labelled(fine(8) - 3),
            evaluation=labelled(with_row(5, 4, [0, 5])), **first)
    # Rows that fill up the last batch are zeros, and so their indices -1000.
    far = model([node("Sub", ["ids", "many"], ["moved"]), gather("moved")], constants=[("many", np.int64(1000))])
    for flags, ranks in [((), 1), (("--strategy", "data"), 3)]:
        accepted("padding", model=far, flags=flags, ranks=ranks, loss=None,
                 data={"ids": fine(5) + 1000}, steps=("infer",))
        refused("padding", "row 4 of --data", " -7,", model=far, flags=flags, ranks=ranks, loss=None,
                data={"ids": with_row(5, 4, [-7, 0]) + 1000}, steps=("infer",))
    for bad in (np.nan, 1e30, 6.5):
        refused("float", "lookup:", "row 2", "[-6, 6)", model=ROUNDED,
                data=labelled(with_row(4, 2, [bad, 0], np.float32)), **first)
    accepted("nested", model=NESTED, data=labelled(fine(4)), **first)
    refused("nested", "lookup:", "row 1", " -7,", model=NESTED, data=labelled(with_row(4, 1, [6, 0])), **first)

    # Labels that the model computes for its own loss.
    scores = np.ones((4, DIM), np.float32)
    accepted("labels", model=LABELS, loss=None, data={"x0": scores, "ids": ids(-1, 1, -6, 0)})
    refused("labels", "loss:", "row 2", " 3,", "[0, 3) or -5", model=LABELS, loss=None,
            data={"x0": scores, "ids": ids(-1, 1, 2, 0)})

    # In a stage of a pipeline.
    deep = model(
        [
            node("Add", ["ids", "three"], ["moved"]),
            node("Gather", ["table", "moved"], ["rows"], name="lookup"),
            node("MatMul", ["rows", "a"], ["h"], name="first"),
            node("Relu", ["h"], ["g"]),
            node("MatMul", ["g", "b"], ["y"], name="second"),
        ],
        constants=[("three", np.int64(3)), ("a", np.ones((DIM, 8), np.float32)), ("b", np.ones((8, DIM), np.float32))],
    )
    accepted("pipeline", model=deep, flags=pipeline, ranks=2, data=labelled(with_row(8, 3, [-9, 2])))
    refused("pipeline", "lookup:", "row 7", " 11,", model=deep, flags=pipeline, ranks=2,
            data=labelled(with_row(8, 7, [0, 8])))


if __name__ == "__main__":
    main()
