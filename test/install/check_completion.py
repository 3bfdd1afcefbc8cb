#!/usr/bin/env python3
"""Completes command lines with the scripts of `dpc completion`, and compares with the help
texts.

usage: check_completion.py DPC BASH-SCRIPT ZSH-SCRIPT
"""

import pathlib
import re
import shutil
import subprocess
import sys

DPC, BASH, ZSH = sys.argv[1:4]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def complete(*words):
    """What bash offers for the last word."""
    script = """
        . "$0"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _dpc
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    return run("bash", "-c", script, BASH, *words).split()


def read_help(*command):
    """The options and commands that a help text names."""
    text = run(DPC, *command, "--help")
    options = set()
    for line in text.splitlines():
        if match := re.match(r"  (-[^ ]*)", line):
            options.update(match.group(1).split(","))
    return options, re.findall(r"^  ([a-z]+)  ", text, re.MULTILINE)


def main():
    options, commands = read_help()
    assert {"compile", "plan", "verify", "inspect", "run", "doctor", "completion"} <= set(commands)
    assert set(complete("dpc", "")) == set(commands) | options
    assert complete("dpc", "comp") == ["compile", "completion"]
    zsh = pathlib.Path(ZSH).read_text(encoding="utf-8")
    for command in commands:
        options, _ = read_help(command)
        assert "--help" in options
        assert set(complete("dpc", command, "-")) == options, command
        section = zsh.split(f"\n    {command})\n")[1].split("\n      ;;")[0]
        for option in options:
            assert re.search(rf"'\*?{option}\[", section), f"{command} {option}"

    assert complete("dpc", "compile", "--schedule", "") == [
        "gpipe", "1f1b", "interleaved", "zero-bubble"]
    assert complete("dpc", "compile", "--strategy", "z") == ["zero"]
    assert complete("dpc", "plan", "--recompute", "=", "f") == ["full"]
    assert complete("dpc", "plan", "--loss", "m") == ["mse", "multi-margin"]
    assert complete("dpc", "plan", "--optimizer", "=", "adamw") == ["adamw"]
    assert complete("dpc", "completion", "") == ["bash", "zsh"]
    assert complete("dpc", "compile", "--ranks", "") == []
    assert BASH in complete("dpc", "compile", BASH[:-2])
    assert BASH in complete("dpc", "compile", "--shardings", BASH[:-2])

    if shutil.which("zsh"):
        run("zsh", "-n", ZSH)


main()
