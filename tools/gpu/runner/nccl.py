"""NCCL with one rank: a sum captured in a CUDA graph, as a step of a training holds it."""

import ctypes
import os
import time

from driver import Driver, DriverError
from session import OutOfTime

FLOAT32, SUM, IN_PROGRESS = 7, 0, 7
THREAD_LOCAL = 1
COUNT, LAUNCHES = 1 << 20, 3
# Starting without blocking is polled so long.
SECONDS = 15
UNDEFINED = -(1 << 31)


class Id(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_char * 128)]


class Config(ctypes.Structure):
    """ncclConfig_t of 2.28, which says itself how long it is."""
    _fields_ = [("size", ctypes.c_size_t), ("magic", ctypes.c_uint), ("version", ctypes.c_uint),
                *((name, ctypes.c_int) for name in ("blocking", "cgaClusterSize", "minCTAs", "maxCTAs")),
                ("netName", ctypes.c_char_p), ("splitShare", ctypes.c_int), ("trafficClass", ctypes.c_int),
                ("commName", ctypes.c_char_p),
                *((name, ctypes.c_int) for name in ("collnetEnable", "CTAPolicy", "shrinkShare", "nvlsCTAs",
                                                    "nChannelsPerNetPeer", "nvlinkCentricSched"))]

    def __init__(self):
        numbers = {name: UNDEFINED for name, kind in self._fields_ if kind is ctypes.c_int}
        super().__init__(size=ctypes.sizeof(Config), magic=0xcafebeef, version=22809, **{**numbers, "blocking": 0})


def load(stand_in):
    """Beside the stand-in for the driver, only one that stands in for NCCL, too."""
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if stand_in else [""]
    for folder in folders:
        try:
            return ctypes.CDLL(os.path.join(folder, "libnccl.so.2"))
        except OSError:
            continue
    return None


def need(library, result, what):
    if result not in (0, IN_PROGRESS):
        library.ncclGetErrorString.restype = ctypes.c_char_p
        raise DriverError(f"{what}: {library.ncclGetErrorString(result).decode()}")


def wait(library, communicator, what):
    """Until it is done with what was begun."""
    end, state = time.monotonic() + SECONDS, ctypes.c_int(IN_PROGRESS)
    while state.value == IN_PROGRESS:
        if time.monotonic() > end:
            raise DriverError(f"{what}: not done after {SECONDS} s")
        need(library, library.ncclCommGetAsyncError(communicator, ctypes.byref(state)), what)
    need(library, state.value, what)


def reduce_in_graph(driver, library):
    """Sums within one rank change nothing. Microseconds of a launch."""
    identity, communicator = Id(), ctypes.c_void_p()
    need(library, library.ncclGetUniqueId(ctypes.byref(identity)), "ncclGetUniqueId")
    config = Config()
    need(library, library.ncclCommInitRankConfig(ctypes.byref(communicator), 1, identity, 0, ctypes.byref(config)),
         "ncclCommInitRankConfig")
    wait(library, communicator, "ncclCommInitRankConfig")
    values = (ctypes.c_float * COUNT)(*([1.5] * COUNT))
    graph, runnable = ctypes.c_void_p(), ctypes.c_void_p()
    try:
        with driver.stream() as stream, driver.memory(4 * COUNT) as source, driver.memory(4 * COUNT) as target:
            driver.call("cuMemcpyHtoD", ctypes.c_uint64(source), values, ctypes.c_size_t(4 * COUNT))
            driver.fill(target, 0, 4 * COUNT, stream)

            def reduce():
                need(library, library.ncclAllReduce(
                    ctypes.c_uint64(source), ctypes.c_uint64(target), ctypes.c_size_t(COUNT), FLOAT32, SUM,
                    communicator, stream), "ncclAllReduce")
                wait(library, communicator, "ncclAllReduce")
            reduce()  # connects before anything is captured
            driver.synchronize(stream)
            driver.call("cuStreamBeginCapture", stream, THREAD_LOCAL)
            reduce()
            driver.call("cuStreamEndCapture", stream, ctypes.byref(graph))
            driver.call("cuGraphInstantiateWithFlags", ctypes.byref(runnable), graph, ctypes.c_ulonglong(0))
            driver.fill(target, 0, 4 * COUNT, stream)
            took = driver.time(lambda: driver.call("cuGraphLaunch", runnable, stream), stream, LAUNCHES)
            driver.call("cuMemcpyDtoH", values, ctypes.c_uint64(target), ctypes.c_size_t(4 * COUNT))
            driver.call("cuGraphExecDestroy", runnable)
            driver.call("cuGraphDestroy", graph)
    finally:
        library.ncclCommDestroy(communicator)
    if any(value != 1.5 for value in values):
        raise DriverError("the sum over one rank is not what was summed")
    return took


def measure(settings, tell):
    """The side that calls the library."""
    library = load(settings["stand_in"])
    if library is None:
        tell(missing=True)
        return
    version = ctypes.c_int()
    library.ncclGetVersion(ctypes.byref(version))
    driver = Driver()
    row = {"what": "all-reduce of one rank in a graph", "version": version.value, "bytes": 4 * COUNT}
    try:
        tell(**row, us=round(reduce_in_graph(driver, library), 1), ok=True)
    except (DriverError, AttributeError) as error:
        tell(**row, error=str(error), ok=False)


def run(session, part):
    try:
        for row in session.ask("nccl", stand_in=session.options.stand_in):
            if row.get("missing"):
                part.skip("libnccl.so.2 is not there")
            else:
                part.add(**row)
    except RuntimeError as error:
        part.fail(str(error))
    except OutOfTime:
        part.fail("NCCL does not answer")
