"""Parameters and data that are made here, so that a pack stays small: the same numbers on
every machine, from a formula."""

import json
import pathlib
import struct
import zlib

import numpy as np

TYPES = {"u8": np.uint8, "i32": np.int32, "i64": np.int64, "f32": np.float32}


def make_parameter(name, shape):
    """Norms are ones, other vectors small, matrices normal, as transformers are initialized."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if len(shape) <= 1 and "norm" in name and name.endswith("weight"):
        return np.ones(shape, np.float32)
    values = random.standard_normal(shape, np.float32)
    values *= np.float32(0.02)
    return values


def write_parameters(path, parameters):
    """A safetensors file of `parameters`, as a plan lists them."""
    header, offset = {}, 0
    for parameter in parameters:
        count = int(np.prod(parameter["shape"], dtype=np.int64))
        header[parameter["name"]] = {"dtype": "F32", "shape": parameter["shape"],
                                     "data_offsets": [offset, offset + 4 * count]}
        offset += 4 * count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    partial = pathlib.Path(f"{path}.partial")
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for parameter in parameters:
            file.write(make_parameter(parameter["name"], tuple(parameter["shape"])).tobytes())
    partial.replace(path)


def read_parameters(path):
    """{name: array} of a safetensors file of f32."""
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    data = np.memmap(path, np.uint8, "r", 8 + size)
    return {name: data[slice(*entry["data_offsets"])].view(np.float32).reshape(entry["shape"])
            for name, entry in header.items()}


def make_data(folder, inputs, rows, seed=1):
    """A .npy file for each input of a plan. {name: path}"""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for entry in inputs:
        path = files[entry["name"]] = folder / f"{entry['name']}-{rows}.npy"
        if path.exists():
            continue
        shape = (rows, *entry["global_shape"][1:])
        random = np.random.default_rng([seed, zlib.crc32(entry["name"].encode())])
        kind = TYPES[entry["dtype"]]
        if entry.get("classes"):
            values = random.integers(0, entry["classes"], shape)
        elif entry.get("range"):
            values = random.integers(0, entry["range"]["upper"], shape)
        elif entry["name"] == "mask":
            # The ends of some rows are padding.
            length = shape[-1]
            values = np.arange(length) < random.integers(length // 2, length + 1, (rows, 1))
        elif kind is np.uint8:
            values = random.integers(0, 256, shape)
        else:
            values = random.standard_normal(shape)
        np.save(path, values.astype(kind))
    return files


def as_arguments(files):
    return [word for name, path in files.items() for word in ("--data", f"{name}={path}")]
