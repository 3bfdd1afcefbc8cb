"""torchrun itself starts ranks, and starts them again after a death.

  check_torchrun.py DATA BIN OUT

DATA is the folder of make_data.py. The training goes on from its newest checkpoint to
the bytes of one that nobody disturbed.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

data, programs, out = (pathlib.Path(word).resolve() for word in sys.argv[1:])
STEPS = 20000
program = programs / "dpc-fake-2"
arguments = ["--data", f"x={data}/x.npy", "--data", f"label={data}/label.npy", "--params", data / "params.safetensors",
             "--quiet", "--steps", str(STEPS)]


def start(name, *words):
    """torchrun listens on the port that it names, so that ranks find another one."""
    command = [sys.executable, "-m", "torch.distributed.run", "--no-python", "--standalone", "--nproc-per-node", "2",
               "--max-restarts", "2", "--monitor-interval", "0.2", program, *arguments, "--save-onnx",
               out / f"{name}.onnx", *words]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            text=True, env=dict(os.environ, DPC_TEST=str(os.getpid())))


def find(*variables):
    """Processes of this test that have these variables."""
    wanted = {f"DPC_TEST={os.getpid()}".encode(), *variables}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if wanted <= set(file.read().split(b"\0")):
                    yield int(name)
        except OSError:
            pass


def main():
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    job = start("whole")
    assert job.wait(timeout=120) == 0, job.stderr.read()
    checkpoints = out / "checkpoints"
    job = start("killed", "--checkpoint", checkpoints, "--checkpoint-every", "500", "--resume", checkpoints)
    limit = time.time() + 60
    while not list(checkpoints.glob("step-????????")):
        assert time.time() < limit and job.poll() is None
        time.sleep(0.05)
    (victim,) = find(b"RANK=1")
    os.kill(victim, signal.SIGKILL)
    error = job.communicate(timeout=120)[1]
    assert job.returncode == 0, error
    lines = [line for line in error.splitlines() if line.startswith("dpc:")]
    assert len(lines) <= 1 and all(f"rank 1: process {victim}" in line for line in lines), error
    wholes = [(out / f"{name}.onnx").read_bytes() for name in ("whole", "killed")]
    assert wholes[0] == wholes[1], "ends with other bytes"


if __name__ == "__main__":
    try:
        main()
    finally:
        for process in find():
            os.kill(process, signal.SIGKILL)
