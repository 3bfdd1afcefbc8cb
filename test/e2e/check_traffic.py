"""Traffic and memory of plans against theory, computed from the model.

  check_traffic.py traffic DPC DIR     data, zero and tensor: what a step sends
  check_traffic.py memory DPC DIR      zero: what a rank holds
  check_traffic.py least DPC DIR       the same, with a limit; after memory
  check_traffic.py accumulate DPC DIR  zero 3: gathers of microbatches
  check_traffic.py gpt DPC MODEL       zero: what a step of a transformer sends
"""

import json
import math
import os
import re
import subprocess
import sys

import onnx
from make_layers import make_layers


def plan(dpc, model, *options, loss="mse"):
    run = subprocess.run((dpc, "plan", model, "--json", "--loss", loss, *options), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{model} {' '.join(options)}\n{run.stderr}")
    made = json.loads(run.stdout)
    check_order(made)
    return made


def check_order(plan):
    """All ranks run one program. It starts the collectives in the order of their
    numbers, and waits for each once, after its start."""
    for program in plan["programs"]:
        started, waited = [], set()
        for instruction in program["instructions"]:
            if instruction["kind"] == "collective_start":
                started.append(instruction["collective"])
            elif instruction["kind"] == "wait":
                assert instruction["collective"] in started, instruction
                assert instruction["collective"] not in waited, instruction
                waited.add(instruction["collective"])
        assert started == list(range(len(program["collectives"]))), started
        assert waited == set(started)


def check_overlap(plan):
    """Of stage 3: while a gathered weight is used, the next one comes in."""
    train = next(p for p in plan["programs"] if p["name"] == "train")
    kinds = [c["kind"] for c in train["collectives"]]
    in_flight, overlapped = set(), 0
    for instruction in train["instructions"]:
        if instruction["kind"] == "collective_start":
            in_flight.add(instruction["collective"])
        elif instruction["kind"] == "wait":
            in_flight.discard(instruction["collective"])
        elif instruction["kind"] == "library":
            overlapped += any(kinds[c] == "all_gather" for c in in_flight)
    gathers = kinds.count("all_gather")
    assert overlapped >= gathers - 4, (overlapped, gathers)


def total(plan, kind, phase=None):
    return sum(c["bytes"] for c in plan["collectives"] if c["kind"] == kind and phase in (None, c["phase"]))


def padded(shape, ranks):
    """Bytes of a parameter in `ranks` equal parts, split along the dimension that
    needs the least padding: of n rows, every rank has ceil(n / ranks)."""
    elements = math.prod(shape)
    return 4 * ranks * min(elements // extent * math.ceil(extent / ranks) for extent in shape)


def read_parameters(path):
    """Shapes by name, and the names of those that the backward pass reads: the
    weights of all Gemms but the first, whose input has no gradient. A bias never."""
    graph = onnx.load(path).graph
    shapes = {t.name: tuple(t.dims) for t in graph.initializer if t.dims}
    trained, again = set(shapes), set()
    for node in graph.node:
        if node.op_type == "Gemm" and node.input[0] in trained:
            again.add(node.input[1])
        if trained & set(node.input):
            trained.update(node.output)
    return shapes, again


def check_traffic(dpc, folder):
    # Widths that divide and a prime one; ranks that do and do not divide them.
    for width, ranks in ((64, 2), (64, 4), (64, 3), (61, 2), (61, 8)):
        rows = 8 * ranks
        model = os.path.join(folder, f"deep{width}.onnx")
        make_layers(model, layers=6, width=width, rows=rows)
        shapes, again = read_parameters(model)
        copy = 4 * sum(map(math.prod, shapes.values()))
        parts = sum(padded(shape, ranks) for shape in shapes.values())
        assert parts == copy or width % ranks

        # data: one copy of the gradients is reduced, and the loss.
        data = plan(dpc, model, "--ranks", str(ranks))
        assert total(data, "all_reduce") == total(data, "all_reduce", "backward") == copy
        assert {c["kind"] for c in data["collectives"]} == {"all_reduce", "reduce"}
        assert total(data, "reduce") == 4

        # zero 1, 2: one copy is scattered and one gathered. 3: all are gathered
        # forward, and again what the backward pass reads; one copy is scattered.
        for stage in (1, 2, 3):
            zero = plan(dpc, model, "--strategy", "zero", "--zero-stage", str(stage), "--ranks", str(ranks),
                        "--optimizer", "adam")
            assert {c["kind"] for c in zero["collectives"]} == {"reduce_scatter", "all_gather", "reduce"}
            assert total(zero, "reduce_scatter") == total(zero, "reduce_scatter", "backward") == parts
            assert total(zero, "reduce") == 4
            if stage < 3:
                assert total(zero, "all_gather") == total(zero, "all_gather", "update") == parts
            else:
                twice = sum(padded(shapes[name], ranks) for name in again)
                assert total(zero, "all_gather", "forward") == parts
                assert total(zero, "all_gather", "backward") == twice
                assert total(zero, "all_gather") == parts + twice
                check_overlap(zero)
            # Biases travel together.
            for kind in ("all_gather", "reduce_scatter"):
                messages = sum(c["kind"] == kind for c in zero["collectives"])
                assert messages <= (len(shapes) // 2 + 2) * (2 if stage == 3 and kind == "all_gather" else 1), messages

        # tensor: of two layers, the first is split by outputs and the second by
        # inputs. The activations of every pair are reduced forward, the gradients
        # of every pair's input backward, but for the first, which is data.
        tensor = plan(dpc, model, "--strategy", "tensor", "--ranks", str(ranks))
        activation = 4 * rows * width
        assert {c["kind"] for c in tensor["collectives"]} == {"all_reduce"}, tensor["collectives"]
        assert total(tensor, "all_reduce", "forward") == 3 * activation, tensor["collectives"]
        assert total(tensor, "all_reduce", "backward") == 2 * activation, tensor["collectives"]


def check_memory(dpc, folder):
    width, rows = 256, 8
    layer, activation = 4 * (width * width + width), 4 * rows * width
    for ranks in (2, 4, 8):
        temporaries = {}
        for layers in (12, 24):
            model = os.path.join(folder, f"equal{layers}.onnx")
            make_layers(model, layers=layers, width=width, rows=rows)
            copy = layers * layer
            for stage in (1, 2, 3):
                memory = plan(dpc, model, "--strategy", "zero", "--zero-stage", str(stage), "--ranks", str(ranks),
                              "--optimizer", "adam")["memory"]
                # Stages 1 and 2 keep the parameters whole.
                assert memory["parameters"] == (copy // ranks if stage == 3 else copy), memory
                assert memory["optimizer_state"] == 2 * copy // ranks, memory
                assert memory["gradients"] == copy // ranks, memory
            temporaries[layers] = memory["temporaries"]
        # Beside activations, whole are two gathered layers, of which one is used
        # while the other comes in, and two gradients, of which one is made while
        # the other is scattered. That does not depend on the number of layers.
        assert temporaries[12] <= 4 * layer + 14 * activation, (ranks, temporaries, layer)
        assert temporaries[24] <= 4 * layer + 26 * activation, (ranks, temporaries, layer)
        assert temporaries[24] - temporaries[12] <= 12 * activation + layer // 4, (ranks, temporaries, layer)


def check_least_memory(dpc, folder):
    """A limit gives up what runs ahead: whole are one gathered layer and one
    gradient at a time."""
    layers, width, rows = 12, 256, 8
    layer, activation = 4 * (width * width + width), 4 * rows * width
    model = os.path.join(folder, "equal12.onnx")
    for ranks in (2, 4, 8):
        options = ("--strategy", "zero", "--zero-stage", "3", "--ranks", str(ranks), "--optimizer", "adam",
                   "--recompute", "none")
        usual = plan(dpc, model, *options)
        run = subprocess.run((dpc, "plan", model, "--loss", "mse", *options, "--memory-limit", "1kB"),
                             capture_output=True, text=True)
        least = re.search(r"needs (\d+) bytes at least", run.stderr).group(1)
        made = plan(dpc, model, *options, "--memory-limit", least)
        assert made["memory_bytes"] == int(least) < usual["memory_bytes"]
        assert made["memory"]["temporaries"] <= 2 * layer + 14 * activation, made["memory"]
        for kind in ("all_gather", "reduce_scatter"):
            assert total(made, kind) == total(usual, kind)
        subprocess.run((dpc, "verify", model, "--loss", "mse", *options, "--memory-limit", least, "--quiet", "--steps",
                        "1"), check=True)


def check_accumulate(dpc, folder):
    # With microbatches, stage 3 gathers for each of them; with memory enough, once.
    layers, width, ranks, count = 8, 128, 2, 4
    model = os.path.join(folder, "accumulated.onnx")
    make_layers(model, layers=layers, width=width, rows=ranks * count * 2)
    layer = 4 * (width * width + width)
    options = ("--strategy", "zero", "--zero-stage", "3", "--ranks", str(ranks))
    once = plan(dpc, model, *options)
    again = plan(dpc, model, *options, "--accumulate", str(count))
    hoisted = plan(dpc, model, *options, "--accumulate", str(count), "--memory-limit", "1GiB")
    for kind in ("all_gather", "reduce_scatter"):
        assert total(hoisted, kind) == total(once, kind), kind
    assert total(again, "all_gather") == count * total(once, "all_gather")
    assert total(again, "reduce_scatter") == total(once, "reduce_scatter")
    whole = layers * layer
    assert hoisted["memory"]["temporaries"] > whole, (hoisted["memory"], whole)
    # Whole are the accumulated gradients, until the last microbatch.
    assert again["memory_bytes"] < hoisted["memory_bytes"] - whole // 4, (again["memory"], hoisted["memory"])
    fitting = plan(dpc, model, *options, "--accumulate", str(count), "--memory-limit", str(again["memory_bytes"]))
    assert fitting["memory_bytes"] <= again["memory_bytes"]
    assert total(fitting, "all_gather") == total(again, "all_gather")


def check_gpt(dpc, model):
    """A transformer with tied embeddings under zero: the same, of its parameters."""
    for ranks in (2, 3, 4):
        for stage in (1, 3):
            made = plan(dpc, model, "--batch", "8", "--strategy", "zero", "--zero-stage", str(stage), "--ranks",
                        str(ranks), loss="softmax-cross-entropy")
            shapes = {p["name"]: p.get("global_shape", p["shape"]) for p in made["parameters"]}
            parts = sum(padded(shape, ranks) for shape in shapes.values())
            # What is added only, the backward pass does not read.
            once = sum(padded(shape, ranks) for name, shape in shapes.items()
                       if name.endswith("bias") or "positions" in name)
            assert total(made, "all_reduce") == 0
            assert total(made, "reduce_scatter") == total(made, "reduce_scatter", "backward") == parts
            gathered = {phase: total(made, "all_gather", phase) for phase in ("forward", "backward", "update")}
            if stage == 1:
                assert gathered == {"forward": 0, "backward": 0, "update": parts}, (gathered, parts)
            else:
                assert gathered == {"forward": parts, "backward": parts - once, "update": 0}, (gathered, parts, once)


if __name__ == "__main__":
    checks = {"traffic": check_traffic, "memory": check_memory, "least": check_least_memory, "accumulate": check_accumulate,
              "gpt": check_gpt}
    checks[sys.argv[1]](*sys.argv[2:])
