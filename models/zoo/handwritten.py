"""Transformers as people write them themselves, and PyTorch's own layers."""

import math

import torch
from torch import nn
from torch.nn import functional

from case import Case, floats, integers, network, token_case, tokens


class GPTBlock(nn.Module):
    def __init__(self, size, drop):
        super().__init__()
        hidden, self.heads, self.drop = size.hidden, size.heads, drop
        self.ln_1, self.ln_2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.c_attn, self.c_proj = nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
        self.fc, self.proj = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)

    def forward(self, x):
        b, t, c = x.size()
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2)
                   for y in self.c_attn(self.ln_1(x)).split(c, dim=2))
        y = functional.scaled_dot_product_attention(
            q, k, v, dropout_p=self.drop if self.training else 0, is_causal=True)
        y = self.c_proj(y.transpose(1, 2).contiguous().view(b, t, c))
        x = x + functional.dropout(y, self.drop, self.training)
        y = self.proj(functional.gelu(self.fc(self.ln_2(x))))
        return x + functional.dropout(y, self.drop, self.training)


class GPT(nn.Module):
    """As nanoGPT: flash attention, the head shared with the embedding."""

    def __init__(self, size, drop):
        super().__init__()
        self.drop = drop
        self.wte = nn.Embedding(size.vocabulary, size.hidden)
        self.wpe = nn.Embedding(32, size.hidden)
        self.h = nn.ModuleList(GPTBlock(size, drop) for _ in range(size.layers))
        self.ln_f = nn.LayerNorm(size.hidden)
        self.lm_head = nn.Linear(size.hidden, size.vocabulary, bias=False)
        self.wte.weight = self.lm_head.weight
        nn.init.normal_(self.wte.weight, std=0.05)

    def forward(self, idx):
        positions = torch.arange(idx.size(1), dtype=torch.long, device=idx.device)
        x = self.wte(idx) + self.wpe(positions)
        x = functional.dropout(x, self.drop, self.training)
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


@network("decoder")
def nanogpt(size, drop):
    return token_case(GPT(size, drop), size, {"idx": tokens(size)})


class LlamaBlock(nn.Module):
    def __init__(self, size):
        super().__init__()
        hidden, self.heads = size.hidden, size.heads
        self.n1, self.n2 = nn.RMSNorm(hidden, eps=1e-5), nn.RMSNorm(hidden, eps=1e-5)
        self.q, self.o = (nn.Linear(hidden, hidden, bias=False) for _ in range(2))
        self.k, self.v = (nn.Linear(hidden, hidden // 2, bias=False) for _ in range(2))
        self.w1, self.w3 = (nn.Linear(hidden, 2 * hidden, bias=False) for _ in range(2))
        self.w2 = nn.Linear(2 * hidden, hidden, bias=False)

    def forward(self, x, cos, sin):
        b, t, hidden = x.shape
        width = hidden // self.heads

        def split(y):
            return y.view(b, t, -1, width).transpose(1, 2)

        def rotate(z):
            first, second = z.chunk(2, -1)
            return z * cos + torch.cat([-second, first], -1) * sin

        y = self.n1(x)
        q, k, v = split(self.q(y)), split(self.k(y)), split(self.v(y))
        q, k = rotate(q), rotate(k).repeat_interleave(2, 1)
        y = functional.scaled_dot_product_attention(
            q, k, v.repeat_interleave(2, 1), is_causal=True)
        x = x + self.o(y.transpose(1, 2).reshape(b, t, hidden))
        y = self.n2(x)
        return x + self.w2(functional.silu(self.w1(y)) * self.w3(y))


class Llama(nn.Module):
    """Rotary positions from buffers, nn.RMSNorm, SwiGLU, grouped queries."""

    def __init__(self, size):
        super().__init__()
        width = size.hidden // size.heads
        self.tok = nn.Embedding(size.vocabulary, size.hidden)
        self.layers = nn.ModuleList(LlamaBlock(size) for _ in range(size.layers))
        self.norm = nn.RMSNorm(size.hidden, eps=1e-5)
        self.head = nn.Linear(size.hidden, size.vocabulary, bias=False)
        angles = torch.outer(torch.arange(32).float(),
                             10000 ** (-torch.arange(0, width, 2).float() / width))
        angles = torch.cat([angles, angles], -1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, tokens):
        length = tokens.shape[1]
        x = self.tok(tokens)
        for layer in self.layers:
            x = layer(x, self.cos[:length], self.sin[:length])
        return self.head(self.norm(x))


@network("decoder")
def llama_by_hand(size, drop):
    return token_case(Llama(size), size, {"tokens": tokens(size)})


class Positional(nn.Module):
    """Sinusoids in a buffer, as in PyTorch's tutorials."""

    def __init__(self, hidden, length=64):
        super().__init__()
        place = torch.arange(length).unsqueeze(1)
        rate = torch.exp(torch.arange(0, hidden, 2) * (-math.log(10000.0) / hidden))
        pe = torch.zeros(1, length, hidden)
        pe[0, :, 0::2], pe[0, :, 1::2] = torch.sin(place * rate), torch.cos(place * rate)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.pe[:, :x.size(1)]


class Classifier(nn.Module):
    """PyTorch's own layers, with a padding mask made of the tokens."""

    def __init__(self, size, drop):
        super().__init__()
        self.emb = nn.Embedding(size.vocabulary, size.hidden, padding_idx=0)
        self.pos = Positional(size.hidden)
        layer = nn.TransformerEncoderLayer(size.hidden, size.heads, 2 * size.hidden,
                                           drop, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, size.layers)
        self.head = nn.Linear(size.hidden, 5)

    def forward(self, tokens):
        x = self.enc(self.pos(self.emb(tokens)), src_key_padding_mask=tokens == 0)
        return self.head(x.mean(1))


@network("encoder")
def transformer_encoder(size, drop):
    words = integers(size.vocabulary - 1, size.sequence, batch=size.batch) + 1
    words[:, -3:] = 0
    return token_case(Classifier(size, drop), size, {"tokens": words}, 5)


class CausalEncoder(nn.Module):
    """The tutorial's language model: a square mask of 0 and -inf."""

    def __init__(self, size, drop):
        super().__init__()
        self.scale = math.sqrt(size.hidden)
        self.emb = nn.Embedding(size.vocabulary, size.hidden)
        self.pos = Positional(size.hidden)
        layer = nn.TransformerEncoderLayer(size.hidden, size.heads, 2 * size.hidden,
                                           drop, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, size.layers)
        self.head = nn.Linear(size.hidden, size.vocabulary)

    def forward(self, tokens):
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.size(1))
        x = self.pos(self.emb(tokens) * self.scale)
        return self.head(self.enc(x, mask=mask, is_causal=True))


@network("decoder")
def transformer_causal_lm(size, drop):
    return token_case(CausalEncoder(size, drop), size, {"tokens": tokens(size)})


class Experts(nn.Module):
    """The best two of four experts, all of them computed, weights by scatter."""

    def __init__(self, size):
        super().__init__()
        hidden = size.hidden
        self.emb, self.gate = nn.Embedding(size.vocabulary, hidden), nn.Linear(hidden, 4)
        self.w1 = nn.Parameter(torch.randn(4, hidden, 2 * hidden) * .1)
        self.w2 = nn.Parameter(torch.randn(4, 2 * hidden, hidden) * .1)
        self.head = nn.Linear(hidden, size.vocabulary)

    def forward(self, tokens):
        x = self.emb(tokens)
        weights, index = torch.topk(self.gate(x).softmax(-1), 2, dim=-1)
        gates = torch.zeros(*x.shape[:2], 4).scatter(
            -1, index, weights / weights.sum(-1, keepdim=True))
        y = torch.einsum("bsh,ehf->bsef", x, self.w1)
        y = torch.einsum("bsef,efh->bseh", functional.gelu(y), self.w2)
        return self.head(x + (y * gates.unsqueeze(-1)).sum(2))


@network("decoder")
def moe_dense(size, drop):
    return token_case(Experts(size), size, {"tokens": tokens(size)},
                      optimizer="sgd,lr=0.05")


class PatchTransformer(nn.Module):
    """Patches by a reshape, a Linear in place of a convolution."""

    def __init__(self, size, drop):
        super().__init__()
        self.patch = nn.Sequential(nn.LayerNorm(192), nn.Linear(192, size.hidden),
                                   nn.LayerNorm(size.hidden))
        self.cls = nn.Parameter(torch.randn(1, 1, size.hidden))
        self.pos = nn.Parameter(torch.randn(1, 17, size.hidden))
        layer = nn.TransformerEncoderLayer(size.hidden, size.heads, 2 * size.hidden,
                                           drop, "gelu", batch_first=True,
                                           norm_first=True)
        self.body = nn.TransformerEncoder(layer, size.layers,
                                          enable_nested_tensor=False)
        self.head = nn.Linear(size.hidden, 10)

    def forward(self, image):
        b = image.shape[0]
        x = image.reshape(b, 3, 4, 8, 4, 8).permute(0, 2, 4, 3, 5, 1).reshape(b, 16, 192)
        x = torch.cat([self.cls.expand(b, -1, -1), self.patch(x)], 1) + self.pos
        return self.head(self.body(x)[:, 0])


@network("vision")
def vit_linear_patches(size, drop):
    return Case(PatchTransformer(size, drop),
                {"image": floats(3, 32, 32, batch=size.batch)},
                "softmax-cross-entropy", integers(10, batch=size.batch), size.batch)


class DiffusionBlock(nn.Module):
    def __init__(self, size):
        super().__init__()
        hidden = size.hidden
        self.n1, self.n2 = (nn.LayerNorm(hidden, elementwise_affine=False)
                            for _ in range(2))
        self.att = nn.MultiheadAttention(hidden, size.heads, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU("tanh"),
                                nn.Linear(2 * hidden, hidden))
        self.ada = nn.Sequential(nn.SiLU(), nn.Linear(hidden, 6 * hidden))

    def forward(self, x, c):
        shift1, scale1, gate1, shift2, scale2, gate2 = (
            y[:, None] for y in self.ada(c).chunk(6, 1))
        y = self.n1(x) * (1 + scale1) + shift1
        x = x + gate1 * self.att(y, y, y, need_weights=False)[0]
        y = self.n2(x) * (1 + scale2) + shift2
        return x + gate2 * self.ff(y)


class Diffusion(nn.Module):
    """A diffusion transformer: norms that depend on the time and the class."""

    def __init__(self, size):
        super().__init__()
        hidden = size.hidden
        self.inp, self.out = nn.Linear(12, hidden), nn.Linear(hidden, 12)
        self.pos = nn.Parameter(torch.randn(1, 16, hidden) * .02)
        self.time = nn.Sequential(nn.Linear(16, hidden), nn.SiLU(),
                                  nn.Linear(hidden, hidden))
        self.cls = nn.Embedding(10, hidden)
        self.blocks = nn.ModuleList(DiffusionBlock(size) for _ in range(size.layers))
        self.register_buffer("freq", torch.exp(-math.log(10000) * torch.arange(8) / 8))

    def forward(self, x, t, y):
        angles = t[:, None].float() * self.freq[None]
        c = self.time(torch.cat([angles.cos(), angles.sin()], -1)) + self.cls(y)
        x = self.inp(x) + self.pos
        for block in self.blocks:
            x = block(x, c)
        return self.out(x)


@network("generative")
def dit(size, drop):
    batch = size.batch
    return Case(Diffusion(size),
                {"x": floats(16, 12, batch=batch), "t": integers(1000, batch=batch),
                 "y": integers(10, batch=batch)}, "mse", floats(16, 12, batch=batch),
                batch)
