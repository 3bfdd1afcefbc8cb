"""A network that is cut between two machines: two network namespaces, as root.

  check_cut.py DPC MODEL DATA [mpi|tcp]

DATA is the folder of make_data.py. Rank 0 trains in one namespace and rank 1 in the
other one. When the cable is pulled, both end by themselves, each with a line that says
who is missing. When it is back, the same command goes on from the last checkpoint to
the bytes of the undisturbed run. Where namespaces are not allowed, nothing is tried.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT, LIMIT, STEPS = 4, 100, 1500
MARK, NEAR, FAR = "DPC_CUT", f"dpcnear{os.getpid()}", f"dpcfar{os.getpid()}"


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True).returncode == 0


def connect():
    """The two machines; false where that is not allowed."""
    return all(ip(*line.split()) for line in (
        f"netns add {NEAR}", f"netns add {FAR}",
        f"link add near netns {NEAR} type veth peer name far netns {FAR}",
        f"-n {NEAR} addr add 10.77.0.1/24 dev near", f"-n {FAR} addr add 10.77.0.2/24 dev far",
        f"-n {NEAR} link set lo up", f"-n {FAR} link set lo up",
        f"-n {NEAR} link set near up", f"-n {FAR} link set far up"))


def find_processes(program=None):
    """{process: its machine} of what was started here, or of a program of it."""
    found = {}
    mark = f"{MARK}={os.getpid()}".encode()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if program is None or os.readlink(f"/proc/{name}/exe") == str(program):
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read().split(b"\0"):
                        found[int(name)] = os.readlink(f"/proc/{name}/ns/net")
        except OSError:
            pass
    return found


def end_all():
    for pid in find_processes():
        os.kill(pid, signal.SIGKILL)


class Cut:
    def __init__(self, dpc, model, data, folder, transport):
        self.transport = transport
        self.folder, self.program = folder, folder / "program"
        subprocess.run([dpc, "compile", model, "-o", self.program, "--batch", "10", "--ranks", "2",
                        "--strategy", "data", "--loss", "softmax-cross-entropy"], check=True,
                       stdout=subprocess.DEVNULL)
        self.data = ["--data", f"image={data}/images.npy", "--data", f"label={data}/labels.npy"]
        # What would be ssh to the other machine, which has a name of its own.
        self.agent = folder / "agent"
        self.agent.write_text(f"#!/bin/sh\nshift\nexec ip netns exec {FAR} unshare -u sh -c "
                              f"'hostname {FAR}; exec sh -c \"$*\"' sh \"$@\"\n")
        # Each rank's words are kept where it runs.
        self.shell = folder / "rank"
        self.shell.write_text(
            f"#!/bin/sh\nexec {self.program} \"$@\" 2>{folder}/${{OMPI_COMM_WORLD_RANK:-$RANK}}.error\n")
        for path in (self.agent, self.shell):
            path.chmod(0o755)

    def start(self, name, *words):
        session = self.folder / "session"
        session.mkdir(exist_ok=True)
        if self.transport == "tcp":
            both = (f"ip netns exec {FAR} env RANK=1 unshare -u sh -c 'hostname {FAR}; exec \"$@\"' sh \"$@\" & "
                    f"ip netns exec {NEAR} env RANK=0 \"$@\"; code=$?; wait; exit $code")
            launcher = ["env", "WORLD_SIZE=2", "MASTER_ADDR=10.77.0.1", "MASTER_PORT=29500", "DPC_TOKEN=cable",
                        "sh", "-c", both, "sh"]
        else:
            launcher = self.mpirun(session)
        command = [*launcher, self.shell, *self.data, "--steps", STEPS, "--quiet", "--timeout", TIMEOUT,
                   "--metrics", self.folder / f"{name}.jsonl",
                   "--save-safetensors", self.folder / f"{name}.trained", *words]
        with open(self.folder / "launcher.error", "w") as error:
            return subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=error,
                                    env=dict(os.environ, **{MARK: str(os.getpid())}))

    def mpirun(self, session):
        return ["ip", "netns", "exec", NEAR, "mpirun", "-q", "--allow-run-as-root", "--bind-to", "none",
                   "--mca", "orte_tmpdir_base", session, "--mca", "plm_rsh_agent", self.agent,
                   "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "10.77.0.0/24",
                   "--mca", "oob_tcp_if_include", "10.77.0.0/24", "--host", "10.77.0.1:1,10.77.0.2:1", "-n", "2"]

    def errors(self):
        paths = [self.folder / f"{rank}.error" for rank in (0, 1)]
        return [path.read_text() if path.exists() else "" for path in paths]

    def finish(self, job):
        status = job.wait(timeout=120)
        assert status == 0, (status, (self.folder / "launcher.error").read_text(), self.errors())

    def run(self):
        self.finish(self.start("whole"))
        checkpoints = self.folder / "checkpoints"
        words = ["--checkpoint", checkpoints, "--checkpoint-every", "5", "--resume", checkpoints]
        job = self.start("cut", *words)
        limit = time.time() + 60
        while len(list(checkpoints.glob("step-????????"))) < 2:
            assert time.time() < limit and job.poll() is None, ("training does not start", self.errors())
            time.sleep(0.02)
        assert len(set(find_processes(self.program).values())) == 2, "the ranks are not on two machines"
        assert ip("-n", FAR, "link", "set", "far", "down")
        start = time.time()
        while find_processes(self.program):
            assert time.time() < start + LIMIT, ("ranks do not end", find_processes(self.program), self.errors())
            time.sleep(0.05)
        seconds = time.time() - start
        # The launcher cannot reach its other half.
        end_all()
        job.wait()
        print(f"both ranks ended after {seconds:.1f} s")
        for rank, text in enumerate(self.errors()):
            print(text.strip())
            assert len(text.splitlines()) == 1 and re.match(rf"dpc: error: .*\brank {1 - rank}\b", text), text
        assert ip("-n", FAR, "link", "set", "far", "up")
        self.finish(self.start("cut", *words))
        wholes = [(self.folder / f"{name}.trained").read_bytes() for name in ("whole", "cut")]
        assert wholes[0] == wholes[1], "ends with other bytes"


def main():
    dpc, model, data, transport = [*sys.argv[1:], "mpi"][:4]
    with tempfile.TemporaryDirectory() as folder:
        try:
            if not connect():
                print("skipped: network namespaces are not allowed here")
                return
            Cut(dpc, model, os.path.abspath(data), pathlib.Path(folder), transport).run()
        finally:
            end_all()
            for name in (NEAR, FAR):
                ip("netns", "delete", name)


if __name__ == "__main__":
    main()
