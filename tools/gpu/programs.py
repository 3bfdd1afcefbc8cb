"""Which programs a pack holds."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRANSFORMERS = ROOT / "models" / "data" / "transformer"

CROSS = "--loss softmax-cross-entropy"
DIGITS = {"image": "digits.npy", "label": "digit-labels.npy"}
CREDIT = {"features": "features.npy", "label": "risk.npy"}
GPT = {"tokens": "gpt-tokens.npy", "label": "gpt-labels.npy"}
BERT = {"tokens": "bert-tokens.npy", "mask": "bert-mask.npy", "label": "bert-labels.npy"}
MOE = {"x": "moe-x.npy", "label": "moe-labels.npy"}

# Small trainings, whose losses the CPU target says: name, model, precision, options, data. What is
# first in a list of tests is smallest.
SMALL = [
    ("mlp-f32", "mlp", "f32", f"{CROSS} --batch 64 --optimizer momentum", DIGITS),
    ("credit-f32", "credit", "f32", "--loss binary-cross-entropy --batch 64 --optimizer lamb", CREDIT),
    ("gpt-f32", "gpt", "f32", f"{CROSS} --batch 8 --optimizer adamw --clip-norm 1", GPT),
    ("bert-f32", "bert", "f32", f"{CROSS} --batch 8 --optimizer adam", BERT),
    ("moe-f32", "moe", "f32", f"{CROSS} --batch 8 --optimizer adamw", MOE),
    ("mlp-bf16", "mlp", "bf16", f"{CROSS} --batch 64 --optimizer momentum", DIGITS),
    ("gpt-bf16", "gpt", "bf16", f"{CROSS} --batch 8 --optimizer adamw --clip-norm 1", GPT),
    ("bert-bf16", "bert", "bf16", f"{CROSS} --batch 8 --optimizer adam", BERT),
    ("gpt-f16", "gpt", "f16", f"{CROSS} --batch 8 --optimizer adamw --clip-norm 1", GPT),
    ("mlp-f16", "mlp", "f16", f"{CROSS} --batch 64 --optimizer adam", DIGITS),
    ("mlp-tf32", "mlp", "tf32", f"{CROSS} --batch 64 --optimizer momentum", DIGITS),
    ("gpt-tf32", "gpt", "tf32", f"{CROSS} --batch 8 --optimizer adamw --clip-norm 1", GPT),
]
# Of these, by number: compute-sanitizer looks at them.
SANITIZED = [0, 2, 6]
TWO_RANKS = ("mlp-two", "mlp", f"{CROSS} --batch 64 --optimizer momentum --mesh data=2", DIGITS)

# Networks that are timed, and the batch.
NETWORKS = {
    "gpt2": {"kind": "gpt", "layers": 12, "hidden": 768, "heads": 12, "vocabulary": 50257, "sequence": 1024,
             "optimizer": "adamw", "batch": 8},
    "bert": {"kind": "bert", "layers": 12, "hidden": 768, "heads": 12, "vocabulary": 30522, "sequence": 128,
             "optimizer": "adamw", "batch": 32},
    "mlp": {"kind": "mlp", "widths": [784, 128, 10], "bytes": True, "optimizer": "momentum", "batch": 100},
    "wide": {"kind": "mlp", "widths": [1024, 4096, 4096, 10], "optimizer": "adamw", "batch": 1024},
}
# The same, so small that the stand-ins for CUDA's libraries run them.
TINY = {
    "gpt2": {"layers": 1, "hidden": 16, "heads": 2, "vocabulary": 40, "sequence": 8, "batch": 2},
    "bert": {"layers": 1, "hidden": 16, "heads": 2, "vocabulary": 40, "sequence": 8, "batch": 2},
    "mlp": {"widths": [784, 16, 10], "batch": 4},
    "wide": {"widths": [8, 16, 16, 10], "batch": 4},
}
# What is timed, the most important first.
STEPS = [("gpt2", "bf16"), ("bert", "bf16"), ("mlp", "f32"), ("wide", "bf16"), ("gpt2", "tf32"), ("bert", "tf32"),
         ("gpt2", "f32"), ("bert", "f32"), ("wide", "tf32"), ("wide", "f32"), ("mlp", "bf16"), ("mlp", "tf32")]
# Programs whose kernels and products are looked at one by one.
LOOKED_AT = [("gpt2", "bf16"), ("bert", "f32"), ("wide", "bf16"), ("gpt2", "tf32")]
NOT_YET = ["ResNet-50: not yet, dpc does not compile convolutions"]
