#!/usr/bin/env python3
"""Compares what dpc inspect --json says with what models hold, and with what dpc
plan --json says of them.

  check_inspect.py DPC FOLDER
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def value(name, shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def run(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True,
                            text=True, check=False)
    if result.returncode or result.stderr:
        sys.exit(f"error: exit status {result.returncode} from {command}: "
                 f"{result.stderr}")
    return result.stdout


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"error: {what} is {found!r}, not {wanted!r}")


def make_plain():
    """A batch, a length, a weight, a scalar, a table of integers."""
    weights = [("w", np.ones((3, 3), np.float32)), ("scale", np.float32(2)),
               ("table", np.arange(4000))]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["xw"], "product"),
        helper.make_node("Mul", ["xw", "scale"], ["scaled"], "scaling"),
        helper.make_node("Gather", ["table", "i"], ["entry"], "look up"),
        helper.make_node("Cast", ["entry"], ["number"], "cast", to=FLOAT),
        helper.make_node("Add", ["scaled", "number"], ["y"], "sum")]
    graph = helper.make_graph(
        nodes, "plain", [value("x", ["batch", "length", 3]),
                         value("i", [1], TensorProto.INT64)],
        [value("y", ["batch", "length", 3])],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in weights])
    model = helper.make_model(graph, producer_name="someone", producer_version="7",
                              opset_imports=[helper.make_opsetid("", 17)])
    helper.set_model_props(model, {"author": "nobody\x1b[2J"})
    return model


def make_refused():
    """Two kinds of unknown nodes, one in a function that is called twice, one in
    a branch, and a known node that does not fit; what stands behind is not
    blamed."""
    function = helper.make_function(
        "my", "Twice", ["a"], ["b"],
        [helper.make_node("Frobnicate", ["a"], ["f"], "inner", domain="odd"),
         helper.make_node("Add", ["f", "f"], ["b"], "add")],
        [helper.make_opsetid("", 17), helper.make_opsetid("odd", 3)])
    nodes = [
        helper.make_node("Twice", ["x"], ["t1"], "call 1", domain="my"),
        helper.make_node("Twice", ["t1"], ["t2"], "call 2", domain="my"),
        helper.make_node("Transpose", ["x"], ["wrong"], "turn", perm=[0, 7]),
        helper.make_node("Relu", ["wrong"], ["behind"], "relu"),
        helper.make_node("Gemm", ["x", "w"], ["g"], "gemm"),
        helper.make_node("Wobble", ["g"], ["y"], "wobble", domain="odd")]
    graph = helper.make_graph(
        nodes, "refused", [value("x", ["n", 3])], [value("y", ["n", 3])],
        [numpy_helper.from_array(np.ones((3, 3), np.float32), "w")])
    return helper.make_model(
        graph, functions=[function],
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("my", 1),
                       helper.make_opsetid("odd", 3)])


def main():
    dpc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    plain, refused = folder / "plain.onnx", folder / "refused.onnx"
    onnx.save(make_plain(), plain)
    onnx.save(make_refused(), refused)

    sizes = ["--batch", "4", "--dim", "length=5"]
    found = json.loads(run(dpc, "inspect", plain, "--json", *sizes, "--loss", "mse",
                           "--optimizer", "adam"))
    expect("the producer", (found["exporter"]["name"], found["exporter"]["version"]),
           ("someone", "7"))
    expect("the metadata", found["metadata"], {"author": "nobody\x1b[2J"})
    expect("the inputs", found["inputs"],
           [{"name": "x", "type": "FLOAT", "shape": ["batch", "length", 3]},
            {"name": "i", "type": "INT64", "shape": [1]}])
    expect("what is trained", [p["name"] for p in found["trained"]], ["w"])
    expect("what is not", [p["name"] for p in found["not_trained"]],
           ["scale", "table"])
    expect("what is unsupported", found["unsupported"], [])
    expect("the batch", found["batch"], 4)
    for kind, options in (("inference", []),
                          ("training", ["--loss", "mse", "--optimizer", "adam"])):
        plan = json.loads(run(dpc, "plan", plain, "--json", *sizes, *options))
        expect(kind, found[kind], {"operations": plan["flops"],
                                   "memory_bytes": plan["memory_bytes"]})
    text = run(dpc, "inspect", plain, *sizes)
    if "\x1b" in text or "\\x1b[2J" not in text:
        sys.exit("error: what a terminal would obey is not shown as an escape")

    # A size that is missing is what stands in the way.
    found = json.loads(run(dpc, "inspect", plain, "--json"))
    expect("the number of problems", len(found["unsupported"]), 1)
    if "--dim length=N" not in found["unsupported"][0]["reason"]:
        sys.exit(f"error: the missing size is not named: {found['unsupported']}")

    found = json.loads(run(dpc, "inspect", refused, "--json"))
    operators = {op["operator"]: (op["nodes"], op["opset"], op["first"])
                 for op in found["operators"]}
    expect("the operators", operators, {
        "odd.Frobnicate": (2, 3, "call 1/inner"), "Add": (2, 17, "call 1/add"),
        "Transpose": (1, 17, "turn"), "Relu": (1, 17, "relu"),
        "Gemm": (1, 17, "gemm"), "odd.Wobble": (1, 3, "wobble")})
    expect("what is trained", [p["name"] for p in found["trained"]], ["w"])
    problems = [(p["operator"], p["nodes"], p["first"]) for p in found["unsupported"]]
    expect("the problems", problems,
           [("Frobnicate", 2, "call 1/inner"), ("Transpose", 1, "turn"),
            ("Wobble", 1, "wobble")])
    expect("the cost", found["inference"], None)


if __name__ == "__main__":
    main()
