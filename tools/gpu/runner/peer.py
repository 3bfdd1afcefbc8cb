"""PyTorch's side of the comparison, a process of its own: reads requests, one line of JSON each,
and answers each with a line. `peer.py DEVICE`."""

import contextlib
import gc
import json
import sys
import time

import numpy as np
import torch

import inputs
import networks

IGNORED_STEPS = 3


class Training:
    def __init__(self, request, device):
        self.device = device
        self.precision = request["precision"]
        torch.set_float32_matmul_precision("highest" if self.precision == "f32" else "high")
        self.network = networks.make(request["network"], inputs.read_parameters(request["parameters"]), device)
        self.optimizer = networks.make_optimizer(self.network, request["network"]["optimizer"])
        self.batch = request["batch"]
        self.data = {}
        for name, path in request["data"].items():
            values = torch.from_numpy(np.load(path))
            self.data[name] = values.pin_memory() if device == "cuda" else values
        self.label = self.data.pop("label").long()
        if device == "cuda":
            self.label = self.label.pin_memory()
        self.rows = len(self.label)
        self.at = 0
        self.forward = self.loss
        if request["variant"] != "eager":
            torch._dynamo.reset()
            self.forward = torch.compile(self.loss, mode=request.get("mode"))

    def narrow(self):
        if self.precision not in ("bf16", "f16"):
            return contextlib.nullcontext()
        return torch.autocast(self.device, torch.bfloat16 if self.precision == "bf16" else torch.float16)

    def loss(self, label, *values):
        with self.narrow():
            logits = self.network(*values)
        return networks.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]).float(), label.reshape(-1))

    def step(self):
        rows = slice(self.at, self.at + self.batch)
        self.at = (self.at + self.batch) % self.rows
        label, *values = (value[rows].to(self.device, non_blocking=True)
                          for value in (self.label, *self.data.values()))
        loss = self.forward(label, *values)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def synchronize(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def first(self, steps):
        """The losses of the first steps, and how long they took with what is compiled in them."""
        begun = time.perf_counter()
        losses = [self.step().item() for _ in range(steps)]
        return {"losses": losses, "seconds": time.perf_counter() - begun}

    def run(self, steps):
        """What each step takes, in ms: on a GPU between events that nobody waits for before the
        end, so that the host may be ahead."""
        if self.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        for _ in range(IGNORED_STEPS):
            self.step()
        self.synchronize()
        begun = time.perf_counter()
        marks = [self.mark()]
        for _ in range(steps):
            self.step()
            marks.append(self.mark())
        self.synchronize()
        mean = 1e3 * (time.perf_counter() - begun) / steps
        answer = {"mean_ms": mean}
        if self.device == "cuda":
            answer["step_ms"] = [one.elapsed_time(other) for one, other in zip(marks, marks[1:])]
            answer["allocated"] = torch.cuda.max_memory_allocated()
            answer["reserved"] = torch.cuda.max_memory_reserved()
            torch.cuda.empty_cache()
        else:
            answer["step_ms"] = [1e3 * (other - one) for one, other in zip(marks, marks[1:])]
        return answer

    def mark(self):
        if self.device != "cuda":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event


def answer(trainings, request, device):
    what, name = request["do"], request.get("name")
    if what == "about":
        return {"torch": torch.__version__, "cuda": torch.version.cuda, "gpu": torch.cuda.is_available()}
    if what == "make":
        trainings[name] = Training(request, device)
        return trainings[name].first(request["steps"])
    if what == "run":
        return trainings[name].run(request["steps"])
    trainings.clear()
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    return {}


def main():
    device, trainings = sys.argv[1], {}
    replies, sys.stdout = sys.stdout, sys.stderr  # libraries print, too
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = answer(trainings, request, device)
        except Exception as error:  # a peer that fails is a result
            trainings.pop(request.get("name"), None)
            lines = str(error).strip().splitlines() or [""]
            reply = {"error": f"{type(error).__name__}: {lines[0][:300]}"}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
