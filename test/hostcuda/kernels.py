#!/usr/bin/env python3
"""The kernels of all models under models/, as text for GPUs.

    kernels.py DPC FOLDER [--forms FOLDER] [--ptxas FILE] [--assemble NAME,...] [--table FILE.md]

FOLDER has what models/make_*.py make; transformers and usual networks are those that are
checked in. With --forms, every form of instruction in the kernels must be in a module of that
folder, where `dpc-hostcuda-test --modules` has put those that are tested by hand (those of
Inputs/instructions.txt among them). With --ptxas every kernel must assemble for three
generations of GPUs without spills, or those of the named models, as it takes a minute for all.
--table writes what each takes there.

Occupancy is the share of a multiprocessor's warps that can be resident at once, as CUDA's
cuda_occupancy.h computes it: 64 K registers in four parts, given to warps by 256; shared
memory given to blocks by 128 bytes, of which the driver keeps 1 KiB of each."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CARDS = {80: {"warps": 64, "blocks": 32, "shared": 164 << 10},
         90: {"warps": 64, "blocks": 32, "shared": 228 << 10},
         120: {"warps": 48, "blocks": 24, "shared": 100 << 10}}
MADE = {"mlp": "--loss softmax-cross-entropy --batch 100 --optimizer adam",
        "credit": "--loss binary-cross-entropy --batch 64 --optimizer lamb",
        "moe": "--loss softmax-cross-entropy --batch 8 --optimizer adamw"}
CROSS = "--loss softmax-cross-entropy --batch 8 --optimizer "
TRANSFORMERS = {"gpt-opset17": CROSS + "adamw --clip-norm 1", "bert-opset15": CROSS + "adam"}
NARROW = {"mlp": "--precision f16", "gpt-opset17": "--precision bf16"}
FULL = ("mlp", "credit", "moe", "gpt-opset17", "bert-opset15", "gpt-opset17 --precision bf16")
"""Whose kernels the table has one by one."""


# dpc makes machine code besides where it finds an assembler.
PATH = os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep)
                       if not os.path.exists(os.path.join(folder, "ptxas")))


def run(*command, path=os.environ["PATH"]):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=300, check=False, env={**os.environ, "PATH": path})
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def list_models(made):
    """(name, file, options)"""
    models = [(name, made / f"{name}.onnx", options) for name, options in MADE.items()]
    for path in sorted((ROOT / "models/data/transformer").glob("*.onnx")):
        models.append((path.stem, path, TRANSFORMERS.get(path.stem, CROSS + "momentum")))
    for path in sorted((ROOT / "models/data/zoo").glob("*.onnx")):
        about = json.loads(path.with_name(path.name.split(".")[0] + ".json").read_text())
        models.append((path.stem, path, f"--loss {about['loss']} --batch {about['batch']} "
                                        f"--optimizer {about['optimizer']}"))
    return models + [(f"{name} {NARROW[name]}", path, f"{options} {NARROW[name]}")
                     for name, path, options in models if name in NARROW]


def find_forms(text):
    """Instructions with all that their names say, and special registers."""
    text = re.sub(r"//.*|/\*.*?\*/", "", text)
    forms = set(re.findall(r"^\s*(?:\{\s*)?(?:@!?%\w+\s+)?([a-z][\w.:]*)[\s;]", text, re.M))
    return forms | set(re.findall(r"%(?:n?tid|n?ctaid)\.[xyz]|%laneid|%lanemask_\w+", text))


def check_forms(texts, folder):
    known = set()
    for path in folder.glob("*.ptx"):
        # Several instructions a line, too.
        known |= find_forms(path.read_text().replace("; ", ";\n"))
    used, missing = set(), {}
    for name, text in texts.items():
        forms = find_forms(text)
        used |= forms
        for form in forms - known:
            missing.setdefault(form, name)
    for form, name in sorted(missing.items()):
        print(f"{name}: '{form}' is in no kernel that is tested by hand; "
              "add it to test/hostcuda/Inputs/instructions.txt")
    print(f"{len(used) - len(missing)} of {len(used)} forms of instructions are tested by hand")
    return not missing


def round_up(number, unit):
    return -(-number // unit) * unit


def get_occupancy(card, threads, registers, shared):
    warps = -(-threads // 32)
    blocks = min(card["blocks"], card["warps"] // warps,
                 card["shared"] // (round_up(shared, 128) + (1 << 10)),
                 4 * ((16 << 10) // round_up(32 * registers, 256)) // round_up(warps, 4))
    return blocks * warps / card["warps"]


def assemble(ptxas, path, architecture):
    """By kernel: registers, bytes of shared memory, bytes spilled."""
    kernels, name, spilled = {}, None, 0
    for line in run(ptxas, "-v", f"-arch=sm_{architecture}", path, "-o", "/dev/null").splitlines():
        if found := re.search(r"Compiling entry function '(\w+)' for", line):
            name = found[1]
        elif found := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            spilled = int(found[1]) + int(found[2])
        elif found := re.search(r"Used (\d+) registers", line):
            shared = re.search(r"(\d+) bytes smem", line)
            kernels[name] = int(found[1]), int(shared[1]) if shared else 0, spilled
    return kernels


def measure(ptxas, texts):
    """By model and kernel: threads, and of each architecture what it takes."""
    results = {}
    for name, text in texts.items():
        threads = {kernel: int(count) for kernel, count in
                   re.findall(r"\.entry (\w+)\(.*?\.reqntid (\d+)", text, re.S)}
        with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
            file.write(text)
            file.flush()
            takes = {architecture: assemble(ptxas, file.name, architecture)
                     for architecture in CARDS}
        for kernel, count in threads.items():
            results.setdefault(name, {})[kernel] = count, {
                architecture: (*found[kernel], get_occupancy(
                    CARDS[architecture], count, *found[kernel][:2]))
                for architecture, found in takes.items()}
    return results


def write_table(results, version):
    heads = [f"sm_{architecture}" for architecture in CARDS]
    yield "# Registers, shared memory and occupancy of kernels\n"
    yield (f"Of ptxas {version}, by `test/hostcuda/kernels.py`; nothing here was measured on a GPU. "
           "Of each architecture:\nregisters of a thread, bytes of shared memory of a block, and "
           "the share of warps that can be resident.\n")
    yield "| model | kernels | most registers | most shared memory | least occupancy | spills |"
    yield "|---|---|---|---|---|---|"
    for name, kernels in results.items():
        takes = [[one[a] for _, one in kernels.values()] for a in CARDS]
        yield (f"| {name} | {len(kernels)} | "
               + " / ".join(str(max(t[0] for t in ts)) for ts in takes) + " | "
               + " / ".join(str(max(t[1] for t in ts)) for ts in takes) + " | "
               + " / ".join(f"{min(t[3] for t in ts):.0%}" for ts in takes) + " | "
               + f"{sum(t[2] > 0 for ts in takes for t in ts)} |")
    for name in FULL:
        if name not in results:
            continue
        yield f"\n## {name}\n"
        yield f"| kernel | threads | {' | '.join(heads)} |"
        yield "|---|---|" + "---|" * len(heads)
        for kernel, (threads, takes) in results[name].items():
            yield f"| {kernel} | {threads} | " + " | ".join(
                f"{r}, {s}, {o:.0%}" for r, s, _, o in takes.values()) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dpc")
    parser.add_argument("made", type=pathlib.Path)
    parser.add_argument("--forms", type=pathlib.Path)
    parser.add_argument("--ptxas")
    parser.add_argument("--assemble", type=lambda text: text.split(","))
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_args()
    texts = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, path, words in list_models(options.made):
            text = pathlib.Path(folder, "text.ptx")
            run(options.dpc, "compile", path, *words.split(), "--target", "cuda", "--emit", "ptx",
                "-o", text, path=PATH)
            texts[name] = text.read_text()
    good = not options.forms or check_forms(texts, options.forms)
    if options.ptxas:
        texts = {name: texts[name] for name in options.assemble or texts}
        count = sum(text.count(".entry") for text in texts.values())
        results = measure(options.ptxas, texts)
        spills = [f"{name}: {kernel} spills {takes[a][2]} bytes on sm_{a}"
                  for name, kernels in results.items() for kernel, (_, takes) in kernels.items()
                  for a in CARDS if takes[a][2]]
        assert count == sum(map(len, results.values()))
        print("".join(line + "\n" for line in spills)
              + f"{count} kernels of {len(texts)} models assemble for "
              + ", ".join(f"sm_{a}" for a in CARDS) + f"; {len(spills)} spills")
        good = good and not spills
        if options.table:
            version = re.search(r"V([\d.]+)", run(options.ptxas, "--version"))[1]
            options.table.write_text("\n".join(write_table(results, version)) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
