"""Plans with recomputation and without:

  check_recompute.py DPC MODEL SELECTIVE FULL OPTIONS...

A rank's temporaries must fall to these parts of what they were, and the flops rise
by those of one forward pass at most.
"""

import json
import subprocess
import sys


def plan(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)}\n{run.stderr}")
    return json.loads(run.stdout)


def main():
    dpc, model, *factors = sys.argv[1:5]
    options = sys.argv[5:]
    plans = {mode: plan(dpc, "plan", model, "--json", *options, "--recompute", mode)
             for mode in ("none", "selective", "full")}
    for mode, made in plans.items():
        assert made["recompute"] == mode
        print(mode, made["memory"]["temporaries"], made["memory_bytes"], made["flops"])
    none, selective, full = plans.values()
    for made, factor in ((selective, factors[0]), (full, factors[1])):
        assert made["memory"]["temporaries"] <= float(factor) * none["memory"]["temporaries"]
        assert made["memory_bytes"] <= none["memory_bytes"]
    # The backward pass of a matrix product is two of them, so that the forward pass
    # is about a third; a little less where the input's gradient is not needed.
    forward = none["flops"] / 2.8
    assert none["flops"] < full["flops"] <= none["flops"] + forward
    assert none["flops"] <= selective["flops"] <= none["flops"] + 0.2 * forward
    # Recomputation does not change what is sent, unless forward ops send, or
    # ZeRO's stage 3 gathers what only the forward pass needed.
    def sent(made):
        return sum(c["bytes"] for c in made["collectives"])
    if "--strategy" not in options:
        assert sent(none) == sent(full) == sent(selective)

    # By the limit: the first that fits.
    def choose(limit):
        return plan(dpc, "plan", model, "--json", *options, "--memory-limit", str(limit))
    assert choose(none["memory_bytes"])["recompute"] == "none"
    assert choose(full["memory_bytes"])["memory_bytes"] <= full["memory_bytes"]
    run = subprocess.run((dpc, "plan", model, *options, "--memory-limit", "20kB"), capture_output=True, text=True)
    assert run.returncode == 1 and run.stderr.startswith("dpc: error: --memory-limit: a rank needs "), run.stderr
    assert run.stderr.count("\n") == 1, run.stderr


if __name__ == "__main__":
    main()
