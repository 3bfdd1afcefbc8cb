"""Trains in 16 bits and in f32.

  check_precision.py losses DPC FOLDER MODEL DATA OPTIONS...
        20 steps under several layouts: near those of f32, and of each other
  check_precision.py plan DPC MODEL OPTIONS...      activations and messages halve
  check_precision.py overflow DPC FOLDER            a model for which the first loss scale is too large
  check_precision.py resume DPC FOLDER MODEL DATA OPTIONS...
        f16, from 2 ranks to 1: losses and scale go on; and from bf16 to f32
  check_precision.py infer DPC FOLDER MODEL DATA    outputs near those of f32
"""

import json
import pathlib
import subprocess
import sys

import numpy as np

STEPS = 20
# Relative to the loss in f32, and of two layouts to each other.
BOUNDS = {"bf16": (3e-3, 3e-3), "f16": (5e-4, 5e-4)}
LAYOUTS = ("--ranks 1", "--strategy data --ranks 2", "--strategy zero --zero-stage 3 --ranks 2",
           "--strategy tensor --ranks 2", "--strategy pipeline --ranks 2 --microbatches 2",
           "--mesh data=2,tensor=2 --zero-stage 1 --accumulate 2")


def call(*command, fails=False):
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    if (run.returncode != 0) != fails:
        sys.exit(f"{command}\n{run.stdout}{run.stderr}")
    return run.stdout + run.stderr


def read(path):
    return [json.loads(line) for line in open(path) if "step_ms" in line]


def data_flags(data):
    return [word for item in data.split(",") for word in ("--data", item)]


def train(dpc, out, model, data, options, *flags, steps=STEPS):
    ranks = json.loads(call(dpc, "plan", model, "--json", *options))["ranks"]
    call(dpc, "compile", model, "-o", out, *options)
    metrics = pathlib.Path(f"{out}.jsonl")
    metrics.unlink(missing_ok=True)
    call(dpc, "run", "-n", ranks, out, *data_flags(data), "--no-shuffle", "--steps", steps, "--quiet",
         "--metrics", metrics, *flags)
    return read(metrics)


def distance(a, b):
    assert len(a) == len(b) == STEPS
    return max(abs(x["loss"] - y["loss"]) / abs(y["loss"]) for x, y in zip(a, b))


def check_losses(dpc, folder, model, data, *options):
    out = pathlib.Path(folder) / "out"
    wide = train(dpc, out, model, data, options)
    assert wide[-1]["loss"] < wide[0]["loss"]
    for precision, (to_wide, to_first) in BOUNDS.items():
        first = None
        # Each under some.
        for layout in LAYOUTS[:1] + (LAYOUTS[1::2] if precision == "bf16" else LAYOUTS[2::2]):
            more = [] if layout != LAYOUTS[1] else ["--reduce-precision", "bf16"]
            lines = train(dpc, out, model, data, [*options, *layout.split(), "--precision", precision, *more])
            first = first or lines
            found = distance(lines, wide), distance(lines, first)
            print(precision, layout, *(f"{value:.1e}" for value in found), flush=True)
            assert 0 < found[0] <= to_wide and found[1] <= to_first
            assert all(("loss_scale" in line) == (precision == "f16") for line in lines)


def check_plan(dpc, model, *options):
    def plan(*more):
        return json.loads(call(dpc, "plan", model, "--json", *options, *more))

    for layout in ("--ranks 1", "--strategy tensor --ranks 2", "--strategy zero --zero-stage 3 --ranks 2"):
        wide, narrow = plan(*layout.split()), plan(*layout.split(), "--precision", "bf16")
        assert (wide["precision"], narrow["precision"]) == ("f32", "bf16")
        for part in ("parameters", "optimizer_state"):
            assert wide["memory"][part] == narrow["memory"][part], (layout, part, wide["memory"], narrow["memory"])
        sent = [sum(c["bytes"] for c in p["collectives"]) for p in (wide, narrow)]
        print(layout, wide["memory_bytes"], narrow["memory_bytes"], *sent)
        if "tensor" in layout:
            assert sent[1] < 0.6 * sent[0]
        if "zero" in layout:
            gathered = [sum(c["bytes"] for c in p["collectives"] if c["kind"] == "all_gather")
                        for p in (wide, narrow)]
            assert gathered[1] < 0.6 * gathered[0], gathered
    # Gradients are summed in f32 unless something else is asked for.
    for precision, share in (("f32", 1), ("bf16", 0.5)):
        reduced = [sum(c["bytes"] for c in p["collectives"] if c["phase"] == "backward")
                   for p in (plan("--strategy", "data", "--ranks", "2"),
                             plan("--strategy", "data", "--ranks", "2", "--precision", "bf16",
                                  "--reduce-precision", precision))]
        assert share * reduced[0] <= reduced[1] <= share * reduced[0] + 64, reduced


def check_overflow(dpc, folder):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder, rng = pathlib.Path(folder), np.random.default_rng(0)
    # Inputs of 400 and a loss that is a sum: gradients of 65536 times that.
    weights = [numpy_helper.from_array((rng.standard_normal(shape) / 40).astype("f4"), name)
               for name, shape in (("w1", (16, 32)), ("w2", (32, 4)))]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w1"], ["h"]), helper.make_node("Tanh", ["h"], ["t"]),
         helper.make_node("MatMul", ["t", "w2"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4])], weights)
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)]),
              folder / "o.onnx")
    x = (400 * rng.standard_normal((64, 16))).astype("f4")
    np.save(folder / "x.npy", x)
    np.save(folder / "label.npy", np.sign(x[:, :4]) / 4)
    data = f"x={folder / 'x.npy'},label={folder / 'label.npy'}"
    options = ["--loss", "mse", "--batch", "32", "--optimizer", "adam,lr=0.001", "--precision", "f16"]
    lines = train(dpc, folder / "o", folder / "o.onnx", data, options, "--loss-scale", 2.0 ** 24, steps=60)
    skipped = [line.get("skipped", False) for line in lines]
    scales = [line["loss_scale"] for line in lines]
    print("skipped", sum(skipped), "of", len(lines), "scale", scales[-1], lines[0]["loss"], lines[-1]["loss"])
    assert skipped[0] and not skipped[-1] and sum(skipped) < 20
    for i, scale in enumerate(scales[1:]):
        assert scale == scales[i] / (2 if skipped[i] else 1), (i, scales)
    # A step that is skipped changes nothing: those after it see the same rows.
    assert lines[2]["loss"] == lines[0]["loss"] if all(skipped[:2]) else True
    assert lines[-1]["loss"] < 0.7 * lines[0]["loss"]
    # The scale grows again.
    grown = train(dpc, folder / "o", folder / "o.onnx", data, options, "--loss-scale", 256,
                  "--loss-scale-interval", 3, steps=8)
    assert [line["loss_scale"] for line in grown] == [256] * 3 + [512] * 3 + [1024] * 2, grown
    # As under other layouts, and the optimizer counts the steps that it makes.
    for layout in ("--strategy zero --ranks 2", "--strategy pipeline --ranks 2"):
        other = train(dpc, folder / "o", folder / "o.onnx", data, [*options, *layout.split()],
                      "--loss-scale", 2.0 ** 24, steps=60)
        assert [line["loss_scale"] for line in other] == scales
    free = train(dpc, folder / "o", folder / "o.onnx", data, options, "--loss-scale", scales[-1], steps=60)
    first = skipped.index(False)
    assert free[0]["loss"] == lines[first]["loss"] or first % 2
    # Without an end, it is one.
    np.save(folder / "x.npy", np.full((64, 16), 6e4, "f4"))
    np.save(folder / "label.npy", np.full((64, 4), 3e38, "f4"))
    text = call(dpc, "run", "-n", 1, folder / "o", *data_flags(data), "--steps", 60, "--quiet", fails=True)
    print(text.strip())
    assert "dpc: error: " in text and text.count("\n") <= 2


def check_resume(dpc, folder, model, data, *options):
    folder = pathlib.Path(folder)
    narrow = [*options, "--precision", "f16"]
    flags = ("--loss-scale-interval", "4")
    whole = train(dpc, folder / "whole", model, data, narrow, *flags)
    train(dpc, folder / "half", model, data, [*narrow, "--strategy", "zero", "--ranks", "2"], *flags,
          "--checkpoint", folder / "state", steps=STEPS // 2)
    rest = train(dpc, folder / "whole", model, data, narrow, *flags, "--resume", folder / "state")
    assert [line["step"] for line in rest] == list(range(STEPS // 2 + 1, STEPS + 1))
    for a, b in zip(rest, whole[STEPS // 2:]):
        assert a["loss_scale"] == b["loss_scale"] > 65536 and abs(a["loss"] / b["loss"] - 1) < 2e-3, (a, b)
    train(dpc, folder / "bf16", model, data, [*options, "--precision", "bf16"], "--checkpoint",
          folder / "other", steps=STEPS // 2)
    for precision in ("f32", "f16"):
        other = train(dpc, folder / precision, model, data, [*options, "--precision", precision], "--resume",
                      folder / "other")
        assert abs(other[-1]["loss"] / whole[-1]["loss"] - 1) < 2e-2, (other[-1], whole[-1])


def check_infer(dpc, folder, model, data):
    folder, outputs = pathlib.Path(folder), {}
    for precision in ("f32", "bf16", "f16"):
        options = [model, "--batch", "8", "--precision", precision, "--strategy", "tensor", "--ranks", "2"]
        plan = json.loads(call(dpc, "plan", *options, "--json"))
        call(dpc, "compile", *options, "-o", folder / "infer")
        call(dpc, "run", "-n", 2, folder / "infer", *data_flags(data), "--outputs", folder / f"infer-{precision}")
        (path,) = (folder / f"infer-{precision}").glob("*.npy")
        outputs[precision] = np.load(path), plan["memory"]["parameters"]
    wide, parameters = outputs["f32"]
    # One output of a whole model, by its largest element.
    for precision, bound in (("bf16", 4e-2), ("f16", 5e-3)):
        found, mine = outputs[precision]
        error = np.abs(found - wide).max() / np.abs(wide).max()
        print(precision, f"{error:.1e}", mine, parameters)
        assert found.dtype == wide.dtype and 0 < error < bound and mine < 0.6 * parameters


if __name__ == "__main__":
    {"losses": check_losses, "plan": check_plan, "overflow": check_overflow,
     "resume": check_resume, "infer": check_infer}[sys.argv[1]](*sys.argv[2:])
