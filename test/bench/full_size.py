#!/usr/bin/env python3
"""Exports networks of full size without their weights, to see how they are planned.

  full_size.py NAME FILE.onnx

PyTorch traces the network with tensors that have no elements; the file says where
they would lie in FILE.data, which is not written: `dpc plan` needs none. Needs an
environment with torch, transformers and onnxscript.
"""

import math
import pathlib
import sys
import warnings

# Exit status where PyTorch is missing.
NO_TORCH = 3
# Beside small tables, which are computed, all initializers are without elements.
SMALL_BYTES = 1 << 20


def make_bert(torch, transformers):
    config = transformers.BertConfig(attn_implementation="eager")
    return transformers.BertForSequenceClassification(config), ("input_ids", "attention_mask"), 128


def make_gpt2(torch, transformers):
    config = transformers.GPT2Config(use_cache=False, attn_implementation="eager")
    return transformers.GPT2LMHeadModel(config), ("input_ids",), 128


def make_t5(torch, transformers):
    config = transformers.T5Config(d_model=768, d_ff=3072, num_layers=12, num_heads=12, use_cache=False,
                                   attn_implementation="eager")
    return transformers.T5ForConditionalGeneration(config), ("input_ids", "decoder_input_ids"), 64


def make_llama(torch, transformers):
    config = transformers.LlamaConfig(use_cache=False, attn_implementation="eager")
    return transformers.LlamaForCausalLM(config), ("input_ids",), 128


def make_dlrm(torch, transformers):
    """Ten tables of a million rows, two perceptrons and the products of all pairs."""
    tables, width = 10, 64
    pairs = [i * (tables + 1) + j for i in range(tables + 1) for j in range(i)]

    def perceptron(*sizes):
        layers = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
        return torch.nn.Sequential(*layers)

    class DLRM(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.tables = torch.nn.ModuleList([torch.nn.Embedding(1_000_000, width) for _ in range(tables)])
            self.bottom = perceptron(13, 512, 256, width)
            self.top = perceptron(width + len(pairs), 512, 256)
            self.head = torch.nn.Linear(256, 1)

        def forward(self, dense, sparse):
            features = self.bottom(dense)
            rows = [features] + [table(sparse[:, i]) for i, table in enumerate(self.tables)]
            stacked = torch.stack(rows, 1)
            products = torch.bmm(stacked, stacked.transpose(1, 2)).flatten(1)
            return self.head(self.top(torch.cat([features, products[:, pairs]], 1)))

    return DLRM(), ("dense", "sparse"), None


NETWORKS = {"bert": make_bert, "gpt2": make_gpt2, "t5": make_t5, "llama": make_llama, "dlrm": make_dlrm}


def drop_weights(graph, ir, name):
    offset = 0
    for key, value in graph.initializers.items():
        length = int(math.prod(value.shape.numpy()) * value.dtype.itemsize)  # float for half bytes
        if length <= SMALL_BYTES and not is_fake(value.const_value):
            continue
        value.const_value = ir.ExternalTensor(location=name, offset=offset, length=length, dtype=value.dtype,
                                              shape=value.shape, name=key, base_dir=".")
        offset += length
    return offset


def is_fake(tensor):
    from torch._subclasses import FakeTensor
    return isinstance(getattr(tensor, "raw", None), FakeTensor)


def export(name, path):
    import onnx_ir as ir
    import torch
    import transformers
    from torch._subclasses.fake_tensor import FakeTensorMode
    warnings.filterwarnings("ignore", category=UserWarning)
    with FakeTensorMode(allow_non_fake_inputs=True):
        module, inputs, length = NETWORKS[name](torch, transformers)
        shapes = {"dense": (2, 13), "sparse": (2, 10)}
        arguments = {}
        for key in inputs:
            real = key == "dense"
            arguments[key] = torch.zeros(shapes.get(key, (2, length)), dtype=torch.float if real else torch.long)
        batch = torch.export.Dim("batch")
        program = torch.onnx.export(module.train(), (), kwargs=arguments, dynamo=True, optimize=False,
                                    dynamic_shapes={key: {0: batch} for key in inputs}, verbose=False)
    size = drop_weights(program.model.graph, ir, pathlib.Path(path).with_suffix(".data").name)
    ir.save(program.model, path)
    print(f"{path}: {size / 1e9:.1f} GB of weights left out", file=sys.stderr)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in NETWORKS:
        sys.exit(f"{__doc__}\nNAME is one of {', '.join(NETWORKS)}")
    try:
        export(sys.argv[1], sys.argv[2])
    except ImportError as error:
        print(f"full_size: {error}", file=sys.stderr)
        sys.exit(NO_TORCH)


if __name__ == "__main__":
    main()
