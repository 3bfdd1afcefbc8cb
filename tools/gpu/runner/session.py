"""What the parts of a run share: the pack, a folder to work in, time, results."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zlib
from dataclasses import dataclass

import inputs

# By these a launcher says who a process is; the programs here are alone unless a part
# says otherwise.
LAUNCHERS = re.compile(
    r"RANK|WORLD_SIZE|LOCAL_RANK|GROUP_RANK|MASTER_(ADDR|PORT)|(OMPI|PMI|PMIX|SLURM|TORCHELASTIC|DPC)_\w+")
# Of the stand-ins for NVIDIA's libraries, on which the runner itself is tried.
KEPT = re.compile(r"DPC_HOSTCUDA_\w+")


class OutOfTime(Exception):
    """The part's time is up."""


@dataclass
class Outcome:
    """How a program ended. Its status is 128 + n if signal n ended it."""
    status: int
    output: str
    errors: str
    seconds: float

    def line(self):
        """The first line of what it complained about."""
        lines = (self.errors or self.output).strip().splitlines()
        return lines[0][:300] if lines else ""


class Session:
    def __init__(self, folder, work, options):
        self.folder, self.work, self.options = folder, work, options
        self.quick = options.quick
        self.manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.start = time.monotonic()
        self.end_of_run = self.start + options.seconds
        self.end = self.end_of_run
        self.library_folders = []
        self.children = set()
        self.plans, self.traces = {}, {}
        self.results = {"schema": 1, "pack": self.manifest["pack"], "machine": {}, "status": "running",
                        "seconds": 0.0, "parts": {}}

    def elapsed(self):
        return time.monotonic() - self.start

    def left(self):
        """Seconds of the current part."""
        return self.end - time.monotonic()

    def need(self, seconds):
        """Ends the part if it has less left."""
        if self.left() < seconds:
            raise OutOfTime

    def save(self):
        """Writes the results so far, whole or not at all."""
        self.results["seconds"] = round(self.elapsed(), 1)
        path = self.options.out
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps(self.results, indent=1) + "\n", encoding="utf-8")
        partial.replace(path)

    def unpack(self):
        """The executables, which are packed without their parameters where these are large."""
        with tarfile.open(self.folder / "programs.tar.xz") as archive:
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(self.work / "programs", **safe)

    def program(self, name):
        return self.work / "programs" / name

    def plan(self, name):
        """The program's plan, which it holds itself."""
        if name not in self.plans:
            outcome = self.execute([self.program(name), "--plan"])
            if outcome.status:
                raise RuntimeError(f"{name} --plan: {outcome.line()}")
            self.plans[name] = json.loads(outcome.output)
        return self.plans[name]

    def parameters(self, name):
        """A file of initial parameters, made here; programs of a network share it."""
        wanted = self.plan(name)["parameters"]
        key = zlib.crc32(json.dumps([[one["name"], one["shape"]] for one in wanted]).encode())
        path = self.work / f"parameters-{key:08x}.safetensors"
        if not path.exists():
            inputs.write_parameters(path, wanted)
        return path

    def environment(self, **changes):
        result = {key: value for key, value in os.environ.items()
                  if not LAUNCHERS.fullmatch(key) or KEPT.fullmatch(key)}
        if self.library_folders:
            folders = [result["LD_LIBRARY_PATH"]] if result.get("LD_LIBRARY_PATH") else []
            result["LD_LIBRARY_PATH"] = os.pathsep.join(folders + self.library_folders)
        result.update(changes)
        return {key: value for key, value in result.items() if value is not None}

    def spawn(self, command, environment=None, **options):
        """A child in a process group of its own, which stop() ends whole."""
        child = subprocess.Popen(
            [str(word) for word in command], env=environment or self.environment(), text=True,
            stdin=options.pop("stdin", subprocess.DEVNULL), stdout=options.pop("stdout", subprocess.PIPE),
            stderr=options.pop("stderr", subprocess.PIPE), start_new_session=True, cwd=self.work, **options)
        self.children.add(child)
        return child

    def stop(self, child):
        if child.poll() is None:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
        self.children.discard(child)

    def stop_all(self):
        for child in list(self.children):
            self.stop(child)

    def finish(self, child, begun, limit):
        try:
            output, errors = child.communicate(timeout=max(0.1, limit))
        except subprocess.TimeoutExpired:
            self.stop(child)
            raise OutOfTime from None
        self.children.discard(child)
        status = child.returncode if child.returncode >= 0 else 128 - child.returncode
        return Outcome(status, output, errors, time.monotonic() - begun)

    def execute(self, command, limit=None, **changes):
        """Runs a program to its end. OutOfTime if that comes later than the part's, or than in
        `limit` seconds."""
        self.need(0.1)
        begun = time.monotonic()
        child = self.spawn(command, self.environment(**changes))
        return self.finish(child, begun, min(self.left(), limit or self.left()))

    @contextlib.contextmanager
    def helper(self, task, limit=None, **settings):
        """A process that calls NVIDIA's libraries itself (native.py): what goes wrong there, or
        hangs, does not end this one. Gives the child; it is stopped behind the block, or when
        the time is up."""
        child = self.spawn([sys.executable, "-B", self.folder / "runner" / "native.py", task, json.dumps(settings)],
                           stdin=subprocess.PIPE)
        timer = threading.Timer(max(0.1, min(limit or self.left(), self.left())), self.stop, [child])
        timer.start()
        try:
            yield child
        finally:
            timer.cancel()
            self.stop(child)

    def ask(self, task, limit=None, **settings):
        """Yields what such a process tells, an object a line. RuntimeError if it fails, OutOfTime
        if it does not come to an end."""
        with self.helper(task, limit, **settings) as child:
            child.stdin.close()
            for line in child.stdout:
                yield json.loads(line)
            errors = child.stderr.read().strip().splitlines()
            if child.wait() == -signal.SIGKILL:
                raise OutOfTime
            if child.returncode:
                raise RuntimeError(errors[-1][:300] if errors else f"{task}: status {child.returncode}")

    def say(self, text):
        print(f"{self.elapsed():6.1f} s  {text}", file=sys.stderr, flush=True)


class Part:
    """One part's results: rows, what was cut, whether something failed."""

    def __init__(self, session, name):
        self.session, self.name = session, name
        self.begun = time.monotonic()
        self.result = {"status": "running", "seconds": 0.0, "notes": [], "rows": []}
        session.results["parts"][name] = self.result

    def add(self, **row):
        """A row. One whose `ok` is false fails the part."""
        self.result["rows"].append(row)
        if row.get("ok") is False:
            self.result["status"] = "failed"
            self.session.say(f"{self.name}: FAILED: " + ", ".join(f"{key} {value}" for key, value in row.items()))
        self.close()

    def note(self, text):
        self.result["notes"].append(text)
        self.session.say(f"{self.name}: {text}")

    def skip(self, why):
        if self.result["status"] == "running" and not self.result["rows"]:
            self.result["status"] = "skipped"
        self.note(why)

    def cut(self, what):
        """The part's time was up in front of `what`."""
        if self.result["status"] == "running":
            self.result["status"] = "cut"
        self.note(f"cut, its time was up: {what}")

    def fail(self, text):
        self.result["status"] = "failed"
        self.note(text)

    def end(self):
        if self.result["status"] == "running":
            self.result["status"] = "ok"
        self.close()

    def close(self):
        self.result["seconds"] = round(time.monotonic() - self.begun, 1)
        self.session.save()


def read_losses(path):
    """Of the steps in a metrics file: the losses, and what each took in ms."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    steps = [record for record in records if "step_ms" in record]
    return [record["loss"] for record in steps], [record["step_ms"] for record in steps]
