"""The programs' own kernels: bytes that they must move, over the time that the device says they
took, beside copies of as many bytes within the same card's memory."""

import bisect
import collections
import json
import statistics

import inputs
from driver import Driver
from session import OutOfTime

GOAL = 0.9
# A kernel below this is as long as it takes to start one.
LEAST_BYTES = 1 << 20
SIZES = [1 << shift for shift in range(16, 31)]
STEPS = 6


def measure_copies(settings, tell):
    """Microseconds of copies, of which `bytes` counts what is read and what is written. Each works
    on other places of a region, so that caches do not hold them."""
    driver = Driver()
    region = SIZES[-1]
    while region > SIZES[0] and 3 * region > driver.free_bytes():
        region //= 2
    region = min(region, settings.get("largest", region))
    with driver.stream() as stream, driver.memory(region) as source, driver.memory(region) as target:
        driver.fill(source, 1, region, stream)
        driver.fill(target, 1, region, stream)
        for size in SIZES:
            length = size // 2
            if length > region:
                break
            places = region // length
            at = 0

            def copy():
                nonlocal at
                offset = at % places * length
                driver.copy(target + offset, source + offset, length, stream)
                at += 1
            repeats = max(3, min(200, (4 << 30) // size)) if not settings.get("quick") else 2
            for _ in range(2):
                copy()
            times = [driver.time(copy, stream, repeats) for _ in range(3)]
            tell(bytes=size, us=statistics.median(times))


def copy_time(copies, size):
    """Of as many bytes, between the sizes that were measured; beyond them at the last one's rate."""
    sizes = [entry["bytes"] for entry in copies]
    at = bisect.bisect_left(sizes, size)
    if at == 0:
        return copies[0]["us"]
    if at == len(sizes):
        return copies[-1]["us"] * size / sizes[-1]
    low, high = copies[at - 1], copies[at]
    share = (size - low["bytes"]) / (high["bytes"] - low["bytes"])
    return low["us"] + share * (high["us"] - low["us"])


def read_device_times(path):
    """{(name, kind): [microseconds]} of what the device did in a trace, without its first step;
    None if the trace has only the host's times."""
    events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    device = [event for event in events if event.get("ph") == "X" and event["args"].get("clock") == "device"]
    if not device:
        return None
    times = collections.defaultdict(list)
    for event in device:
        if event["args"].get("step", 2) > 1:
            times[event["name"], event["args"].get("kind", "kernel")].append(event["dur"])
    return times


def trace(session, name):
    """Runs a few steps of a program; what read_device_times() says."""
    path = session.work / f"{name}.trace.json"
    plan = session.plan(name)
    parameters = session.parameters(name)
    data = inputs.make_data(session.work / "data" / name, plan["inputs"], 2 * plan["batch"])
    steps = 2 if session.quick else STEPS
    outcome = session.execute([session.program(name), *inputs.as_arguments(data), "--steps", steps, "--quiet",
                               "--params", parameters, "--trace", path, "--trace-steps", steps])
    if outcome.status:
        raise RuntimeError(f"{name}: exit status {outcome.status}: {outcome.line()}")
    return read_device_times(path)


def add_program(session, part, name, copies):
    times = trace(session, name)
    if times is None:
        part.skip(f"{name}: its trace has no times of the device")
        return
    peak = copies[-1]["bytes"] / copies[-1]["us"]
    total_bytes = total_us = total_copy = 0
    for kernel in session.plan(name)["kernels"]:
        taken = times.get((kernel["name"], "kernel"))
        if not taken or not kernel["bytes"]:
            continue
        us, count = statistics.median(taken), len(taken)
        copied = copy_time(copies, kernel["bytes"])
        total_bytes += kernel["bytes"] * count
        total_us += us * count
        total_copy += copied * count
        if kernel["bytes"] >= LEAST_BYTES or session.quick:
            ratio = copied / us if us else None
            part.add(program=name, kernel=kernel["name"], node=kernel["nodes"][0] if kernel["nodes"] else "",
                     bytes=kernel["bytes"], us=round(us, 2), gb_per_s=round(kernel["bytes"] / us / 1e3, 1) if us else None,
                     of_copy=round(ratio, 3) if ratio else None, goal=GOAL, meets=bool(ratio and ratio >= GOAL))
    if total_us:
        part.add(program=name, kernel="all", bytes=total_bytes, us=round(total_us, 1),
                 gb_per_s=round(total_bytes / total_us / 1e3, 1), of_copy=round(total_copy / total_us, 3),
                 of_peak=round(total_bytes / total_us / peak, 3), goal=GOAL, meets=total_copy / total_us >= GOAL)


def run(session, part):
    try:
        copies = list(session.ask("copies", quick=session.quick, largest=1 << 20 if session.quick else 1 << 30))
        part.result["copies"] = copies
        names = session.manifest["measured_kernels"]
        for index, name in enumerate(names):
            try:
                session.need(6)
                add_program(session, part, name, copies)
            except OutOfTime:
                part.cut(", ".join(names[index:]))
                return
    except RuntimeError as error:
        part.fail(str(error))
