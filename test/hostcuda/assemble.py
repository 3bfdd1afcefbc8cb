"""assemble.py FOLDER: each FOLDER/*.ptx goes through ptxas; exits with 1 if one does not."""

import pathlib
import subprocess
import sys

failed = False
modules = sorted(pathlib.Path(sys.argv[1]).glob("*.ptx"))
for module in modules:
    run = subprocess.run(["ptxas", "-arch=sm_90", "-O0", str(module), "-o", "/dev/null"],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(f"{module}: {run.stdout}{run.stderr}")
        failed = True
sys.exit(1 if failed or not modules else 0)
