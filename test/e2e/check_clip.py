"""What clipping by the norm costs and does.

check_clip.py DPC MODEL OPTIONS: a step has hardly more traffic with it.
check_clip.py --metrics A B C: runs clipped a little, not at all, and to nothing.
"""

import json
import subprocess
import sys

LAYOUTS = ("--strategy data --ranks 4", "--strategy zero --zero-stage 1 --ranks 4",
           "--strategy zero --zero-stage 3 --ranks 4",
           "--strategy tensor --ranks 4", "--strategy pipeline --ranks 4",
           "--mesh data=2,pipe=2,tensor=2 --zero-stage 3")


def check_traffic(dpc, *options):
    for layout in LAYOUTS:
        sent = []
        for clipping in ((), ("--clip-norm", "1")):
            run = subprocess.run(
                [dpc, "plan", *options, *layout.split(), *clipping, "--json"],
                capture_output=True, text=True, check=True)
            plan = json.loads(run.stdout)
            sent.append(sum(entry["bytes"] for entry in plan["collectives"]))
        # Numbers of 8 bytes; in a pipeline they go from stage to stage.
        most = 8 * (16 if "pipe" in layout else 1)
        assert sent[0] <= sent[1] <= sent[0] + most, (layout, sent)
    print("a norm costs a few bytes")


def check_metrics(*paths):
    little, free, nothing = [
        [json.loads(line) for line in open(path, encoding="utf-8")]
        for path in paths]
    assert len(little) == len(free) == len(nothing) == 3
    # The norm is that of the gradients before.
    assert little[0]["grad_norm"] == free[0]["grad_norm"] > 0.5, little
    assert little[1]["loss"] != free[1]["loss"]
    for line in nothing:
        assert line["grad_norm"] > 0.5, nothing
    print("bounds are run-time flags")


if __name__ == "__main__":
    if sys.argv[1] == "--metrics":
        check_metrics(*sys.argv[2:])
    else:
        check_traffic(*sys.argv[1:])
