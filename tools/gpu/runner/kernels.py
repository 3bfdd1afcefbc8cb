"""The programs' own kernels, each started by itself: bytes that it must move, over the time that it
takes, beside copies of as many bytes within the same card's memory."""

import bisect
import ctypes
import statistics

import trace
from driver import Driver, DriverError
from session import OutOfTime

GOAL = 0.9
# A kernel below this is as long as it takes to start one.
LEAST_BYTES = 1 << 20
SIZES = [1 << shift for shift in range(16, 31)]
# Of a byte repeated: a small number in every floating-point type.
SMALL_NUMBER = 0x3C
OUT_OF_MEMORY = "OUT_OF_MEMORY"
# Buffers are moved on until they fill caches so many times.
CACHES = 4


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


def align(size):
    return -(-size // 256) * 256


def start_arguments(launch, address, places, place):
    """The addresses of a launch's buffers, in one of several places."""
    values, offset = [], address + place * sum(map(align, launch["sizes"]))
    for size in launch["sizes"]:
        values.append(ctypes.c_uint64(offset))
        offset += align(size)
    pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
    return values, pointers


def measure_launch(driver, module, launch, settings, cache):
    """Microseconds of one kernel. Integers are zeros: rows of a table are all the first."""
    function, length = ctypes.c_void_p(), sum(map(align, launch["sizes"]))
    driver.call("cuModuleGetFunction", ctypes.byref(function), module, launch["device"].encode())
    places = 1 if settings["quick"] else max(1, min(64, CACHES * cache // length))
    with driver.stream() as stream, driver.memory(length * places) as address:
        # The stand-in knows which kernels begin with zeros, and wants them.
        driver.fill(address, 0 if settings["quick"] else SMALL_NUMBER, length * places, stream)
        for place in range(places):
            offset = address + place * length
            for i, size in enumerate(launch["sizes"]):
                if i in launch["integers"]:
                    driver.fill(offset, 0, align(size), stream)
                offset += align(size)
        starts = [start_arguments(launch, address, places, place) for place in range(places)]
        at = 0

        def start():
            nonlocal at
            driver.call("cuLaunchKernel", function, launch["grid"], 1, 1, launch["block"], 1, 1, 0, stream,
                        starts[at % places][1], None)
            at += 1
        once = driver.time(start, stream, 1)
        repeats = 1 if settings["quick"] else max(5, min(200, int(8000 / max(once, 1))))
        return statistics.median(driver.time(start, stream, repeats) for _ in range(1 if settings["quick"] else 3))


def measure(settings, tell):
    """The kernels of one program, whose PTX the driver compiles."""
    driver = Driver()
    cache = driver.describe()["l2_bytes"] or 64 << 20
    module = ctypes.c_void_p()
    with open(settings["ptx"], "rb") as file:
        driver.call("cuModuleLoadData", ctypes.byref(module), file.read() + b"\0")
    # What takes most of the step first.
    for launch in sorted(settings["launches"], key=lambda one: -one["bytes"] * one["count"]):
        try:
            tell(kernel=launch["kernel"], us=measure_launch(driver, module, launch, settings, cache))
        except DriverError as error:
            tell(kernel=launch["kernel"], error=str(error))
            if OUT_OF_MEMORY not in str(error):
                return  # the context is of no use any more


def add_program(session, part, program, copies):
    launches = {launch["kernel"]: launch for launch in program["launches"]}
    peak = copies[-1]["bytes"] / copies[-1]["us"]
    total_bytes = total_us = total_copy = 0
    if program["unread"]:
        part.note(f"{program['program']}: how these are started is not known: {', '.join(program['unread'])}")
    traced = trace.times(session, program["program"])
    if traced is None:
        part.note(f"{program['program']}: its trace has no times of the device")
    try:
        for told in session.ask("kernels", ptx=str(session.program(program["ptx"])), quick=session.quick,
                                launches=program["launches"]):
            launch = launches[told["kernel"]]
            row = {"program": program["program"], "kernel": launch["kernel"], "node": launch["node"],
                   "count": launch["count"], "bytes": launch["bytes"]}
            if traced:
                row["in_step_us"] = trace.median(traced[0].get(launch["kernel"]))
            if "error" in told:
                part.add(**row, error=told["error"], ok=OUT_OF_MEMORY in told["error"])
                continue
            us, copied = max(told["us"], 1e-3), copy_time(copies, launch["bytes"])
            total_bytes += launch["bytes"] * launch["count"]
            total_us += us * launch["count"]
            total_copy += copied * launch["count"]
            if launch["bytes"] >= LEAST_BYTES or session.quick:
                part.add(**row, us=round(us, 2), gb_per_s=round(launch["bytes"] / us / 1e3, 1),
                         of_copy=round(copied / us, 3), goal=GOAL, meets=copied / us >= GOAL)
    finally:
        if total_us:
            part.add(program=program["program"], kernel="all", bytes=total_bytes, us=round(total_us, 1),
                     gb_per_s=round(total_bytes / total_us / 1e3, 1), of_copy=round(total_copy / total_us, 3),
                     of_peak=round(total_bytes / total_us / peak, 3), goal=GOAL, meets=total_copy / total_us >= GOAL)


def run(session, part):
    programs = session.manifest["kernels"]
    try:
        copies = list(session.ask("copies", quick=session.quick, largest=1 << 20 if session.quick else 1 << 30))
        part.result["copies"] = copies
        for index, program in enumerate(programs):
            try:
                session.need(4)
                add_program(session, part, program, copies)
            except OutOfTime:
                part.cut("the rest of " + ", ".join(one["program"] for one in programs[index:]))
                return
    except RuntimeError as error:
        part.fail(str(error))
