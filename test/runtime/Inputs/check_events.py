"""Reads event files of TensorBoard with a decoder of its own, or with TensorBoard's
where that is installed.

  check_events.py FOLDER METRICS FILES   the events hold what the metrics hold
  check_events.py --histogram FOLDER STEP MODEL   those of the step are of the model
"""

import glob
import json
import struct
import sys

import check_run


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def fields(data):
    """Number and value of a protobuf message's fields."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        number, kind = key >> 3, key & 7
        if kind == 0:
            yield number, varint()
            continue
        size = {1: 8, 2: None, 5: 4}[kind]
        if size is None:
            size = varint()
        assert at + size <= len(data)
        value = data[at:at + size]
        at += size
        yield number, {1: "<d", 5: "<f"}.get(kind) and struct.unpack(
            {1: "<d", 5: "<f"}[kind], value)[0] if kind != 2 else value


def records(path):
    with open(path, "rb") as file:
        data = file.read()
    while data:
        size, = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8]), path
        record = data[12:12 + size]
        assert len(record) == size, path
        assert struct.unpack("<I", data[12 + size:16 + size])[0] == masked(record), path
        yield record
        data = data[16 + size:]


def read(folder):
    """Of each tag, the values by step; later files overwrite, and forget."""
    scalars, histograms = {}, {}
    paths = sorted(glob.glob(f"{folder}/*tfevents*"))
    for path in paths:
        for i, record in enumerate(records(path)):
            event = dict(fields(record))
            assert event[1] > 1e9, "no wall time"
            if i == 0:
                assert event[3] == b"brain.Event:2"
            if 7 in event:
                assert dict(fields(event[7]))[1] == 1
                for values in (*scalars.values(), *histograms.values()):
                    for step in [s for s in values if s >= event[2]]:
                        del values[step]
            for number, value in fields(event.get(5, b"")):
                assert number == 1
                content = dict(fields(value))
                tag = content[1].decode()
                if 2 in content:
                    scalars.setdefault(tag, {})[event[2]] = content[2]
                else:
                    histograms.setdefault(tag, {})[event[2]] = dict(fields(content[5]))
    return paths, scalars, histograms


def close(a, b):
    assert abs(a - b) <= 1e-6 * max(1, abs(a)), (a, b)


def compare(folder, metrics, files):
    paths, scalars, _ = read(folder)
    assert len(paths) == int(files), paths
    lines = check_run.lines(metrics)
    names = {"loss": "train/loss", "lr": "train/lr", "step_ms": "speed/step_ms",
             "samples_per_second": "speed/samples_per_second", "eval_loss": "eval/loss",
             "eval_accuracy": "eval/accuracy"}
    for key, tag in names.items():
        wanted = {line["step"]: line[key] for line in lines if key in line}
        assert set(scalars[tag]) == set(wanted), (tag, set(scalars[tag]), set(wanted))
        for step, value in wanted.items():
            if key in ("step_ms", "samples_per_second"):
                assert abs(scalars[tag][step] - value) < 1e-3 * value + 1e-3
            else:
                close(scalars[tag][step], value)
    assert all(v > 1e6 for v in scalars["memory/process_bytes"].values())
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        return
    accumulator = EventAccumulator(folder)
    accumulator.Reload()
    for event in accumulator.Scalars("train/loss"):
        close(event.value, scalars["train/loss"][event.step])


def compare_histogram(folder, step, model):
    values = check_run.read_model(model)
    _, _, histograms = read(folder)
    for tag, wanted in (("parameters/W", values[:12]), ("parameters/b", values[12:])):
        assert sorted(histograms[tag]) == [5, 10], sorted(histograms[tag])
        found = histograms[tag][int(step)]
        close(found[1], min(wanted))
        close(found[2], max(wanted))
        close(found[3], len(wanted))
        close(found[4], sum(wanted))
        close(found[5], sum(v * v for v in wanted))
        limits = struct.unpack(f"<{len(found[6]) // 8}d", found[6])
        counts = struct.unpack(f"<{len(found[7]) // 8}d", found[7])
        assert list(limits) == sorted(set(limits)) and len(counts) == len(limits)
        low = -1e300
        for limit, count in zip(limits, counts):
            assert count == sum(low < v <= limit for v in wanted), (tag, low, limit, count)
            low = limit


if sys.argv[1] == "--histogram":
    compare_histogram(*sys.argv[2:])
else:
    compare(*sys.argv[1:])
