"""Pins of --shardings hold under every strategy, and change no value.

  check_shardings.py DPC mlp.onnx
"""

import json
import os
import subprocess
import sys

COMMON = ["--loss", "softmax-cross-entropy", "--batch", "24", "--optimizer", "adam"]

# Strategy and mesh, the constraints, and how parameters must lie.
CASES = [
    # Row, then column: not what the search would choose.
    (
        ["--strategy", "tensor", "--mesh", "tensor=2"],
        "fc1.weight = [-, tensor]\nfc2.weight = [tensor, -]\n",
        {"fc1.weight": [[], ["tensor"]], "fc2.weight": [["tensor"], []]},
    ),
    # Nothing split, although the strategy would.
    (
        ["--strategy", "tensor", "--mesh", "tensor=2"],
        "fc?.* = [-, -]\nfc?.bias = [-]\n",
        {"fc1.weight": None, "fc2.weight": None, "fc1.bias": None},
    ),
    # A parameter split under plain data parallelism, and rows of the input left whole.
    (
        ["--strategy", "data", "--mesh", "data=3"],
        "fc1.weight = [data, -]\nimage = [-, -, -]\n",
        {"fc1.weight": [["data"], []], "fc2.weight": None},
    ),
    # The columns of the input: read whole, then cut.
    (
        ["--strategy", "hybrid", "--mesh", "data=2,tensor=2"],
        "image = [data, -, tensor]\nfc1 = [data*tensor, -]\n",
        {},
    ),
    # Storage is split on top of what is pinned.
    (
        ["--strategy", "hybrid", "--mesh", "data=2,tensor=2", "--zero-stage", "3"],
        "fc1.weight = [-, tensor]\n",
        {"fc1.weight": [["data"], ["tensor"]]},
    ),
    # Over two axes, the minor one of the mesh first.
    (
        ["--strategy", "hybrid", "--mesh", "data=2,tensor=2"],
        "fc1.weight = [tensor*data, -]\n",
        {"fc1.weight": [["tensor", "data"], []]},
    ),
    # Over parts of an axis: the minor one by row, the major one by column.
    (
        ["--strategy", "tensor", "--mesh", "tensor=4"],
        "fc1.weight = [tensor:(2)2, tensor:(1)2]\n",
        {"fc1.weight": [["tensor:(2)2"], ["tensor:(1)2"]]},
    ),
    # What is split over both parts, or all of one, has the axis' own name.
    (
        ["--strategy", "hybrid", "--mesh", "tensor=4,data=2"],
        "fc1.weight = [tensor:(1)2 * tensor:(2)2, -]\nfc2.weight = [-, tensor:(1)4]\n",
        {"fc1.weight": [["tensor"], []], "fc2.weight": [[], ["tensor"]]},
    ),
    # Hybrid sharded data parallelism: stored in two parts, each twice.
    (
        ["--strategy", "data", "--mesh", "data=4", "--zero-stage", "1"],
        "fc1.weight = [data:(2)2, -]\n",
        {"fc1.weight": [["data:(2)2"], []]},
    ),
    # Microbatches stay as they are.
    (
        ["--strategy", "hybrid", "--mesh", "data=2,tensor=2", "--accumulate", "2"],
        "fc1.weight = [-, tensor]\nfc2 = [data, tensor]\n",
        {"fc1.weight": [[], ["tensor"]]},
    ),
]


def main():
    dpc, model = sys.argv[1:]
    pins = os.path.join(os.path.dirname(model), "pins")
    for flags, text, expected in CASES:
        with open(pins, "w") as file:
            file.write(text)
        options = [model, *flags, *COMMON, "--shardings", pins]
        plan = json.loads(
            subprocess.run([dpc, "plan", "--json", *options], check=True, capture_output=True, text=True).stdout
        )
        parameters = {p["name"]: p.get("dim_axes") for p in plan["parameters"]}
        for name, axes in expected.items():
            assert parameters[name] == axes, (flags, text, name, parameters[name])
        states = {s["name"]: s.get("dim_axes") for s in plan["state"]}
        for name, axes in states.items():
            if name.rsplit(".", 1)[0] in expected:
                assert axes == parameters[name.rsplit(".", 1)[0]], (flags, text, name, axes)
        subprocess.run([dpc, "verify", "--quiet", *options], check=True)


if __name__ == "__main__":
    main()
