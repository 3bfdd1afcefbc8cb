"""The plan written into the model, and back.

  check_onnx_sharded.py DPC MODEL.onnx OUT.onnx OPTIONS...

The model that `--emit onnx-sharded` writes is valid, computes the same, and
compiles to the same plan with the constraints that it carries.
"""

import json
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


def main():
    dpc, model, out, *options = sys.argv[1:]
    subprocess.run([dpc, "compile", model, *options, "--emit", "onnx-sharded", "-o", out], check=True)
    before, after = onnx.load(model), onnx.load(out)
    onnx.checker.check_model(after, full_check=True)
    assert after.ir_version >= 11
    plan = make_plan(dpc, model, options)
    assert [(c.name, c.num_devices) for c in after.configuration] == [("dpc", plan["ranks"])]
    assert list(before.graph.initializer) == list(after.graph.initializer)

    stages, named = set(), set()
    for node, original in zip(after.graph.node, before.graph.node, strict=True):
        for entry in node.device_configurations:
            assert entry.configuration_id == "dpc"
            if entry.HasField("pipeline_stage"):
                stages.add(entry.pipeline_stage)
            for spec in entry.sharding_spec:
                named.add(spec.tensor_name)
                for dim in spec.sharded_dim:
                    assert dim.simple_sharding[0].num_shards > 1, spec
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
