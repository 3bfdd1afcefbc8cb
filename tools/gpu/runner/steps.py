"""Time of a step and memory: the programs beside PyTorch, eager and compiled, with the same
parameters and the same rows, taking turns."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time

import correctness
import inputs
from session import OutOfTime, read_losses

GOAL = 0.9
ROUNDS = 3
# With less than this for each comparison that is still to come, it is a round less.
PLENTY_SECONDS = 32
WARM_UP = 5
# In front of the timing: the two must compute the same. In 16 bits they round in other places.
FIRST_STEPS = 3
TOLERANCES = {"f32": 1e-3, "tf32": 1e-2, "bf16": 3e-2, "f16": 3e-2}
SECONDS_A_ROUND = 0.8
VARIANTS = {"eager": {}, "compile": {}, "reduce-overhead": {"mode": "reduce-overhead"}}
# What one comparison takes at least, to begin it.
LEAST_SECONDS = 25
# What PyTorch may take to compile a network.
MOST_SECONDS = 90


class Peer:
    """The process of PyTorch."""

    def __init__(self, session):
        self.session = session
        self.restart()

    def restart(self):
        session = self.session
        caches = {"TORCHINDUCTOR_CACHE_DIR": session.work / "inductor", "TRITON_CACHE_DIR": session.work / "triton",
                  "TORCHINDUCTOR_FX_GRAPH_CACHE": 1, "TORCHINDUCTOR_AUTOGRAD_CACHE": 1,
                  "TORCHINDUCTOR_COMPILE_THREADS": 4}
        environment = {**os.environ, **{key: str(value) for key, value in caches.items()}}
        if session.options.stand_in:
            environment.pop("LD_LIBRARY_PATH", None)
        with open(session.work / "peer.log", "a", encoding="utf-8") as log:
            self.child = session.spawn(
                [sys.executable, "-B", session.folder / "runner" / "peer.py", session.options.peer_device],
                environment, stdin=subprocess.PIPE, stderr=log)

    def ended(self):
        return self.child.poll() is not None

    def ask(self, limit=None, **request):
        """The answer; its key `error` if there is one. The peer is stopped if it takes longer."""
        if self.ended():
            return self.explain()
        timer = threading.Timer(max(0.1, limit or self.session.left()), self.session.stop, [self.child])
        timer.start()
        try:
            self.child.stdin.write(json.dumps(request) + "\n")
            self.child.stdin.flush()
            line = self.child.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        return json.loads(line) if line else self.explain()

    def explain(self):
        """Why it has ended, by the last line that it wrote."""
        lines = (self.session.work / "peer.log").read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return {"error": f"PyTorch's process has ended: {last.strip()[:200]}"}

    def close(self):
        self.session.stop(self.child)


def describe_request(session, item, variant):
    """What makes a training of an item: by the peer, and for it."""
    name = item["program"]
    plan = session.plan(name)
    batch = plan["batch"]
    data = inputs.make_data(session.work / "data" / name, plan["inputs"], 8 * batch)
    return {"do": "make", "name": variant, "variant": variant, **VARIANTS[variant],
            "network": session.manifest["networks"][item["network"]], "precision": item["precision"],
            "batch": batch, "parameters": str(session.parameters(name)), "steps": FIRST_STEPS,
            "data": {key: str(path) for key, path in data.items()}}


def variants_of(session, item):
    # Graphs of PyTorch's own where starting kernels is what takes the time.
    extra = ["reduce-overhead"] if item["network"] == "mlp" else []
    return ["eager", "compile", *extra]


class WarmUp:
    """Compiles PyTorch's networks into its caches while nothing is timed, several at once."""

    def __init__(self, session, workers):
        self.session, self.threads = session, []
        self.items = [(item["program"], describe_request(session, item, "compile"))
                      for item in session.manifest["steps"]]
        self.ended, self.done, self.lock = threading.Event(), [], threading.Lock()
        self.peers = [Peer(session) for _ in range(workers)]
        for peer in self.peers:
            thread = threading.Thread(target=self.work, args=[peer], daemon=True)
            thread.start()
            self.threads.append(thread)

    def work(self, peer):
        while not self.ended.is_set():
            with self.lock:
                if not self.items:
                    break
                name, request = self.items.pop(0)
            if "error" not in peer.ask(limit=200, **request):
                self.done.append(name)
            peer.ask(limit=20, do="drop")
        peer.close()

    def finish(self, seconds):
        """Waits that long at most, and ends it."""
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, end - time.monotonic()))
        self.ended.set()
        for peer in self.peers:
            peer.close()


def run_program(session, item, steps, data):
    """(losses, ms of each step) of the program."""
    metrics = session.work / f"{item['program']}.jsonl"
    outcome = session.execute(
        [session.program(item["program"]), *inputs.as_arguments(data), "--steps", steps, "--no-shuffle",
         "--quiet", "--params", session.parameters(item["program"]), "--metrics", metrics])
    if outcome.status:
        raise RuntimeError(f"exit status {outcome.status}: {outcome.line()}")
    return read_losses(metrics)


def watch_memory(session, action):
    """What `action` returns, and by how many bytes the card's free memory fell meanwhile."""
    if session.options.stand_in:
        return action(), None
    with session.helper("watch", seconds=60) as child:
        first = child.stdout.readline()
        result = action()
        child.terminate()
        told = [json.loads(line)["free"] for line in [first, *child.stdout] if line.strip()]
    return result, told[0] - min(told) if told else None


def compare(session, part, peer, item, rounds):
    name = item["program"]
    plan = session.plan(name)
    data = inputs.make_data(session.work / "data" / name, plan["inputs"], 8 * plan["batch"])
    row = {"program": name, "network": item["network"], "precision": item["precision"], "batch": plan["batch"]}
    (losses, times), used = watch_memory(session, lambda: run_program(session, item, WARM_UP + 2, data))
    tolerance = TOLERANCES[item["precision"]]
    sides = {"dpc": {"ms": [], "warm_ms": times[-1], "plan_bytes": plan["memory_bytes"], "device_bytes": used}}
    agree = True
    for variant in variants_of(session, item):
        answer = peer.ask(max(5, min(MOST_SECONDS, session.left() - 15)), **describe_request(session, item, variant))
        side = sides[variant] = {"ms": []}
        if "error" in answer:
            side["error"] = answer["error"]
            if peer.ended():
                # What it had made before is gone with it.
                peer.restart()
                for other in list(sides)[1:-1]:
                    peer.ask(**describe_request(session, item, other))
            continue
        side["seconds_to_begin"] = round(answer["seconds"], 1)
        side["difference"] = correctness.compare(answer["losses"], losses[:FIRST_STEPS])
        agree = agree and side["difference"] is not None and side["difference"] <= tolerance
    for number in range(rounds):
        if number and session.left() < 12:
            break
        # Who goes first alternates.
        for side in sorted(sides, reverse=number % 2 == 1):
            measure_round(session, peer, item, data, side, sides[side])
    add_row(part, row, sides, agree, tolerance)


def measure_round(session, peer, item, data, name, side):
    if "error" in side:
        return
    expected = side.get("warm_ms") or 10
    steps = 4 if session.quick else max(10, min(400, int(1e3 * SECONDS_A_ROUND / max(expected, 1e-3))))
    if name == "dpc":
        _, times = run_program(session, item, WARM_UP + steps, data)
        side["ms"].append(times[WARM_UP:])
        side["warm_ms"] = statistics.median(times[WARM_UP:])
        return
    if "warm_ms" not in side:
        probe = peer.ask(do="run", name=name, steps=3)
        if "error" in probe:
            side["error"] = probe["error"]
            return
        steps = 4 if session.quick else max(10, min(400, int(1e3 * SECONDS_A_ROUND / max(probe["mean_ms"], 1e-3))))
    answer = peer.ask(do="run", name=name, steps=steps)
    if "error" in answer:
        side["error"] = answer["error"]
        return
    # The host may take longer than the device between two events.
    side["ms"].append(answer["step_ms"])
    side["warm_ms"] = answer["mean_ms"]
    side["mean_ms"] = answer["mean_ms"]
    side["allocated"], side["reserved"] = answer.get("allocated"), answer.get("reserved")


def add_row(part, row, sides, agree, tolerance):
    for side in sides.values():
        rounds = side.pop("ms")
        side.pop("warm_ms", None)
        if rounds:
            side["median_ms"] = round(statistics.median(ms for one in rounds for ms in one), 4)
            side["rounds_ms"] = [round(statistics.median(one), 4) for one in rounds]
    rivals = {name: side for name, side in sides.items() if name != "dpc" and "median_ms" in side}
    row.update(sides=sides, losses_agree=agree, tolerance=tolerance)
    if rivals and "median_ms" in sides["dpc"]:
        best = min(rivals, key=lambda name: rivals[name]["median_ms"])
        row.update(best=best, ratio=round(sides["dpc"]["median_ms"] / rivals[best]["median_ms"], 3), goal=GOAL)
        row["meets"] = row["ratio"] <= GOAL
        taken = [side["allocated"] for side in rivals.values() if side.get("allocated")]
        if taken:
            row["memory_ratio"] = round(sides["dpc"]["plan_bytes"] / min(taken), 3)
    part.add(**row, ok=agree)


def run(session, part):
    items = session.manifest["steps"]
    for text in session.manifest["not_yet"]:
        part.note(text)
    peer = Peer(session)
    about = peer.ask(limit=60, do="about")
    if "error" in about:
        part.note(f"no PyTorch: {about['error']}")
    part.result["pytorch"] = about
    for index, item in enumerate(items):
        try:
            session.need(2 if session.quick else LEAST_SECONDS)
            if peer.ended():
                peer.restart()
            plenty = session.left() / (len(items) - index) >= PLENTY_SECONDS
            compare(session, part, peer, item, 1 if session.quick else ROUNDS if plenty else ROUNDS - 1)
            peer.ask(limit=20, do="drop")
        except RuntimeError as error:
            part.add(program=item["program"], network=item["network"], precision=item["precision"], ok=False,
                     error=str(error))
        except OutOfTime:
            part.cut(", ".join(other["program"] for other in items[index:]))
            break
    peer.close()
