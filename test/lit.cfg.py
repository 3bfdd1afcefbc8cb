# Configuration of the lit tests; see test/CMakeLists.txt for the site file.
import os

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

mpirun = "mpirun -q --oversubscribe --bind-to none"
if os.geteuid() == 0:
    mpirun += " --allow-run-as-root"

config.substitutions += [
    ("%dpc-opt", os.path.join(config.build_dir, "bin", "dpc-opt")),
    ("%dpc", os.path.join(config.build_dir, "bin", "dpc")),
    ("%python", os.path.join(config.source_dir, ".venv", "bin", "python")),
    ("%mpirun", mpirun),
    ("%build", config.build_dir),
    ("%src", config.source_dir),
]
