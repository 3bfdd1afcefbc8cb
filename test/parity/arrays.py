"""Reads the data files that dpc's executables read: .npy and IDX, also .gz."""

import gzip

import numpy as np

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4",
             0x0E: ">f8"}


def read_array(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rb") as file:
        content = file.read()
    if content[:6] == b"\x93NUMPY":
        return np.load(path, allow_pickle=False)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_TYPES:
        raise ValueError(f"{path}: neither .npy nor IDX")
    start = 4 + 4 * content[3]
    shape = np.frombuffer(content[4:start], ">u4")
    array = np.frombuffer(content[start:], IDX_TYPES[content[2]])
    return array.reshape(shape).astype(array.dtype.newbyteorder("="))


def read_named(pairs):
    """The arrays of arguments like image=FILE, by name, all of equal length."""
    arrays = {}
    for pair in pairs:
        name, equals, path = pair.partition("=")
        if not equals:
            raise ValueError(f"'{pair}' is not NAME=FILE")
        arrays[name] = read_array(path)
    if len({len(array) for array in arrays.values()}) > 1:
        raise ValueError("the data files hold different numbers of rows")
    return arrays
