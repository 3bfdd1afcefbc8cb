"""What this machine is, and where its libraries are."""

import ctypes
import glob
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import numpy

LIBRARIES = ("libcublasLt.so.13", "libcublasLt.so.12", "libnccl.so.2")
SMI_FIELDS = "driver_version,power.limit,clocks.max.sm,clocks.max.memory,compute_mode,mig.mode.current"
# How test/hostcuda calls its card.
STAND_IN = "hostcuda"


def is_found(name):
    try:
        ctypes.CDLL(name)
        return True
    except OSError:
        return False


def find_library_folders():
    """Where libraries lie that are not where the system looks: CUDA's folders, and those of
    PyTorch's packages. Programs are started with them in LD_LIBRARY_PATH."""
    places = [*glob.glob("/usr/local/cuda*/lib64"), *glob.glob("/usr/local/cuda*/lib")]
    for folder in sys.path:
        places += sorted(glob.glob(f"{folder}/nvidia/*/lib"))
    found, missing = [], [name for name in LIBRARIES if not is_found(name)]
    if "libcublasLt.so.13" not in missing and "libcublasLt.so.12" in missing:
        missing.remove("libcublasLt.so.12")
    for name in missing:
        for folder in places:
            if pathlib.Path(folder, name).exists():
                if folder not in found:
                    found.append(folder)
                break
    return found


def ask_smi():
    if not shutil.which("nvidia-smi"):
        return {}
    try:
        done = subprocess.run(["nvidia-smi", f"--query-gpu={SMI_FIELDS}", "--format=csv,noheader"],
                              capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return {}
    if done.returncode:
        return {}
    return dict(zip(SMI_FIELDS.split(","), (word.strip() for word in done.stdout.splitlines()[0].split(","))))


def read_os():
    try:
        lines = pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.platform()
    return next((line.split("=", 1)[1].strip('"') for line in lines if line.startswith("PRETTY_NAME=")), "")


def describe(session):
    """Fills in the results' `machine`. RuntimeError if there is no GPU."""
    told = list(session.ask("describe", limit=60))
    machine = session.results["machine"]
    machine.update(told[0], stand_in=STAND_IN in told[0]["gpu"], nvidia_smi=ask_smi(), system=read_os(),
                   libc=" ".join(platform.libc_ver()), python=platform.python_version(), numpy=numpy.__version__,
                   cpus=len(os.sched_getaffinity(0)))
    session.options.stand_in = machine["stand_in"]
    if not machine["stand_in"]:
        session.library_folders = find_library_folders()
    machine["library_folders"] = session.library_folders
    if machine["stand_in"]:
        session.say("this is the stand-in for a GPU: nothing that it measures says anything about speed")
