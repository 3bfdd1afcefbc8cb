"""Plans that differ in what their kernels compute, or on what, have other hashes;
the same plan has the same one in every run.

  check_plan_hash.py DPC FOLDER
"""

import json
import subprocess
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

DPC, FOLDER = sys.argv[1:]


def plan(alpha, operands=("h", "x"), name="node"):
    weight = numpy_helper.from_array(np.eye(4, dtype=np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["p"], name="product"),
             helper.make_node("LeakyRelu", ["p"], ["h"], name=name, alpha=alpha),
             helper.make_node("Sub", operands, ["y"], name="difference")]
    tensors = [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["batch", 4]) for value in ("x", "y")]
    graph = helper.make_graph(nodes, "g", tensors[:1], tensors[1:], [weight])
    save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), f"{FOLDER}/m.onnx")
    run = subprocess.run((DPC, "plan", f"{FOLDER}/m.onnx", "--json", "--batch", "2"), capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    report = json.loads(run.stdout)
    return report.pop("hash"), report


hash, report = plan(0.1)
assert plan(0.1) == (hash, report)
for other in (plan(0.2), plan(0.1, ("x", "h"))):
    assert other[1] == report, "these differ in the code alone"
    assert other[0] != hash, other
assert plan(0.1, name="other")[0] != hash
