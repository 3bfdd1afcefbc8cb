"""A training that is ended in the middle of an epoch and goes on on other ranks takes
the rows that the undisturbed one takes: its losses are the same.

usage: check_resumed_data.py DPC FOLDER MODEL STEPS FLAG VALUE ...

Of the flags, those of the compiler are --optimizer, --loss and --batch.
"""

import json
import pathlib
import shutil
import subprocess
import sys

dpc, folder, model, steps, *flags = sys.argv[1:]
folder, steps = pathlib.Path(folder), int(steps)
pairs = list(zip(flags[::2], flags[1::2]))
compiled = [word for pair in pairs if pair[0] in ("--optimizer", "--loss", "--batch")
            for word in pair]
read = [word for pair in pairs if pair[0] not in ("--optimizer", "--loss", "--batch")
        for word in pair]


def call(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            timeout=120, check=False)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


def train(name, ranks, *more):
    metrics = folder / f"{model}-{name}.jsonl"
    call(dpc, "run", "-n", ranks, folder / f"{model}-on-{ranks}", *read, "--quiet",
         "--metrics", metrics, *more)
    with open(metrics, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}


for ranks in (1, 2):
    call(dpc, "compile", folder / f"{model}.onnx", "-o", folder / f"{model}-on-{ranks}",
         "--ranks", ranks, *compiled)
checkpoints = folder / f"{model}-checkpoints"
shutil.rmtree(checkpoints, ignore_errors=True)
whole = train("whole", 2, "--steps", steps)
train("first", 2, "--steps", steps // 2, "--checkpoint", checkpoints)
rest = train("rest", 1, "--steps", steps, "--resume", checkpoints, "--read-ahead", 3,
             "--data-threads", 2)
wanted = range(steps // 2 + 1, steps + 1)
assert set(wanted) <= set(rest), f"{model}: no steps {wanted} but {sorted(rest)}"
for step in wanted:
    difference = abs(rest[step] - whole[step])
    assert difference <= 1e-5 * max(1, abs(whole[step])), (
        f"{model}: step {step} has the loss {rest[step]}, not {whole[step]}")
