"""The networks of the programs that are timed, as one writes them in PyTorch today: attention
by scaled_dot_product_attention, an optimizer that is fused. Names are those of the programs."""

import torch
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    def __init__(self, sizes, causal):
        super().__init__()
        self.heads, self.causal = sizes["heads"], causal
        self.query_key_value = nn.Linear(sizes["hidden"], 3 * sizes["hidden"])
        self.out = nn.Linear(sizes["hidden"], sizes["hidden"])

    def forward(self, x, mask):
        batch, length, hidden = x.shape
        query, key, value = (part.view(batch, length, self.heads, -1).transpose(1, 2)
                             for part in self.query_key_value(x).split(hidden, 2))
        context = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=self.causal)
        return self.out(context.transpose(1, 2).reshape(batch, length, hidden))


class Layer(nn.Module):
    def __init__(self, sizes, causal):
        super().__init__()
        hidden = sizes["hidden"]
        self.pre_norm = causal
        self.attention = Attention(sizes, causal)
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.up, self.down = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)

    def feed_forward(self, x):
        return self.down(functional.gelu(self.up(x)))

    def forward(self, x, mask=None):
        if self.pre_norm:
            x = x + self.attention(self.norm1(x), mask)
            return x + self.feed_forward(self.norm2(x))
        x = self.norm1(x + self.attention(x, mask))
        return self.norm2(x + self.feed_forward(x))


class Embedding(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.tokens = nn.Embedding(sizes["vocabulary"], sizes["hidden"])
        self.positions = nn.Embedding(sizes["sequence"], sizes["hidden"])

    def forward(self, tokens):
        return self.tokens(tokens) + self.positions.weight[:tokens.shape[1]]


class GPT(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.embedding = Embedding(sizes)
        self.layers = nn.ModuleList(Layer(sizes, True) for _ in range(sizes["layers"]))
        self.norm = nn.LayerNorm(sizes["hidden"])

    def forward(self, tokens):
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x)
        return functional.linear(self.norm(x), self.embedding.tokens.weight)


class BERT(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        hidden = sizes["hidden"]
        self.embedding = Embedding(sizes)
        self.norm = nn.LayerNorm(hidden)
        self.layers = nn.ModuleList(Layer(sizes, False) for _ in range(sizes["layers"]))
        self.dense, self.head_norm = nn.Linear(hidden, hidden), nn.LayerNorm(hidden)
        self.decoder = nn.Linear(hidden, sizes["vocabulary"])
        self.decoder.weight = self.embedding.tokens.weight

    def forward(self, tokens, mask):
        mask = mask[:, None, None, :].bool()
        x = self.norm(self.embedding(tokens))
        for layer in self.layers:
            x = layer(x, mask)
        return self.decoder(self.head_norm(functional.gelu(self.dense(x))))


class MLP(nn.Module):
    """On bytes, which it scales itself, or on numbers."""

    def __init__(self, sizes):
        super().__init__()
        widths = sizes["widths"]
        self.count = len(widths) - 1
        for i, (inputs, outputs) in enumerate(zip(widths, widths[1:]), 1):
            setattr(self, f"fc{i}", nn.Linear(inputs, outputs))

    def forward(self, x):
        if x.dtype == torch.uint8:
            x = x.flatten(1).float() / 255
        for i in range(1, self.count):
            x = functional.relu(getattr(self, f"fc{i}")(x))
        return getattr(self, f"fc{self.count}")(x)


NETWORKS = {"gpt": GPT, "bert": BERT, "mlp": MLP}


def make(sizes, parameters, device):
    """A network with the parameters of a program's file, {name: array}."""
    network = NETWORKS[sizes["kind"]](sizes).to(device)
    wanted = dict(network.named_parameters())
    if set(wanted) != set(parameters):
        raise ValueError(f"parameters differ: {sorted(set(wanted) ^ set(parameters))[:5]}")
    with torch.no_grad():
        for name, value in parameters.items():
            wanted[name].copy_(torch.from_numpy(value.copy()).reshape(wanted[name].shape))
    return network.train()


def make_optimizer(network, text):
    """As dpc's --optimizer has it: without decay of biases and norms."""
    parameters = list(network.parameters())
    fused = parameters[0].device.type == "cuda"
    if text == "momentum":
        return torch.optim.SGD(parameters, lr=0.01, momentum=0.9, fused=fused)
    groups = [{"params": [p for p in parameters if p.dim() > 1]},
              {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, fused=fused)
