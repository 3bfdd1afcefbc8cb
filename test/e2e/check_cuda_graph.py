"""How a step runs on what stands in for GPUs: as one graph, and piece by piece.

check_cuda_graph.py DPC LIBRARY-FOLDER MODELS-FOLDER, in a folder of its own.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DPC, LIBRARY, MODELS = sys.argv[1:]
MNIST = pathlib.Path(MODELS) / "data" / "mnist"
DIGITS = [f"--data=image={MNIST}/t10k-images-idx3-ubyte.gz", f"--data=label={MNIST}/t10k-labels-idx1-ubyte.gz"]
HANGS = "train_k3"
REPORT = pathlib.Path("report")


def run(*command, fails=False, **environment):
    REPORT.unlink(missing_ok=True)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, "LD_LIBRARY_PATH": LIBRARY, "DPC_HOSTCUDA_REPORT": str(REPORT),
                               **environment})
    if (done.returncode != 0) != fails:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stderr


def compile_model(model, name, *options):
    run(DPC, "compile", model, "-o", name, "--target", "cuda", *options)


def read_events(kind):
    lines = REPORT.read_text().splitlines() if REPORT.exists() else []
    return [event for event in map(json.loads, lines) if event["event"] == kind]


def read_metrics(path):
    """What does not depend on the time."""
    keys = ("step", "loss", "eval_loss")
    return [{key: line[key] for key in keys if key in line}
            for line in map(json.loads, pathlib.Path(path).read_text().splitlines())]


def compare(name, program, graphs, *arguments):
    """A run by graphs does what one piece by piece does, to the bit."""
    found = {}
    for seed in ("0", "3", "4"):
        for mode in ((), ("--no-graph",)):
            path = f"{name}{seed}{len(mode)}.jsonl"
            run(f"./{program}", "--seed=7", "--quiet", f"--metrics={path}", *arguments, *mode, DPC_HOSTCUDA_SEED=seed)
            launched = len(read_events("graph"))
            assert launched == (0 if mode else graphs), (name, seed, mode, launched)
            found[mode] = read_metrics(path)
        assert found[()] == found[("--no-graph",)], (name, seed, found)
    print(f"{name}: {graphs} graphs")


def save(name, nodes, weights, kind, shape):
    info = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "g", [info("x", kind, shape)], [info("y", TensorProto.FLOAT, None)],
                              [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), name)


def check_not_finite():
    """The third step makes them, which is a graph's second launch."""
    random = np.random.default_rng(0)
    node = helper.make_node
    save("log.onnx", [node("Log", ["x"], ["a"], name="log"), node("MatMul", ["a", "w"], ["y"], name="dense")],
         {"w": random.normal(size=(6, 5)).astype("f")}, TensorProto.FLOAT, ["batch", 6])
    compile_model("log.onnx", "log", "--loss=softmax-cross-entropy", "--batch=4")
    x = random.uniform(1, 2, (16, 6)).astype("f")
    x[9, 2] = -1
    np.save("log-x.npy", x)
    np.save("log-label.npy", random.integers(0, 5, 16))
    for mode in ((), ("--no-graph",)):
        errors = run("./log", "--data=x=log-x.npy", "--data=label=log-label.npy", "--no-shuffle", "--quiet", *mode,
                     fails=True)
        assert "log: the value is not finite (nan) at step 3 (forward), first in row 9 of log-x.npy" in errors, errors
        assert len(errors.splitlines()) == 1, errors
    # What an update makes shows in the rows that one kernel looks at.
    np.save("large-x.npy", np.full((16, 6), 1e30, "f"))
    for mode in ((), ("--no-graph",)):
        errors = run("./log", "--data=x=large-x.npy", "--data=label=log-label.npy", "--no-shuffle", "--quiet",
                     "--lr=9e37", "--steps=1", *mode, fails=True)
        assert re.search(r"dpc: error: w: is not finite after the update at step 1; lower --lr", errors), errors
    assert len([e for e in read_events("launch") if e["kernel"] == "dpc_finite"]) == 1
    print("values that are not finite: the step, the node and the row")


def check_index():
    """Indices that the step computes are looked at behind it."""
    node = helper.make_node
    save("lookup.onnx", [node("Add", ["x", "three"], ["moved"]), node("Gather", ["table", "moved"], ["y"], name="lookup")],
         {"table": np.arange(60, dtype="f").reshape(20, 3), "three": np.int64(3)}, TensorProto.INT64, ["N", 2])
    compile_model("lookup.onnx", "lookup", "--batch=4")
    ids = np.arange(32).reshape(16, 2) % 17
    np.save("ids.npy", ids)
    run("./lookup", "--data=x=ids.npy", "--outputs=out", "--quiet")
    assert len(read_events("graph")) == 3
    assert np.array_equal(np.load("out/y.npy"), np.arange(60, dtype="f").reshape(20, 3)[ids + 3])
    # One within the arena, and one far beyond.
    for index in (18, 1 << 40):
        ids[13, 1] = index
        np.save("ids.npy", ids)
        for mode in ((), ("--no-graph",)):
            errors = run("./lookup", "--data=x=ids.npy", "--outputs=bad", "--quiet", *mode, fails=True)
            assert f"lookup: row 13 of --data leads to the index {index + 3}, which is not in [" in errors, errors
            own = [line for line in errors.splitlines() if line.startswith("dpc:")]
            assert len(own) == 1, errors
    print("indices out of range: the row and the value")


def check_trace():
    """The GPU's times of each instruction, one after the other; a step that is traced is no graph."""
    run("./mlp", "--steps=4", "--quiet", "--trace=trace.json", "--trace-steps=2", *DIGITS)
    assert len(read_events("graph")) == 1
    events = json.loads(pathlib.Path("trace.json").read_text())["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert names == {0: "compute stream", 1: "communication stream"}, names
    work = [event for event in events if event["ph"] == "X"]
    assert {event["args"]["step"] for event in work} == {1, 2}
    assert {event["args"]["kind"] for event in work} >= {"kernel", "library"}
    end = 0.0
    for event in work:
        # The driver's times are in f32, by which a microsecond may be lost.
        assert event["dur"] >= 0 and event["ts"] > end - 2, (event, end)
        end = event["ts"] + event["dur"]
    print("trace: the GPU's times")


def check_input():
    """Batches come by a stream of their own, and are the same with threads that read them."""
    arguments = ("./mlp", "--steps=6", "--seed=7", "--quiet", *DIGITS)
    run(*arguments, "--metrics=plain.jsonl")
    sent = [event["bytes"] for event in read_events("copy to device") if event["stream"] > 2]
    # Four rows of pixels, and their labels.
    assert len(sent) == 6 and sent[0] >= 4 * (784 + 1), sent
    for seed in ("1", "2"):
        run(*arguments, "--metrics=ahead.jsonl", "--read-ahead=3", "--data-threads=1", DPC_HOSTCUDA_SEED=seed)
        losses = [[line["loss"] for line in read_metrics(name)] for name in ("plain.jsonl", "ahead.jsonl")]
        assert np.allclose(*losses, rtol=1e-5, atol=0), losses
    print("batches are sent ahead")


def check_waits():
    """Every wait of a stream for another one is needed: without it, something touches what another one does."""
    # The first one is for a buffer that nobody has used.
    for wait in range(2, 7):
        errors = run("./mlp", "--steps=4", "--quiet", *DIGITS, fails=True, DPC_HOSTCUDA_LOST_WAIT=str(wait),
                     DPC_HOSTCUDA_SEED="0")
        assert "hostcuda: error: order: a copy" in errors and "neither waits for the other" in errors, (wait, errors)
    print("a wait that is left out is found")


def check_hang():
    """What never ends ends the run, with the instruction if each is told by itself."""
    for mode, where in ((), "in program 'train', step 1"), (("--no-graph",), f" ({HANGS}, "):
        errors = run("./mlp", "--steps=4", "--quiet", "--timeout=1", *mode, *DIGITS, fails=True,
                     DPC_HOSTCUDA_HANG=HANGS)
        assert "dpc: error: --timeout: after 1 s, rank 0 still waits for its GPU" in errors and where in errors, errors
        assert len(errors.splitlines()) == 1, errors
    print("a kernel that never ends")


def main():
    compile_model("mlp.onnx", "mlp", "--loss=softmax-cross-entropy", "--batch=4", "--accumulate=2",
                  "--optimizer=momentum")
    compare("mlp", "mlp", 5 + 5, "--steps=6", "--eval-every=3", "--eval-split=0.01", *DIGITS)
    compile_model("moe.onnx", "moe", "--loss=softmax-cross-entropy", "--batch=8", "--optimizer=adamw")
    random = np.random.default_rng(3)
    np.save("x.npy", random.normal(size=(32, 6, 8)).astype("f"))
    np.save("x-label.npy", random.integers(0, 5, 32))
    compare("moe", "moe", 3, "--steps=4", "--data=x=x.npy", "--data=label=x-label.npy")
    check_trace()
    check_input()
    check_waits()
    check_hang()
    check_not_finite()
    check_index()


main()
