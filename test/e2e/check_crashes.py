"""A crash, or a disk that fails, at every system call about checkpoints.

  check_crashes.py DATA BIN LIBRARY [--ranks N] [--how HOW,...] [--stride N] MPIRUN...

A training that saves often is disturbed at call 1, 2, ... of one rank, until it is
not disturbed any more (test/runtime/FailCalls.c tells how). Behind each crash, what
is called a checkpoint is whole, and the same command with --resume ends with the
same bytes. A call that fails costs a checkpoint, in one line, or ends the run, in
one line; never a later checkpoint. Each is tried in a fresh folder and in one that
holds checkpoints.
"""

import argparse
import errno
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from checkpoints import check_whole, list_steps, read_state

STEPS, KEEP = 7, 2
LAST = [f"step-{step:08}" for step in (6, STEPS)]
# Of a name, what it does to a call; "poor-" is a file system that can less, "-on" all
# calls from there on.
HOWS = ["kill", "torn", "short", "ENOSPC", "EIO", "EINTR", "EIO-on", "poor-kill", "poor-EIO"]


def find_environment(how):
    words = how.split("-")
    action = next(word for word in words if word not in ("poor", "on"))
    environment = {"FAIL_HOW": str(getattr(errno, action, action))}
    for word, name in (("poor", "FAIL_POOR"), ("on", "FAIL_ON")):
        if word in words:
            environment[name] = "1"
    return environment, action in ("kill", "torn")


class Case:
    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        self.place = self.folder / "checkpoints"
        self.earlier = self.folder / "earlier"
        self.runs = 0

    def run(self, steps=STEPS, environment=None, words=()):
        """Exit status, output and lines of error."""
        options, data = self.options, self.options.data
        command = [os.path.join(options.bin, f"dpc-fake-{options.ranks}"),
                   "--data", f"x={data}/x.npy", "--data", f"label={data}/label.npy",
                   "--params", f"{data}/params.safetensors", "--steps", str(steps), "--timeout", "5",
                   "--checkpoint", str(self.place), "--checkpoint-every", "2", "--keep", str(KEEP), *words]
        variables = dict(environment or {})
        if variables:
            variables |= {"LD_PRELOAD": options.library, "FAIL_FOLDER": str(self.place)}
        if options.ranks > 1:
            # Not for the launcher.
            exports = [word for item in variables.items() for word in ("-x", "=".join(item))]
            command = [*options.mpirun, *exports, "-n", str(options.ranks), *command]
            variables = {}
        self.runs += 1
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, **variables, OMPI_MCA_odls_base_sigkill_timeout="0"))
        return done.returncode, done.stdout, done.stderr.splitlines()

    def prepare(self):
        """The undisturbed run, and one that was ended before."""
        status, _, lines = self.run(steps=3)
        assert status == 0 and not lines, lines
        shutil.copytree(self.place, self.earlier)
        shutil.rmtree(self.place)
        status, _, lines = self.run()
        assert status == 0 and not lines and list_steps(self.place) == LAST, (lines, list_steps(self.place))
        self.expected = read_state(self.place / LAST[-1])

    def check_folder(self):
        for name in list_steps(self.place):
            check_whole(self.place / name)

    def check_end(self):
        assert list_steps(self.place) == LAST, f"keeps {list_steps(self.place)}"
        assert read_state(self.place / LAST[-1]) == self.expected, "ends with other bytes"

    def disturb(self, how, rank, at, is_earlier):
        """False where there is no such call."""
        shutil.rmtree(self.place, ignore_errors=True)
        words = []
        if is_earlier:
            shutil.copytree(self.earlier, self.place)
            words = ["--resume", str(self.place)]
        environment, is_crash = find_environment(how)
        count = self.folder / "count"
        count.unlink(missing_ok=True)
        status, output, lines = self.run(environment=environment | {
            "FAIL_AT": str(at), "FAIL_RANK": str(rank), "FAIL_COUNT": str(count)}, words=words)
        calls = count.read_text().split() if count.exists() else []
        is_met = len(calls) >= at
        call = calls[at - 1] if is_met else "none"
        try:
            self.check_folder()
            names = list_steps(self.place)
            assert len(names) >= KEEP or not is_earlier, "too few checkpoints are left"
            if not is_met:
                assert status == 0 and not lines, f"exit status {status}: {lines}"
                self.check_end()
            elif is_crash:
                # mpirun turns a rank's signal into its own status.
                assert status in (-9, 137, 1), f"exit status {status}: {lines}"
            else:
                self.check_failure(how, status, lines, output)
            if is_met:
                self.resume(names)
        except (AssertionError, OSError) as failure:
            raise AssertionError(f"{how} at call {at} ({call}) of rank {rank}, "
                                 f"{'over an earlier one' if is_earlier else 'anew'}: {failure}\n"
                                 + "\n".join(lines)) from None
        return is_met

    def check_failure(self, how, status, lines, output):
        kinds = [re.match(r"dpc: (error|warning): ", line) for line in lines]
        assert all(kinds), "is not said as it should be"
        errors = [kind[1] for kind in kinds].count("error")
        assert status in (0, 1) and errors == status, f"exit status {status}"
        # One for each checkpoint.
        assert len(lines) <= (4 if how.endswith("on") else 1), "too many lines"
        assert status == 1 or "trained" in output, "did not end"
        if status == 0 and not lines:
            assert list_steps(self.place)[-1] == LAST[-1], "no checkpoint and no word"

    def resume(self, names):
        status, output, lines = self.run(words=["--resume", str(self.place)])
        assert status == 0 and not lines, f"the resumed run: exit status {status}: {lines}"
        word = f"goes on from {self.place}/{names[-1]}:" if names else "holds no checkpoint; the training starts anew"
        assert word in output, f"the resumed run says {output}"
        # A file system without unnamed files keeps a small one beside the settings.
        left = {path.name for path in self.place.iterdir() if not path.name.startswith(".settings.yaml.tmp")}
        left -= {".lock", "settings.yaml"} | set(list_steps(self.place))
        assert not left, f"left behind: {left}"
        self.check_folder()
        if names and names[-1] == LAST[-1]:
            assert read_state(self.place / LAST[-1]) == self.expected, "ends with other bytes"
        else:
            self.check_end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("bin")
    parser.add_argument("library")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--how", default=",".join(HOWS))
    parser.add_argument("--stride", type=int, default=1)
    options, options.mpirun = parser.parse_known_args()
    options.data = os.path.abspath(options.data)
    failures = crashes = 0
    with tempfile.TemporaryDirectory() as folder:
        case = Case(options, folder)
        case.prepare()
        for how in options.how.split(","):
            for rank in range(options.ranks):
                for is_earlier in (False, True):
                    at = 1
                    while True:
                        try:
                            if not case.disturb(how, rank, at, is_earlier):
                                break
                        except AssertionError as failure:
                            failures += 1
                            print(failure, flush=True)
                            if failures > 20:
                                return True
                        crashes += 1
                        at += options.stride
    print(f"{crashes} disturbed runs of {case.runs}, {failures} failed")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
