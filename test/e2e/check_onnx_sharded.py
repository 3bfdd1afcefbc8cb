"""The plan written into the model, and back.

  check_onnx_sharded.py DPC MODEL.onnx OUT.onnx OPTIONS...

The model that `--emit onnx-sharded` writes is valid, computes the same, and
compiles to the same plan with the constraints that it carries. It splits
dimensions that its tensors have, and factors of them make them up.
"""

import json
import math
import subprocess
import sys

import onnx


def make_plan(dpc, model, options):
    run = subprocess.run([dpc, "plan", "--json", model, *options], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "device configurations" not in run.stderr, run.stderr
    plan = json.loads(run.stdout.replace(json.dumps(model)[1:-1], "MODEL"))
    # The pins are reasons of their own.
    for collective in sum((p["collectives"] for p in plan["programs"]), plan["collectives"]):
        collective.pop("reason", None)
    for key in ("hash", "model", "reshards"):
        plan.pop(key)
    return plan


def get_shapes(model):
    """Dimensions of all tensors that are known, None where symbolic."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.HasField("shape"):
            shapes.setdefault(value.name, [
                dim.dim_value if dim.HasField("dim_value") else None
                for dim in value.type.tensor_type.shape.dim])
    return shapes


def check_spec(spec, shape):
    axes = [dim.axis for dim in spec.sharded_dim]
    assert len(set(axes)) == len(axes), spec
    for dim in spec.sharded_dim:
        factors = dim.simple_sharding
        assert any(factor.num_shards > 1 for factor in factors), spec
        if len(factors) > 1:
            assert all(factor.HasField("dim_value") for factor in factors), spec
        if shape is None:
            continue
        assert 0 <= dim.axis < len(shape), (spec, shape)
        if len(factors) > 1 and shape[dim.axis] is not None:
            assert math.prod(f.dim_value for f in factors) == shape[dim.axis], (spec, shape)


def main():
    dpc, model, out, *options = sys.argv[1:]
    subprocess.run([dpc, "compile", model, *options, "--emit", "onnx-sharded", "-o", out], check=True)
    before, after = onnx.load(model), onnx.load(out)
    onnx.checker.check_model(after, full_check=True)
    assert after.ir_version >= 11
    plan = make_plan(dpc, model, options)
    assert [(c.name, c.num_devices) for c in after.configuration] == [("dpc", plan["ranks"])]
    assert list(before.graph.initializer) == list(after.graph.initializer)

    stages, named, shapes = set(), set(), get_shapes(before)
    assert all(tensor.name in shapes for tensor in before.graph.initializer)
    for node, original in zip(after.graph.node, before.graph.node, strict=True):
        for entry in node.device_configurations:
            assert entry.configuration_id == "dpc"
            if entry.HasField("pipeline_stage"):
                stages.add(entry.pipeline_stage)
            for spec in entry.sharding_spec:
                named.add(spec.tensor_name)
                check_spec(spec, shapes.get(spec.tensor_name))
        node.ClearField("device_configurations")
        assert node == original
    # Every parameter that is split says so.
    for parameter in plan["parameters"]:
        assert "dim_axes" not in parameter or parameter["name"] in named, parameter
    pipe = plan["mesh"].get("pipe", 1)
    if "interleaved" in options:
        pipe *= 2
    assert stages == (set(range(pipe)) if pipe > 1 else set()), stages

    again = make_plan(dpc, out, options)
    differing = [key for key in plan if plan[key] != again[key]]
    assert not differing, f"{options}: other {differing} after the round trip"


if __name__ == "__main__":
    main()
