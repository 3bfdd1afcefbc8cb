"""Multilayer perceptrons, recommendation, graphs: what reads tables."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from case import STEPS, Case, bits, floats, integers, network


@network("tables")
def mlp(size, drop):
    module = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(drop),
                           nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    return Case(module, {"x": floats(20)}, "softmax-cross-entropy", integers(3))


@network("tables")
def mlp_batchnorm(size, drop):
    module = nn.Sequential(
        nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(drop),
        nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 1))
    return Case(module, {"x": floats(20)}, "binary-cross-entropy", bits(1))


@network("tables")
def mlp_activations(size, drop):
    layers = [nn.Linear(20, 32)]
    for activation in (nn.LeakyReLU(0.1), nn.ELU(), nn.SELU(), nn.SiLU(), nn.Mish(),
                       nn.Hardswish(), nn.PReLU(), nn.Softplus()):
        layers += [activation, nn.Linear(32, 32)]
    layers[-1] = nn.Linear(32, 3)
    return Case(nn.Sequential(*layers), {"x": floats(20)}, "softmax-cross-entropy",
                integers(3))


class TabTransformer(nn.Module):
    def __init__(self, size, drop):
        super().__init__()
        hidden = size.hidden
        self.emb = nn.ModuleList(nn.Embedding(n, hidden) for n in (5, 7, 11))
        layer = nn.TransformerEncoderLayer(hidden, size.heads, 2 * hidden, drop,
                                           "gelu", batch_first=True)
        self.enc = nn.TransformerEncoder(layer, size.layers)
        self.norm = nn.LayerNorm(6)
        self.mlp = nn.Sequential(nn.Linear(3 * hidden + 6, 64), nn.ReLU(),
                                 nn.Linear(64, 1))

    def forward(self, categories, numbers):
        x = torch.stack([e(categories[:, i]) for i, e in enumerate(self.emb)], 1)
        x = self.enc(x).flatten(1)
        return torch.sigmoid(self.mlp(torch.cat([x, self.norm(numbers)], 1)))


@network("tables")
def tab_transformer(size, drop):
    batch = size.batch
    return Case(TabTransformer(size, drop),
                {"categories": integers(5, 3, batch=batch),
                 "numbers": floats(6, batch=batch)},
                "binary-cross-entropy", bits(1, batch=batch), batch)


class Interactions(nn.Module):
    """DLRM: sums of embedded bags, products of all pairs."""

    def __init__(self, bags):
        super().__init__()
        self.bot = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 16),
                                 nn.ReLU())
        self.top = nn.Sequential(nn.Linear(26, 32), nn.ReLU(), nn.Linear(32, 1))
        self.bags = bags
        pairs = torch.tril_indices(5, 5, -1)
        self.i, self.j = pairs[0].tolist(), pairs[1].tolist()
        if not bags:
            self.emb = nn.ModuleList(nn.Embedding(50, 16) for _ in range(4))
            self.register_buffer("flat", pairs[0] * 5 + pairs[1])
        else:
            self.emb = nn.ModuleList(nn.EmbeddingBag(50, 16, mode="sum")
                                     for _ in range(4))

    def forward(self, dense, sparse):
        x = self.bot(dense)
        t = torch.stack([x] + [e(sparse[:, k]) for k, e in enumerate(self.emb)], 1)
        z = torch.bmm(t, t.transpose(1, 2))
        if self.bags:
            y = self.top(torch.cat([x, z[:, self.i, self.j]], 1))
            return torch.sigmoid(y)
        z = z.flatten(1).index_select(1, self.flat)
        return self.top(torch.cat([x, z], 1))


@network("recommendation")
def dlrm(size, drop):
    return Case(Interactions(bags=True),
                {"dense": floats(13), "sparse": integers(50, 4, 3)},
                "binary-cross-entropy", bits(1))


@network("recommendation")
def dlrm_embedding(size, drop):
    return Case(Interactions(bags=False),
                {"dense": floats(13), "sparse": integers(50, 4)},
                "binary-cross-entropy", bits(1))


class CollaborativeFilter(nn.Module):
    def __init__(self, drop):
        super().__init__()
        self.gu, self.gi = nn.Embedding(60, 16), nn.Embedding(80, 16)
        self.mu, self.mi = nn.Embedding(60, 16), nn.Embedding(80, 16)
        self.mlp = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Dropout(drop),
                                 nn.Linear(32, 8), nn.ReLU())
        self.head = nn.Linear(24, 1)

    def forward(self, user, item):
        product = self.gu(user) * self.gi(item)
        deep = self.mlp(torch.cat([self.mu(user), self.mi(item)], -1))
        return self.head(torch.cat([product, deep], -1)).squeeze(-1)


@network("recommendation")
def ncf(size, drop):
    return Case(CollaborativeFilter(drop),
                {"user": integers(60), "item": integers(80, seed=8)},
                "binary-cross-entropy", bits())


class GraphConvolution(nn.Module):
    """Over a fixed graph, whose edges are gathered and scattered."""

    def __init__(self, how, nodes=24, edges=60):
        super().__init__()
        random = np.random.default_rng(1)
        self.register_buffer("src", torch.tensor(random.integers(0, nodes, edges)))
        self.register_buffer("dst", torch.tensor(random.integers(0, nodes, edges)))
        self.l1, self.l2, self.how = nn.Linear(8, 16), nn.Linear(16, 4), how

    def gather(self, x):
        y = x[self.src]
        if self.how == "index_add":
            return torch.zeros_like(x).index_add(0, self.dst, y)
        index = self.dst[:, None].expand_as(y)
        if self.how == "mean":
            return torch.zeros_like(x).scatter_reduce(0, index, y, "mean",
                                                      include_self=False)
        return torch.zeros_like(x).scatter_add(0, index, y)

    def forward(self, x):
        return self.gather(self.l2(functional.relu(self.gather(self.l1(x)))))


def graph_case(how):
    """The rows are the graph's nodes: the batch is the graph."""
    random = np.random.default_rng(2)
    return Case(GraphConvolution(how),
                {"x": random.standard_normal((24 * STEPS, 8)).astype(np.float32)},
                "softmax-cross-entropy", random.integers(0, 4, 24 * STEPS), 24)


@network("graphs")
def gcn_scatter_add(size, drop):
    return graph_case("scatter_add")


@network("graphs")
def gcn_index_add(size, drop):
    return graph_case("index_add")


class DenseGraph(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2 = nn.Linear(8, 16), nn.Linear(16, 16)
        self.head = nn.Linear(16, 4)

    def forward(self, x, adjacency):
        a = adjacency + torch.eye(10)
        d = a.sum(-1).rsqrt()
        a = a * d[:, :, None] * d[:, None, :]
        x = functional.relu(torch.bmm(a, self.l1(x)))
        return self.head(functional.relu(torch.bmm(a, self.l2(x))).mean(1))


@network("graphs")
def gcn_dense(size, drop):
    edges = np.random.default_rng(3).random((STEPS * 8, 10, 10)) < .3
    edges = edges.astype(np.float32)
    return Case(DenseGraph(),
                {"x": floats(10, 8),
                 "adjacency": np.maximum(edges, edges.transpose(0, 2, 1))},
                "softmax-cross-entropy", integers(4))


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.pi, self.vf = (
            nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(),
                          nn.Linear(64, outputs)) for outputs in (4, 1))

    def forward(self, obs):
        return self.pi(obs), self.vf(obs)


@network("tables")
def actor_critic(size, drop):
    return Case(ActorCritic(), {"obs": floats(8)}, "softmax-cross-entropy",
                integers(4))


class NBeats(nn.Module):
    """Blocks that explain a part of a series and hand on the rest."""

    def __init__(self):
        super().__init__()
        self.b = nn.ModuleList(
            nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                          nn.Linear(64, 30)) for _ in range(3))

    def forward(self, x):
        total = 0
        for block in self.b:
            back, ahead = block(x).split([24, 6], dim=-1)
            x = x - back
            total = total + ahead
        return total


@network("tables")
def nbeats(size, drop):
    return Case(NBeats(), {"x": floats(24)}, "mse", floats(6))


class RadianceField(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3 * 9, 64), nn.ReLU(), nn.Linear(64, 64),
                                 nn.ReLU())
        self.sigma, self.rgb = nn.Linear(64, 1), nn.Linear(64, 3)

    def forward(self, x):
        waves = [f(2.0 ** i * x) for i in range(4) for f in (torch.sin, torch.cos)]
        h = self.net(torch.cat([x, *waves], -1))
        return torch.cat([self.rgb(h).sigmoid(), functional.relu(self.sigma(h))], -1)


@network("tables")
def nerf(size, drop):
    return Case(RadianceField(), {"x": floats(3)}, "mse", floats(4))
