#!/usr/bin/env python3
"""Measures functions over ranges of their arguments, where a libm may fall off a cliff.

Compiles a model y = f(x) for each function and element type and runs inference on a
batch of each range, in turns. Prints the time of an element from the trace, its ratio
to that of the first range, and the error in units in the last place against numpy's
long double. Results that are not normal numbers count as right if they are equal, and
results below the least normal number also if they are 0.
"""

import argparse
import json
import math
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 1 << 17
COLUMNS = 1 << 9

SPECIAL = ["inf", "nan"]
# The first range is the ordinary one. "a:b" is uniform, "a" is one value, "a|b" is
# half of each, as a causal mask makes it.
RANGES = {
    "Exp": ["-5:5", "-60", "-87:-80", "-103:-88", "-1e4", "-1e9", "-inf", "-1:0|-1e9", "89:100", *SPECIAL],
    "Log": ["0.1:4", "1e-40:1e-39", "0", "-2:-1", "1e30:1e38", *SPECIAL],
    "Tanh": ["-3:3", "-1e-6:1e-6", "20:90", "-1e9", "-inf", *SPECIAL],
    "Sigmoid": ["-5:5", "-100:-88", "88:100", "-1e4", "1e9", "-inf", *SPECIAL],
    "Softplus": ["-5:5", "-100:-88", "88:100", "-1e4", "1e9", "-inf", *SPECIAL],
    "Erf": ["-3:3", "-1e-6:1e-6", "5:10", "-1e9", *SPECIAL],
    "Sin": ["-3:3", "100:1000", "2e4:1e5", "1e6:1e7", "1e9", *SPECIAL],
    "Cos": ["-3:3", "100:1000", "2e4:1e5", "1e6:1e7", "1e9", *SPECIAL],
    "Pow": ["0.1:4", "0", "-2:-1", "1e-40:1e-39", "1e30:1e38", *SPECIAL],
}
EXPONENT = 2.5


def reference(function, x):
    x = x.astype(np.longdouble)
    if function == "Erf":
        return np.vectorize(math.erf, otypes=[np.longdouble])(x)
    return {
        "Exp": np.exp,
        "Log": np.log,
        "Tanh": np.tanh,
        "Sin": np.sin,
        "Cos": np.cos,
        "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "Softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
        "Pow": lambda x: x ** np.longdouble(EXPONENT),
    }[function](x)


def make_values(text, dtype, random):
    parts = []
    for part in text.split("|"):
        low, _, high = part.partition(":")
        low, high = float(low), float(high or low)
        parts.append(random.uniform(low, high, COUNT) if low < high else np.full(COUNT, low))
    values = parts[0]
    for part in parts[1:]:
        values = np.where(random.random(COUNT) < 0.5, values, part)
    return values.astype(dtype).reshape(-1, COLUMNS)


def count_ulps(actual, expected):
    info = np.finfo(actual.dtype)
    with np.errstate(all="ignore"):
        rounded = expected.astype(actual.dtype)
        same = (actual == rounded) | (np.isnan(actual) & np.isnan(rounded))
        # Results below the least normal number may be 0.
        same |= (actual == 0) & (np.abs(expected) < info.tiny)
        unit = np.spacing(np.maximum(np.abs(rounded), info.tiny)).astype(np.longdouble)
        errors = np.abs(actual - expected) / unit
    return float(np.max(np.where(same, 0, np.where(np.isfinite(errors), errors, np.inf))))


def measure(args, folder, function, dtype):
    ranges = RANGES[function]
    random = np.random.default_rng(1)
    data = [make_values(text, dtype, random) for text in ranges]
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    inputs = ["x"]
    constants = []
    if function == "Pow":
        # Not a constant, which the compiler would know better ways for.
        inputs.append("p")
        constants.append(helper.make_tensor("p", kind, [], [EXPONENT]))
    graph = helper.make_graph(
        [helper.make_node(function, inputs, ["y"], name="f")],
        "g",
        [helper.make_tensor_value_info("x", kind, ["N", COLUMNS])],
        [helper.make_tensor_value_info("y", kind, None)],
        constants,
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        folder / "model.onnx",
    )
    rows = COUNT // COLUMNS
    flags = ["--cpu", args.cpu] if args.cpu else []
    subprocess.run(
        [args.dpc, "compile", folder / "model.onnx", "-o", folder / "exe", "--batch", str(rows), *flags],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    np.save(folder / "x.npy", np.concatenate(data * args.rounds))
    batches = len(ranges) * args.rounds
    subprocess.run(
        [folder / "exe", "--data", f"x={folder / 'x.npy'}", "--outputs", folder / "out", "--quiet",
         "--trace", folder / "trace.json", "--trace-steps", str(batches)],
        check=True,
    )  # fmt: skip
    with open(folder / "trace.json") as file:
        events = json.load(file)
    events = events["traceEvents"] if isinstance(events, dict) else events
    steps = [0.0] * batches
    for event in events:
        if event["ph"] == "X":
            steps[event["args"]["step"] - 1] += event["dur"]
    result = np.load(folder / "out" / "y.npy").reshape(batches, rows, COLUMNS)
    table = []
    for i, text in enumerate(ranges):
        times = sorted(steps[i :: len(ranges)])
        with np.errstate(all="ignore"):
            error = count_ulps(result[i], reference(function, data[i]))
        table.append((text, times[len(times) // 2] * 1e3 / COUNT, error))
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dpc", default=str(ROOT / "build/release/bin/dpc"))
    parser.add_argument("--cpu", help="as for dpc compile, e.g. x86-64-v3")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--dtype", action="append", choices=["float32", "float64"])
    parser.add_argument("--function", action="append", choices=list(RANGES))
    args = parser.parse_args()
    print(f"{'function':<10}{'type':<9}{'arguments':<14}{'ns':>7}{'ratio':>8}{'ulp':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for function in args.function or RANGES:
            for dtype in args.dtype or ["float32", "float64"]:
                table = measure(args, folder, function, dtype)
                for text, time, error in table:
                    print(f"{function:<10}{dtype:<9}{text:<14}{time:7.3f}{time / table[0][1]:8.2f}{error:9.2f}", flush=True)


if __name__ == "__main__":
    main()
