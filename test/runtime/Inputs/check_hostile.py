"""Checkpoints that are damaged, or lie.

  check_hostile.py DATA BIN [--stride N] MPIRUN...

Each run ends in time. A damaged checkpoint is named in one line and left out, and the
one before leads to the same bytes; what does not fit is one line and an exit status
of 1. With a stride of N every N-th of the many places is tried.
"""

import argparse
import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

from checkpoints import hash_of, list_steps, read_manifest, read_state, write_manifest

STEPS = 7
LONG = "x" * 100000


class Case:
    def __init__(self, options, folder):
        self.options = options
        self.folder = pathlib.Path(folder)
        self.good = self.folder / "good"
        self.place = self.folder / "place"
        self.tries = 0
        self.failures = []

    def run(self, *words, ranks=1):
        options, data = self.options, self.options.data
        command = [os.path.join(options.bin, f"dpc-fake-{ranks}"),
                   "--data", f"x={data}/x.npy", "--data", f"label={data}/label.npy",
                   "--params", f"{data}/params.safetensors", *map(str, words)]
        if ranks > 1:
            command = [*options.mpirun, "-n", str(ranks), *command]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30,
                                  env=dict(os.environ, OMPI_MCA_odls_base_sigkill_timeout="0"))
        except subprocess.TimeoutExpired:
            raise AssertionError("hangs") from None
        return done.returncode, done.stdout, done.stderr.splitlines()

    def prepare(self, ranks=1):
        """Checkpoints of steps 2, 4 and 5, and what STEPS steps end with."""
        for steps, place in ((5, self.good), (STEPS, self.folder / "whole")):
            shutil.rmtree(place, ignore_errors=True)
            status, _, lines = self.run("--steps", steps, "--checkpoint", place, "--checkpoint-every", 2,
                                        "--keep", 0, ranks=ranks)
            assert status == 0 and not lines, lines
        self.expected = read_state(self.folder / "whole" / f"step-{STEPS:08}")

    def fresh(self):
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.good, self.place)
        return self.place / "step-00000005"

    def resume(self, ranks=1):
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        status, output, lines = self.run("--steps", STEPS, "--resume", self.place, "--checkpoint", out, ranks=ranks)
        last = out / f"step-{STEPS:08}"
        return status, output, lines, read_state(last) if last.exists() else None

    def check(self, what, damage, kind, *texts, ranks=1):
        """`damage` changes the newest checkpoint, whose path it gets. `kind`: "left out",
        "error", "same" where it does not matter, or "any" of them."""
        newest = self.fresh()
        self.tries += 1
        try:
            damage(newest)
            status, output, lines, state = self.resume(ranks)
            said = "\n".join(lines)
            assert len(lines) <= 1 and all(len(line) < 20000 for line in lines), f"says {said[:2000]}"
            found = ("error" if status == 1 and re.match("dpc: error: .*: ", said)
                     else "left out" if status == 0 and re.match("dpc: warning: .*; this checkpoint is left out$", said)
                     else "same" if status == 0 and not lines else f"exit status {status}: {said}")
            assert found == kind or kind == "any" and found in ("error", "left out", "same"), f"{found}: {said}"
            if found == "left out":
                assert "place/step-00000004: step 4," in output, output
                assert "place/step-00000005" in said, said
            assert state == (None if found == "error" else self.expected), "ends with other bytes"
            for text in texts:
                assert text in said, f"no '{text}' in: {said}"
        except AssertionError as failure:
            self.failures.append(f"{what}: {failure}")
            print(self.failures[-1][:1000], flush=True)

    def places(self, count):
        return range(random.Random(count).randrange(self.options.stride), count, self.options.stride)


def change(path, edit):
    content = bytearray(path.read_bytes())
    edited = edit(content)
    path.write_bytes(content if edited is None else edited)


def lie(edit):
    """A damage that changes a manifest and gives it the right hash."""
    def damage(newest):
        manifest = read_manifest(newest)
        edited = edit(manifest)
        write_manifest(newest, manifest if edited is None else edited)
    return damage


def rewrite(newest, *files, header=None):
    """The checkpoint with these files of (name, kind, bytes, whole shape, begin, shape), true
    in itself."""
    manifest = read_manifest(newest)
    manifest["files"], tensors = [], {}
    for number, parts in enumerate(files):
        data, entries = b"", {}
        for name, _, content, _, _, shape in parts:
            entries[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
            data += content
        text = (json.dumps(entries) if header is None else header).encode()
        start = 8 + len(text)
        whole = struct.pack("<Q", len(text)) + text + data
        (newest / f"rank-{number:05}.safetensors").write_bytes(whole)
        manifest["files"].append({"bytes": len(whole), "header_bytes": start, "header": hash_of(whole[:start])})
        for name, kind, content, extents, begin, shape in parts:
            tensor = tensors.setdefault((name, kind), {
                "name": name, "kind": kind, "dtype": "f32", "shape": extents, "parts": []})
            tensor["parts"].append({"file": number, "begin": begin, "shape": shape, "offset": start,
                                    "hash": hash_of(content)})
            start += len(content)
    manifest["tensors"] = list(tensors.values())
    manifest["plan"]["ranks"] = len(files)
    write_manifest(newest, manifest)


def whole(name, kind, content, shape):
    return name, kind, content, shape, [0] * len(shape), shape


def check_bytes(case):
    """Every byte and every length of every file."""
    for name in ("manifest.json", "rank-00000.safetensors"):
        size = (case.good / "step-00000005" / name).stat().st_size
        for at in case.places(size):
            def flip(content, at=at):
                content[at] ^= 1 << random.Random(at).randrange(8)
            case.check(f"{name}, bit in byte {at}", lambda newest: change(newest / name, flip), "left out", name)
        for length in [0, size - 1, *case.places(size)]:
            case.check(f"{name} of {length} bytes", lambda newest: os.truncate(newest / name, length),
                       "left out", name)
        for more in (b"\0", b"\n", bytes(4096)):
            case.check(f"{name}, longer", lambda newest: change(newest / name, lambda content: bytes(content) + more),
                       "left out", name)


def check_files(case):
    """Files that are not there, or something else, or another's."""
    def put(name, make):
        def damage(newest):
            path = newest / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            make(path)
        return damage

    makers = {"missing": lambda path: None, "folder": lambda path: path.mkdir(), "pipe": os.mkfifo,
              "device": lambda path: path.symlink_to("/dev/zero"), "loop": lambda path: path.symlink_to(path)}
    for what, make in makers.items():
        for name in ("manifest.json", "rank-00000.safetensors"):
            case.check(f"{name}, {what}", put(name, make), "left out", name)
    for what in ("folder", "pipe", "device", "loop"):
        case.check(f"the checkpoint, {what}", put("", makers[what]), "left out")
    for what in ("missing", "folder", "pipe", "device", "loop"):
        case.check(f".lock, {what}", lambda newest: put(".lock", makers[what])(newest.parent), "same")
    for name in ("manifest.json", "rank-00000.safetensors"):
        case.check(f"{name} of another step",
                   lambda newest: shutil.copy(newest.parent / "step-00000004" / name, newest / name), "left out")

    def rename(newest):
        shutil.rmtree(newest)
        shutil.copytree(newest.parent / "step-00000002", newest)
    case.check("a checkpoint with another's name", rename, "left out", "holds step 2")


def check_models(case):
    """What is whole and does not fit."""
    w, b = bytes(48), bytes(12)
    good = [whole("W", "parameter", w, [4, 3]), whole("b", "parameter", b, [3]),
            whole("W.momentum", "state", w, [4, 3]), whole("b.momentum", "state", b, [3])]

    def replace(*tensor):
        return lambda newest: rewrite(newest, [whole(*tensor)] + good[1:])

    case.check("another parameter", replace("V", "parameter", w, [4, 3]), "error", "has no parameter 'W'",
               "fake.onnx")
    case.check("another shape", replace("W", "parameter", w, [3, 4]), "error", "'W' as f32[3, 4]", "f32[4, 3]")
    case.check("one more", lambda newest: rewrite(newest, good + [whole("V", "parameter", b, [3])]), "error",
               "'V', which this program has not")
    case.check("another optimizer", lambda newest: rewrite(newest, good[:2]), "error", "has no state", "--optimizer")
    case.check("yet another optimizer", lambda newest: rewrite(newest, good + [whole("W.v", "state", b, [3])]),
               "error", "holds the state 'W.v'", "--optimizer")
    case.check("state as parameters",
               lambda newest: rewrite(newest, [(name, "parameter", *rest) for name, _, *rest in good]), "error")
    # Two ranks that split W: by rows, each the first rows, and with a hole.
    content = (case.good / "step-00000005" / "rank-00000.safetensors").read_bytes()[-120:]
    w, rest = content[:48], [whole("b", "parameter", content[48:60], [3]),
                             whole("W.momentum", "state", content[60:108], [4, 3]),
                             whole("b.momentum", "state", content[108:], [3])]
    for kind, second, rows in (("same", 2, 2), ("left out", 0, 2), ("left out", 1, 2), ("left out", 3, 1)):
        parts = ("W", "parameter", w[:24], [4, 3], [0, 0], [2, 3]), \
            ("W", "parameter", w[24:24 + 12 * rows], [4, 3], [second, 0], [rows, 3])
        case.check(f"W split at row {second}", lambda newest: rewrite(newest, [parts[0]] + rest, [parts[1]]), kind)
    for length in (0, 1, 1 << 20, (1 << 63) - 1, (1 << 64) - 1):
        def enlarge(newest):
            manifest = read_manifest(newest)
            path = newest / "rank-00000.safetensors"
            change(path, lambda content: struct.pack("<Q", length) + bytes(content[8:]))
            manifest["files"][0]["header"] = hash_of(path.read_bytes()[:manifest["files"][0]["header_bytes"]])
            write_manifest(newest, manifest)
        case.check(f"a header of {length} bytes", enlarge, "left out", "rank-00000.safetensors")
    for header in ("{", "[]", "{}", "[" * 200000, '{"W": 3}', '{"W": {}, "W": {}}'):
        case.check(f"the header {header[:20]}", lambda newest: rewrite(newest, good, header=header), "left out")


def list_paths(value, path=()):
    yield path
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from list_paths(value[key], (*path, key))


def check_lies(case):
    """Manifests with the right hash and wrong values."""
    manifest = read_manifest(case.good / "step-00000005")
    values = [None, True, -1, 0, 1, 3, 1 << 31, (1 << 63) - 1, 1 << 63, -(1 << 63), 1 << 64, 1e300, 0.5, "", "step",
              LONG, "0" * 16, "\x1b[2J\n\u202e", [], {}, [[]], [1 << 40] * 3, [{}], {"a": "b"}]
    variants = [(path, value) for path in list_paths(manifest) if path for value in values]

    def put(path, value):
        def edit(content):
            for key in path[:-1]:
                content = content[key]
            content[path[-1]] = value
        return edit

    def drop(path):
        def edit(content):
            for key in path[:-1]:
                content = content[key]
            del content[path[-1]]
        return edit

    for at in case.places(len(variants)):
        path, value = variants[at]
        case.check(f"{path} is {str(value)[:40]!r}", lie(put(path, value)), "any")
    paths = [path for path in list_paths(manifest) if path]
    for at in range(0, len(paths), max(1, case.options.stride // 4)):
        case.check(f"no {paths[at]}", lie(drop(paths[at])), "any")

    def swap(*keys):
        def edit(content):
            first, second = content["tensors"][0]["parts"][0], content["tensors"][2]["parts"][0]
            for key in keys:
                first[key], second[key] = second[key], first[key]
        return edit

    case.check("two places swapped", lie(swap("offset", "hash")), "left out", "as the manifest says")
    case.check("two hashes swapped", lie(swap("hash")), "left out", "is not what was written")
    for name, value in (("batch", 20), ("rows", 44), ("seed", 1), ("order", "as in the file")):
        case.check(f"{name} of another training", lie(put((name,), value)), "error")
    for name, value in (("epoch", 7), ("row", 20)):
        case.check(f"another {name}", lie(put((name,), value)), "error", "ends with epoch")
    case.check("twice the same", lie(lambda content: content["tensors"].append(content["tensors"][0])), "left out",
               "twice")
    texts = {"nested": '{"a":' * 100000, "lists": '{"a":' + "[" * 100000, "empty": "{}", "twice": '{"step":5,"step":5}',
             "half": json.dumps(manifest)[:700], "number": json.dumps(manifest).replace('"row": 10', '"row": 1e999'),
             "text": '{"\xff'}
    for what, text in texts.items():
        case.check(f"a manifest, {what}", lie(lambda _: text), "left out", "manifest.json")

    # Many parts that all overlap each other, and many that do not.
    def divide(count, at):
        def edit(content):
            tensor = content["tensors"][0]
            tensor["shape"] = [4, count]
            tensor["parts"] = [dict(tensor["parts"][0], begin=[0, at(i)], shape=[4, 1]) for i in range(count)]
        return edit
    case.check("parts that overlap", lie(divide(20000, lambda i: 0)), "left out")
    case.check("parts in the file that overlap", lie(divide(20000, lambda i: i)), "left out")


def check_ranks(case):
    """Two ranks, of which each looks at a part."""
    case.prepare(ranks=2)
    names = ["rank-00000.safetensors", "rank-00001.safetensors"]

    def swap(newest):
        first, second = ((newest / name).read_bytes() for name in names)
        (newest / names[0]).write_bytes(second)
        (newest / names[1]).write_bytes(first)
    case.check("swapped ranks", swap, "left out", ranks=2)
    for name in names:
        def flip(content):
            content[-1] ^= 64
        case.check(f"{name}, the last byte", lambda newest: change(newest / name, flip), "left out", name, ranks=2)
        case.check(f"{name}, missing", lambda newest: (newest / name).unlink(), "left out", name, ranks=2)


def check_nothing_left(case):
    """No checkpoint that is whole, none at all, and damaged ones among the kept."""
    def ruin(newest):
        for path in newest.parent.glob("step-*/manifest.json"):
            os.truncate(path, 100)
    ruin(case.fresh())
    status, _, lines, state = case.resume()
    assert status == 1 and state is None and len(lines) == 4, lines
    assert all(line.startswith("dpc: warning: ") for line in lines[:3]), lines
    assert "dpc: error: --resume: " in lines[3] and "holds no checkpoint that is whole" in lines[3], lines
    # What is newer than the first good one is damaged, and nothing to keep.
    newest = case.fresh()
    os.truncate(newest / "manifest.json", 100)
    shutil.copytree(newest, case.place / "step-00000009")
    for _ in range(2):
        status, _, lines = case.run("--steps", 8, "--resume", case.place, "--checkpoint", case.place,
                                    "--checkpoint-every", 8, "--keep", 1)
        assert status == 0, lines
        assert list_steps(case.place)[0] == "step-00000008", list_steps(case.place)


def check_lock(case):
    """A run that is still ending: the next one waits for it, in all its ranks."""
    case.fresh()
    lock = open(case.place / ".lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    threading.Timer(2, lock.close).start()
    begun = time.time()
    status, _, lines = case.run("--steps", 6, "--checkpoint", case.place, "--resume", case.place, ranks=2)
    assert status == 0 and not lines and time.time() - begun > 2, (status, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("bin")
    parser.add_argument("--stride", type=int, default=1)
    options, options.mpirun = parser.parse_known_args()
    options.data = os.path.abspath(options.data)
    with tempfile.TemporaryDirectory() as folder:
        case = Case(options, folder)
        case.prepare()
        for check in (check_nothing_left, check_files, check_models, check_lies, check_bytes, check_ranks,
                      check_lock):
            try:
                check(case)
            except AssertionError as failure:
                case.failures.append(f"{check.__name__}: {failure}")
                print(case.failures[-1], flush=True)
        print(f"{case.tries} checkpoints, {len(case.failures)} wrong")
    return len(case.failures) > 0


if __name__ == "__main__":
    sys.exit(main())
