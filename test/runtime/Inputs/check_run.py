"""Checks of what a run of the fake program wrote.

  metrics FILE...      twelve steps, three evaluations, the same on all
  same FILE FILE       losses and evaluations are equal
  model FILE...        the template around the same trained values
  untrained FILE SAFETENSORS   the template around the initial values
  trace FILE RANKS STEPS
  wraps FILE PERIOD    the losses repeat
  stopped STEP EVERY FILE...   steps to STEP, an evaluation every EVERY steps
  resumed AFTER STEP EVERY FILE   the same of a run that went on behind step AFTER
  evaluated FILE STEP...       evaluations behind these steps
  best FILE METRIC OUTPUT      the first largest value is the one that was told
  same FILE FILE               the same metrics but for the times
  null FILE            strict JSON with null losses
  outputs DIR...       the inference results are right
"""

import json
import math
import os
import struct
import sys


def lines(path):
    def refuse(text):
        raise ValueError(f"{path}: {text} is no JSON")

    with open(path) as file:
        return [json.loads(line, parse_constant=refuse) for line in file]


def close(a, b, tolerance=1e-5):
    assert abs(a - b) <= tolerance * max(1, abs(a)), (a, b)


def metrics(*paths):
    first = None
    for path in paths:
        records = lines(path)
        steps = [r for r in records if "loss" in r]
        evals = [r for r in records if "eval_loss" in r]
        assert [r["step"] for r in steps] == list(range(1, 13)), path
        assert [r["epoch"] for r in steps] == [1] * 4 + [2] * 4 + [3] * 4, path
        assert all(r["step_ms"] > 0 for r in steps), path
        assert [r["step"] for r in evals] == [4, 8, 12], path
        assert steps[-1]["loss"] < steps[0]["loss"], path
        first = first or evals
        for mine, other in zip(first, evals):
            close(mine["eval_loss"], other["eval_loss"])
            assert mine["eval_accuracy"] == other["eval_accuracy"], path


def alike(one, other):
    mine, others = lines(one), lines(other)
    assert len(mine) == len(others), (len(mine), len(others))
    for a, b in zip(mine, others):
        assert a.keys() == b.keys() and a["step"] == b["step"]
        for key in a.keys() & {"loss", "eval_loss", "eval_accuracy"}:
            close(a[key], b[key])


def read_model(path):
    with open(path, "rb") as file:
        data = file.read()
    # A graph of two initializers, their payloads last.
    parts = [b"HEAD\x3a\x4fMID\x2a\x36TEN1\x4a\x30", b"\x2a\x12TEN2\x4a\x0c"]
    assert len(data) == 85 and data[:17] == parts[0] and data[65:73] == parts[1], path
    return struct.unpack("<12f", data[17:65]) + struct.unpack("<3f", data[73:])


def model(*paths):
    first = read_model(paths[0])
    for path in paths[1:]:
        for a, b in zip(first, read_model(path)):
            close(a, b, 1e-4)


def read_parameters(path):
    with open(path, "rb") as file:
        return struct.unpack("<15f", file.read()[-60:])


def untrained(path, parameters):
    assert read_model(path) == read_parameters(parameters)


def trace(path, ranks, steps):
    with open(path) as file:
        events = json.load(file)["traceEvents"]
    # Ranks of one machine have one clock.
    names = [e["args"]["name"] for e in events if e["name"] == "process_name"]
    assert names == [f"rank {rank} (clock within 0.0 us)" for rank in range(int(ranks))], names
    events = [e for e in events if e["ph"] == "X"]
    for rank in range(int(ranks)):
        mine = [e for e in events if e["pid"] == rank]
        assert {e["args"]["step"] for e in mine} == set(range(1, int(steps) + 1)), rank
        for event in mine:
            assert event["dur"] >= 0 and event["ts"] >= 0, event
            assert set(event["args"]) >= {"node", "phase", "kind", "step"}, event
        starts = sum(e["args"]["kind"] == "collective_start" for e in mine)
        flights = sum(e["tid"] == 1 for e in mine)
        assert starts == flights, (rank, starts, flights)
    # No rank sees the end of a sum over all before another has begun it.
    flights = {}
    for event in events:
        if event["tid"] == 1 and event["name"] == "all_reduce":
            key = event["args"]["step"], event["args"]["collective"]
            flights.setdefault(key, []).append((event["ts"], event["ts"] + event["dur"]))
    for key, times in flights.items():
        assert len(times) == int(ranks), (key, times)
        assert max(begin for begin, _ in times) <= min(end for _, end in times) + 0.01, (key, times)


def wraps(path, period):
    losses = [r["loss"] for r in lines(path)]
    period = int(period)
    assert losses[:-period] == losses[period:] and len(set(losses)) == period, losses


def stopped(step, every, *paths):
    for path in paths:
        records = lines(path)
        steps = [r["step"] for r in records if "loss" in r]
        assert steps == list(range(1, int(step) + 1)), (path, steps)
        evaluated(path, *range(int(every), int(step) + 1, int(every)))


def resumed(after, step, every, path):
    records = lines(path)
    steps = [r["step"] for r in records if "loss" in r]
    assert steps == list(range(int(after) + 1, int(step) + 1)), (path, steps)
    evaluated(path, *range(int(after) + int(every), int(step) + 1, int(every)))


def evaluated(path, *steps):
    found = [r["step"] for r in lines(path) if "eval_loss" in r]
    assert found == [int(step) for step in steps], (path, found)


def best(path, metric, output):
    evals = [r for r in lines(path) if metric in r]
    best = max(evals, key=lambda r: r[metric])
    with open(output) as file:
        text = file.read()
    name = metric.replace("_", " ")
    assert f"best {name} {best[metric]:.4f}, after step {best['step']}\n" in text, (best, text)


def same(path, other):
    times = ("step_ms", "data_ms", "samples_per_second")
    first, second = ([{k: v for k, v in record.items() if k not in times}
                      for record in lines(file)] for file in (path, other))
    assert first == second, [pair for pair in zip(first, second) if pair[0] != pair[1]]


def null(path):
    losses = [r["loss"] for r in lines(path)]
    assert None in losses and losses[0] is not None, losses


def read_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    size = 10 + struct.unpack("<H", data[8:10])[0]
    header = eval(data[10:size])
    code = {"<f4": "f", "<i8": "q"}[header["descr"]]
    count = math.prod(header["shape"])
    return header["shape"], struct.unpack(f"<{count}{code}", data[size:])


def outputs(*folders):
    _, x = read_npy(os.path.join(os.path.dirname(folders[0]), "x.npy"))
    values = read_parameters(os.path.join(os.path.dirname(folders[0]), "params.safetensors"))
    for folder in folders:
        assert sorted(os.listdir(folder)) == [
            "a_.._best.npy", "bias.npy", "half.npy", "logits.npy"], os.listdir(folder)
        shape, logits = read_npy(os.path.join(folder, "logits.npy"))
        best_shape, best = read_npy(os.path.join(folder, "a_.._best.npy"))
        half_shape, half = read_npy(os.path.join(folder, "half.npy"))
        bias_shape, bias = read_npy(os.path.join(folder, "bias.npy"))
        assert (shape, best_shape, half_shape) == ((43, 3), (43,), (3, 43)), folder
        assert bias_shape == (5, 3) and bias == (0,) * 15, bias
        for row in range(43):
            mine = logits[3 * row:3 * row + 3]
            for j in range(3):
                close(mine[j], sum(x[4 * row + i] * values[3 * i + j] for i in range(4)))
                close(half[43 * j + row], mine[j], 1e-2)
            assert best[row] == mine.index(max(mine))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
