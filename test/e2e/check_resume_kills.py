"""Trainings that are killed again and again, and go on from their checkpoints.

  check_resume_kills.py DPC MODEL DATA [--kills N] [--seed S] [--limit SECONDS]

DATA is the folder of make_data.py. A training is started, disturbed at a random time
(in its start, a step, a save, the reading of a checkpoint or the writing of results),
and started again by the same command, until it comes to its end: with the bytes of the
undisturbed one. Each disturbance is seen within the limit, and one line says what it
was. The seed and the number of a training, which a failure prints, repeat it: --seed S
--only I.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import check_kills
from check_kills import DEADLY, Failure, Job, send

STRATEGIES = check_kills.STRATEGIES | {"hybrid": ["--mesh", "data=2,tensor=2", "--zero-stage", "1"]}
WISHES = [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT]
STEPS, EVERY, KEEP = 400, 9, 2
# For a rank that is stopped; the others may be slow on a busy machine.
TIMEOUT, PATIENCE = 4, 60
# Disturbances of one training.
KILLS = 8


class Life(Job):
    """A run of the command, and what is done to it."""

    def __init__(self, training, number):
        super().__init__(f"{training.number}.{number}", training.strategy)
        self.training, self.choose = training, training.choose
        self.action = self.choose.choice(
            ["die", "die", "die", "wish", "wish", "late", "launcher", "stop", "mpirun", "full"])
        if self.strategy == "single" and self.action in ("stop", "mpirun") or \
                self.action == "full" and not training.has_disk:
            self.action = "die"
        # Of the time that is left; soon after the start more often.
        newest = training.list_checkpoints()[-1:]
        left = 1 - int(newest[0][5:]) / STEPS if newest else 1
        self.delay = training.duration * max(left, 0.2) * self.choose.random() ** 1.5
        self.story = self.action

    def start(self, timeout):
        self.launch(self.training.command(timeout), self.training.temporary)
        self.started = time.time()

    def wait(self, seconds):
        """False if the run ends before."""
        limit = time.time() + seconds
        while time.time() < limit:
            if self.launcher.poll() is not None:
                return False
            time.sleep(0.002)
        return True

    def disturb(self):
        """Returns the exit statuses and patterns of the line that may come of it; none
        where the run was over. Without ranks, nobody is there to say anything."""
        choose = self.choose
        if not self.wait(self.delay):
            return None
        ranks = self.ranks()
        action = self.action
        if not ranks and action in ("die", "stop"):
            action = "wish"
        if action == "die":
            number = choose.choice(DEADLY)
            victims = choose.sample(sorted(ranks), choose.randint(1, len(ranks)))
            self.story += f" {number.name} {victims}"
            for rank in victims:
                send(ranks[rank], number)
            some = "|".join(map(str, victims))
            return [128 + number], rf"rank ({some}): .*{number.name}"
        if action == "launcher":
            send(self.launcher.pid, signal.SIGKILL)
            return [-signal.SIGKILL], None
        if action == "stop":
            victim = choose.choice(sorted(ranks))
            self.story += f" {victim}"
            send(ranks[victim], signal.SIGSTOP)
            return [1], rf"rank {victim}\b.* (is stopped|does not answer)"
        if action == "mpirun":
            number = choose.choice([signal.SIGTERM, signal.SIGKILL])
            victims = self.find_mpirun()
            for pid in victims or [self.launcher.pid]:
                send(pid, number)
            return ([1], "") if victims else ([128 + number, -number, 75], None)
        if action == "full":
            self.training.fill()
            return [1, 0], r"No space left on device"
        number = choose.choice(WISHES)
        target = choose.choice(["rank", "launcher", "each"] if ranks else ["launcher"])
        self.story += f" {number.name} to {target}"
        targets = [self.launcher.pid] if target != "rank" else [ranks[choose.choice(sorted(ranks))]]
        if target == "each":
            targets += ranks.values()
        for pid in targets:
            send(pid, number)
        if action != "late" or not ranks:
            return [75, 128 + number, -number], number.name
        # While it saves.
        self.wait(choose.random() * 0.1)
        rank = choose.choice(sorted(ranks))
        send(ranks[rank], signal.SIGKILL)
        return [75, 128 + number, 137], rf"{number.name}|rank {rank}: .*SIGKILL"

    def finish(self, expected):
        """Whether the training is over."""
        begun = time.time()
        limit = self.training.options.limit + (TIMEOUT if self.action == "full" else 0)
        is_long = expected is None or self.action == "full"
        try:
            error = self.launcher.communicate(timeout=120 if is_long else limit)[1]
        except subprocess.TimeoutExpired:
            raise Failure("is not seen in time") from None
        status, lines = self.launcher.returncode, error.splitlines()
        self.seen = time.time() - begun
        # The next one may be started while the ranks of this one end.
        if self.action != "launcher":
            self.wait_for_end()
        if status == 0 and self.action != "full":
            # It was about to end.
            if lines:
                raise Failure(f"says {error}")
            return True
        if expected is None:
            raise Failure(f"exit status {status}: {error}")
        statuses, pattern = expected
        if status not in statuses:
            raise Failure(f"exit status {status}, not {statuses}: {error}")
        if not all(re.match("dpc: (error|warning): ", line) for line in lines):
            raise Failure(f"says {error}")
        if self.action == "full":
            if any(pattern not in line and "exists" not in line for line in lines):
                raise Failure(f"says {error}")
            return status == 0
        if pattern is None or -status in WISHES and not lines:
            allowed = 1 if self.action == "mpirun" else 0
        else:
            # A rank that is killed when it has said why it ends.
            allowed = 2 if self.action == "late" else 1
            if not lines or not any(re.search(pattern, line) for line in lines):
                raise Failure(f"no line that matches '{pattern}': {error}")
        if len(lines) > allowed:
            raise Failure(f"says {error}")
        match = re.search(r"after step (\d+)", lines[0]) if lines else None
        newest = self.training.list_checkpoints()[-1:]
        if status == 75 and (not match or newest != [f"step-{int(match[1]):08}"]):
            raise Failure(f"the newest checkpoint is {newest}: {error}")
        return False


class Training:
    def __init__(self, options, folder, number):
        self.options, self.number = options, number
        self.choose = random.Random(f"{options.seed}.{number}")
        self.strategy = self.choose.choice(list(STRATEGIES))
        self.program = folder / self.strategy
        self.duration, self.expected = options.undisturbed[self.strategy]
        self.folder = folder / str(number)
        self.temporary = str(self.folder / "tmp")
        self.disk = self.folder / "disk"
        self.out = self.folder / "out.safetensors"
        for path in (self.temporary, self.disk):
            os.makedirs(path)
        self.has_disk = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "none", self.disk], capture_output=True).returncode == 0
        self.kills, self.times, self.story = 0, [], self.strategy

    def command(self, timeout):
        return make_command(self.options, self.program, self.out) + [
            "--timeout", str(timeout), "--checkpoint", str(self.disk / "checkpoints"), "--checkpoint-every",
            str(EVERY), "--keep", str(KEEP), "--resume", str(self.disk / "checkpoints")]

    def list_checkpoints(self):
        if not (self.disk / "checkpoints").exists():
            return []
        return sorted(path.name for path in (self.disk / "checkpoints").glob("step-????????"))

    def fill(self):
        with open(self.disk / "ballast", "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    pass

    def run(self):
        is_over = False
        while not is_over:
            life = Life(self, self.kills)
            is_last = self.kills == KILLS
            if not is_last:
                self.story += f"; {life.delay:.2f} s, "
            before = self.list_checkpoints()
            life.start(TIMEOUT if life.action == "stop" and not is_last else PATIENCE)
            try:
                expected = None if is_last else life.disturb()
                if not is_last:
                    self.story += life.story
                if expected is None:
                    life.action = "none"
                self.kills += expected is not None
                is_over = life.finish(expected)
                if expected is not None and life.action != "full":
                    self.times.append((life.seen, life.story))
            finally:
                if is_over or sys.exc_info()[0] or life.action != "launcher":
                    life.end()
                else:
                    life.launcher.stderr.close()
            (self.disk / "ballast").unlink(missing_ok=True)
            if before and self.list_checkpoints()[-1:] < before[-1:]:
                raise Failure(f"had {before}, has {self.list_checkpoints()}")
        if self.out.read_bytes() != self.expected:
            raise Failure("ends with other bytes")
        last = f"step-{STEPS:08}"
        left = {path.name for path in (self.disk / "checkpoints").iterdir()} - {".lock", "settings.yaml"}
        if last not in left or len(left) != KEEP:
            raise Failure(f"leaves {sorted(left)}")

    def clean(self):
        if self.has_disk:
            subprocess.run(["umount", "-l", self.disk])
        shutil.rmtree(self.folder, ignore_errors=True)


def make_command(options, program, out):
    data = options.data
    return [options.dpc, "run", str(program), "--quiet", "--steps", str(STEPS), "--seed", "5",
            "--data", f"image={data}/images.npy", "--data", f"label={data}/labels.npy",
            "--save-safetensors", str(out)]


def prepare(options, folder):
    """How long each plan trains, and what comes of it."""
    options.undisturbed = {}
    for name, words in STRATEGIES.items():
        program, out = folder / name, folder / f"{name}.trained"
        subprocess.run([options.dpc, "compile", options.model, "-o", program, "--batch", "10",
                        "--optimizer", "adam", "--loss", "softmax-cross-entropy"] + words,
                       check=True, stdout=subprocess.DEVNULL)
        start = time.time()
        subprocess.run(make_command(options, program, out) + [
            "--checkpoint", folder / f"{name}.checkpoints", "--checkpoint-every", str(EVERY)], check=True)
        options.undisturbed[name] = time.time() - start, out.read_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dpc")
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=120)
    parser.add_argument("--only", type=int)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    kills = failures = number = 0
    times = []
    with tempfile.TemporaryDirectory() as folder:
        prepare(options, pathlib.Path(folder))
        while kills < options.kills:
            training = Training(options, pathlib.Path(folder), number if options.only is None else options.only)
            try:
                training.run()
                if options.verbose:
                    print(f"{training.number}: {training.story}", flush=True)
            except Failure as failure:
                failures += 1
                print(f"{training.number}: {training.story}: {failure}", flush=True)
            finally:
                training.clean()
            kills += training.kills
            times += training.times
            number += 1
            if options.only is not None or failures > 10:
                break
    longest, story = max(times, default=(0, "nothing"))
    print(f"{number} trainings, {kills} times disturbed, seen within {longest:.1f} s ({story}); "
          f"{failures} failed (seed {options.seed})")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
