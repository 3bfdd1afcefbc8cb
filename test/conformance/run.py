#!/usr/bin/env python3
"""Runs ONNX's own node tests through the importer, the legalizer and the
reference interpreter, and compares the results. dpc-import-test and dpc-opt
must be on the path.

The operators are those that dpc's table of operators holds. Cases that are
expected to fail stand in expected-failures.txt, each with its reason; a case
there that passes is an error too, so that the list stays true.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

OPERATORS = set("""
    Abs Add And ArgMax ArgMin Attention BatchNormalization Cast CastLike Ceil
    Celu Clip Concat Constant ConstantOfShape Cos CumSum Div Dropout Einsum Elu
    Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm
    Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Hardmax
    Identity InstanceNormalization IsInf IsNaN LayerNormalization LeakyRelu Less
    LessOrEqual Log LogSoftmax LpNormalization MatMul Max
    MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu
    Pad Pow RMSNormalization Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
    ReduceSumSquare Relu Reshape RotaryEmbedding Scatter ScatterElements
    ScatterND Selu Shape Shrink Sigmoid Sin Size Slice Softmax
    SoftmaxCrossEntropyLoss Softplus Softsign Split Sqrt Squeeze Sub Sum Swish
    Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Where Xor""".split())
# Operands that say what shape a result has: the cases feed them as inputs, which
# models do not.
CONSTANT_OPERANDS = {
    "Reshape": (1,), "Squeeze": (1,), "Unsqueeze": (1,), "Dropout": (1, 2),
    "Slice": (1, 2, 3, 4), "Split": (1,), "Expand": (1,), "Range": (0, 1, 2),
    "Trilu": (1,), "ConstantOfShape": (0,), "CumSum": (1,), "NonZero": (0,),
    "OneHot": (1,), "Pad": (1, 3), "Tile": (1,), "TopK": (1,),
    **{f"Reduce{kind}": (1,) for kind in (
        "L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum",
        "SumSquare")}}
HERE = pathlib.Path(__file__).resolve().parent
RTOL, ATOL = 1e-3, 1e-7
# The reference does not round to narrow types.
RTOL_BF16 = 2.0**-8


def read_expected():
    """Pattern -> reason, of the cases that fail."""
    expected = {}
    for line in (HERE / "expected-failures.txt").read_text().splitlines():
        pattern, _, reason = line.partition(":")
        if pattern and not pattern.startswith("#"):
            if not reason.strip():
                sys.exit(f"expected-failures.txt: '{pattern}' has no reason")
            expected[pattern.strip()] = reason.strip()
    return expected


def make_constants(model, arrays):
    """Turns inputs that must be constants into initializers, in place."""
    names = {node.input[index]
             for node in model.graph.node
             for index in CONSTANT_OPERANDS.get(node.op_type, ())
             if index < len(node.input)}
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


def run_tool(*command, text=None):
    result = subprocess.run(command, input=text, capture_output=True, text=True,
                            timeout=300, check=False)
    lines = result.stderr.strip().splitlines() or ["no message"]
    if result.returncode not in (0, 1):
        sys.exit(f"{command[0]} crashed ({result.returncode}): {lines[0]}")
    if result.returncode:
        raise ValueError(f"{command[0]}: {lines[0]}")
    return result.stdout


def interpret(model, arrays, folder):
    """The outputs, flat, as the reference interpreter computes them."""
    path = folder / f"{threading.get_ident()}.onnx"
    onnx.save(model, path)
    nn = run_tool("dpc-opt", "-legalize-onnx", "-nn-build-infer",
                  "-nn-expand-composites", "-canonicalize", "-cse",
                  text=run_tool("dpc-import-test", "--parseable", path))
    for name, array in arrays.items():
        nn = nn.replace(f'nn.name = "{name}", nn.role = #nn.role<input>',
                        f'nn.name = "{name}", nn.role = #nn.role<input>, '
                        f"test.value = {mlir_value(array)}")
    nn = nn.replace('nn.program = "infer"', 'nn.program = "infer", test.run')
    printed = run_tool("dpc-opt", "-test-interpret", "-o", "/dev/null", text=nn)
    return [np.array([float(x) for x in values.split(",") if x.strip()])
            for values in re.findall(r"^@infer result \d+: \[(.*)\]$", printed,
                                     re.MULTILINE)]


def check_case(case, folder):
    """Raises ValueError if dpc computes something else."""
    for inputs, outputs in case.data_sets:
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        arrays = {value.name: to_array(data)
                  for value, data in zip(model.graph.input, inputs)}
        make_constants(model, arrays)
        results = interpret(model, arrays, folder)
        if len(results) != len(outputs):
            raise ValueError(f"{len(results)} outputs, not {len(outputs)}")
        for index, (actual, wanted) in enumerate(zip(results, outputs)):
            wanted = to_array(wanted)
            rtol = RTOL_BF16 if wanted.dtype.name == "bfloat16" else RTOL
            if actual.size != wanted.size or not np.allclose(
                    actual, wanted.astype(np.float64).ravel(), rtol, ATOL,
                    equal_nan=True):
                raise ValueError(f"output {index} differs: {actual[:4]} "
                                 f"instead of {wanted.ravel()[:4]}")


def find_error(case, folder):
    try:
        check_case(case, folder)
    except ValueError as error:
        return error
    return None


def select_cases(pattern):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = load_model_tests(kind="node")
    return [case for case in cases
            if fnmatch.fnmatch(case.name, pattern)
            and all(node.op_type in OPERATORS and node.domain in ("", "ai.onnx")
                    for node in case.model.graph.node)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--filter", default="*", help="pattern of case names")
    parser.add_argument("--verbose", action="store_true",
                        help="also say why expected failures fail")
    arguments = parser.parse_args()
    expected = read_expected()
    passed, unexpected, used = 0, [], set()
    cases = select_cases(arguments.filter)
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = list(pool.map(
            lambda case: find_error(case, pathlib.Path(folder)), cases))
    for case, error in zip(cases, errors):
        pattern = next((pattern for pattern in expected
                        if fnmatch.fnmatch(case.name, pattern)), None)
        if error is None:
            passed += 1
            if pattern is not None:
                unexpected.append(f"{case.name}: passes, but is listed as a "
                                  f"failure ('{pattern}')")
            continue
        used.add(pattern)
        if pattern is None:
            unexpected.append(f"{case.name}: {error}")
        elif arguments.verbose:
            print(f"expected: {case.name}: {error}")
    if arguments.filter == "*":
        unexpected += [f"{pattern}: listed as a failure, but fits no failing case"
                       for pattern in expected if pattern not in used]
    print(f"{len(cases)} cases: {passed} pass, {len(unexpected)} unexpected")
    if unexpected:
        sys.exit("\n".join(unexpected))


if __name__ == "__main__":
    main()
