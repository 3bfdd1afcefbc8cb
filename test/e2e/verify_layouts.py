"""Runs `dpc verify` on one rank and on one mesh of every kind.

Usage: verify_layouts.py DPC MODEL -- OPTIONS
"""

import subprocess
import sys

LAYOUTS = (
    "--batch 8",
    "--batch 9 --strategy data --ranks 3",
    "--batch 9 --strategy zero --zero-stage 1 --ranks 3",
    "--batch 9 --strategy zero --zero-stage 3 --ranks 2",
    "--batch 8 --strategy tensor --ranks 4",
    "--batch 8 --strategy pipeline --ranks 2 --microbatches 8",
    "--batch 8 --mesh pipe=2,tensor=2 --schedule interleaved",
    "--batch 12 --mesh data=2,pipe=2 --zero-stage 2 --microbatches 2",
    "--batch 8 --mesh data=2,tensor=2 --zero-stage 3 --accumulate 2",
)


def main():
    dpc, model, _, *options = sys.argv[1:]
    for layout in LAYOUTS:
        command = [dpc, "verify", model, *options, *layout.split(), "--quiet",
                   "--steps", "2"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        print(layout, run.stdout.strip(), run.stderr.strip(), flush=True)
        if run.returncode:
            sys.exit(run.returncode)


if __name__ == "__main__":
    main()
