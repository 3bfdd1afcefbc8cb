"""Trains an exported DLRM for some steps and compares the losses with PyTorch's."""

import json
import pathlib
import subprocess
import sys

import numpy as np

dpc, source, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
case = json.loads((source / "dlrm.json").read_text())
data = []
with np.load(source / "dlrm.npz") as arrays:
    for name in (*case["inputs"], "label"):
        np.save(folder / f"{name}.npy", arrays[name])
        data += ["--data", f"{name}={folder / name}.npy"]
wanted = case["torch"]["train"]


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True,
                            text=True, timeout=120)
    if result.returncode:
        sys.exit(f"{command}: {result.stderr}")


for ranks in (1, 2):
    run(dpc, "compile", source / "dlrm.ts-train.onnx", "-o", folder / "dlrm", "--batch",
        case["batch"], "--loss", case["loss"], "--optimizer", case["optimizer"],
        "--ranks", ranks)
    run(dpc, "run", "-n", ranks, folder / "dlrm", *data, "--steps", len(wanted),
        "--no-shuffle", "--metrics", folder / "m.jsonl")
    losses = [json.loads(line)["loss"] for line in open(folder / "m.jsonl")]
    (folder / "m.jsonl").unlink()
    assert np.allclose(losses, wanted, 1e-5, 0), (ranks, losses, wanted)
