"""compute-sanitizer on small trainings, where it is installed."""

import glob
import os
import shutil

from refusals import arguments
from session import OutOfTime

TOOLS = ("memcheck", "racecheck", "synccheck")
STATUS = 86


def find():
    return shutil.which("compute-sanitizer") or next(
        iter(sorted(glob.glob("/usr/local/cuda*/bin/compute-sanitizer"), reverse=True)), None)


def run(session, part):
    sanitizer = find()
    if not sanitizer:
        part.skip("compute-sanitizer is not installed")
        return
    cases = [session.manifest["correctness"][index] for index in session.manifest["sanitized"]]
    for case in cases:
        for tool in TOOLS:
            # Own kernels: those of cuBLASLt are not what is looked at, and slow to look at.
            command = [sanitizer, "--tool", tool, "--error-exitcode", STATUS, *arguments(session, case)]
            try:
                session.need(5)
                outcome = session.execute(command, DPC_CUBLASLT="off")
            except OutOfTime:
                part.cut(f"{case['model']} {case['precision']} under {tool}, and what follows")
                return
            lines = [line for line in (outcome.output + outcome.errors).splitlines() if "=========" in line]
            summary = next((line.strip("= ") for line in reversed(lines) if "SUMMARY" in line), outcome.line())
            part.add(tool=tool, model=case["model"], precision=case["precision"],
                     seconds=round(outcome.seconds, 1), status=outcome.status, summary=summary[:300],
                     ok=outcome.status == 0)
            if outcome.status:
                part.result.setdefault("log", (os.linesep.join(lines))[:6000])
