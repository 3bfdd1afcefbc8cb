"""The plan of a mixture of experts: four all_to_alls a step, and no gather.

  check_experts.py PLAN.json DATA EXPERT

DATA and EXPERT are the sizes of the axes.
"""

import json
import sys


def main():
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    data, expert = map(int, sys.argv[2:])
    kinds = [(c["kind"], c["phase"], c["node"]) for c in plan["collectives"]
             if c["axes"] == ["expert"] and "reduce" not in c["kind"]]
    assert kinds == [
        ("all_to_all", "forward", "dispatch"),
        ("all_to_all", "forward", "experts/down"),
        ("all_to_all", "backward", "combine"),
        ("all_to_all", "backward", "dispatch"),
    ], kinds
    # E experts, G groups, C places, M features: what a rank sends are its groups.
    experts, groups, places, features = 4, 8, 3, 8
    for collective in plan["collectives"]:
        if collective["kind"] == "all_to_all":
            assert collective["bytes"] == 4 * experts * groups // (data * expert) * places * features
    assert not any(c["kind"] == "all_gather" for c in plan["collectives"])
    for parameter in plan["parameters"]:
        split = parameter["name"].startswith("experts.")
        assert parameter.get("dim_axes") == ([["expert"], [], []] if split else None), parameter
    # The gradients of experts are summed over "data" only.
    reduced = {tuple(c["axes"]) for c in plan["collectives"] if c["kind"] == "all_reduce"}
    assert reduced == ({("data",), ("data", "expert")} if data > 1 else {("expert",)}), reduced


if __name__ == "__main__":
    main()
