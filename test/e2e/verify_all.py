"""Runs `dpc verify` for every number of ranks and every optimizer.

  verify_all.py DPC MODEL [options of dpc verify]
"""

import subprocess
import sys


def main():
    dpc, model, *options = sys.argv[1:]
    for ranks in (1, 2, 3, 4, 8):
        for optimizer in ("sgd", "momentum", "adam", "adamw"):
            command = [dpc, "verify", model, "--ranks", str(ranks), "--optimizer", optimizer]
            run = subprocess.run(command + ["--quiet"] + options, capture_output=True, text=True)
            print(ranks, optimizer, run.stdout.strip(), run.stderr.strip(), flush=True)
            if run.returncode:
                sys.exit(1)


if __name__ == "__main__":
    main()
