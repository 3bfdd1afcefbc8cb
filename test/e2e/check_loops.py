"""A plan with a loop over microbatches does what the one that writes all out does.

  check_loops.py DPC MODEL FOLDER OPTION...

Compiles the model both ways with the options, trains and evaluates both on the
same random data and ranks, and asks for the same bytes in the trained parameters.
Both plans send and compute the same. Of a value that is not finite, in a row that the
loop reads, both say the same.
"""

import json
import pathlib
import subprocess
import sys

import numpy

BATCHES = 3


def call(*command):
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, (command, run.stdout, run.stderr)
    return run.stdout


def make_data(plan, folder):
    """A file of random rows for each input."""
    random = numpy.random.default_rng(7)
    types = {"f32": "f4", "i64": "i8", "i32": "i4", "u8": "u1"}
    files = []
    # A stage has its own of an input that several need.
    for entry in {entry["name"]: entry for entry in plan["inputs"]}.values():
        shape = [BATCHES * entry["global_shape"][0], *entry["global_shape"][1:]]
        if entry["dtype"] == "f32":
            values = random.standard_normal(shape)
        else:
            bounds = entry.get("range", {})
            values = random.integers(0, entry.get("classes") or bounds.get("upper", 256), shape)
        path = folder / f"{entry['name']}.npy"
        numpy.save(path, values.astype(types[entry["dtype"]]))
        files.append(f"{entry['name']}={path}")
    return files


def check_broken(dpc, plan, folder, files):
    """The first input of floats holds a NaN in the middle of the first batch."""
    entry = next((entry for entry in plan["inputs"] if entry["dtype"] == "f32" and entry["role"] == "input"), None)
    if not entry:
        return
    path, row = folder / f"{entry['name']}.npy", entry["global_shape"][0] // 2
    values = numpy.load(path)
    values.reshape(len(values), -1)[row, 0] = numpy.nan
    numpy.save(path, values)
    lines = []
    for name in ("loop", "unrolled"):
        run = subprocess.run((dpc, "run", "-n", str(plan["ranks"]), folder / name, "--no-shuffle", "--quiet",
                              *(part for file in files for part in ("--data", file))),
                             capture_output=True, text=True, timeout=300)
        assert run.returncode == 1, (run.returncode, run.stderr)
        lines.append(run.stderr)
    assert lines[0] == lines[1] and f"first in row {row} of " in lines[0], lines


def total(plan, key):
    return sum(c[key] * c.get("times", 1) for c in plan["collectives"])


def main():
    dpc, model, folder, *options = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    loss = () if "--loss" in options else ("--loss", "softmax-cross-entropy")
    command = (dpc, "compile", model, *loss, "--optimizer", "adam", *options)
    results, plans = [], []
    for name, extra in (("loop", ()), ("unrolled", ("--unroll-microbatches",))):
        call(*command, *extra, "-o", folder / name)
        plan = json.loads(call(folder / name, "--plan"))
        plans.append(plan)
        data = make_data(plan, folder)
        call(dpc, "run", "-n", plan["ranks"], folder / name, 
             *(part for file in data for flag in ("--data", "--eval-data") for part in (flag, file)), "--epochs", "2",
             "--metrics", folder / f"{name}.jsonl", "--save-safetensors", folder / f"{name}.trained",
             "--trace", folder / f"{name}.json")
        lines = [json.loads(line) for line in open(folder / f"{name}.jsonl")]
        weights = (folder / f"{name}.trained").read_bytes()
        trace = json.load(open(folder / f"{name}.json"))["traceEvents"]
        results.append(([line.get("loss") for line in lines], weights,
                        sum("ts" in event and event["tid"] == 0 for event in trace)))
    loop, unrolled = plans
    for mine, other in zip(loop["programs"], unrolled["programs"]):
        # A stage may have nothing to do for a microbatch.
        assert mine.get("loops") or len(mine["instructions"]) == len(other["instructions"]), mine["name"]
    assert any(p.get("loops") for p in loop["programs"])
    assert not any(p.get("loops") for p in unrolled["programs"])
    for key in ("bytes", "ranks"):
        assert total(loop, key) == total(unrolled, key), key
    assert loop["flops"] == unrolled["flops"]
    assert results[0][0] == results[1][0], (results[0][0], results[1][0])
    assert results[0][1] == results[1][1], "the trained parameters differ"
    assert results[0][2] == results[1][2], "not as many instructions ran"
    check_broken(dpc, loop, folder, data)
    shorter = [sum(len(p["instructions"]) for p in plan["programs"]) for plan in plans]
    print(f"{' '.join(options)}: {shorter[0]} instructions instead of {shorter[1]}, "
          f"{loop['memory_bytes']} bytes instead of {unrolled['memory_bytes']}")


if __name__ == "__main__":
    main()
