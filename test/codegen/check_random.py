"""Compiles random programs and compares them with the reference.

    check_random.py FIRST LAST
"""
import pathlib
import subprocess
import sys
import tempfile

first, last = map(int, sys.argv[1:])
maker = pathlib.Path(__file__).with_name("make_random.py")
failures = 0
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "program.mlir"
    for seed in range(first, last + 1):
        with path.open("w") as file:
            subprocess.run([sys.executable, maker, str(seed)], stdout=file, check=True)
        run = subprocess.run(["dpc-codegen-test", path], capture_output=True, text=True)
        if run.returncode or "agrees" not in run.stdout:
            failures += 1
            print(f"seed {seed}: {(run.stdout + run.stderr).strip()[:400]}")
print(f"{last - first + 1 - failures} of {last - first + 1} programs agree")
sys.exit(failures != 0)
