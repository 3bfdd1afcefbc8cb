"""Feeds models/compare_strategies.py runs that do not agree: check_compare.py MODELS OUT."""

import sys

models, out = sys.argv[1:]
sys.path.insert(0, models)
import compare_strategies  # noqa: E402


def run(change):
    def train(arguments, name, mesh, options):
        loss, accuracy = change.get(name, (1.0, 0.5))
        plan = {"ranks": 1, "collectives": [], "memory_bytes": 1}
        return plan, [{"loss": loss, "step_ms": 1.0}], accuracy

    compare_strategies.train = train
    sys.argv = ["compare_strategies.py", "--out", out]
    try:
        compare_strategies.main()
    except SystemExit as error:
        return str(error.code)
    return ""


assert run({}) == ""
assert "tensor on tensor=2: accuracy 0.25 instead of 0.5" in run({"tensor": (1.0, 0.25)})
assert "zero on data=2: other losses" in run({"zero": (1.1, 0.5)})
assert run({"zero": (float("nan"), 0.5)})
