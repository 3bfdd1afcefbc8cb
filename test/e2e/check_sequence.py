"""Plans of transformers with --sequence-parallel, against those without.

  check_sequence.py DPC MODELS

An all_reduce of the activations behind a block is a reduce_scatter there and an
all_gather in front of the next one: in a layer two of both forward and backward,
of the activations' size (its 11 places of the sequence padded). Less memory is
needed.
"""

import collections
import json
import os
import subprocess
import sys

LAYERS, HIDDEN, SEQUENCE, BATCH = 2, 20, 11, 64


def make_plan(dpc, model, ranks, *options):
    run = subprocess.run((dpc, "plan", model, "--json", "--loss", "softmax-cross-entropy", "--mesh", f"tensor={ranks}",
                          "--batch", str(BATCH), *options), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{model}, {ranks} ranks\n{run.stderr}")
    return json.loads(run.stdout)


def main():
    dpc, models = sys.argv[1:]
    for name in ("gpt-opset17", "bert-opset15"):
        for ranks in (2, 4, 8):
            model = os.path.join(models, f"{name}.onnx")
            whole = make_plan(dpc, model, ranks)
            split = make_plan(dpc, model, ranks, "--sequence-parallel")
            activation = 4 * BATCH * -(-SEQUENCE // ranks) * ranks * HIDDEN
            found = collections.Counter((c["phase"], c["kind"]) for c in split["collectives"]
                                        if c["node"].startswith("/layers.") and c["bytes"] == activation)
            expected = {(phase, kind): 2 * LAYERS for phase in ("forward", "backward")
                        for kind in ("reduce_scatter", "all_gather")}
            assert found == expected, (name, ranks, found)
            # What is still reduced whole are gradients of norms and biases.
            for collective in split["collectives"]:
                if collective["kind"] == "all_reduce" and collective["node"].startswith("/layers."):
                    assert collective["bytes"] < activation / 10, collective
            assert split["memory_bytes"] < whole["memory_bytes"], (name, ranks)


if __name__ == "__main__":
    main()
