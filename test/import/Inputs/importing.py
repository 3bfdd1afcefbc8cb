"""What the importer's tests share: small models, and runs of dpc-import-test."""

import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32 = TensorProto.FLOAT


def folder():
    """The empty folder that the test's RUN line names."""
    path = pathlib.Path(sys.argv[1])
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def value(name, shape=("batch", 4), elem_type=F32):
    return helper.make_tensor_value_info(name, elem_type, shape)


def tensor(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def node(op_type, inputs, outputs, name=None, **attributes):
    return helper.make_node(op_type, inputs, outputs, name=name, **attributes)


def model(nodes=None, inputs=None, outputs=None, initializers=(), opset=17,
          ir_version=8, functions=(), opsets=None):
    """A model; by default y = Relu(x)."""
    if nodes is None:
        nodes = [node("Relu", ["x"], ["y"], "relu")]
    graph = helper.make_graph(
        nodes, "g", [value("x")] if inputs is None else inputs,
        [value("y", None)] if outputs is None else outputs, list(initializers))
    if opsets is None:
        opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, ir_version=ir_version, opset_imports=opsets,
                             functions=list(functions))


def write(path, content):
    """Writes a model, or bytes, without any check."""
    data = content if isinstance(content, bytes) else content.SerializeToString()
    path.write_bytes(data)
    return path


def run(path, *flags):
    # A crash must not pass for a refusal, nor a hang for work.
    return subprocess.run(["dpc-import-test", *flags, str(path)],
                          capture_output=True, timeout=120)


def accept(path, *flags):
    """The text of the module."""
    result = run(path, *flags)
    if result.returncode != 0 or result.stderr:
        sys.exit(f"{path}: expected to be imported, but: {result}")
    return result.stdout.decode()


def refuse(path, where, what, *flags):
    """Expects exit status 1 and one line, `error: WHERE: WHAT; HINT`."""
    result = run(path, *flags)
    text = result.stderr.decode()
    lines = text.splitlines()
    problem = None
    if result.returncode != 1:
        problem = f"exit status {result.returncode}"
    elif result.stdout:
        problem = "output beside the error"
    elif len(lines) != 1:
        problem = f"{len(lines)} lines"
    elif not lines[0].startswith(f"error: {where}: "):
        problem = f"does not name {where}"
    elif not re.search(what, lines[0]):
        problem = f"does not match {what!r}"
    elif not re.search(r"; \S", lines[0]):
        problem = "gives no hint"
    if problem:
        sys.exit(f"{path}: {problem}:\n{text}")


class Refusals:
    """Writes models into a folder and expects each to be refused."""

    def __init__(self, path):
        self.path = path
        self.count = 0

    def __call__(self, content, what, where=None, *flags):
        path = write(self.path / f"{self.count}.onnx", content)
        self.count += 1
        refuse(path, path if where is None else where, what, *flags)
