"""Plans of transformers with weights split over "tensor", against Megatron's.

  check_transformer_plan.py DPC MODELS

Every layer has its attention split by heads, though 5 heads divide by none of the
numbers of ranks, and its MLP by column and by row: two all_reduces of the
activations forward and two backward, and nothing else. With a batch that makes
it worth while, the vocabulary, a prime number, is split in the embedding, the
head and the loss, and the logits are never gathered.
"""

import collections
import json
import os
import subprocess
import sys

LAYERS, HIDDEN, HEADS, SEQUENCE, VOCABULARY = 2, 20, 5, 11, 67


def make_plan(dpc, model, ranks, batch, *options):
    run = subprocess.run((dpc, "plan", model, "--json", "--loss", "softmax-cross-entropy", "--strategy", "tensor",
                          "--ranks", str(ranks), "--batch", str(batch), *options), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{model}, {ranks} ranks\n{run.stderr}")
    return json.loads(run.stdout)


def check_layers(plan, ranks, activation):
    nodes = collections.Counter()
    for collective in plan["collectives"]:
        if collective["node"].startswith("/layers."):
            assert collective["kind"] == "all_reduce", collective
            assert collective["bytes"] == activation, collective
            nodes[collective["node"], collective["phase"]] += 1
    expected = collections.Counter()
    for layer in range(LAYERS):
        for node, phase in (("attention/out/MatMul", "forward"), ("down/MatMul", "forward"),
                            ("up/MatMul", "backward"), ("attention/query_key_value/MatMul", "backward")):
            expected[f"/layers.{layer}/{node}", phase] = 1
    assert nodes == expected, nodes - expected

    parameters = {p["name"]: p for p in plan["parameters"]}
    heads = -(-HEADS // ranks)
    for layer in range(LAYERS):
        for name, shape, axes in (
                ("attention.query_key_value.weight", [3, heads, HIDDEN // HEADS, HIDDEN], [[], ["tensor"], [], []]),
                ("attention.query_key_value.bias", [3, heads, HIDDEN // HEADS], [[], ["tensor"], []]),
                ("attention.out.weight", [HIDDEN, heads, HIDDEN // HEADS], [[], ["tensor"], []]),
                ("up.weight", [-(-4 * HIDDEN // ranks), HIDDEN], [["tensor"], []]),
                ("down.weight", [HIDDEN, -(-4 * HIDDEN // ranks)], [[], ["tensor"]])):
            parameter = parameters[f"layers.{layer}.{name}"]
            assert (parameter["shape"], parameter["dim_axes"]) == (shape, axes), parameter


def check_encoder(plan, ranks, activation):
    """PyTorch's own layers: the projections of nn.MultiheadAttention are Gemms
    of batch and sequence merged, its heads merged with the batch."""
    nodes = collections.Counter()
    for collective in plan["collectives"]:
        if collective["node"].startswith("/encoder/"):
            assert collective["kind"] == "all_reduce", collective
            assert collective["bytes"] == activation, collective
            nodes[collective["node"].split("/")[2], collective["phase"]] += 1
    assert nodes == {(f"layers.{layer}", phase): 2 for layer in range(LAYERS)
                     for phase in ("forward", "backward")}, nodes
    split = {p["name"]: p["dim_axes"] for p in plan["parameters"] if "dim_axes" in p}
    for layer in range(LAYERS):
        for name, dims in (("self_attn.in_proj_bias", [[], ["tensor"], []]),
                           ("self_attn.out_proj.weight", [[], ["tensor"], []]),
                           ("linear1.bias", [["tensor"]])):
            assert split[f"encoder.layers.{layer}.{name}"] == dims, split


def check_vocabulary(plan, ranks, batch):
    table = next(p for p in plan["parameters"] if p["name"] == "embedding.tokens.weight")
    assert table["shape"] == [-(-VOCABULARY // ranks), HIDDEN], table
    assert table["dim_axes"] == [["tensor"], []], table
    activation, row = 4 * batch * SEQUENCE * HIDDEN, 4 * batch * SEQUENCE
    others = collections.Counter((c["kind"], c["phase"], c["bytes"]) for c in plan["collectives"]
                                 if not c["node"].startswith("/layers."))
    # The activations behind the table and, backward, before the head; of the
    # loss, the maximum and the sum of every row.
    assert others == {("all_reduce", "forward", activation): 1, ("all_reduce", "backward", activation): 1,
                      ("all_reduce", "forward", row): 2, ("all_reduce", "backward", row): 2,
                      ("reduce", "forward", 4): 1}, others


def main():
    dpc, models = sys.argv[1:]
    for ranks in (2, 4):
        plan = make_plan(dpc, os.path.join(models, "encoder-opset16.onnx"), ranks, 4)
        check_encoder(plan, ranks, 4 * 4 * SEQUENCE * HIDDEN)
    for name in ("gpt-opset14", "gpt-opset17", "bert-opset15", "bert-pooler-opset16"):
        for ranks in (2, 3, 4, 8):
            model = os.path.join(models, f"{name}.onnx")
            check_layers(make_plan(dpc, model, ranks, 4), ranks, 4 * 4 * SEQUENCE * HIDDEN)
            if "pooler" not in name:
                batch = 64
                plan = make_plan(dpc, model, ranks, batch)
                check_layers(plan, ranks, 4 * batch * SEQUENCE * HIDDEN)
                check_vocabulary(plan, ranks, batch)


if __name__ == "__main__":
    main()
