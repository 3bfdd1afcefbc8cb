"""Checks the plans of pipelines.

  check_pipeline.py plan FOLDER    of 8 equal layers on 4 stages
  check_pipeline.py tied PLAN.json of a GPT whose head is its embedding
"""

import json
import pathlib
import sys

STAGES, MICROBATCHES, WIDTH, ROWS = 4, 8, 128, 64


def check_timeline(plan, chunks):
    """No stage does two things at once, and nothing is done before what it needs."""
    done = {}
    for task in plan["pipeline"]["timeline"]:
        piece = task["chunk"] * STAGES + task["stage"]
        done[task["phase"], piece, task["microbatch"]] = task
    pieces = STAGES * chunks
    for stage in range(STAGES):
        tasks = [t for t in plan["pipeline"]["timeline"] if t["stage"] == stage]
        for before, after in zip(tasks, tasks[1:]):
            assert before["end_us"] <= after["start_us"] + 1e-6, (before, after)
    for k in range(MICROBATCHES):
        for piece in range(pieces):
            if piece:
                assert done["forward", piece - 1, k]["end_us"] <= done["forward", piece, k]["start_us"]
        for piece in range(1, pieces):
            after = done["backward", piece, k]["start_us"]
            assert done["forward", piece, k]["end_us"] <= after
            if piece + 1 < pieces:
                # What is sent is made before the gradients of weights.
                assert done["backward", piece + 1, k]["start_us"] < after


def check_traffic(plan, chunks):
    """Every boundary: one activation forth and one gradient back per microbatch."""
    messages = [c for c in plan["collectives"] for _ in range(c.get("times", 1))]
    assert {c["kind"] for c in messages} == {"send"}
    assert {c["axes"][0] for c in messages} == {"pipe"}
    size = ROWS * WIDTH * 4
    assert [c["bytes"] for c in messages if c["bytes"] != size] == [4], "the loss"
    assert len(messages) == 1 + 2 * MICROBATCHES * (STAGES * chunks - 1), len(messages)
    for message in messages:
        step = (message["to"] - message["from"]) % STAGES
        assert message["bytes"] == 4 or step == (1 if message["phase"] == "forward" else STAGES - 1)


def check_plan(folder):
    plans = {path.stem: json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.json")}
    bubble = (STAGES - 1) / MICROBATCHES
    for name, chunks, expected in (("gpipe", 1, bubble), ("1f1b", 1, bubble), ("interleaved", 2, bubble / 2)):
        pipeline = plans[name]["pipeline"]
        assert pipeline["schedule"] == name and pipeline["chunks"] == chunks
        assert pipeline["stages"] == STAGES and pipeline["microbatches"] == MICROBATCHES
        assert abs(pipeline["bubble"] - expected) < 1e-9, (name, pipeline["bubble"])
    assert 0 < plans["zero-bubble"]["pipeline"]["bubble"] < bubble / 2
    for name in ("gpipe", "1f1b", "interleaved", "zero-bubble"):
        pipeline = plans[name]["pipeline"]
        assert pipeline["idle"] < 2 * pipeline["bubble"] + 0.1, (name, pipeline["idle"])
        check_timeline(plans[name], pipeline["chunks"])
        check_traffic(plans[name], pipeline["chunks"])

    # Every stage has an equal part of the parameters: two layers.
    for name, plan in plans.items():
        stages = plan["memory_per_stage"]
        parameters = [stage["memory"]["parameters"] for stage in stages]
        assert sum(parameters) == 8 * (WIDTH * WIDTH + WIDTH) * 4, (name, parameters)
        assert max(parameters) < 1.1 * min(parameters), (name, parameters)
        assert plan["memory_bytes"] == max(stage["memory_bytes"] for stage in stages)

    # 1f1b holds at most as many microbatches as there are stages ahead, however
    # many there are in all; gpipe holds all.
    def temporaries(name):
        return [stage["memory"]["temporaries"] for stage in plans[name]["memory_per_stage"]]

    for stage, (few, many) in enumerate(zip(temporaries("1f1b"), temporaries("1f1b-16"))):
        assert many <= few * 1.1, (stage, few, many)
    # In a loop they share less memory; a limit is kept without one.
    assert temporaries("1f1b-16-loop") == temporaries("1f1b-32-loop")
    for stage, (unrolled, loop) in enumerate(zip(temporaries("1f1b-16"), temporaries("1f1b-16-loop"))):
        assert loop <= unrolled * 1.25, (stage, unrolled, loop)
    limit = 1_130_000
    assert plans["1f1b-16-limit"]["memory_bytes"] <= limit < plans["1f1b-16-loop"]["memory_bytes"]
    for stage, (few, many) in enumerate(zip(temporaries("gpipe"), temporaries("gpipe-16"))):
        assert many > few * 1.5, (stage, few, many)
    one, all_ = temporaries("1f1b-16"), temporaries("gpipe-16")
    assert all_[3] > 4 * one[3], (one, all_)
    assert sorted(one[1:], reverse=True) == one[1:], one


def check_tied(path):
    """The shared weight goes to the last stage once a step, its gradient back."""
    plan = json.loads(pathlib.Path(path).read_text())
    weight, = (p for p in plan["parameters"] if p["shape"] == [67, 20])
    assert weight["stage"] == 0
    shared = [(c["from"], c["to"]) for c in plan["collectives"] if c["bytes"] == weight["bytes"]]
    assert sorted(shared) == [(0, 2), (2, 0)], shared


if __name__ == "__main__":
    {"plan": check_plan, "tied": check_tied}[sys.argv[1]](*sys.argv[2:])
