"""Checks plans that were made for different machines (machine.test)."""

import json
import re
import sys


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def count_sums(plan):
    return sum(c["kind"] == "all_reduce" for c in plan["collectives"])


def count_split(plan):
    return sum(p["shape"] != p.get("global_shape", p["shape"]) for p in plan["parameters"])


def main():
    kind, *paths = sys.argv[1:]
    plans = [load(path) for path in paths]
    if kind == "messages":
        late, prompt = map(count_sums, plans)
        assert late == 1 and prompt > 1, (late, prompt)
    elif kind == "split":
        near, far = map(count_split, plans)
        assert near > 0 and far == 0, (near, far)
    else:
        times = [float(time) for time in re.findall(r"([0-9.]+) us a step", plans[0]["choice"])]
        # A pipeline has a message each way at least; a tensor plan may have none.
        assert len(times) == 2 and max(times) > 1e6, times


main()
