"""Checks a pack of tools/gpu-check and the results of its runner.

check_gpu_check.py PACK RESULTS.json ROOT FOLDER: neither ROOT nor FOLDER, where the pack was
made, may stand in it.
"""
import json
import pathlib
import re
import subprocess
import sys
import tarfile

MOST_BYTES = 50_000_000
ALLOWED = {"libc.so.6", "libm.so.6", "libmvec.so.1", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
# What test/bench/results/README.md names.
KEYS = {"schema", "pack", "machine", "status", "seconds", "parts"}
PART_KEYS = {"status", "seconds", "notes", "rows"}
ROWS = {"correctness": {"model", "precision", "way", "steps", "seconds", "difference", "tolerance", "ok"},
        "kernels": {"program", "kernel", "bytes", "us", "gb_per_s", "of_copy", "goal", "meets"},
        "products": {"program", "precision", "form", "type", "batch", "m", "n", "k", "count", "us", "best_us",
                     "of_best", "goal", "meets"}}


def check_bytes(name, data, strange):
    for path in strange:
        assert path.encode() not in data, f"{name} names {path}"
    assert b"gpu-check-" not in data or name.endswith(".py"), f"{name} names the folder it was made in"


def check_pack(pack, strange):
    size = 0
    for path in pack.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            size += path.stat().st_size
            check_bytes(path.name, path.read_bytes(), strange)
    assert size < MOST_BYTES, size
    manifest = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    assert not any(program["unread"] for program in manifest["kernels"]), manifest["kernels"]
    with tarfile.open(pack / "programs.tar.xz") as archive:
        for member in archive:
            data = archive.extractfile(member).read()
            check_bytes(member.name, data, strange)
            if member.name.endswith(".ptx"):
                continue
            told = subprocess.run(["readelf", "-d", "-V", "-"], input=data, capture_output=True, check=False)
            if told.returncode:  # older ones do not read what is no file
                path = strange[1] + "/executable"
                pathlib.Path(path).write_bytes(data)
                told = subprocess.run(["readelf", "-d", "-V", path], capture_output=True, check=True)
            needed = re.findall(r"\(NEEDED\).*\[(.*)\]", told.stdout.decode())
            assert needed and set(needed) <= ALLOWED, (member.name, needed)
            assert not re.search(r"\(R(UN)?PATH\)", told.stdout.decode()), member.name
    libc = tuple(map(int, manifest["pack"]["needs_libc"].split(".")))
    assert libc <= (2, 34), libc
    print("the pack is small, whole and of no machine")


def check_results(path):
    results = json.loads(path.read_text(encoding="utf-8"))
    assert set(results) == KEYS, set(results) ^ KEYS
    assert results["schema"] == 1 and results["machine"]["stand_in"] is True
    for name, part in results["parts"].items():
        assert PART_KEYS <= set(part), (name, set(part))
        for row in part["rows"]:
            assert ROWS.get(name, set()) <= set(row), (name, ROWS[name] - set(row))
    for name in ROWS:
        assert results["parts"][name]["rows"], name
    told = {row["kernel"] for row in results["parts"]["kernels"]["rows"]}
    assert len(told) > 20, f"only {sorted(told)} of the kernels were started"
    print("the results are as test/bench/results/README.md says")


def main():
    pack, results, *strange = sys.argv[1:]
    check_pack(pathlib.Path(pack), strange)
    check_results(pathlib.Path(results))


main()
