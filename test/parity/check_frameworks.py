#!/usr/bin/env python3
"""Exports a model as models/README.md says, trains it in its framework and with dpc, and
compares; or compares what it gives.

  check_frameworks.py DPC FOLDER torch|huggingface|keras|sklearn

Runs in an environment that has the framework.
"""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "models"))
STEPS, BATCH = 5, 8


def run(*command):
    result = subprocess.run([str(word) for word in command], text=True,
                            capture_output=True, check=False)
    if result.returncode:
        sys.exit(f"error: exit status {result.returncode} from {command}:\n"
                 f"{result.stdout}{result.stderr}")
    return result


def data_of(folder, arrays):
    words = []
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
        words += ["--data", f"{name}={folder / name}.npy"]
    return words


def expect_close(what, found, wanted, tolerance=1e-5):
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape:
        sys.exit(f"error: {what} has shape {found.shape}, not {wanted.shape}")
    error = np.max(np.abs(found - wanted) / np.maximum(1, np.abs(wanted)))
    if not error <= tolerance:
        sys.exit(f"error: {what} is off by {error}: {found} {wanted}")
    print(f"{what} agrees to {error:.1e}")


def losses_of_dpc(dpc, folder, model, arrays, *options, save=None):
    program, metrics = folder / "program", folder / "metrics.jsonl"
    run(dpc, "compile", model, "-o", program, "--batch", BATCH, *options)
    run(program, *data_of(folder, arrays), "--steps", STEPS, "--no-shuffle",
        "--metrics", metrics, *(["--save-safetensors", save] if save else []))
    return [json.loads(line)["loss"] for line in metrics.open()]


def outputs_of_dpc(dpc, folder, model, arrays, name):
    program, out = folder / "inference", folder / "outputs"
    run(dpc, "compile", model, "-o", program, "--batch", BATCH)
    run(program, *data_of(folder, arrays), "--outputs", out)
    return np.load(out / (re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".npy"))


def train_torch(module, optimizer, arrays, label, get_logits=lambda y: y):
    import torch
    losses = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        y = get_logits(module(*(torch.tensor(a[rows]) for a in arrays.values())))
        loss = torch.nn.functional.cross_entropy(
            y.reshape(-1, y.shape[-1]), torch.tensor(label[rows]).reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def integers(high, *shape, seed=0):
    return np.random.default_rng(seed).integers(0, high, (STEPS * BATCH, *shape))


def check_torch(dpc, folder):
    import torch
    from torch import nn
    from export_torch import export

    class Model(nn.Module):
        """Equal weights, a zero bias, a shared head, a buffer, positions."""

        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(31, 12), nn.Embedding(9, 12)
            self.norm1, self.norm2 = nn.LayerNorm(12), nn.LayerNorm(12)
            self.up, self.down = nn.Linear(12, 24), nn.Linear(24, 12)
            nn.init.zeros_(self.down.bias)
            self.head = nn.Linear(12, 31, bias=False)
            self.head.weight = self.words.weight
            self.register_buffer("scale", torch.linspace(0.5, 1.5, 12))

        def forward(self, tokens):
            x = self.words(tokens) + self.places(torch.arange(tokens.size(1)))
            x = self.norm1(x * self.scale)
            x = x + self.down(torch.relu(self.up(x)))
            return self.head(self.norm2(x))

    torch.manual_seed(0)
    module, model = Model(), folder / "module.onnx"
    tokens, label = integers(31, 9), integers(31, 9, seed=1)
    export(module, (torch.tensor(tokens[:BATCH]),), model)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    wanted = train_torch(module, optimizer, {"tokens": tokens}, label)
    found = losses_of_dpc(dpc, folder, model, {"tokens": tokens, "label": label},
                          "--loss", "ce", "--optimizer", "sgd,lr=0.1",
                          "--freeze", "*scale")
    expect_close("the loss of a module", found, wanted)

    # A file of another module is told.
    import export_torch
    torch.manual_seed(1)
    try:
        export_torch.check(Model(), {"tokens": torch.tensor(tokens[:BATCH])}, model,
                           1e-4)
    except ValueError as error:
        print(f"told: {error}")
    else:
        sys.exit("error: the file of another module passes")


def make_huggingface():
    """Name, class, configuration, and what the label says of."""
    import transformers as t
    small = {"vocab_size": 31, "hidden_size": 16, "num_hidden_layers": 2,
             "num_attention_heads": 2, "intermediate_size": 32,
             "max_position_embeddings": 16}
    return (
        ("gpt2", t.GPT2LMHeadModel, t.GPT2Config(
            vocab_size=31, n_embd=16, n_layer=2, n_head=2, n_positions=16,
            resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, use_cache=False), integers(31, 9, seed=1)),
        ("bert", t.BertForSequenceClassification, t.BertConfig(
            **small, num_labels=5, hidden_dropout_prob=0,
            attention_probs_dropout_prob=0), integers(5, seed=1)),
        ("llama", t.LlamaForCausalLM, t.LlamaConfig(
            **small, num_key_value_heads=1, use_cache=False), integers(31, 9, seed=1)))


def check_huggingface(dpc, folder):
    import torch
    from export_torch import export
    arrays = {"input_ids": integers(31, 9),
              "attention_mask": np.ones((STEPS * BATCH, 9), np.int64)}
    arrays["attention_mask"][::3, 6:] = 0
    first = {name: torch.tensor(a[:BATCH]) for name, a in arrays.items()}
    for kind, make, config, label in make_huggingface():
        torch.manual_seed(0)
        module, model = make(config), folder / f"{kind}.onnx"
        export(module, first, model)
        optimizer = torch.optim.AdamW(module.parameters(), lr=0.001)
        names = list(arrays)

        def call(*tensors):
            return module(**dict(zip(names, tensors)))

        wanted = train_torch(call, optimizer, arrays, label, lambda y: y.logits)
        # What dpc trained is loaded as any model of the hub is.
        trained = folder / kind
        config.save_pretrained(trained)
        found = losses_of_dpc(
            dpc, folder, model, {**arrays, "label": label}, "--loss", "ce",
            "--optimizer", "adamw,lr=0.001", "--decay-all", save=trained / "model.safetensors")
        expect_close(f"the loss of {kind}", found, wanted)
        loaded = make.from_pretrained(trained)
        with torch.no_grad():
            expect_close(f"the output of the trained {kind}",
                         loaded(**first).logits, module(**first).logits, 1e-4)


def check_keras(dpc, folder):
    import keras
    keras.utils.set_random_seed(0)
    module = keras.Sequential([
        keras.Input((20,), name="features"), keras.layers.Dense(16, "gelu"),
        keras.layers.Dense(8, "tanh"), keras.layers.Dense(3)])
    model = folder / "keras.onnx"
    x = np.random.default_rng(0).standard_normal((STEPS * BATCH, 20), np.float32)
    label = integers(3)
    module(x[:BATCH])
    module.export(str(model), format="onnx", verbose=False)
    import onnx
    graph = onnx.load(model).graph
    found = outputs_of_dpc(dpc, folder, model, {graph.input[0].name: x[:BATCH]},
                           graph.output[0].name)
    expect_close("the output of a Keras model",
                 found, keras.ops.convert_to_numpy(module(x[:BATCH])))
    module.compile(keras.optimizers.SGD(0.1),
                   keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    wanted = [float(module.train_on_batch(x[i:i + BATCH], label[i:i + BATCH]))
              if not module.reset_metrics() else 0
              for i in range(0, STEPS * BATCH, BATCH)]
    found = losses_of_dpc(dpc, folder, model, {graph.input[0].name: x, "label": label},
                          "--loss", "ce", "--optimizer", "sgd,lr=0.1")
    expect_close("the loss of a Keras model", found, wanted)


def check_sklearn(dpc, folder):
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    random = np.random.default_rng(0)
    x = random.standard_normal((200, 6)).astype(np.float32)
    regressor = make_pipeline(StandardScaler(), MLPRegressor(
        hidden_layer_sizes=16, max_iter=30, random_state=0)).fit(x, x @ random.standard_normal(6))
    classifier = make_pipeline(StandardScaler(), LogisticRegression()).fit(
        x, (x[:, 0] + x[:, 1] > 0) + (x[:, 2] > 1))
    for name, pipeline, output, wanted, options in (
            ("regressor", regressor, "variable", regressor.predict(x[:BATCH])[:, None],
             {}),
            ("classifier", classifier, "probabilities",
             classifier.predict_proba(x[:BATCH]), {"options": {"zipmap": False}})):
        model = folder / f"{name}.onnx"
        model.write_bytes(to_onnx(pipeline, x[:1], **options).SerializeToString())
        found = outputs_of_dpc(dpc, folder, model, {"X": x[:BATCH]}, output)
        expect_close(f"the output of a scikit-learn {name}", found, wanted)


def main():
    dpc, folder, framework = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    {"torch": check_torch, "huggingface": check_huggingface, "keras": check_keras,
     "sklearn": check_sklearn}[framework](dpc, folder)


if __name__ == "__main__":
    main()
