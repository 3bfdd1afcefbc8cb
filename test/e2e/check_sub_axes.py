"""Two heads on 4 and 8 ranks: no rank is idle.

  check_sub_axes.py DPC MODELS

The heads lie over the major part of the axis "tensor", their features over the
minor one, which leaves the scores partial over that; all else is split over
the whole axis, under its own name. A rank does its share of the work: at most
1.3 times what 1/n of one rank's is.
"""

import json
import os
import subprocess
import sys

LAYERS, HIDDEN, HEADS, SEQUENCE, BATCH = 2, 24, 2, 11, 64


def make_plan(dpc, model, *options):
    run = subprocess.run((dpc, "plan", model, "--json", "--loss", "softmax-cross-entropy", "--batch", str(BATCH),
                          *options), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def main():
    dpc, models = sys.argv[1:]
    model = os.path.join(models, "gpt-2-heads.onnx")
    single = make_plan(dpc, model)
    for ranks in (4, 8):
        plan = make_plan(dpc, model, "--strategy", "tensor", "--ranks", str(ranks))
        minor = f"tensor:(2){ranks // 2}"
        assert plan["mesh"] == {"tensor": ranks, "data": 1}, plan["mesh"]
        parameters = {p["name"]: p for p in plan["parameters"]}
        features = HIDDEN // HEADS // (ranks // 2)
        for layer in range(LAYERS):
            for name, shape, axes in (
                    ("attention.query_key_value.weight", [3, 1, features, HIDDEN],
                     [[], ["tensor:(1)2"], [minor], []]),
                    ("attention.out.weight", [HIDDEN, 1, features], [[], ["tensor:(1)2"], [minor]]),
                    ("up.weight", [4 * HIDDEN // ranks, HIDDEN], [["tensor"], []])):
                parameter = parameters[f"layers.{layer}.{name}"]
                assert (parameter["shape"], parameter["dim_axes"]) == (shape, axes), parameter
        scores = [c for c in plan["collectives"] if c["axes"] == [minor]]
        assert len(scores) == 2 * LAYERS, scores
        assert all((c["kind"], c["bytes"], c["ranks"]) == ("all_reduce", 4 * BATCH * SEQUENCE**2, ranks // 2)
                   for c in scores), scores
        assert [minor] in plan["groups"] and ["tensor"] in plan["groups"], plan["groups"]
        share = plan["flops"] * ranks / single["flops"]
        assert share < 1.3, f"{ranks} ranks: {share} of the whole work in all"


if __name__ == "__main__":
    main()
