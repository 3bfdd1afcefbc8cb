"""Exports one network in the ways that people do, and trains it with PyTorch.

Written are

  NAME.VARIANT.onnx   dy: torch.onnx.export's default; du: that with optimize=False;
                      ts: dynamo=False; each of the module in training and in eval
                      mode: dy-train, dy-eval, ...
  NAME.npz            inputs, label, and first_output, that of the first batch in
                      eval mode
  NAME.json           how it is trained, and PyTorch's losses of the first steps in
                      either mode

all from the same weights. The batch is dynamic where the exporter can.
"""

import copy
import json
import warnings

import numpy as np
import torch
from torch.nn import functional

import case as cases

VARIANTS = ("dy-train", "du-train", "ts-train", "dy-eval", "du-eval", "ts-eval")


def first(outputs):
    return outputs[0] if isinstance(outputs, (tuple, list)) else outputs


def batch_of(case, step):
    rows = slice(step * case.batch, (step + 1) * case.batch)
    return (tuple(torch.tensor(array[rows]) for array in case.inputs.values()),
            None if case.label is None else torch.tensor(case.label[rows]))


def compute_loss(kind, y, label):
    if kind == "mse":
        return functional.mse_loss(y, label)
    if kind == "softmax-cross-entropy":
        return functional.cross_entropy(y.reshape(-1, y.shape[-1]), label.reshape(-1))
    if ((y >= 0) & (y <= 1)).all():
        return functional.binary_cross_entropy(y, label)
    return functional.binary_cross_entropy_with_logits(y, label)


def train(case, mode):
    """PyTorch's losses of the first steps."""
    module = copy.deepcopy(case.module).train(mode == "train")
    kind, *settings = case.optimizer.split(",")
    rate = float(dict(setting.split("=") for setting in settings)["lr"])
    optimizer = {"sgd": torch.optim.SGD, "adamw": torch.optim.AdamW}[kind](
        module.parameters(), lr=rate)
    losses = []
    for step in range(cases.STEPS):
        inputs, label = batch_of(case, step)
        loss = compute_loss(case.loss, first(module(*inputs)), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def export(case, variant, path):
    how, mode = variant.split("-")
    names = list(case.inputs)
    inputs, _ = batch_of(case, 0)

    def call(**settings):
        module = copy.deepcopy(case.module).train(mode == "train")
        torch.onnx.export(module, inputs, str(path), input_names=names, **settings)

    if how == "ts":
        settings = {}
        if mode == "train":
            settings = {"training": torch.onnx.TrainingMode.TRAINING,
                        "do_constant_folding": False}
        call(dynamo=False, dynamic_axes={name: {0: "batch"} for name in names},
             **settings)
        return
    settings = {"dynamo": True, "optimize": how == "dy"}
    takes_any_number = hasattr(case.module, "names")
    # Not every network can be traced with a named batch, or a dynamic one at all.
    for dim in (torch.export.Dim("batch", min=2, max=4096), torch.export.Dim.DYNAMIC,
                None):
        shapes = tuple({0: dim} for _ in names)
        try:
            call(dynamic_shapes=None if dim is None else
                 ((shapes,) if takes_any_number else shapes), **settings)
            return
        except Exception:  # The exporter raises anything.
            if dim is None:
                raise


def prepare(name, out, variants=VARIANTS, size=None, drop=0.0):
    """Writes all files of a network to the folder `out`."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    # It zeroes rows of padding, which the exported graph does not.
    torch.backends.mha.set_fastpath_enabled(False)
    make = cases.NETWORKS[name]
    case = make(size or cases.Sizes(), drop)
    info = {"name": name, "family": make.family, "needs": make.needs,
            "loss": case.loss, "optimizer": case.optimizer, "batch": case.batch,
            "inputs": list(case.inputs), "is_random": case.is_random,
            "padding": {f"{part}.weight": module.padding_idx
                        for part, module in case.module.named_modules()
                        if isinstance(module, torch.nn.Embedding)
                        and module.padding_idx is not None},
            "torch": {}, "failed": {}}
    arrays = dict(case.inputs)
    if case.label is not None:
        arrays["label"] = case.label
    case.module.eval()
    with torch.no_grad():
        arrays["first_output"] = first(case.module(*batch_of(case, 0)[0])).numpy()
    np.savez_compressed(out / f"{name}.npz", **arrays)
    if case.loss != "none":
        for mode in ("train", "eval"):
            info["torch"][mode] = train(case, mode)
    for variant in variants:
        path = out / f"{name}.{variant}.onnx"
        path.unlink(missing_ok=True)
        try:
            export(case, variant, path)
        except Exception as error:  # The exporter raises anything.
            path.unlink(missing_ok=True)
            info["failed"][variant] = f"{type(error).__name__}: {error}"[:1000]
        (out / f"{name}.json").write_text(json.dumps(info, indent=1) + "\n")
