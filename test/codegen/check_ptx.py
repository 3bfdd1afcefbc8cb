"""Assembles the kernels of models for three generations of GPUs, and prints what each takes.

check_ptx.py DPC PTXAS MODEL[,OPTION...]... prints a table of kernels by registers and
shared memory, and exits with 1 if one does not assemble or spills registers.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ARCHITECTURES = (80, 90, 120)
KERNEL = re.compile(r"Compiling entry function '(\w+)' for 'sm_(\d+)'")
SPILLS = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def assemble(ptxas, ptx, architecture):
    """(kernel, registers, shared bytes, spilled bytes) of each kernel."""
    name, spilled = None, 0
    for line in run(ptxas, "-v", f"-arch=sm_{architecture}", ptx, "-o", "/dev/null").splitlines():
        if found := KERNEL.search(line):
            name = found[1]
        elif found := SPILLS.search(line):
            spilled = int(found[1]) + int(found[2])
        elif found := USED.search(line):
            shared = SHARED.search(line)
            yield name, int(found[1]), int(shared[1]) if shared else 0, spilled


def main():
    dpc, ptxas, *models = sys.argv[1:]
    spills = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, model in enumerate(models):
            model, *options = model.split(",")
            ptx = pathlib.Path(folder, f"{number}.ptx")
            run(dpc, "compile", model, *" ".join(options).split(), "--target", "cuda",
                "--emit", "ptx", "-o", ptx)
            kernels = {}
            for architecture in ARCHITECTURES:
                for name, *takes, spilled in assemble(ptxas, ptx, architecture):
                    kernels.setdefault(name, []).extend(takes)
                    spills += spilled > 0
            assert kernels, model
            print(f"{model}: {len(kernels)} kernels; registers and bytes of shared memory on "
                  + ", ".join(f"sm_{a}" for a in ARCHITECTURES))
            for name, takes in sorted(kernels.items()):
                assert len(takes) == 2 * len(ARCHITECTURES), name
                print(f"  {name:32}" + "".join(f"{n:8}" for n in takes))
    print(f"{spills} spills")
    return 1 if spills else 0


sys.exit(main())
