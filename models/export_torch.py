"""Exports a PyTorch module to ONNX so that dpc trains it as PyTorch would.

    from export_torch import export
    export(module, (x, mask), "model.onnx")

The default of torch.onnx.export merges equal weights, drops what is zero and folds
what is constant: that changes what is trained. With optimize=False it does not. The
older exporter is called where the newer is missing, and for modules with batch
normalization, which the newer writes for inference only.
"""

import copy
import inspect
import pathlib

import torch
from torch import nn

PROTOBUF_LIMIT = 2**31


def export(module, inputs, path, training=True, tolerance=1e-4):
    """Writes the module, in training mode or not, and checks the file.

    `inputs` is a tuple of tensors, or a dict of tensors by the names of forward's
    arguments, with the batch in front and of at least 2 rows; the file takes any
    number of rows. ValueError says how the file differs from the module.
    """
    module = copy.deepcopy(module).train(training)
    signature = inspect.signature(module.forward)
    if not isinstance(inputs, dict):
        inputs = signature.bind(*inputs).arguments
    call = dict(signature.bind(**inputs).arguments)
    if has_batch_norm(module) or \
            "optimize" not in inspect.signature(torch.onnx.export).parameters:
        export_older(module, call, path)
    else:
        export_newer(module, call, path)
    check(module, call, path, tolerance)


def has_batch_norm(module):
    return any(isinstance(part, nn.modules.batchnorm._BatchNorm)
               for part in module.modules())


def export_newer(module, call, path):
    size = sum(p.numel() * p.element_size() for p in module.parameters())
    # Some modules decide on the size of the batch while they are traced.
    for dim in (torch.export.Dim("batch"), torch.export.Dim.DYNAMIC):
        try:
            torch.onnx.export(
                module, (), str(path), kwargs=call, input_names=list(call),
                dynamic_shapes={name: {0: dim} for name in call}, dynamo=True,
                optimize=False, external_data=size >= PROTOBUF_LIMIT // 2)
            return
        except Exception:  # The exporter raises anything.
            if dim is torch.export.Dim.DYNAMIC:
                raise


def export_older(module, call, path):
    mode = torch.onnx.TrainingMode
    settings = {"dynamo": False} if "dynamo" in inspect.signature(
        torch.onnx.export).parameters else {}
    order = list(inspect.signature(module.forward).parameters)
    last = max(order.index(name) for name in call)
    torch.onnx.export(
        module, tuple(call.get(name) for name in order[:last + 1]), str(path),
        input_names=list(call), dynamic_axes={name: {0: "batch"} for name in call},
        training=mode.TRAINING if module.training else mode.EVAL,
        do_constant_folding=False, **settings)


def check(module, call, path, tolerance):
    """Of the weights by onnx, and of what the module gives, where nothing in it is
    random, by onnxruntime; without the package there is no such check."""
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        return
    model = onnx.load(path)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    base = str(pathlib.Path(path).parent)
    for parameter, names in names_of_parameters(module).items():
        tensors = [stored[name] for name in names if name in stored]
        if not tensors:
            raise ValueError(f"{path}: the file has no weight '{names[0]}'")
        value = parameter.detach().cpu().numpy()
        found = numpy_helper.to_array(tensors[0], base)
        if found.shape != value.shape or (found != value).any():
            raise ValueError(f"{path}: weight '{names[0]}' is another")
    drops = any(isinstance(part, nn.modules.dropout._DropoutNd) and part.p > 0
                for part in module.modules())
    if module.training and (drops or has_batch_norm(module)):
        return
    with torch.no_grad():
        wanted = module(**call)
    if not torch.is_tensor(wanted):
        wanted = wanted[0]
    wanted = wanted.cpu().numpy()
    try:
        import onnxruntime
    except ImportError:
        return
    feeds = {name: tensor.cpu().numpy() for name, tensor in call.items()}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(None, feeds)[0]
    error = abs(found - wanted).max() / max(1.0, abs(wanted).max())
    if not error <= tolerance:
        raise ValueError(f"{path}: the outputs differ from the module's by {error}")


def names_of_parameters(module):
    """All names of each; one that is shared has several."""
    names = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        names.setdefault(parameter, []).append(name)
    return names
