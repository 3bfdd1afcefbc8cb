#!/usr/bin/env python3
"""Runs ONNX's own node tests and compares the results: through the importer, the
legalizer and the reference interpreter, or with --compiled as executables, whose
cases are counted per operator. dpc, dpc-import-test and dpc-opt must be on the
path.

Cases that are expected to fail stand in expected-failures.txt, each with its
reason; a case there that passes is an error too, so that the list stays true.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

# Operands that say what shape a result has: the cases feed them as inputs, which
# models do not.
CONSTANT_OPERANDS = {
    "Reshape": (1,), "Squeeze": (1,), "Unsqueeze": (1,), "Dropout": (1, 2),
    "Slice": (1, 2, 3, 4), "Split": (1,), "Expand": (1,), "Range": (0, 1, 2),
    "Trilu": (1,), "ConstantOfShape": (0,), "CumSum": (1,), "NonZero": (0,), "Unique": (0,),
    "OneHot": (1,), "Pad": (1, 3), "Tile": (1,), "TopK": (1,),
    "DFT": (1, 2), "STFT": (1, 3), "AffineGrid": (1,),
    "CumProd": (1,), "Compress": (1,), "CenterCropPad": (1,),
    "Resize": (1, 2, 3), "Upsample": (1,), "HannWindow": (0,), "HammingWindow": (0,), "BlackmanWindow": (0,),
    **{f"Reduce{kind}": (1,) for kind in (
        "L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum",
        "SumSquare")}}
HERE = pathlib.Path(__file__).resolve().parent
RTOL, ATOL = 1e-3, 1e-7
# The reference does not round to narrow types.
RTOL_BF16 = 2.0**-8


def read_expected():
    """Pattern -> reason, of the cases that fail: a pattern of names, or @ and an
    operator that a case holds."""
    expected = {}
    for line in (HERE / "expected-failures.txt").read_text().splitlines():
        pattern, _, reason = line.partition(":")
        if pattern and not pattern.startswith("#"):
            if not reason.strip():
                sys.exit(f"expected-failures.txt: '{pattern}' has no reason")
            expected[pattern.strip()] = reason.strip()
    return expected


def find_constants(graph):
    """Names of what CONSTANT_OPERANDS tells, and of what it is computed from."""
    names = set()
    for node in reversed(graph.node):
        if (node.op_type not in ("Shape", "Size")
                and any(name in names for name in node.output)):
            names.update(node.input)
        names.update(node.input[index]
                     for index in CONSTANT_OPERANDS.get(node.op_type, ())
                     if index < len(node.input))
    return names


def make_constants(model, arrays):
    """Turns inputs that must be constants into initializers, in place."""
    names = find_constants(model.graph)
    kept = [value for value in model.graph.input if value.name not in names]
    for value in model.graph.input:
        if value.name in names:
            model.graph.initializer.append(
                numpy_helper.from_array(arrays.pop(value.name), value.name))
    del model.graph.input[:]
    model.graph.input.extend(kept)


def to_array(data):
    return (numpy_helper.to_array(data) if isinstance(data, onnx.TensorProto)
            else np.asarray(data))


def mlir_type(array):
    if array.dtype.name == "bfloat16":
        return "x".join([*map(str, array.shape), "bf16"])
    kind, bits = array.dtype.kind, array.dtype.itemsize * 8
    element = {"f": f"f{bits}", "i": f"i{bits}", "u": f"ui{bits}",
               "b": "i1"}.get(kind)
    if element is None or array.dtype == object:
        raise ValueError(f"element type {array.dtype}")
    return "x".join([*map(str, array.shape), element])


def mlir_value(array):
    """A dense attribute; its elements in hexadecimal, so that they are exact."""
    type_text = f"tensor<{mlir_type(array)}>"
    if array.size == 0:
        return f"dense<> : {type_text}"
    if array.dtype == bool:
        elements = ["true" if x else "false" for x in array.flat]
        if array.size == 1:
            return f"dense<{elements[0]}> : {type_text}"
        def nest(values, shape):
            if not shape:
                return values[0]
            step = len(values) // shape[0]
            return "[" + ", ".join(
                nest(values[i * step:(i + 1) * step], shape[1:])
                for i in range(shape[0])) + "]"
        return f"dense<{nest(elements, array.shape)}> : {type_text}"
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return f'dense<"0x{little.tobytes().hex()}"> : {type_text}'


def run_tool(*command, text=None, folder=None):
    result = subprocess.run(command, input=text, capture_output=True, text=True,
                            timeout=300, check=False, cwd=folder)
    if result.returncode not in (0, 1):
        sys.exit(f"{command[0]} crashed ({result.returncode}): {result.stderr}")
    if result.returncode:
        errors = [line for line in result.stderr.splitlines()
                  if "error:" in line] or ["no message"]
        raise ValueError(errors[0])
    return result.stdout


def interpret(model, arrays, folder):
    """The outputs, flat, as the reference interpreter computes them."""
    path = folder / "model.onnx"
    onnx.save(model, path)
    nn = run_tool("dpc-opt", "-legalize-onnx", "-nn-build-infer",
                  "-nn-expand-composites", "-canonicalize", "-cse",
                  text=run_tool("dpc-import-test", "--parseable", path))
    weights = {node.output[0]: numpy_helper.to_array(node.attribute[0].t)
               for node in model.graph.node
               if node.op_type == "Constant" and node.attribute[0].HasField("t")}
    weights |= {tensor.name: numpy_helper.to_array(tensor)
                for tensor in model.graph.initializer}
    for role, values in (("input", arrays), ("parameter", weights)):
        for name, array in values.items():
            nn = nn.replace(f'nn.name = "{name}", nn.role = #nn.role<{role}>',
                            f'nn.name = "{name}", nn.role = #nn.role<{role}>, '
                            f"test.value = {mlir_value(array)}")
    nn = nn.replace('nn.program = "infer"', 'nn.program = "infer", test.run')
    printed = run_tool("dpc-opt", "-test-interpret", "-o", "/dev/null", text=nn)
    return [np.array([float(x) for x in values.split(",") if x.strip()])
            for values in re.findall(r"^@infer result \d+: \[(.*)\]$", printed,
                                     re.MULTILINE)]


def run_compiled(model, arrays, folder):
    """The outputs as an executable computes them."""
    onnx.save(model, folder / "model.onnx")
    run_tool("dpc", "compile", "model.onnx", "-o", "model", "--batch-dim", "none",
             folder=folder)
    command = ["dpc", "run", "-n", "1", "model", "--outputs", "outputs"]
    # A name may hold what a file's must not.
    for index, (name, array) in enumerate(arrays.items()):
        np.save(folder / f"{index}.npy", array)
        command += ["--data", f"{name}={index}.npy"]
    run_tool(*command, folder=folder)
    return [np.load(folder / "outputs" / f"{value.name}.npy")
            for value in model.graph.output]


def compare(index, actual, wanted, is_exact):
    """Raises ValueError where output `index` is something else."""
    rtol = RTOL_BF16 if wanted.dtype.name == "bfloat16" else RTOL
    same_type = not is_exact or (actual.dtype == wanted.dtype
                                 and actual.shape == wanted.shape)
    if same_type and actual.size == wanted.size and np.allclose(
            actual.astype(np.float64).ravel(), wanted.astype(np.float64).ravel(),
            rtol, ATOL, equal_nan=True):
        return
    raise ValueError(
        f"output {index} differs: {actual.ravel()[:4]} of {actual.dtype} "
        f"{actual.shape} instead of {wanted.ravel()[:4]} of {wanted.dtype} "
        f"{wanted.shape}")


def check_case(case, compiled):
    """Raises ValueError if dpc computes something else."""
    for inputs, outputs in case.data_sets:
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        arrays = {value.name: to_array(data)
                  for value, data in zip(model.graph.input, inputs)}
        make_constants(model, arrays)
        with tempfile.TemporaryDirectory() as folder:
            run = run_compiled if compiled else interpret
            results = run(model, arrays, pathlib.Path(folder))
        if len(results) != len(outputs):
            raise ValueError(f"{len(results)} outputs, not {len(outputs)}")
        for index, (actual, wanted) in enumerate(zip(results, outputs)):
            compare(index, actual, to_array(wanted), compiled)


def find_error(case, compiled):
    try:
        check_case(case, compiled)
    except ValueError as error:
        return error
    return None


def is_plain(case):
    """Whether a case has static shapes in f32, i32, i64 and booleans only, and
    no subgraphs."""
    graph = case.model.graph
    types = [value.type for value in [*graph.input, *graph.output]]
    return all(
        type.HasField("tensor_type")
        and type.tensor_type.elem_type in (
            onnx.TensorProto.FLOAT, onnx.TensorProto.INT32,
            onnx.TensorProto.INT64, onnx.TensorProto.BOOL)
        and type.tensor_type.HasField("shape")
        and all(dim.HasField("dim_value") for dim in type.tensor_type.shape.dim)
        for type in types) and not any(
            attribute.HasField("g") or attribute.graphs
            for node in graph.node for attribute in node.attribute)


def select_cases(pattern):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = load_model_tests(kind="node")
    return [case for case in cases
            if fnmatch.fnmatch(case.name, pattern)
            and all(node.domain in ("", "ai.onnx")
                    for node in case.model.graph.node)]


NAMES = {"sce": "SoftmaxCrossEntropyLoss", "nllloss": "NegativeLogLikelihoodLoss"}


def find_operator(case):
    """The operator that a case is about, which an expanded one does without."""
    nodes = case.model.graph.node
    if len(nodes) == 1:
        return nodes[0].op_type
    name = case.name.removeprefix("test_")
    if (first := name.split("_")[0].lower()) in NAMES:
        return NAMES[first]
    name = name.replace("_", "")
    return max((op for op in onnx_operators() if name.startswith(op.lower())),
               key=len, default="others")


@functools.cache
def onnx_operators():
    return {schema.name for schema in onnx.defs.get_all_schemas()}


def print_counts(cases, errors):
    counts = collections.defaultdict(lambda: [0, 0])
    for case, error in zip(cases, errors):
        count = counts[find_operator(case)]
        count[0] += error is None
        count[1] += 1
    for op, (passed, total) in sorted(counts.items()):
        print(f"{op:28} {passed:4} of {total}")


def find_pattern(case, expected):
    operators = {f"@{node.op_type}" for node in case.model.graph.node}
    return next((pattern for pattern in expected
                 if pattern in operators or fnmatch.fnmatch(case.name, pattern)),
                None)


def find_unexpected(cases, errors, verbose):
    """What is not as expected-failures.txt says, and the patterns used."""
    expected, unexpected, used = read_expected(), [], set()
    for case, error in zip(cases, errors):
        pattern = find_pattern(case, expected)
        if error is None:
            if pattern is not None:
                unexpected.append(f"{case.name}: passes, but is listed as a "
                                  f"failure ('{pattern}')")
            continue
        used.add(pattern)
        if pattern is None:
            unexpected.append(f"{case.name}: {error}")
        elif verbose:
            print(f"expected: {case.name}: {error}")
    return unexpected, [pattern for pattern in expected if pattern not in used]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--filter", default="*", help="pattern of case names")
    parser.add_argument("--compiled", action="store_true", help=(
        "compile the cases of static shapes in f32, i32, i64 and bool, without\n"
        "subgraphs, and print how many pass for each operator"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count(),
                        help="cases at a time")
    parser.add_argument("--verbose", action="store_true",
                        help="also say why expected failures fail")
    arguments = parser.parse_args()
    cases = select_cases(arguments.filter)
    if arguments.compiled:
        cases = [case for case in cases if is_plain(case)]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        errors = list(pool.map(
            lambda case: find_error(case, arguments.compiled), cases))
    unexpected, unused = find_unexpected(cases, errors, arguments.verbose)
    if arguments.compiled:
        print_counts(cases, errors)
    elif arguments.filter == "*":
        unexpected += [f"{pattern}: listed as a failure, but fits no failing case"
                       for pattern in unused]
    print(f"{len(cases)} cases: {errors.count(None)} pass, {len(unexpected)} "
          "unexpected")
    if unexpected:
        sys.exit("\n".join(unexpected))


if __name__ == "__main__":
    main()
