"""Makes the folder that tools/gpu-check takes to a machine with a GPU, see tools/gpu-check --help."""

import argparse
import datetime
import json
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import numpy as np

import launches
import models
import programs

ROOT = programs.ROOT
sys.path.insert(0, str(ROOT / "test" / "parity"))

from arrays import read_array  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
MOST_BYTES = 50_000_000
STEPS = 20
# What an executable may need: the C library, and the compiler's, which cuBLASLt needs, too.
ALLOWED = re.compile(r"(lib(c|m|mvec|dl|pthread|rt|gcc_s)|ld-linux-x86-64)\.so\.\d+")
# All executables hold the runtime: one window over several of them makes them small.
WINDOW = 32 << 20
# Any x86-64 of the last ten years.
PROCESSOR = "x86-64-v3"
# A product as the plan writes it: form, its flags, types of what it reads and makes.
LIBRARY = re.compile(r"plan\.library #plan\.(\w+)(?:<([^>]*)>)?\(.*?\) flops (\d+)(?: \{.*?\})? : (.*?) to (memref<[^>]*>)(.*)")
WORKSPACE = re.compile(r"workspace memref<(\d+)xi8>")
START = """#!/bin/sh
# Needs python3 with torch and numpy; PYTHON names another one. See run --help.
python=${PYTHON:-python3}
if ! "$python" -c 'import numpy' 2>/dev/null; then
  echo "gpu-check: error: '$python' is no Python with numpy; set PYTHON to one with torch and numpy" >&2
  exit 2
fi
exec "$python" -B "$(dirname "$0")/runner/main.py" "$@"
"""
SHAPE = re.compile(r"memref<((?:\d+x)*)(\w+)[^>]*>")


def run(command, folder, environment=None):
    done = subprocess.run([str(word) for word in command], cwd=folder, env=environment, text=True,
                          capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"gpu-check: error: exit status {done.returncode} from {' '.join(map(str, command))}: "
                 f"{(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def make_linker(folder, small):
    """An environment for dpc, with a compiler in front of PATH that links what is not the C library
    statically, and names no folder of this machine in what it makes."""
    folder.mkdir()
    assembler = shutil.which("ptxas")
    path = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep)
        if not (small and assembler and part == os.path.dirname(assembler)))
    real = next(filter(None, (shutil.which(name) for name in ("clang++-22", "clang++", "g++", "c++"))), None)
    if not real:
        sys.exit("gpu-check: error: no C++ compiler on PATH links executables")
    script = folder / "clang++-22"
    script.write_text(f"""#!/bin/bash
words=()
while [ $# -gt 0 ]; do
  if [ "$1 $2 $3" = "-Xlinker -rpath -Xlinker" ]; then
    shift 4
    continue
  fi
  archive=${{1%.so}}.a
  if [ "$1" != "$archive" ] && [ -f "$archive" ]; then words+=("$archive"); else words+=("$1"); fi
  shift
done
PATH={path!r} exec {real!r} "${{words[@]}}" -static-libstdc++ -Wl,--gc-sections,--strip-all
""", encoding="utf-8")
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{path}"}


def read_products(plan, program, precision):
    """What the program has cuBLASLt do, each different product once."""
    found, calls = {}, LIBRARY.findall(plan)
    are_all = len(calls) == plan.count("plan.library ")
    for number, (form, flags, flops, reads, makes, rest) in enumerate(calls):
        operands = [([int(size) for size in shape.split("x") if size], kind) for shape, kind in SHAPE.findall(reads)]
        (left, kind), (right, _) = operands[:2]
        (result, _), = [([int(size) for size in shape.split("x") if size], kind)
                        for shape, kind in SHAPE.findall(makes)]
        flags = [flag.strip() for flag in (flags or "").split(",")]
        if kind not in ("f32", "f16", "bf16") or len(left) < 2 or len(right) < 2:
            continue
        product = {"program": program, "precision": precision, "form": f"{form} {' '.join(flags)}".strip(),
                   "type": kind, "batch": int(np.prod(left[:-2], dtype=np.int64)), "m": result[-2], "n": result[-1],
                   "k": left[-2] if "transA" in flags else left[-1], "transA": int("transA" in flags),
                   "transB": int("transB" in flags), "workspace": sum(map(int, WORKSPACE.findall(rest)))}
        key = json.dumps(product)
        entry = found.setdefault(key, {**product, "count": 0, "flops": int(flops), "calls": []})
        entry["count"] += 1
        # Their numbers among the step's calls of libraries.
        entry["calls"] += [number] if are_all else []
    return list(found.values())


class Packer:
    def __init__(self, folder, work, dpc, small):
        self.folder, self.work, self.dpc, self.small = folder, work, dpc, small
        self.environment = make_linker(work / "bin", small)
        self.executables, self.libc = [], (0, 0)
        for name in ("parameters", "data"):
            (folder / name).mkdir(parents=True)
        self.manifest = {"schema": 1, "pack": self.describe(), "correctness": [], "sanitized": [], "two_ranks": None,
                         "networks": {}, "steps": [], "kernels": [], "products": [],
                         "not_yet": programs.NOT_YET}

    def describe(self):
        version = run([self.dpc, "--version"], self.work).split()[1]
        commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=12"], text=True,
                                capture_output=True, check=False).stdout.strip()
        made = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        return {"dpc": version, "commit": commit or "unknown", "made": made, "small": self.small}

    def compile(self, model, name, options):
        """An executable of the target cuda, packed."""
        run([self.dpc, "compile", model, "--target", "cuda", "--cpu", PROCESSOR, *options.split(), "-o", name],
            self.work, self.environment)
        self.libc = max(self.libc, check_executable(self.work / name))
        self.executables.append(name)

    def pack_small(self, name, model, options, data):
        self.compile(f"{model}.onnx", name, options)
        shutil.copy(self.work / f"{name}.safetensors", self.folder / "parameters")
        for file in data.values():
            shutil.copy(self.work / file, self.folder / "data")

    def add_small(self, name, model, precision, options, data):
        options += f" --precision {precision}"
        self.pack_small(name, model, options, data)
        run([self.dpc, "compile", f"{model}.onnx", *options.split(), "-o", f"{name}-cpu"], self.work)
        given = [word for key, file in data.items() for word in ("--data", f"{key}={file}")]
        run([f"./{name}-cpu", *given, "--steps", STEPS, "--seed", 7, "--quiet", "--metrics", f"{name}.jsonl"], self.work)
        lines = (self.work / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        losses = [json.loads(line)["loss"] for line in lines]
        self.manifest["correctness"].append({"program": name, "model": model, "precision": precision, "data": data,
                                             "losses": losses})
        print(f"{name}: {len(losses)} losses of the CPU target, {losses[0]:.4f} to {losses[-1]:.4f}")

    def add_network(self, name, sizes):
        if self.small:
            sizes = {**sizes, **programs.TINY[name]}
        models.write(sizes, self.work / f"{name}.onnx")
        self.manifest["networks"][name] = sizes

    def add_step(self, network, precision):
        sizes, name = self.manifest["networks"][network], f"{network}-{precision}-step"
        options = f"{programs.CROSS} --batch {sizes['batch']} --optimizer {sizes['optimizer']} --precision {precision}"
        self.compile(f"{network}.onnx", name, options)
        self.manifest["steps"].append({"program": name, "network": network, "precision": precision})
        if (network, precision) in programs.LOOKED_AT:
            self.look_at(network, name, precision, options)
        for file in self.work.glob(f"{name}.safetensors"):
            file.unlink()
        print(f"{name}: packed")

    def look_at(self, network, name, precision, options):
        """Notes the program's kernels and products, to be measured one by one."""
        texts = {}
        for stage in ("plan", "llvm"):
            run([self.dpc, "compile", f"{network}.onnx", "--target", "cuda", *options.split(), "--emit", stage,
                 "-o", f"{name}.{stage}"], self.work)
            texts[stage] = (self.work / f"{name}.{stage}").read_text(encoding="utf-8", errors="replace")
        told = json.loads(run([f"./{name}", "--plan"], self.work))["kernels"]
        # The first program is the step's.
        plan = texts["plan"].split("plan.program @")[1]
        (self.work / f"{name}.ptx").write_text(launches.read_ptx(texts["llvm"]), encoding="utf-8")
        self.executables.append(f"{name}.ptx")
        found = launches.read_launches(plan, texts["llvm"], told)
        steps = [kernel["name"] for kernel in told if f"plan.launch @{kernel['name']}(" in plan and kernel["bytes"]]
        self.manifest["kernels"].append({"program": name, "ptx": f"{name}.ptx", "launches": found,
                                         "unread": sorted(set(steps) - {launch["kernel"] for launch in found})})
        self.manifest["products"] += read_products(plan, name, precision)

    def finish(self):
        with tarfile.open(self.work / "programs.tar", "w") as archive:
            for name in self.executables:
                archive.add(self.work / name, name)
        data = (self.work / "programs.tar").read_bytes()
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 0 if self.small else 1, "dict_size": WINDOW}]
        (self.folder / "programs.tar.xz").write_bytes(lzma.compress(data, filters=filters))
        self.manifest["pack"]["needs_libc"] = ".".join(map(str, self.libc))
        products = self.manifest["products"]
        products.sort(key=lambda product: -product["count"] * product["flops"])
        shutil.copytree(HERE / "runner", self.folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "manifest.json").write_text(json.dumps(self.manifest, indent=1) + "\n", encoding="utf-8")
        start = self.folder / "run"
        start.write_text(START, encoding="utf-8")
        start.chmod(0o755)
        size = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        print(f"{self.folder}: {size / 1e6:.1f} MB")
        if size > MOST_BYTES:
            sys.exit(f"gpu-check: error: the pack has {size} bytes, at most {MOST_BYTES} are meant")


def check_executable(path):
    """The version of the C library that it needs."""
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run(["readelf", "-d", path], path.parent))
    others = [name for name in needed if not ALLOWED.fullmatch(name)]
    if others:
        sys.exit(f"gpu-check: error: {path.name} needs {', '.join(others)}, which other machines may not have")
    versions = re.findall(r"GLIBC_(\d+)\.(\d+)", run(["readelf", "-V", path], path.parent))
    return max(tuple(map(int, version)) for version in versions)


def make_data(work, small):
    """What small trainings read, as arrays, and the models."""
    mnist, random = ROOT / "models" / "data" / "mnist", np.random.default_rng(3)
    python, scripts = sys.executable, ROOT / "models"
    run([python, scripts / "make_mlp.py", "--out", work], work)
    arrays = {"digits": read_array(mnist / "t10k-images-idx3-ubyte.gz")[:512],
              "digit-labels": read_array(mnist / "t10k-labels-idx1-ubyte.gz")[:512]}
    save(work, arrays)
    if small:
        return
    run([python, scripts / "make_credit.py", "--out", work], work)
    run([python, scripts / "make_moe.py", "--out", work, "--dropout", "0.1"], work)
    shutil.copy(programs.TRANSFORMERS / "gpt-parity.onnx", work / "gpt.onnx")
    shutil.copy(programs.TRANSFORMERS / "bert-opset15.onnx", work / "bert.onnx")
    tokens = random.integers(0, 67, (32, 11))
    mask = np.ones((32, 11), np.int64)
    mask[:, 8:] = random.integers(0, 2, (32, 3))
    save(work, {
        "features": np.load(work / "credit-test-features.npy")[:1280],
        "risk": np.load(work / "credit-test-labels.npy")[:1280],
        "gpt-tokens": np.load(programs.TRANSFORMERS / "gpt-parity" / "tokens.npy"),
        "gpt-labels": np.load(programs.TRANSFORMERS / "gpt-parity" / "label.npy"),
        "bert-tokens": tokens, "bert-mask": mask, "bert-labels": np.roll(tokens, 1, 1),
        "moe-x": random.normal(size=(32, 6, 8)).astype(np.float32), "moe-labels": random.integers(0, 5, 32)})


def save(work, arrays):
    for name, array in arrays.items():
        np.save(work / f"{name}.npy", np.ascontiguousarray(array))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--dpc", type=pathlib.Path, default=ROOT / "build/release/bin/dpc")
    parser.add_argument("--small", action="store_true", help="one training, one small network, no machine code: to try the parts")
    options = parser.parse_args()
    folder = options.folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        sys.exit(f"gpu-check: error: --pack: {options.folder} is there already, and not empty")
    with tempfile.TemporaryDirectory(prefix="gpu-check-") as name:
        work = pathlib.Path(name)
        packer = Packer(folder, work, options.dpc.absolute(), options.small)
        make_data(work, options.small)
        for case in programs.SMALL[:1] if options.small else programs.SMALL:
            packer.add_small(*case)
        packer.manifest["sanitized"] = [0] if options.small else programs.SANITIZED
        two, model, settings, data = programs.TWO_RANKS
        packer.pack_small(two, model, settings, data)
        packer.manifest["two_ranks"] = {"program": two, "data": data}
        for network, sizes in programs.NETWORKS.items():
            packer.add_network(network, sizes)
        for network, precision in programs.STEPS[:1] if options.small else programs.STEPS:
            packer.add_step(network, precision)
        packer.finish()


if __name__ == "__main__":
    main()
