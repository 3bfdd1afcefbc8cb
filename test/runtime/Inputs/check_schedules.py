"""Compares the learning rates of 100 steps of the fake program with formulas of
their own, or, with --torch, with torch.optim.lr_scheduler.

  check_schedules.py [--torch] FOLDER PROGRAM
"""

import json
import math
import os
import subprocess
import sys

BASE, STEPS = 0.3, 100


def one_cycle(t, total, pct=0.3, div=25, final=1e4, linear=False):
    def blend(a, b, way):
        return a + (b - a) * way if linear else b + (a - b) / 2 * (math.cos(math.pi * way) + 1)

    turn, end, first = pct * total - 1, total - 1, BASE / div
    if t <= turn:
        return blend(first, BASE, t / turn)
    return blend(BASE, first / final, (t - turn) / (end - turn))


def behind(warmup, rate, first=None):
    """With a warm-up in front of the schedule."""

    def joined(t):
        if t >= warmup:
            return rate(t - warmup)
        return BASE * (t + 1) / warmup if first is None else first + (BASE - first) * t / warmup

    return joined


def cosine(length, low=0.0):
    return lambda t: low + (BASE - low) * (1 + math.cos(math.pi * min(t / length, 1))) / 2


# Flags, the formula over updates done, and the same in PyTorch.
CASES = [
    ("", lambda t: BASE, "ConstantLR(o, 1)"),
    ("--lr-schedule step,every=7,gamma=0.5", lambda t: BASE * 0.5 ** (t // 7), "StepLR(o, 7, 0.5)"),
    ("--lr-schedule step,at=30:4:60", lambda t: BASE * 0.1 ** ((t >= 4) + (t >= 30) + (t >= 60)),
     "MultiStepLR(o, [4, 30, 60])"),
    ("--lr-schedule step,every=10 --min-lr 0.001",
     lambda t: max(BASE * 0.1 ** (t // 10), 0.001), None),
    ("--lr-schedule exponential,gamma=0.97", lambda t: BASE * 0.97**t, "ExponentialLR(o, 0.97)"),
    ("--lr-schedule cosine", cosine(STEPS), "CosineAnnealingLR(o, 100)"),
    ("--lr-schedule cosine --min-lr 0.02", cosine(STEPS, 0.02), "CosineAnnealingLR(o, 100, 0.02)"),
    ("--lr-schedule cosine,total=60", cosine(60), None),
    ("--lr-schedule linear --min-lr 0.03", lambda t: BASE - (BASE - 0.03) * t / STEPS,
     "LinearLR(o, 1, 0.1, 100)"),
    ("--lr-schedule linear,total=40", lambda t: BASE * max(0, 1 - t / 40), "LinearLR(o, 1, 0, 40)"),
    ("--lr-schedule polynomial,power=2.5,total=80", lambda t: BASE * max(0, 1 - t / 80) ** 2.5,
     "PolynomialLR(o, 80, 2.5)"),
    ("--lr-schedule polynomial", lambda t: BASE * (1 - t / STEPS), "PolynomialLR(o, 100)"),
    ("--lr-schedule one-cycle", lambda t: one_cycle(t, STEPS), "OneCycleLR(o, BASE, 100)"),
    ("--lr-schedule one-cycle,anneal=linear,pct_start=0.25,div_factor=10,final_div_factor=50",
     lambda t: one_cycle(t, STEPS, 0.25, 10, 50, True),
     "OneCycleLR(o, BASE, 100, pct_start=0.25, anneal_strategy='linear', div_factor=10, "
     "final_div_factor=50)"),
    ("--warmup-steps 12", behind(12, lambda t: BASE), "LinearLR(o, 1 / 12, 1, 11)"),
    ("--warmup-steps 10 --warmup-from 0 --lr-schedule cosine", behind(10, cosine(90), 0.0), None),
    ("--warmup-steps 10 --warmup-from 0.1 --lr-schedule step,every=9",
     behind(10, lambda t: BASE * 0.1 ** (t // 9), 0.1),
     "SequentialLR(o, [LinearLR(o, 1 / 3, 1, 10), StepLR(o, 9)], [10])"),
    ("--warmup-steps 10 --lr-schedule cosine --min-lr 0.01", behind(10, cosine(90, 0.01)),
     "SequentialLR(o, [LinearLR(o, 0.1, 1, 9), CosineAnnealingLR(o, 90, 0.01)], [10])"),
]


def torch_rates(text):
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scope = dict(vars(torch.optim.lr_scheduler), o=optimizer, BASE=BASE)
    schedule = eval(text, scope)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < STEPS:
            schedule.step()
    return rates


def main():
    by_torch = sys.argv[1] == "--torch"
    folder, program = sys.argv[-2:]
    metrics = os.path.join(folder, "rates.jsonl")
    compared = 0
    for flags, formula, torch_form in CASES:
        if by_torch and not torch_form:
            continue
        command = [program, "--data", f"x={folder}/x.npy", "--data", f"label={folder}/label.npy",
                   "--params", f"{folder}/params.safetensors", "--steps", str(STEPS),
                   "--lr", str(BASE), "--metrics", metrics, "--quiet", *flags.split()]
        subprocess.run(command, check=True)
        with open(metrics) as file:
            found = [json.loads(line)["lr"] for line in file]
        os.remove(metrics)
        wanted = torch_rates(torch_form) if by_torch else [formula(t) for t in range(STEPS)]
        assert len(found) == STEPS
        for t, (a, b) in enumerate(zip(found, wanted)):
            assert abs(a - b) <= 1e-6 * BASE, (flags, t + 1, a, b)
        compared += 1
    print(f"{compared} schedules agree with", "PyTorch" if by_torch else "their formulas")


main()
