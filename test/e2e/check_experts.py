"""The plan of a mixture of experts: four all_to_alls a microbatch, and no gather.

  check_experts.py PLAN.json DATA EXPERT [MICROBATCHES]

DATA and EXPERT are the sizes of the axes.
"""

import json
import sys


def main():
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    data, expert = map(int, sys.argv[2:4])
    microbatches = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    kinds = [(c["kind"], c["phase"], c["node"]) for c in plan["collectives"]
             if c["axes"] == ["expert"] and "reduce" not in c["kind"]]
    exchanges = [
        ("all_to_all", "forward", "dispatch"),
        ("all_to_all", "forward", "experts/down"),
        ("all_to_all", "backward", "combine"),
        ("all_to_all", "backward", "dispatch"),
    ]
    if microbatches == 1:
        assert kinds == exchanges, kinds
    assert sorted(kinds) == sorted(microbatches * exchanges), kinds
    # E experts, G groups, C places, M features: what a rank sends are its groups,
    # of which every microbatch has equally many, padding included.
    experts, places, features = 4, 3, 8
    groups = -(-plan["batch"] // (microbatches * data * expert))
    for collective in plan["collectives"]:
        if collective["kind"] == "all_to_all":
            assert collective["bytes"] == 4 * experts * groups * places * features
    for tensor in plan["inputs"]:
        assert tensor["shape"][0] == microbatches * groups, tensor
        assert tensor.get("microbatches", 1) == microbatches, tensor
    assert not any(c["kind"] == "all_gather" for c in plan["collectives"])
    for parameter in plan["parameters"]:
        split = parameter["name"].startswith("experts.")
        assert parameter.get("dim_axes") == ([["expert"], [], []] if split else None), parameter
    # The gradients of experts are summed over "data" only, once for all
    # microbatches.
    reduced = {tuple(c["axes"]) for c in plan["collectives"] if c["kind"] == "all_reduce"}
    assert reduced == ({("data",), ("data", "expert")} if data > 1 else {("expert",)}), reduced
    stages = plan["mesh"].get("pipe", 1)
    reductions = [c for c in plan["collectives"] if c["kind"] == "all_reduce"]
    assert len(reductions) <= len(reduced) * stages, reductions


if __name__ == "__main__":
    main()
