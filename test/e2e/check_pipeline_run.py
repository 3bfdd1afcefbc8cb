"""Checks what the ranks of a pipeline did.

  check_pipeline_run.py trace EXECUTABLE RANKS     also reads EXECUTABLE.trace
"""

import json
import subprocess
import sys


def coordinate(mesh, axis, rank):
    for name, size in reversed(mesh.items()):
        if name == axis:
            return rank % size
        rank //= size
    return 0


def check_trace(executable, ranks):
    """Every rank ran its stage's instructions and its end of every message, and
    messages were under way while stages computed."""
    plan = json.loads(subprocess.run([executable, "--plan"], capture_output=True, text=True, check=True).stdout)
    programs = {p["stage"]: p for p in plan["programs"] if p["name"] == "train"}
    assert sorted(programs) == list(range(plan["mesh"]["pipe"])), programs.keys()

    # Every message has both ends, and stands in the plan once.
    ends = [sorted((stage, c["peer"], c["channel"]) if kind == "send" else (c["peer"], stage, c["channel"])
                   for stage, p in programs.items() for c in p["collectives"] if c["kind"] == kind)
            for kind in ("send", "recv")]
    listed = sorted((c["from"], c["to"], c["channel"]) for c in plan["collectives"] if c["kind"] == "send")
    assert ends[0] == ends[1] == listed and len(set(listed)) == len(listed)
    assert not any(c["kind"] == "recv" for c in plan["collectives"])

    # Arenas: the largest stage's is the plan's, and each stage's values lie in its own.
    memory = {m["stage"]: m["memory_bytes"] for m in plan["memory_per_stage"]}
    assert max(memory.values()) == plan["memory_bytes"]
    for kind in ("parameters", "state", "inputs"):
        for tensor in plan[kind]:
            assert 0 <= tensor["offset"] <= memory[tensor["stage"]] - tensor["bytes"], tensor
    for m in plan["memory_per_stage"]:
        assert sum(m["memory"].values()) == m["memory_bytes"], m

    with open(executable + ".trace") as file:
        events = [e for e in json.load(file)["traceEvents"] if e["ph"] == "X"]
    overlap = 0
    flights = {}
    for rank in range(ranks):
        stage = coordinate(plan["mesh"], "pipe", rank)
        mine = [e for e in events if e["pid"] == rank and e["args"]["step"] == 3]
        assert mine, f"rank {rank} traced nothing"
        work = [e for e in mine if e["tid"] == 0]
        assert [e["name"] for e in work] == [i["name"] for i in programs[stage]["instructions"]]
        busy = [e for e in work if e["args"]["kind"] in ("kernel", "library")]
        for flight in (e for e in mine if e["tid"] == 1 and e["name"] in ("send", "recv")):
            message = programs[stage]["collectives"][flight["args"]["collective"]]
            assert message["kind"] == flight["name"]
            flights[rank, flight["name"], message["channel"]] = flight
            overlap += any(flight["ts"] < e["ts"] + e["dur"] and e["ts"] < flight["ts"] + flight["dur"] for e in busy)
        messages = [c for c in programs[stage]["collectives"] if c["kind"] in ("send", "recv")]
        assert sum(key[0] == rank for key in flights) == len(messages)
    # How many depends on how the ranks share the cores; the plan does not.
    assert overlap, "no message overlaps with work"
    hidden = total = 0
    for program in programs.values():
        under_way = {}
        for instruction in program["instructions"]:
            if instruction["kind"] == "collective_start":
                under_way[instruction["collective"]] = False
            elif instruction["kind"] == "wait":
                was_hidden = under_way.pop(instruction["collective"])
                if program["collectives"][instruction["collective"]]["kind"] in ("send", "recv"):
                    hidden += was_hidden
                    total += 1
            else:
                under_way = dict.fromkeys(under_way, True)
    assert hidden >= total / 2, f"{hidden} of {total} messages have work beside them"


if __name__ == "__main__":
    {"trace": check_trace}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
