"""What instructions take within a step, by the GPU's times in a trace."""

import collections
import json
import statistics

import inputs

# The first runs with what is only then loaded.
STEPS = 4
TIMED = "compute stream"


def read(path):
    """({kernel: [us]}, {number of a library call in the step: [us]}), or None if the trace has only
    the host's times."""
    events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    if not any(event.get("ph") == "M" and event["args"].get("name") == TIMED for event in events):
        return None
    kernels, calls, numbers = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
    for event in events:
        kind, step = event.get("args", {}).get("kind"), event.get("args", {}).get("step", 0)
        if event.get("ph") != "X" or kind not in ("kernel", "library"):
            continue
        if kind == "library":
            numbers[step] += 1
        if step > 1 and kind == "kernel":
            kernels[event["name"]].append(event["dur"])
        elif step > 1:
            calls[numbers[step] - 1].append(event["dur"])
    return kernels, calls


def times(session, name):
    """Of a program: what read() gives. RuntimeError if it does not run."""
    if name not in session.traces:
        path, plan = session.work / f"{name}.trace.json", session.plan(name)
        data = inputs.make_data(session.work / "data" / name, plan["inputs"], 8 * plan["batch"])
        outcome = session.execute(
            [session.program(name), *inputs.as_arguments(data), "--steps", STEPS, "--quiet",
             "--params", session.parameters(name), "--trace", path, "--trace-steps", STEPS])
        if outcome.status:
            raise RuntimeError(f"{name}: exit status {outcome.status}: {outcome.line()}")
        session.traces[name] = read(path)
    return session.traces[name]


def median(values):
    """None without values."""
    return round(statistics.median(values), 2) if values else None
