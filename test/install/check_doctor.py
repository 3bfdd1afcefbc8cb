#!/usr/bin/env python3
"""What `dpc doctor` says here, where all that dpc needs is installed, and where some of it
cannot be found.

usage: check_doctor.py DPC
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

DPC = shutil.which(sys.argv[1])


def doctor(*arguments, **environment):
    result = subprocess.run([DPC, "doctor", *arguments], env={**os.environ, **environment},
                            capture_output=True, text=True, timeout=60, check=False)
    return result.returncode, result.stdout, result.stderr


def examine(**environment):
    """The checks by their names, and the whole report."""
    status, out, err = doctor("--json", **environment)
    report = json.loads(out)
    checks = {check["name"]: check for check in report["checks"]}
    missing = [name for name, check in checks.items() if check["state"] == "missing"]
    assert report["ok"] == (not missing)
    assert status == (1 if missing else 0), (status, missing)
    if missing:
        (line,) = err.splitlines()
        assert line.startswith("dpc: error: doctor: " + ", ".join(missing)), err
    else:
        assert not err, err
    return checks, report


def main():
    checks, report = examine()
    assert report["ok"] and checks["trial"]["state"] == "ok"
    for name in ("C++ compiler", "linker", "runtime", "mpirun", "MPI", "oneDNN", "zlib", "zstd",
                 "JPEG", "PNG", "Parquet", "CUDA",
                 "cores", "memory", "huge pages", "TMPDIR"):
        assert checks[name]["found"], name
    assert all(check["state"] != "missing" for check in checks.values())
    needed = {library["name"].split(".so")[0]: library["package"]
              for library in report["libraries"]}
    assert needed["libdnnl"] == "libdnnl2" and needed["libc"] == "libc6", needed
    assert all(needed.values()), f"a library without a package: {needed}"

    status, out, _ = doctor()
    assert status == 0
    for name in checks:
        assert f" {name} " in out, f"'{name}' is not in the text"

    with tempfile.TemporaryDirectory() as folder:
        # No programs at all.
        checks, _ = examine(PATH=folder)
        assert checks["C++ compiler"]["packages"] == ["g++"]
        assert checks["mpirun"]["packages"] == ["openmpi-bin"]
        assert "trial" not in checks
        # A compiler without a linker, an mpirun that does not work.
        tools = pathlib.Path(folder)
        compiler = tools / "clang++-22"
        compiler.write_text('#!/bin/sh\ncase $1 in -print*) echo ld;; *) echo fake 1.0;; esac\n')
        compiler.chmod(0o755)
        (tools / "mpirun").symlink_to("/bin/false")
        checks, _ = examine(PATH=folder)
        assert checks["C++ compiler"]["found"] == f"{compiler}, fake 1.0"
        assert checks["linker"]["packages"] == ["binutils"]
        assert "does not run" in checks["mpirun"]["found"]

    checks, _ = examine(TMPDIR="/nowhere")
    assert checks["TMPDIR"]["state"] == "missing" and "set TMPDIR" in checks["TMPDIR"]["advice"]


main()
