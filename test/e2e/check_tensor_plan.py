"""Checks the plan of models/make_mlp.py's MLP with weights split over "tensor"."""

import argparse
import json


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    parser.add_argument("--mesh", required=True)
    parser.add_argument("--tensor-bytes", type=int, required=True)
    parser.add_argument("--data-bytes", type=int, default=0)
    args = parser.parse_args()
    with open(args.plan) as file:
        plan = json.load(file)
    mesh = {name: int(size) for name, size in (axis.split("=") for axis in args.mesh.split(","))}
    assert {axis: size for axis, size in plan["mesh"].items() if size > 1} == mesh

    parameters = {p["name"]: p for p in plan["parameters"]}
    part = 128 // mesh["tensor"]
    expected = {
        "fc1.weight": ([part, 784], [["tensor"], []]),
        "fc1.bias": ([part], [["tensor"]]),
        "fc2.weight": ([10, part], [[], ["tensor"]]),
        "fc2.bias": ([10], None),
    }
    for name, (shape, axes) in expected.items():
        assert parameters[name]["shape"] == shape, parameters[name]
        assert parameters[name].get("dim_axes") == axes, parameters[name]
    for state in plan["state"]:
        assert state["shape"] == parameters[state["name"].rsplit(".", 1)[0]]["shape"], state

    tensor = [c for c in plan["collectives"] if c["axes"] == ["tensor"]]
    assert [c["kind"] for c in tensor] == ["all_reduce"], tensor
    assert tensor[0]["phase"] == "forward" and tensor[0]["node"] == "fc2", tensor
    assert tensor[0]["bytes"] == args.tensor_bytes, tensor
    data = [c for c in plan["collectives"] if c["axes"] == ["data"] and c["kind"] == "all_reduce"]
    assert all(c["phase"] == "backward" for c in data), data
    assert sum(c["bytes"] for c in data) == args.data_bytes, data


if __name__ == "__main__":
    main()
