"""The strategy of a plan is the one of the shorter predicted step.

  check_model.py PLAN.json
"""

import json
import re
import sys


def main():
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    times = {name: float(time) for name, time in re.findall(r"(\w+): ([0-9.]+) us a step", plan["choice"])}
    assert set(times) == {"tensor", "pipeline"}, plan["choice"]
    assert plan["strategy"] == min(times, key=times.get), plan["choice"]
    if plan["strategy"] == "pipeline":
        assert plan["pipeline"]["microbatches"] == 4
        assert abs(plan["pipeline"]["step_us"] - times["pipeline"]) < 0.1


if __name__ == "__main__":
    main()
