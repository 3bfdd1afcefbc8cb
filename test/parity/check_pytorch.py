#!/usr/bin/env python3
"""Exports transformers with PyTorch, trains them there and with dpc on one rank,
and compares the losses.

  check_pytorch.py PYTHON DPC OUT

PYTHON is an interpreter that has torch.
"""

import pathlib
import subprocess
import sys

from compare_losses import first_difference, read_losses

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STEPS = 20
RTOL = 1e-4
# Every opset from 14 on, both forms of GELU, both heads, odd sizes.
CASES = (
    "gpt --opset 14 --optimizer adam,lr=0.003",
    "gpt --opset 15 --gelu tanh --optimizer momentum,lr=0.05",
    "gpt --opset 16 --layers 3 --heads 2 --hidden 14 --sequence 9",
    "gpt --opset 17 --sequence 40 --vocabulary 101",
    "bert --opset 14 --optimizer sgd,lr=0.1",
    "bert --opset 15 --head pooler --optimizer momentum,lr=0.02",
    "bert --opset 16 --gelu tanh --batch 5",
    "bert --opset 17 --head pooler --classes 3 --optimizer adam,lr=0.003",
)


def run(*command):
    result = subprocess.run([str(word) for word in command], text=True,
                            capture_output=True, check=False)
    if result.returncode:
        sys.exit(f"error: exit status {result.returncode} from: "
                 f"{' '.join(map(str, command))}\n"
                 f"{result.stdout}{result.stderr}")


def read_option(words, name, default):
    return words[words.index(name) + 1] if name in words else default


def check(python, dpc, folder, case):
    folder.mkdir(parents=True)
    words = case.split()
    model, wanted = folder / "model.onnx", folder / "pytorch.jsonl"
    run(python, ROOT / "models" / "make_transformer.py", *words, "--dropout", 0,
        "--out", model, "--data", folder, "--losses", wanted, "--steps", STEPS)
    program, metrics = folder / "program", folder / "dpc.jsonl"
    run(dpc, "compile", model, "-o", program, "--loss", "softmax-cross-entropy",
        "--batch", read_option(words, "--batch", 8),
        "--optimizer", read_option(words, "--optimizer", "sgd,lr=0.1"))
    data = [word for file in sorted(folder.glob("*.npy"))
            for word in ("--data", f"{file.stem}={file}")]
    run(program, *data, "--steps", STEPS, "--no-shuffle", "--metrics", metrics)
    what, largest = first_difference(read_losses(wanted), read_losses(metrics),
                                     RTOL, STEPS)
    print(f"{case}: {what or f'{STEPS} steps agree to {largest:.1e}'}")
    return what is None


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    python, dpc, out = sys.argv[1:]
    agree = [check(python, dpc, pathlib.Path(out) / str(number), case)
             for number, case in enumerate(CASES)]
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
