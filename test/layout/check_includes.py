"""Checks that includes point downwards only:

  tools -> compiler -> passes -> dialects -> dialects/Support
           test/lib             runtime   -> dialects/Support

check_includes.py ROOT prints every include that does not, and exits with 1 then. What a
folder may include beside itself stands in ALLOWED: the longest prefix of a file's name
holds. EXCEPTIONS are single headers.
"""

import pathlib
import re
import sys

ALLOWED = {
    "dialects/Support": [],
    "dialects/NN": ["dialects/Support"],
    "dialects/ONNX": ["dialects/Support"],
    "dialects/Dist": ["dialects/Support", "dialects/NN"],
    "dialects/Plan": ["dialects/Support", "dialects/NN", "dialects/Dist"],
    "passes/Legalize": ["dialects"],
    "passes/Training": ["dialects"],
    "passes/Sharding": ["dialects"],
    "passes/Pipeline": ["dialects", "passes/Sharding"],
    "passes/Collectives": ["dialects", "passes/Sharding"],
    "passes/Partition": ["dialects", "passes/Sharding", "passes/Pipeline",
                         "passes/Collectives"],
    "passes/Lowering": ["dialects"],
    "compiler/Import": ["dialects"],
    "compiler/Reference": ["dialects"],
    "compiler/Planner": ["dialects", "passes"],
    "compiler/Codegen": ["dialects", "passes", "compiler/Import"],
    "compiler/Target": ["dialects", "passes", "compiler/Codegen"],
    "compiler/Driver": ["dialects", "passes", "compiler"],
    # Of what runs on the ranks, nothing knows the compiler.
    "runtime/Core": ["dialects/Support", "runtime/Checkpoint", "runtime/Comm", "runtime/Data", "runtime/Device",
                     "runtime/Report"],
    "runtime/Report": ["dialects/Support", "runtime/Core"],
    "runtime/Checkpoint": ["dialects/Support", "runtime/Core", "runtime/Comm", "runtime/Data", "runtime/Device"],
    "runtime/Comm": ["dialects/Support", "runtime/Core", "runtime/Device"],
    "runtime/Data": ["dialects/Support", "runtime/Core", "runtime/Device"],
    "runtime/Parquet": ["runtime/Data"],
    "runtime/Device": ["dialects/Support", "runtime/Core"],
    "runtime/CPU": ["dialects/Support", "runtime"],
    "runtime/CUDA": ["dialects/Support", "runtime"],
    "tools/dpc": ["dialects", "passes", "compiler"],
    "tools/dpc-opt": ["dialects", "passes", "compiler", "test/lib"],
    "test/runtime": ["dialects/Support", "runtime"],
    "test": ["dialects", "passes", "compiler", "runtime"],
}

# The runtime's C interface, for what emits calls of it.
EXCEPTIONS = {
    "passes/Lowering/PlanToLLVM.cpp": ["runtime/Core/ABI.h"],
}

# Only files that begin so know what stands behind the transport.
MPI = "runtime/Comm/MPI"
MPI_KNOWN_TO = (MPI, "runtime/Comm/Control.cpp")

TOPS = "dialects passes compiler runtime tools test".split()
INCLUDE = re.compile(r'^\s*#?\s*include\s+"((?:%s)/[^"]*)"' % "|".join(TOPS), re.M)

KNOWS_MPI = re.compile(r'^\s*#\s*include\s+(<mpi\.h>|"%s)' % MPI, re.M)


def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


def find_owner(path):
    owners = [folder for folder in ALLOWED if is_below(path, folder)]
    return max(owners, key=len, default=None)


def find_faults(root):
    for top in TOPS:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".cpp", ".h", ".td"):
                continue
            path = file.relative_to(root).as_posix()
            owner = find_owner(path)
            if owner is None:
                yield f"{path}: in a folder that check_includes.py does not know"
                continue
            text = file.read_text(encoding="utf-8")
            if not path.startswith(MPI_KNOWN_TO) and KNOWS_MPI.search(text):
                yield f"{path}: knows MPI, which only {MPI}* may"
            for include in INCLUDE.findall(text):
                allowed = [owner, *ALLOWED[owner], *EXCEPTIONS.get(path, [])]
                if not any(is_below(include, folder) for folder in allowed):
                    yield f"{path}: includes {include}; {owner} may include " + (
                        ", ".join(ALLOWED[owner]) or "nothing else")


def main():
    faults = list(find_faults(pathlib.Path(sys.argv[1])))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
