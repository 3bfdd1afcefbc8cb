"""Checks --strategy zero: its plan, `dpc verify`, and losses on real ranks.

  check_zero.py plan DPC MLP.onnx
  check_zero.py verify DPC MLP.onnx CREDIT.onnx
  check_zero.py losses SINGLE.jsonl OTHER.jsonl
  check_zero.py weights SINGLE.onnx OTHER.onnx
"""

import json
import subprocess
import sys


def call(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)}\n{run.stdout}{run.stderr}")
    return run.stdout


def total(plan, kind, phase=None):
    return sum(c["bytes"] for c in plan["collectives"]
               if c["kind"] == kind and phase in (None, c["phase"]))


def check_plan(dpc, model):
    # 784-128-10: the matrices and vectors divide by 2 evenly, and Adam keeps two
    # states of a parameter's size.
    weights = {"fc1.weight": 401408, "fc1.bias": 512, "fc2.weight": 5120, "fc2.bias": 40}
    copy = sum(weights.values())
    for stage in (1, 2, 3):
        text = call(dpc, "plan", model, "--json", "--loss", "softmax-cross-entropy", "--batch", "100",
                    "--strategy", "zero", "--zero-stage", str(stage), "--ranks", "2", "--optimizer", "adam")
        plan, memory = json.loads(text), json.loads(text)["memory"]
        assert plan["strategy"] == "zero", plan["strategy"]
        assert total(plan, "all_reduce") == 0
        assert total(plan, "reduce_scatter", "backward") == total(plan, "reduce_scatter") == copy
        assert memory["optimizer_state"] == copy, memory
        assert memory["gradients"] == copy // 2, memory
        if stage < 3:
            assert total(plan, "all_gather", "update") == total(plan, "all_gather") == copy
            assert memory["parameters"] == copy, memory
        else:
            # Each phase gathers what it needs: the backward pass fc2.weight alone,
            # as nobody asks for the gradient of the image.
            assert total(plan, "all_gather", "forward") == copy
            assert total(plan, "all_gather", "backward") == weights["fc2.weight"]
            assert total(plan, "all_gather") == copy + weights["fc2.weight"]
            assert memory["parameters"] == copy // 2, memory


def check_verify(dpc, mlp, credit):
    # Extents of 10, 128 and others that leave padding over 3 and 8, and less
    # elements than ranks.
    for stage in ("1", "2", "3"):
        for ranks in ("2", "3", "4", "8"):
            for optimizer in ("momentum", "adam"):
                for model, loss in ((mlp, "softmax-cross-entropy"), (credit, "binary-cross-entropy")):
                    call(dpc, "verify", model, "--loss", loss, "--batch", "20", "--strategy", "zero", "--zero-stage",
                         stage, "--ranks", ranks, "--optimizer", optimizer, "--quiet", "--steps", "2")
    call(dpc, "verify", mlp, "--loss", "softmax-cross-entropy", "--batch", "3", "--strategy", "zero",
         "--zero-stage", "3", "--ranks", "4", "--quiet")
    call(dpc, "verify", credit, "--batch", "7", "--strategy", "zero", "--zero-stage", "3", "--ranks", "3", "--quiet")


def check_losses(*paths):
    single, other = ([json.loads(line) for line in open(path)] for path in paths)
    assert len(single) == len(other) and single
    for a, b in zip(single, other):
        for key in ("loss", "eval_loss"):
            assert (key in a) == (key in b)
            assert key not in a or abs(a[key] - b[key]) < 1e-4, (a, b)


def check_weights(*paths):
    import numpy
    import onnx

    single, other = ({t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
                     for path in paths)
    assert single.keys() == other.keys() and single
    for name, value in single.items():
        assert value.shape == other[name].shape
        assert numpy.abs(value - other[name]).max(initial=0) < 1e-4, name


if __name__ == "__main__":
    checks = {"plan": check_plan, "verify": check_verify, "losses": check_losses,
              "weights": check_weights}
    checks[sys.argv[1]](*sys.argv[2:])
