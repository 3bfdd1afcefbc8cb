"""NVIDIA's driver, by ctypes: what the parts call that measure without PyTorch."""

import contextlib
import ctypes

COPY_NAMES = {"cuMemAlloc": "cuMemAlloc_v2", "cuMemFree": "cuMemFree_v2", "cuMemGetInfo": "cuMemGetInfo_v2",
              "cuMemcpyDtoDAsync": "cuMemcpyDtoDAsync_v2", "cuMemcpyHtoD": "cuMemcpyHtoD_v2",
              "cuMemcpyDtoH": "cuMemcpyDtoH_v2", "cuDeviceTotalMem": "cuDeviceTotalMem_v2",
              "cuStreamDestroy": "cuStreamDestroy_v2", "cuEventDestroy": "cuEventDestroy_v2",
              "cuDevicePrimaryCtxRelease": "cuDevicePrimaryCtxRelease_v2",
              "cuStreamBeginCapture": "cuStreamBeginCapture_v2"}
ATTRIBUTES = {"capability_major": 75, "capability_minor": 76, "multiprocessors": 16, "clock_khz": 13,
              "memory_clock_khz": 36, "memory_bus_bits": 37, "l2_bytes": 38}


class DriverError(Exception):
    pass


class Driver:
    """The first GPU's primary context, current on the thread that made this."""

    def __init__(self):
        try:
            self.library = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise DriverError(f"libcuda.so.1 cannot be opened: {error}") from None
        self.call("cuInit", 0)
        count, self.number, self.context = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
        self.call("cuDeviceGetCount", ctypes.byref(count))
        if not count.value:
            raise DriverError("there is no GPU")
        self.count = count.value
        self.call("cuDeviceGet", ctypes.byref(self.number), 0)
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), self.number)
        self.use()

    def use(self):
        """Makes the context current on this thread."""
        self.call("cuCtxSetCurrent", self.context)

    def close(self):
        self.call("cuDevicePrimaryCtxRelease", self.number)

    def call(self, name, *arguments):
        function = getattr(self.library, COPY_NAMES.get(name, name), None)
        if function is None:
            raise DriverError(f"the driver has no {name}")
        result = function(*arguments)
        if result:
            text = ctypes.c_char_p()
            self.library.cuGetErrorName(result, ctypes.byref(text))
            raise DriverError(f"{name}: {(text.value or b'error').decode()}")

    def describe(self):
        name, version, total = ctypes.create_string_buffer(256), ctypes.c_int(), ctypes.c_size_t()
        self.call("cuDeviceGetName", name, 255, self.number)
        self.call("cuDriverGetVersion", ctypes.byref(version))
        self.call("cuDeviceTotalMem", ctypes.byref(total), self.number)
        result = {"gpu": name.value.decode(), "gpus": self.count,
                  "driver_cuda": f"{version.value // 1000}.{version.value % 1000 // 10}",
                  "memory_bytes": total.value}
        for key, number in ATTRIBUTES.items():
            value = ctypes.c_int()
            try:
                self.call("cuDeviceGetAttribute", ctypes.byref(value), number, self.number)
                result[key] = value.value
            except DriverError:
                result[key] = None
        return result

    def free_bytes(self):
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self.call("cuMemGetInfo", ctypes.byref(free), ctypes.byref(total))
        return free.value

    def take(self, count):
        """The address of `count` bytes."""
        address = ctypes.c_uint64()
        self.call("cuMemAlloc", ctypes.byref(address), ctypes.c_size_t(count))
        return address.value

    @contextlib.contextmanager
    def memory(self, count):
        address = self.take(count)
        try:
            yield address
        finally:
            self.call("cuMemFree", ctypes.c_uint64(address))

    @contextlib.contextmanager
    def stream(self):
        stream = ctypes.c_void_p()
        self.call("cuStreamCreate", ctypes.byref(stream), 1)
        try:
            yield stream
        finally:
            self.call("cuStreamDestroy", stream)

    def fill(self, address, value, count, stream):
        self.call("cuMemsetD8Async", ctypes.c_uint64(address), ctypes.c_ubyte(value), ctypes.c_size_t(count), stream)

    def copy(self, to, source, count, stream):
        self.call("cuMemcpyDtoDAsync", ctypes.c_uint64(to), ctypes.c_uint64(source), ctypes.c_size_t(count), stream)

    def synchronize(self, stream):
        self.call("cuStreamSynchronize", stream)

    def time(self, work, stream, repeats):
        """Microseconds that each of `repeats` calls of `work` took on the device, by the events
        around all of them: gaps between short ones are in it, as they are in a program."""
        begin, end, milliseconds = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_float()
        self.call("cuEventCreate", ctypes.byref(begin), 0)
        self.call("cuEventCreate", ctypes.byref(end), 0)
        try:
            self.call("cuEventRecord", begin, stream)
            for _ in range(repeats):
                work()
            self.call("cuEventRecord", end, stream)
            self.call("cuEventSynchronize", end)
            self.call("cuEventElapsedTime", ctypes.byref(milliseconds), begin, end)
        finally:
            self.call("cuEventDestroy", begin)
            self.call("cuEventDestroy", end)
        return 1e3 * milliseconds.value / repeats
