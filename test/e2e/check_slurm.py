"""The batch script for Slurm of runtime/Checkpoint/README.md, run by stand-ins for srun and
scontrol that set Slurm's variables: a job that is told of its time limit, then loses a
rank, is put back twice and ends with the bytes of one that was not disturbed. So it is over
TCP, with --mpi=none.

  check_slurm.py DPC MODEL DATA FOLDER README MPIRUN...

DATA is the folder of make_data.py.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

STEPS = 800
# As of srun, its status is the highest of its tasks. Of mpirun a rank must see PMIx's
# variables only.
SRUN = """#!/bin/bash
mode=$1
shift
export SLURM_STEP_NUM_TASKS=$SLURM_NTASKS SLURM_STEP_ID=0 SLURM_STEP_NUM_NODES=1 SLURM_STEP_NODELIST=localhost
case $mode in
--mpi=pmix)
  exec {mpirun} -n $SLURM_NTASKS bash -c 'unset ${{!OMPI_COMM_WORLD_*}} ${{!PMI_*}}; exec "$@"' rank "$@" ;;
--mpi=none)
  for ((i = 0; i < SLURM_NTASKS; ++i)); do
    SLURM_PROCID=$i SLURM_LOCALID=$i "$@" &
    tasks+=($!)
  done
  status=0
  for task in "${{tasks[@]}}"; do
    wait "$task"
    status=$(($? > status ? $? : status))
  done
  exit $status ;;
esac
exit 2
"""
SCONTROL = """#!/bin/bash
echo "$@" >> {folder}/requeued
"""


def main():
    dpc, model, data, folder, readme, *mpirun = sys.argv[1:]
    folder = pathlib.Path(folder)
    (folder / "bin").mkdir(parents=True)
    program = folder / "two"
    subprocess.run([dpc, "compile", model, "-o", program, "--batch", "10", "--ranks", "2", "--loss", "ce",
                    "--optimizer", "momentum"], check=True, stdout=subprocess.DEVNULL)
    words = [str(program), "--data", f"image={data}/images.npy", "--data", f"label={data}/labels.npy", "--quiet",
             "--steps", str(STEPS)]
    subprocess.run([dpc, "run", *words, "--save-safetensors", folder / "whole"], check=True)

    script = next(block for block in re.findall(r"```\n(.*?)```", pathlib.Path(readme).read_text(), re.S)
                  if "#SBATCH" in block)
    command = " ".join([*words, "--checkpoint-every", "5", "--save-safetensors", str(folder / "trained")])
    script, count = re.subn(r"OUT --data … --epochs \d+", command, script)
    assert count == 1 and "--mpi=pmix" in script
    for name, text in (("srun", SRUN.format(mpirun=" ".join(mpirun))), ("scontrol", SCONTROL.format(folder=folder))):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    for number, mode in enumerate(("pmix", "none")):
        saved = folder / f"saved-{mode}"
        (folder / "job").write_text(script.replace("pmix", mode).replace(" DIR", f" {saved}"))
        (folder / "requeued").write_text("")
        (folder / "trained").unlink(missing_ok=True)
        run_job(folder, saved, program, str(17 + number))
        assert (folder / "trained").read_bytes() == (folder / "whole").read_bytes(), mode


def run_job(folder, saved, program, number):
    def newest():
        return max((p.name for p in saved.glob("step-*") if p.name[5:].isdigit()), default="")

    def ranks():
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "exe") == str(program):
                    found.append(int(process.name))
            except OSError:
                pass
        return found

    # Of a step's tasks Slurm signals each; here, what is done behind a new checkpoint.
    ends = [lambda pids: [os.kill(pid, signal.SIGUSR1) for pid in pids],
            lambda pids: os.kill(pids[-1], signal.SIGKILL), None]
    for start, disturb in enumerate(ends):
        before = newest()
        variables = {"SLURM_JOB_ID": number, "SLURM_NTASKS": "2", "SLURM_PROCID": "0", "SLURM_JOB_NUM_NODES": "1",
                     "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        if start:
            variables["SLURM_RESTART_COUNT"] = str(start)
        job = subprocess.Popen(["bash", folder / "job"], env=dict(os.environ, **variables),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        limit = time.time() + 60
        while disturb and job.poll() is None and time.time() < limit:
            if newest() > before and len(ranks()) == 2:
                disturb(ranks())
                break
            time.sleep(0.005)
        output, _ = job.communicate(timeout=120)
        status = job.returncode
        requeued = (folder / "requeued").read_text().splitlines()
        assert requeued == [f"requeue {number}"] * (start + (disturb is not None)), (start, status, requeued, output)
        assert status == 75 if start == 0 else (status not in (0, 75)) == (start == 1), (start, status, output)


if __name__ == "__main__":
    main()
