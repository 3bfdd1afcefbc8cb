"""Kills and signals at random times: each run ends at once with one line that
names who ended and why, leaves neither processes nor temporary files, and what
it was asked to write is whole.

  check_kills.py DPC MODEL DATA [--tries N] [--seed S]

DATA is the folder of make_data.py. With DPC_TRANSPORT=tcp ranks meet without mpirun.
The seed and the number of a try, which a
failure prints, repeat it: --seed S --only I.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import onnx

STRATEGIES = {
    "single": ["--strategy", "single"],
    "data": ["--strategy", "data", "--ranks", "2"],
    "zero": ["--strategy", "zero", "--zero-stage", "3", "--ranks", "3"],
    "tensor": ["--strategy", "tensor", "--ranks", "2"],
    "pipeline": ["--strategy", "pipeline", "--ranks", "2"],
}
DEADLY = [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT]
WISHES = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1]
TIMEOUT = 3


class Failure(Exception):
    pass


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Job:
    """A run of a launcher and its ranks, whose processes are found by a mark."""

    def __init__(self, number, strategy):
        self.mark = f"DPC_KILLS={os.getpid()}.{number}"
        self.strategy = strategy

    def launch(self, command, temporary):
        name, value = self.mark.split("=")
        environment = dict(os.environ, TMPDIR=temporary, **{name: value})
        self.launcher = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, start_new_session=True)

    def ranks(self):
        """{rank: process} of the launcher's children."""
        found = {}
        pid = self.launcher.pid
        for word in read(f"/proc/{pid}/task/{pid}/children").split():
            match = re.search(rb"(?:^|\0)(?:OMPI_COMM_WORLD_)?RANK=(\d+)", read(f"/proc/{int(word)}/environ"))
            # Before the ranks there is one that prints the plan.
            if match or self.strategy == "single" and b"\0--plan\0" not in read(f"/proc/{int(word)}/cmdline"):
                found[int(match.group(1)) if match else 0] = int(word)
        return found

    def mine(self):
        """Processes of this job that are there."""
        mark = self.mark.encode()
        return [pid for pid in processes()
                if mark in read(f"/proc/{pid}/environ").split(b"\0") and pid != os.getpid()]

    def find_mpirun(self):
        return [pid for pid in self.mine() if b"mpirun" in read(f"/proc/{pid}/cmdline").split(b"\0")[0]]

    def wait_for_end(self):
        """No process is left soon after the launcher."""
        limit = time.time() + 5
        while self.mine() and time.time() < limit:
            time.sleep(0.02)
        if left := self.mine():
            raise Failure(f"left behind: {[read(f'/proc/{pid}/cmdline') for pid in left]}")

    def end(self):
        for pid in self.mine():
            send(pid, signal.SIGKILL)
        if self.launcher.poll() is None:
            self.launcher.kill()
        self.launcher.wait()
        self.launcher.stderr.close()


class Try(Job):
    def __init__(self, options, folder, number):
        self.choose = random.Random(f"{options.seed}.{number}")
        super().__init__(number, self.choose.choice(list(STRATEGIES)))
        self.options = options
        self.folder = os.path.join(folder, str(number))
        self.temporary = os.path.join(self.folder, "tmp")
        self.out = os.path.join(self.folder, "out")
        self.program = os.path.join(folder, self.strategy)
        self.story = self.strategy
        self.is_killed_late = False

    def path(self, name):
        return os.path.join(self.out, name)

    def start(self):
        os.makedirs(self.temporary)
        os.makedirs(self.out)
        data = self.options.data
        self.launch([
            self.options.dpc, "run", self.program, "--quiet", "--epochs", "1000000",
            "--data", f"image={data}/images.npy", "--data", f"label={data}/labels.npy",
            "--eval-data", f"image={data}/images.npy", "--eval-data", f"label={data}/labels.npy",
            "--metrics", self.path("m.jsonl"), "--save-onnx", self.path("s.onnx"),
            "--trace", self.path("t.json"), "--timeout", str(TIMEOUT)], self.temporary)

    def wait_for_training(self):
        limit = time.time() + 60
        while not os.path.exists(self.path("m.jsonl")) or not os.path.getsize(self.path("m.jsonl")):
            if self.launcher.poll() is not None or time.time() > limit:
                raise Failure("training does not start")
            time.sleep(0.02)
        time.sleep(self.choose.random() * 0.3)

    def run(self):
        """Does something to the job. Returns what must come of it: exit statuses,
        a pattern of the line, and whether the model must be there."""
        choose = self.choose
        self.start()
        early = choose.random() < 0.25
        if early:
            # Before the ranks are there, in MPI's start, or in their first steps.
            time.sleep(choose.random() ** 3 * 0.6)
        else:
            self.wait_for_training()
        action = choose.choice(["die", "die", "wish", "wish", "wish", "twice", "launcher", "stop",
                                "mpirun", "save"])
        ranks = self.ranks()
        self.starts = not ranks
        if not ranks and action in ("die", "stop"):
            action = "wish"
        if self.strategy == "single" and action in ("stop", "mpirun"):
            action = "wish"
        number = choose.choice(WISHES)
        self.story += f", {'early' if early else 'training'}, {action}"
        if action == "die":
            number = choose.choice(DEADLY)
            victims = choose.sample(sorted(ranks), choose.randint(1, len(ranks)))
            self.story += f" {number.name} {victims}"
            for rank in victims:
                send(ranks[rank], number)
            some = "|".join(str(rank) for rank in victims)
            return [128 + number], rf"rank ({some}): .*{number.name}", False
        if action == "launcher":
            send(self.launcher.pid, signal.SIGKILL)
            return [-signal.SIGKILL], None, False
        if action == "stop":
            victim = choose.choice(sorted(ranks))
            self.story += f" {victim}"
            send(ranks[victim], signal.SIGSTOP)
            return [1], rf"rank {victim}\b.* (is stopped|does not answer)", False
        if action == "mpirun":
            number = choose.choice([signal.SIGTERM, signal.SIGKILL])
            self.story += f" {number.name}"
            victims = self.find_mpirun()
            for pid in victims:
                send(pid, number)
            if not victims:
                send(self.launcher.pid, number)
            return ([1] if victims else [128 + number, -number]), "", False
        # A wish to end, to one rank, the launcher, both or the whole group.
        target = choose.choice(["rank", "launcher", "each", "group"] if ranks else ["launcher"])
        self.story += f" {number.name} to {target}"
        if target == "rank":
            targets = [ranks[choose.choice(sorted(ranks))]]
        elif target == "each":
            targets = [self.launcher.pid] + list(ranks.values())
        else:
            targets = [self.launcher.pid]

        def wish(number):
            if target == "group":
                try:
                    os.killpg(self.launcher.pid, number)
                except ProcessLookupError:
                    pass
            else:
                for pid in targets:
                    send(pid, number)

        wish(number)
        if action == "wish":
            return [128 + number], number.name, not early
        time.sleep(choose.random() * (0.02 if action == "save" else 0.2))
        if action == "save":
            # While the results are written.
            if ranks:
                self.is_killed_late = True
                rank = choose.choice(sorted(ranks))
                send(ranks[rank], signal.SIGKILL)
            return [128 + number, 137], f"{number.name}|SIGKILL", False
        wish(number)
        return [128 + number], number.name, False

    def check(self):
        statuses, pattern, has_model = self.run()
        try:
            error = self.launcher.communicate(timeout=30 + TIMEOUT)[1]
        except subprocess.TimeoutExpired:
            raise Failure("hangs") from None
        status = self.launcher.returncode
        lines = error.splitlines()
        if self.starts and -status in WISHES and not lines:
            # Nobody was there yet to say anything.
            statuses, pattern = [status], None
        self.wait_for_end()
        if status not in statuses:
            raise Failure(f"exit status {status}, not {statuses}: {error}")
        if pattern is None:
            if lines:
                raise Failure(f"says {error}")
        elif len(lines) != 1 + self.has_second(lines) or not re.match("dpc: (error|warning): ", lines[0]) \
                or not re.search(pattern, lines[0]):
            raise Failure(f"not one line that matches '{pattern}': {error}")
        files = os.listdir(self.temporary) + [
            name for name in os.listdir(self.out) if name not in ("m.jsonl", "s.onnx", "t.json")]
        if files:
            raise Failure(f"files left: {files}")
        self.check_results(lines[0] if lines else "", has_model)
        return lines[0] if lines else ""

    def has_second(self, lines):
        """A rank that was killed when it had said why it ends."""
        return self.is_killed_late and len(lines) == 2 and "holds the model" in lines[0] \
            and re.match(r"dpc: error: rank \d+: .*SIGKILL", lines[1]) is not None

    def check_results(self, line, has_model):
        text = read(self.path("m.jsonl")).decode()
        if has_model and not os.path.exists(self.path("s.onnx")):
            raise Failure(f"no model: {line}")
        if os.path.exists(self.path("s.onnx")):
            onnx.checker.check_model(onnx.load(self.path("s.onnx")))
        if os.path.exists(self.path("t.json")):
            json.loads(read(self.path("t.json")))
        # A rank that is killed may have been writing the last line.
        whole = text[:text.rfind("\n") + 1].splitlines()
        steps = [json.loads(entry).get("step") for entry in whole]
        if steps and [step for step in steps if step] != sorted(step for step in steps if step):
            raise Failure("steps out of order")
        match = re.search(r"after step (\d+)", line)
        if match and not text.endswith("\n"):
            raise Failure("the metrics are cut")
        if match and int(match.group(1)) != (steps[-1] if steps else 0):
            raise Failure(f"metrics end with step {steps[-1:]}: {line}")

    def clean(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dpc")
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    # Under nohup it would be ignored, as there it should.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, words in STRATEGIES.items():
            subprocess.run(
                [options.dpc, "compile", options.model, "-o", os.path.join(folder, name), "--batch", "10",
                 "--loss", "softmax-cross-entropy"] + words, check=True, stdout=subprocess.DEVNULL)
        numbers = [options.only] if options.only is not None else range(options.tries)
        for number in numbers:
            attempt = Try(options, folder, number)
            start = time.time()
            try:
                line = attempt.check()
                if options.verbose:
                    print(f"{number}: {attempt.story}, {time.time() - start:.1f} s: {line}", flush=True)
            except Failure as failure:
                failures += 1
                print(f"{number}: {attempt.story}: {failure}", flush=True)
            finally:
                attempt.clean()
    print(f"{len(numbers)} tries, {failures} failed (seed {options.seed})")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
