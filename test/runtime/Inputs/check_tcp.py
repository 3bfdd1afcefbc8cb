"""Ranks that meet over TCP, started by hand with the variables of launchers, and
everything that may come in between.

  check_tcp.py DATA BIN

DATA is the folder of make_data.py. Each process that fails writes one line
`dpc: error: WHERE: WHAT`; no stranger does harm.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

data, programs = (pathlib.Path(word).resolve() for word in sys.argv[1:])
LIMIT = 60
LAUNCHERS = ("OMPI_", "PMI", "SLURM", "TORCHELASTIC", "DPC_", "RANK", "WORLD_SIZE", "LOCAL_", "MASTER_")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}


ports = iter(range(21000 + os.getpid() * 20 % 5000, 32000, 20))


def find_port():
    """One that is free, and the next ones, too; below those of outgoing connections."""
    for port in ports:
        try:
            for offset in range(18):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port + offset))
        except OSError:
            continue
        return port


class Job:
    """Ranks of one job, by hand; a context that leaves no process."""

    def __init__(self, size, planned=None, timeout=30, words=("--steps", "20"), **variables):
        self.size, self.port = size, find_port()
        self.words = ["--data", f"x={data}/x.npy", "--data", f"label={data}/label.npy", "--params",
                      f"{data}/params.safetensors", "--quiet", "--timeout", str(timeout), *words]
        self.program = programs / f"dpc-fake-{planned or size}"
        self.variables = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": self.port, "DPC_TOKEN": "swordfish", **variables}
        self.ranks = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for rank in self.ranks.values():
            if rank.poll() is None:
                rank.kill()
            rank.communicate()

    def start(self, rank, *words, key=None, without=(), **variables):
        variables = {"RANK": rank, "WORLD_SIZE": self.size, **self.variables, **variables}
        environment = PLAIN | {name: str(value) for name, value in variables.items() if name not in without}
        self.ranks[rank if key is None else key] = subprocess.Popen(
            [self.program, *self.words, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)
        return self

    def start_all(self, *words, **variables):
        for rank in range(self.size):
            self.start(rank, *words, **variables)
        return self

    def end(self, rank, status=0, *texts, lines=None, within=LIMIT):
        """Expects how a rank ends: one line with these texts, or none; of warnings, so many."""
        error = self.ranks[rank].communicate(timeout=within)[1]
        self.ranks[rank].communicate = lambda: None
        found = error.splitlines()
        assert self.ranks[rank].returncode == status, (rank, self.ranks[rank].returncode, error)
        assert len(found) == (bool(texts) if lines is None else lines), error
        assert all(text in error for text in texts), (texts, error)
        assert all(re.match("dpc: (error|warning): ", line) for line in found), error
        return error

    def wait_for_door(self):
        """Until rank 0 listens."""
        limit = time.time() + LIMIT
        while time.time() < limit:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=5)
            except OSError:
                time.sleep(0.02)
        raise AssertionError("rank 0 does not listen")


def losses(path):
    return [json.loads(line).get("loss") for line in path.read_text().splitlines()]


def meets(folder):
    """Three ranks, and the losses of one."""
    one, three = folder / "one.jsonl", folder / "three.jsonl"
    with Job(1) as job:
        job.start(0, "--metrics", one).end(0)
    with Job(3) as job:
        # Whoever comes first waits.
        job.start(2).start(1)
        time.sleep(0.3)
        job.start(0, "--metrics", three)
        for rank in range(3):
            job.end(rank)
    assert len(losses(one)) == 20
    assert all(abs(a - b) < 1e-5 for a, b in zip(losses(one), losses(three), strict=True))


def slurm(folder):
    variables = {"SLURM_STEP_NUM_TASKS": 2, "SLURM_STEP_NUM_NODES": 1, "SLURM_JOB_ID": os.getpid(), "SLURM_STEP_ID": 0}
    with Job(2, **variables) as job:
        for rank in range(2):
            job.start(rank, SLURM_PROCID=rank, SLURM_LOCALID=rank,
                      without=("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "DPC_TOKEN"))
        for rank in range(2):
            job.end(rank)


def agent_store(folder):
    """Where torchrun holds the port, and somebody else the next one."""
    with Job(2, TORCHELASTIC_RUN_ID="x", TORCHELASTIC_USE_AGENT_STORE="True") as job:
        with socket.create_server(("127.0.0.1", job.port)), socket.create_server(("127.0.0.1", job.port + 1)):
            job.start_all()
            for rank in range(2):
                job.end(rank)


def wrong_token(folder):
    with Job(2, timeout=2) as job:
        job.start(0).start(1, DPC_TOKEN="shark")
        job.end(1, 1, "DPC_TOKEN", "rank 1", "refused")
        job.end(0, 1, "refused a connection from 127.0.0.1", "rank 1 has not come", lines=2)


def strangers(folder):
    with Job(2) as job:
        job.start(0)
        quiet = [job.wait_for_door()]
        greeting = quiet[0].recv(40)
        assert greeting.startswith(b"dpc-tcp1")
        for bytes_sent in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 65536, b"dpc-tcp1" + b"\xff" * 400, greeting):
            with job.wait_for_door() as visit:
                try:
                    visit.sendall(bytes_sent)
                    for _ in range(64 if len(bytes_sent) > 1000 else 0):
                        visit.sendall(b"\xff" * 65536)
                    visit.shutdown(socket.SHUT_WR)
                    while visit.recv(4096):
                        pass
                except OSError:
                    pass
        quiet += [job.wait_for_door() for _ in range(300)]
        memory = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{job.ranks[0].pid}/status").read_text())
        assert int(memory.group(1)) < 200_000, memory.group(0)
        job.start(1).end(1)
        error = job.end(0, lines=4)
        assert error.count("refused a connection from 127.0.0.1") == 4, error
        assert error.count("is not of dpc") == 2 and "another one" in error and "has not said" in error, error
        for visit in quiet:
            visit.close()


def port_in_use(folder):
    with Job(2) as job, socket.create_server(("127.0.0.1", job.port)):
        job.start(0).end(0, 1, "MASTER_PORT", "Address already in use")


def nobody_comes(folder):
    with Job(3, timeout=1) as job:
        # The one that came ends without a word of its own.
        job.start(0).start(1)
        job.end(0, 1, "rank 2 has not come", "within 1 s")
        job.end(1, 1)
    with Job(2, timeout=1) as job:
        job.start(1).end(1, 1, "rank 0 was not found", "nobody answers")
    with Job(2, timeout=1) as job, socket.create_server(("127.0.0.1", job.port)):
        job.start(1).end(1, 1, "rank 0 was not found", "something else answers")
    with Job(2, timeout=1) as job:
        job.start(1, MASTER_ADDR="nowhere.invalid").end(1, 1, "MASTER_ADDR", "nowhere.invalid")


def numbers(folder):
    """Of ranks, of local ranks, of the world."""
    with Job(2, timeout=2) as job:
        job.start_all(LOCAL_RANK=0)
        job.end(1, 1, "LOCAL_RANK", "another rank")
        job.end(0, 1, "rank 1 has not come")
    with Job(2) as job:
        job.start(0, LOCAL_RANK=2).end(0, 1, "LOCAL_RANK", "'2'")
    with Job(3, planned=2) as job:
        job.start_all()
        job.end(0, 1, "started on 3 ranks", "plan has 2")
        job.end(1, 1), job.end(2, 1)
    with Job(2, timeout=2) as job:
        job.start(0).start(1, WORLD_SIZE=3)
        job.end(1, 1, "WORLD_SIZE", "one of 3")
        job.end(0, 1, "rank 1 has not come")
    with Job(3, timeout=3) as job:
        job.start(0).start(1)
        time.sleep(0.5)
        job.start(1, key="twin").end("twin", 1, "two of rank 1")
        job.end(0, 1, "rank 2 has not come")
    with Job(2) as job:
        job.start(0, OMPI_COMM_WORLD_RANK=1, OMPI_COMM_WORLD_SIZE=2)
        job.end(0, 1, "OMPI_COMM_WORLD_SIZE", "rank 1 of 2", "rank 0 of 2")


def dies_early(folder):
    with Job(3) as job:
        job.start(0).start(1)
        time.sleep(0.5)
        job.ranks[1].kill()
        job.end(0, 1, "rank 1", "has ended while the ranks came together", within=5)
    with Job(3) as job:
        job.start(0).start(1)
        time.sleep(0.5)
        job.ranks[0].kill()
        job.end(1, 1, "rank 0", "has ended while the ranks came together", within=5)
    with Job(2) as job:
        job.start(0)
        time.sleep(1.5)
        job.ranks[0].terminate()
        job.end(0, 128 + signal.SIGTERM, "SIGTERM", "waited for rank 1", within=5)


def train(job, folder):
    """Starts the ranks, and returns when they train."""
    metrics = folder / f"{job.port}.jsonl"
    job.start_all("--metrics", metrics)
    limit = time.time() + LIMIT
    while not metrics.exists() or not metrics.stat().st_size:
        assert time.time() < limit
        time.sleep(0.02)


def dies(folder):
    for victim, size in ((0, 2), (1, 3), (2, 3)):
        with Job(size, words=("--steps", "1000000000")) as job:
            train(job, folder)
            job.ranks[victim].kill()
            errors = [job.ranks[rank].communicate(timeout=10)[1] for rank in range(size) if rank != victim]
            lines = "".join(errors).splitlines()
            assert len(lines) == 1 and f"rank {victim}: process {job.ranks[victim].pid} on" in lines[0], lines


def stops(folder):
    with Job(2, timeout=2, words=("--steps", "1000000000")) as job:
        train(job, folder)
        job.ranks[1].send_signal(signal.SIGSTOP)
        # Which of the two depends on the thread that started it.
        error = job.end(0, 1, "rank 0 waits for rank 1, which ", within=20)
        assert "is stopped" in error or "does not answer" in error, error


def ends(folder):
    with Job(2, words=("--steps", "1000000000")) as job:
        train(job, folder)
        job.ranks[1].terminate()
        job.end(0, 128 + signal.SIGTERM, "SIGTERM", "rank 1", within=10)
        job.end(1, 128 + signal.SIGTERM)


CASES = [meets, slurm, agent_store, wrong_token, strangers, port_in_use, nobody_comes, numbers, dies_early, dies, stops,
         ends]


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = {case.__name__: pool.submit(case, pathlib.Path(folder)) for case in CASES}
        for name, job in jobs.items():
            try:
                job.result()
            except Exception as failure:  # of a test
                failures += 1
                print(f"{name}: {type(failure).__name__}: {failure}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
