"""Shardings of a fused dimension that somebody else wrote into the model.

  check_onnx_factors.py DPC gpt.onnx FOLDER

Of the weight of a fused projection to 60 = 3 x 5 heads x 4, plain parts are
blocks of rows, and a split of the second of three factors is one by heads.
"""

import json
import os
import subprocess
import sys

import onnx

TRAIN = ["--loss", "softmax-cross-entropy", "--batch", "4"]
WEIGHT = "layers.0.attention.query_key_value.weight"
OUTPUT = "/layers.0/attention/query_key_value/MatMul_output_0"


def annotate(model, out, tensor, axis, factors):
    model = onnx.load(model)
    model.ir_version = 11
    model.configuration.add(name="pod", num_devices=2)
    node = next(n for n in model.graph.node if tensor in (*n.input, *n.output))
    entry = node.device_configurations.add(configuration_id="pod")
    spec = entry.sharding_spec.add(tensor_name=tensor, device=[0, 1])
    dim = spec.sharded_dim.add(axis=axis)
    for extent, shards in factors:
        factor = dim.simple_sharding.add(num_shards=shards)
        if extent:
            factor.dim_value = extent
    onnx.save(model, out)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def get_shape(dpc, model, name, *options):
    plan = run(dpc, "plan", "--json", model, *options)
    assert plan.returncode == 0, plan.stderr
    parameters = json.loads(plan.stdout)["parameters"]
    return next(p["shape"] for p in parameters if p["name"] == name)


def verify(dpc, model, *options):
    result = run(dpc, "verify", model, "--quiet", "--steps", "1", *options)
    assert result.returncode == 0, result.stderr


def main():
    dpc, gpt, folder = sys.argv[1:]
    path = os.path.join(folder, "annotated.onnx")
    tensor = [*TRAIN, "--strategy", "tensor", "--ranks", "2"]
    data = [*TRAIN, "--strategy", "data", "--ranks", "2"]

    # What would be refined is not, where the model says blocks.
    annotate(gpt, path, WEIGHT, 0, [(0, 2)])
    assert get_shape(dpc, path, WEIGHT, *tensor) == [30, 20]
    verify(dpc, path, *tensor)
    annotate(gpt, path, OUTPUT, -1, [(60, 2)])
    assert get_shape(dpc, path, WEIGHT, *tensor)[-1] == 20
    verify(dpc, path, *tensor)
    # For another number of ranks it says nothing.
    assert get_shape(dpc, path, WEIGHT, *TRAIN, "--ranks", "3") == [3, 5, 4, 20]
    # Heads; and blocks of several factors.
    annotate(gpt, path, WEIGHT, 0, [(3, 1), (5, 2), (4, 1)])
    assert get_shape(dpc, path, WEIGHT, *tensor) == [3, 3, 4, 20]
    verify(dpc, path, *tensor)
    annotate(gpt, path, WEIGHT, 0, [(15, 1), (4, 2)])
    assert get_shape(dpc, path, WEIGHT, *tensor) == [3, 5, 2, 20]
    verify(dpc, path, *tensor)
    # Rows of the output hinder nothing.
    annotate(gpt, path, OUTPUT, 0, [(0, 2)])
    assert get_shape(dpc, path, WEIGHT, *data) == [3, 5, 4, 20]
    verify(dpc, path, *data)

    # What the program cannot do.
    for factors, axis, message in [
        ([(2, 2), (30, 1)], 0, "does not keep apart in this way; split another dimension"),
        ([(5, 2), (4, 1)], 0, "does not keep apart in this way"),
        ([(60, 2)], 2, "splits dimension 2 of '" + WEIGHT + "', which has 2 dimensions"),
    ]:
        annotate(gpt, path, WEIGHT, axis, factors)
        result = run(dpc, "plan", path, *tensor)
        assert result.returncode == 1 and message in result.stderr, result.stderr
        assert result.stderr.count("\n") == 1, result.stderr


if __name__ == "__main__":
    main()
