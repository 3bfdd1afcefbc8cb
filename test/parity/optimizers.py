"""The optimizers in numpy, each as PyTorch or its paper has it.

Shares no code with dpc. A rule takes the settings, a weight, its gradient, its
states by the names that dpc has for them, which start at 0, and the step from 1 on.
It replaces the states and returns the new weight.
"""

from fnmatch import fnmatchcase

import numpy as np

ADAM = {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
        "weight_decay": 0.0}


def sgd(h, w, g, state, step):
    return w - h["lr"] * (g + h["weight_decay"] * w)


def momentum(h, w, g, state, step):
    g = g + h["weight_decay"] * w
    state["momentum"] = h["momentum"] * state["momentum"] + g
    if h["nesterov"]:
        return w - h["lr"] * (g + h["momentum"] * state["momentum"])
    return w - h["lr"] * state["momentum"]


def lion(h, w, g, state, step):
    direction = np.sign(h["beta1"] * state["mean"] + (1 - h["beta1"]) * g)
    state["mean"] = h["beta2"] * state["mean"] + (1 - h["beta2"]) * g
    return w - h["lr"] * (direction + h["weight_decay"] * w)


def adagrad(h, w, g, state, step):
    g = g + h["weight_decay"] * w
    state["square"] = state["square"] + g * g
    return w - h["lr"] * g / (np.sqrt(state["square"]) + h["epsilon"])


def rmsprop(h, w, g, state, step):
    g = g + h["weight_decay"] * w
    state["square"] = h["alpha"] * state["square"] + (1 - h["alpha"]) * g * g
    variance = state["square"]
    if h["centered"]:
        state["mean"] = h["alpha"] * state["mean"] + (1 - h["alpha"]) * g
        variance = variance - state["mean"] ** 2
    direction = g / (np.sqrt(variance) + h["epsilon"])
    state["momentum"] = h["momentum"] * state["momentum"] + direction
    return w - h["lr"] * state["momentum"]


def adam_direction(h, g, state, step):
    state["mean"] = h["beta1"] * state["mean"] + (1 - h["beta1"]) * g
    state["square"] = h["beta2"] * state["square"] + (1 - h["beta2"]) * g * g
    mean = state["mean"] / (1 - h["beta1"] ** step)
    square = state["square"] / (1 - h["beta2"] ** step)
    return mean / (np.sqrt(square) + h["epsilon"])


def adam(h, w, g, state, step):
    g = g + h["weight_decay"] * w
    return w - h["lr"] * adam_direction(h, g, state, step)


def adamw(h, w, g, state, step):
    w = w * (1 - h["lr"] * h["weight_decay"])
    return w - h["lr"] * adam_direction(h, g, state, step)


def lamb(h, w, g, state, step):
    """You et al. 2020, algorithm 2."""
    update = adam_direction(h, g, state, step) + h["weight_decay"] * w
    size, length = np.linalg.norm(w), np.linalg.norm(update)
    ratio = size / length if size > 0 and length > 0 else 1.0
    return w - h["lr"] * ratio * update


def adafactor(h, w, g, state, step):
    """torch.optim.Adafactor; `power` is its -beta2_decay, `threshold` its d."""
    share = step ** -h["power"]
    rho = min(h["lr"], 1 / np.sqrt(step))
    alpha = max(h["epsilon2"], np.sqrt((w * w).mean())) * rho
    w = w * (1 - h["lr"] * h["weight_decay"])
    if w.ndim > 1:
        row = (g * g).mean(axis=-1, keepdims=True)
        column = (g * g).mean(axis=-2, keepdims=True)
        if step > 1:
            row = (1 - share) * state["row"] + share * row
            column = (1 - share) * state["column"] + share * column
        state["row"], state["column"] = row, column
        mean = row.mean(axis=-2, keepdims=True)
        square = row @ column / np.maximum(mean, h["epsilon1"])
    else:
        square = state["square"] = (1 - share) * state["square"] + share * g * g
    update = g / np.sqrt(np.maximum(square, h["epsilon1"] ** 2))
    size = np.sqrt((update * update).mean())
    return w - alpha / max(1, size / h["threshold"]) * update


# Name -> rule and default settings.
OPTIMIZERS = {
    "sgd": (sgd, {"lr": 0.01, "weight_decay": 0.0}),
    "momentum": (momentum, {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.0,
                            "nesterov": 0}),
    "lion": (lion, {"lr": 0.0001, "beta1": 0.9, "beta2": 0.99,
                    "weight_decay": 0.0}),
    "adagrad": (adagrad, {"lr": 0.01, "epsilon": 1e-10, "weight_decay": 0.0}),
    "rmsprop": (rmsprop, {"lr": 0.01, "alpha": 0.99, "epsilon": 1e-8,
                          "weight_decay": 0.0, "momentum": 0.0, "centered": 0}),
    "adam": (adam, ADAM),
    "adamw": (adamw, {**ADAM, "weight_decay": 0.01}),
    "lamb": (lamb, {**ADAM, "epsilon": 1e-6, "weight_decay": 0.01}),
    "adafactor": (adafactor, {"lr": 0.01, "power": 0.8, "epsilon1": 2.0 ** -23,
                              "epsilon2": 0.001, "threshold": 1.0,
                              "weight_decay": 0.0}),
}


def clip_norm(gradients, limit):
    """Scales the gradients down as torch's clip_grad_norm_; returns their norm."""
    norm = np.sqrt(sum((g * g).sum() for g in gradients.values()))
    factor = min(1.0, limit / (norm + 1e-6))
    for name, gradient in gradients.items():
        gradients[name] = gradient * factor
    return norm


def clip_value(gradients, limit):
    for name, gradient in gradients.items():
        gradients[name] = np.clip(gradient, -limit, limit)


class Optimizer:
    """Updates parameters in place; `spec` is like 'momentum,momentum=0.9'.

    What has one dimension does not decay unless `decay_all`, nor does what
    `no_decay` matches; `lr_scale` has factors of learning rates by pattern.
    """

    def __init__(self, spec, lr=None, decay_all=False, no_decay=(), lr_scale=()):
        kind, *settings = spec.split(",")
        if kind not in OPTIMIZERS:
            raise ValueError(f"unknown optimizer '{kind}'")
        self.rule, defaults = OPTIMIZERS[kind]
        self.values = dict(defaults)
        for setting in settings:
            key, _, value = setting.partition("=")
            if key not in self.values:
                raise ValueError(f"'{setting}' is no setting of {kind}")
            self.values[key] = float(value or 1)
        if lr is not None:
            self.values["lr"] = lr
        self.decay_all, self.no_decay = decay_all, no_decay
        self.lr_scale = dict(lr_scale)
        self.state = {}
        self.steps = 0

    def update(self, parameters, gradients):
        self.steps += 1
        for name, gradient in gradients.items():
            weight = parameters[name]
            state = self.state.setdefault(name, States(weight))
            weight[...] = self.rule(self._settings(name, weight), weight,
                                    gradient, state, self.steps)

    def _settings(self, name, weight):
        settings = dict(self.values)
        if (weight.ndim < 2 and not self.decay_all
                or any(fnmatchcase(name, pattern) for pattern in self.no_decay)):
            settings["weight_decay"] = 0.0
        for pattern, factor in self.lr_scale.items():
            if fnmatchcase(name, pattern):
                settings["lr"] = self.values["lr"] * factor
        return settings


class States(dict):
    """Zeros, until they are set."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def __missing__(self, key):
        return np.zeros_like(self.weight)
