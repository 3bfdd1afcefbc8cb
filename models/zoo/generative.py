"""Autoencoders and the halves of adversarial networks."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from case import STEPS, Case, bits, floats, network


@network("generative", needs=("convolution",))
def gan_discriminator(size, drop):
    module = nn.Sequential(
        nn.Conv2d(3, 16, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True),
        nn.Conv2d(16, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2, True), nn.Conv2d(32, 1, 4, 1, 0, bias=False), nn.Sigmoid(),
        nn.Flatten())
    return Case(module, {"image": floats(3, 16, 16)}, "binary-cross-entropy", bits(1))


@network("generative")
def gan_mlp_generator(size, drop):
    module = nn.Sequential(
        nn.Linear(16, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.BatchNorm1d(64),
        nn.LeakyReLU(0.2), nn.Linear(64, 144), nn.Tanh(), nn.Unflatten(1, (1, 12, 12)))
    return Case(module, {"z": floats(16)}, "mse", np.tanh(floats(1, 12, 12)))


class Variational(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.mu, self.lv = nn.Linear(49, 32), nn.Linear(32, 8), nn.Linear(32, 8)
        self.fc3, self.fc4 = nn.Linear(8, 32), nn.Linear(32, 49)

    def forward(self, x):
        h = functional.relu(self.fc1(x))
        mu, lv = self.mu(h), self.lv(h)
        z = mu + torch.randn_like(lv) * torch.exp(0.5 * lv)
        return torch.sigmoid(self.fc4(functional.relu(self.fc3(z)))), mu, lv


def pixels():
    return np.random.default_rng(3).random((STEPS * 8, 49)).astype(np.float32)


@network("generative")
def vae(size, drop):
    return Case(Variational(), {"x": pixels()}, "binary-cross-entropy", pixels(),
                is_random=True)


@network("generative")
def autoencoder(size, drop):
    module = nn.Sequential(
        nn.Linear(49, 32), nn.ReLU(), nn.Linear(32, 8), nn.ReLU(), nn.Linear(8, 32),
        nn.ReLU(), nn.Linear(32, 49), nn.Sigmoid())
    return Case(module, {"x": pixels()}, "mse", pixels())
