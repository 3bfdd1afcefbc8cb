"""The process that calls NVIDIA's libraries for a part: native.py TASK SETTINGS, both of the
part's making. It tells what it finds in lines of JSON."""

import json
import sys
import time

import kernels
import nccl
import products
from driver import Driver, DriverError

LAST_BYTES = 1 << 20


def describe(settings, tell):
    driver = Driver()
    tell(**driver.describe(), free_bytes=driver.free_bytes())


def occupy(settings, tell):
    """Takes memory until `left` bytes are free, and keeps it until standard input ends."""
    driver = Driver()
    size, taken = driver.free_bytes(), 0
    while size >= LAST_BYTES:
        size = min(size, driver.free_bytes() - settings["left"])
        if size < LAST_BYTES:
            break
        try:
            # Freed by the process's end.
            driver.take(size)
            taken += size
        except DriverError:
            size //= 2
    tell(taken=taken, free=driver.free_bytes())
    sys.stdin.read()


def watch(settings, tell):
    """The least memory that is free, until this process is told to end."""
    driver = Driver()
    least = before = driver.free_bytes()
    tell(free=before)
    end = time.monotonic() + settings["seconds"]
    while time.monotonic() < end:
        free = driver.free_bytes()
        if free < least:
            least = free
            tell(free=least)
        time.sleep(0.02)


TASKS = {"describe": describe, "occupy": occupy, "watch": watch, "nccl": nccl.measure,
         "copies": kernels.measure_copies, "kernels": kernels.measure, "products": products.measure}


def tell(**row):
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    try:
        TASKS[sys.argv[1]](json.loads(sys.argv[2]), tell)
    except (DriverError, OSError) as failure:
        sys.exit(str(failure))
