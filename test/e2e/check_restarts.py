"""dpc run --restarts: a run whose ranks die ends with the bytes of one that was not
disturbed; where it does not get on, a smaller executable takes over, which may be
compiled at that moment.

  check_restarts.py DPC MODEL DATA FOLDER

DATA is the folder of make_data.py.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

STEPS = 800


def command(dpc, *words):
    return [str(word) for word in (dpc, *words)]


class Run:
    def __init__(self, dpc, files, program, folder, *options, arguments=()):
        self.checkpoints = folder
        self.process = subprocess.Popen(
            command(dpc, "run", *options, program, *files, "--quiet",
                    *(("--checkpoint", folder) if folder else ()), *arguments),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ranks(self, program):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if os.readlink(f"/proc/{pid}/exe") == str(program.resolve())]

    def newest(self):
        names = sorted(p.name for p in self.checkpoints.glob("step-*") if p.name[5:].isdigit())
        return names[-1] if names else ""

    def kill_beyond(self, program, name, number=signal.SIGKILL):
        """Kills a rank once there is a checkpoint newer than `name`."""
        limit = time.time() + 60
        while time.time() < limit and self.process.poll() is None:
            try:
                newest, ranks = self.newest(), self.ranks(program)
                if newest > name and ranks:
                    os.kill(ranks[-1], number)
                    return newest
            except OSError:
                pass
            time.sleep(0.005)
        raise AssertionError(("it ended, or nothing came", self.process.communicate()))

    def kill_always(self, program):
        """Kills a rank wherever all are there, as if it were lost for good."""
        limit = time.time() + 120
        while time.time() < limit and self.process.poll() is None:
            try:
                ranks = self.ranks(program)
                if len(ranks) == 4:
                    os.kill(ranks[-1], signal.SIGKILL)
            except OSError:
                pass
            time.sleep(0.005)

    def end(self):
        out, error = self.process.communicate(timeout=120)
        return self.process.returncode, error.splitlines()


def read_losses(path):
    return {record["step"]: record["loss"] for record in map(json.loads, path.read_text().splitlines())}


def check_compiled_then(dpc, files, folder):
    """Of four ranks one does not come back: what is compiled for two goes on."""
    four = folder / "four"
    arguments = ["--steps", 300, "--checkpoint-every", "20", "--metrics"]
    subprocess.run(command(dpc, "run", four, *files, "--quiet", *arguments[:2], "--metrics", folder / "whole.jsonl"),
                   check=True)
    run = Run(dpc, files, four, folder / "e", "--restarts", "20", "--elastic", "auto",
              arguments=[*arguments, folder / "e.jsonl"])
    newest = run.kill_beyond(four, "")
    run.kill_always(four)
    status, lines = run.end()
    assert status == 0, (status, lines)
    ends = [line.split(": ")[-1] for line in lines if " warning: restart" in line]
    assert ends[-1].endswith(f", on 2 ranks with {four}.ranks-2"), lines
    assert re.search(r"/(step-\d+),", ends[-1])[1] >= newest, lines
    assert len(ends) >= 3 and len(lines) == 2 * len(ends), lines
    whole, losses = read_losses(folder / "whole.jsonl"), read_losses(folder / "e.jsonl")
    assert list(losses) == list(range(1, 301)), list(losses)
    worst = max(abs(losses[step] - whole[step]) for step in whole)
    assert worst <= 1e-5, worst

    # What is in the way is one line.
    (folder / "mlp.onnx").unlink()
    arguments = ["--steps", 10, "--lr", "1e30"]
    for name, text in (("two", "cannot be compiled for 1 rank: "), ("grid", "has no axis data that could be smaller")):
        status, lines = Run(dpc, files, folder / name, folder / f"e-{name}", "--restarts", "5", "--elastic", "auto",
                            arguments=arguments).end()
        assert status == 1 and len(lines) == 4 and text in lines[3], (status, lines)


def main():
    dpc, model, data, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    files = ["--data", f"image={data}/images.npy", "--data", f"label={data}/labels.npy"]
    plans = {"two": ["--strategy", "zero", "--zero-stage", "3", "--ranks", "2"],
             "one": ["--strategy", "single"],
             "four": ["--strategy", "zero", "--zero-stage", "3", "--ranks", "4"],
             "grid": ["--mesh", "tensor=2,pipe=2"]}
    shutil.copy(model, folder / "mlp.onnx")
    for name, options in plans.items():
        subprocess.run(command(dpc, "compile", "mlp.onnx", "-o", name, "--batch", "10", "--optimizer", "momentum",
                               "--loss", "softmax-cross-entropy", *options),
                       check=True, stdout=subprocess.DEVNULL, cwd=folder)
    two = folder / "two"
    saved = ["--save-safetensors", folder / "trained", "--steps", STEPS, "--checkpoint-every", "5"]
    subprocess.run(command(dpc, "run", two, *files, "--quiet", "--steps", STEPS,
                           "--save-safetensors", folder / "whole"), check=True)

    # Two deaths, each behind a new checkpoint.
    run = Run(dpc, files, two, folder / "a", "--restarts", "5", arguments=saved)
    newest = run.kill_beyond(two, "")
    run.kill_beyond(two, newest, signal.SIGSEGV)
    status, lines = run.end()
    assert status == 0 and len(lines) == 4, (status, lines)
    assert [line.split(" from ")[0] for line in lines[1::2]] == [
        f"dpc: warning: restart {i} of 5:" for i in (1, 2)], lines
    assert (folder / "trained").read_bytes() == (folder / "whole").read_bytes()

    # A wish to end is none to start again; the same command goes on.
    run = Run(dpc, files, two, folder / "b", "--restarts", "5", arguments=saved)
    run.kill_beyond(two, "", signal.SIGTERM)
    status, lines = run.end()
    assert status == 75 and len(lines) == 1 and "holds the training" in lines[0], (status, lines)
    (folder / "trained").unlink()
    status, lines = Run(dpc, files, two, folder / "b", "--restarts", "5",
                        arguments=[*saved, "--resume", folder / "b"]).end()
    assert (status, lines) == (0, []), (status, lines)
    assert (folder / "trained").read_bytes() == (folder / "whole").read_bytes()

    # Without a new checkpoint in between, it is given up, or goes on smaller. Here the
    # flags stand in a file.
    (folder / "run.yaml").write_text(f"checkpoint: {folder}/c\ncheckpoint-every: 1000000\nlr: 1e30\n")
    arguments = ["--steps", STEPS, "--config", folder / "run.yaml"]
    status, lines = Run(dpc, files, two, None, "--restarts", "5", arguments=arguments).end()
    assert status == 1 and len(lines) == 4 and "ended twice without a new checkpoint" in lines[3], (status, lines)
    status, lines = Run(dpc, files, two, None, "--restarts", "2", "--elastic", folder / "one",
                        arguments=arguments).end()
    assert status == 1 and len(lines) == 5 and lines[3].endswith(f"on 1 rank with {folder}/one"), (status, lines)

    check_compiled_then(dpc, files, folder)

    for options, arguments, text in (
            (["--restarts", "1"], [], "--restarts: the run saves no checkpoints"),
            (["--elastic", folder / "one"], ["--checkpoint", folder / "c"], "--elastic: has no meaning"),
            (["--restarts", "1", "--elastic", folder / "none"], ["--checkpoint", folder / "c"], "no such file"),
            (["--restarts", "1", "--elastic", "auto"], ["--checkpoint", folder / "c"],
             "two.settings.yaml: cannot be read as a file of settings; --elastic auto")):
        (folder / "two.settings.yaml").unlink(missing_ok=True)
        done = subprocess.run(command(dpc, "run", *options, two, *files, *arguments), capture_output=True, text=True)
        lines = done.stderr.splitlines()
        assert done.returncode in (1, 2) and len(lines) == 1 and text in lines[0], done


if __name__ == "__main__":
    main()
