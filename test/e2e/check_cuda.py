"""Trains models on CPUs and on what stands in for GPUs, and compares the losses.

check_cuda.py DPC LIBRARY-FOLDER MODELS-FOLDER TRANSFORMERS-FOLDER, in a folder of its own.
"""
import json
import os
import pathlib
import subprocess
import sys

import numpy as np


# Only the first executable has machine code, too, which the stand-in refuses.
PATH = os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep)
                       if not os.path.exists(os.path.join(folder, "ptxas")))


def run(*command, **environment):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=300, check=False, env={**os.environ, **environment})
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")


def make_data(folder):
    random = np.random.default_rng(3)
    np.save(folder / "x.npy", random.normal(size=(32, 6, 8)).astype(np.float32))
    np.save(folder / "x-label.npy", random.integers(0, 5, 32))
    tokens = random.integers(0, 67, (32, 11))
    mask = np.ones((32, 11), np.int64)
    mask[:, 8:] = random.integers(0, 2, (32, 3))
    np.save(folder / "tokens.npy", tokens)
    np.save(folder / "mask.npy", mask)
    np.save(folder / "next.npy", np.roll(tokens, 1, 1))


def main():
    dpc, library, models, transformers = sys.argv[1:]
    folder, transformers = pathlib.Path.cwd(), pathlib.Path(transformers)
    make_data(folder)
    models = pathlib.Path(models)
    mnist = models / "data" / "mnist"
    digits = (f"image={mnist}/t10k-images-idx3-ubyte.gz", f"label={mnist}/t10k-labels-idx1-ubyte.gz")
    gpt = ("tokens=" + str(transformers / "gpt-parity/tokens.npy"),
           "label=" + str(transformers / "gpt-parity/label.npy"))
    credit = ("features=credit-test-features.npy", "label=credit-test-labels.npy")
    cross = "--loss softmax-cross-entropy"
    credit_options = "--loss binary-cross-entropy --batch 64 --optimizer adam"
    cases = [
        ("mlp.onnx", f"{cross} --batch 4 --optimizer momentum", digits, 1, 20, ""),
        ("credit.onnx", "--loss binary-cross-entropy --batch 64 --optimizer lamb", credit, 1, 20, ""),
        ("credit.onnx", credit_options, credit, 2, 5, "--mesh data=2"),
        ("credit.onnx", credit_options, credit, 2, 5, "--mesh tensor=2"),
        ("credit.onnx", credit_options, credit, 4, 5, "--mesh data=2,pipe=2"),
        ("credit.onnx", credit_options, credit, 2, 5, "--mesh data=2 --zero-stage 3"),
        (transformers / "gpt-parity.onnx", f"{cross} --batch 2 --optimizer adamw --clip-norm 1", gpt, 1, 5, ""),
        (transformers / "gpt-parity.onnx", f"{cross} --batch 4 --optimizer adamw", gpt, 4, 2,
         "--mesh data=2,tensor=2"),
        (transformers / "bert-opset15.onnx", f"{cross} --batch 2 --optimizer adam",
         ("tokens=tokens.npy", "mask=mask.npy", "label=next.npy"), 1, 4, ""),
        ("mlp.onnx", f"{cross} --batch 4 --precision bf16", digits, 1, 5, ""),
        ("mlp.onnx", f"{cross} --batch 4 --precision f16 --optimizer adam", digits, 1, 5, ""),
        ("moe.onnx", f"{cross} --batch 8 --precision f16 --optimizer adam",
         ("x=x.npy", "label=x-label.npy"), 1, 4, ""),
        ("moe.onnx", f"{cross} --batch 8 --optimizer adamw", ("x=x.npy", "label=x-label.npy"), 2, 4,
         "--mesh expert=2"),
    ]
    tanh, adam = transformers / "gpt-opset17.onnx", f"{cross} --batch 2 --optimizer adam"
    words = ("tokens=tokens.npy", "label=next.npy")
    first = len(cases)  # By own kernels; the one with f16 by a cuBLASLt that has no epilogues.
    cases += [
        (tanh, adam, words, 1, 4, ""),
        (tanh, f"{cross} --batch 4 --optimizer adam", words, 2, 2, "--mesh pipe=2 --microbatches 4"),
        (tanh, f"{adam} --precision bf16 --recompute full", words, 1, 3, ""),
        (tanh, f"{adam} --precision f16", words, 1, 6, ""),
        ("mlp.onnx", f"{cross} --batch 4 --precision tf32", digits, 1, 3, ""),
        ("credit.onnx", f"{credit_options} --reduce-precision bf16", credit, 2, 3, "--mesh data=2"),
    ]
    for number, (model, options, data, ranks, steps, mesh) in enumerate(cases):
        losses, scales = [], []
        for target in ("cpu", "cuda"):
            name = f"{target}{number}"
            run(dpc, "compile", model, *options.split(), *mesh.split(), "--target", target, "-o", name,
                **({"PATH": PATH} if number else {}))
            # A scale of f16 at which some steps are skipped.
            scale = ["--loss-scale", 2.0**28] if model == tanh and "f16" in options.split() else []
            run(dpc, "run", "-n", ranks, f"./{name}", "--steps", steps, "--seed", 7, "--quiet", *scale,
                "--metrics", f"{name}.jsonl", *(word for one in data for word in ("--data", one)),
                LD_LIBRARY_PATH=library, DPC_HOSTCUDA_DEVICES=str(ranks), DPC_HOSTCUDA_SEED=str(number),
                DPC_CUBLASLT="off" if number % 6 == 0 or number == first else "on",
                DPC_HOSTCUDA_EPILOGUES="off" if number == first + 3 else "on")
            lines = (folder / f"{name}.jsonl").read_text().splitlines()
            losses.append([json.loads(line)["loss"] for line in lines])
            scales.append([json.loads(line).get("loss_scale") for line in lines])
        assert len(losses[0]) == steps, (model, mesh, losses)
        assert scales[0] == scales[1], (model, scales)
        assert not scale or scales[0][0] > scales[0][-1], scales
        tolerance = 1e-3 if "precision" in options else 1e-5
        if "tf32" in options:
            assert losses[0] != losses[1], (model, losses)
        for one, other in zip(*losses, strict=True):
            assert abs(one - other) <= tolerance * abs(one), (model, mesh, losses)
        print(f"{pathlib.Path(model).name} {mesh or 'single'}: {steps} losses agree")


main()
