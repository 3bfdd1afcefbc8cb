"""What must be refused in one line: on the real driver, with no stand-in between."""

import os
import re
import socket
import time

from session import OutOfTime

# What the programs need at least beside what they ask for.
LEFT_BYTES = 32 << 20


def arguments(session, case, steps=2):
    data = [word for key, file in case["data"].items()
            for word in ("--data", f"{key}={session.folder / 'data' / file}")]
    return [session.program(case["program"]), *data, "--steps", steps, "--quiet",
            "--params", session.folder / "parameters" / f"{case['program']}.safetensors"]


def check(part, what, outcome, *words):
    """One line, status 1, and in it the words."""
    lines = outcome.errors.strip().splitlines()
    ok = (outcome.status == 1 and len(lines) == 1 and lines[0].startswith("dpc: error: ")
          and all(word in lines[0] for word in words))
    part.add(what=what, status=outcome.status, line=outcome.line(), lines=len(lines), ok=ok)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_two(session, command, local_ranks):
    """Two ranks of one job on this machine, which shows one GPU. Their outcomes."""
    shown = {} if session.options.stand_in else {"CUDA_VISIBLE_DEVICES": "0"}
    port = str(free_port())
    children = []
    for rank, local in enumerate(local_ranks):
        environment = session.environment(
            RANK=str(rank), WORLD_SIZE="2", LOCAL_RANK=str(local), MASTER_ADDR="127.0.0.1",
            MASTER_PORT=port, DPC_TOKEN="gpu-check", **shown)
        children.append(session.spawn([*command, "--timeout", 5], environment))
    begun = time.monotonic()
    return [session.finish(child, begun, min(40, session.left())) for child in children]


def check_two_on_one(session, part, local_ranks):
    """One says why, and the other does not hang."""
    case = session.manifest["two_ranks"]
    outcomes = run_two(session, arguments(session, case), local_ranks)
    lines = [line for outcome in outcomes for line in outcome.errors.strip().splitlines()]
    why = [line for line in lines if re.match(r"dpc: error: .*(LOCAL_RANK|local rank|GPU)", line)
           and "--timeout" not in line]
    ok = all(outcome.status == 1 for outcome in outcomes) and len(lines) <= 2 and bool(why)
    part.add(what=f"two ranks on one GPU, as numbers {local_ranks[0]} and {local_ranks[1]}",
             status=max(outcome.status for outcome in outcomes), line=(why or lines or [""])[0][:300],
             lines=len(lines), ok=ok)


def check_memory(session, part, case):
    """With nearly all memory taken by another process. The driver itself may already fail to
    begin with so little: a line is a line."""
    what = f"{LEFT_BYTES >> 20} MiB of GPU memory left"
    if session.options.stand_in:
        # Its memory is each process's own.
        return check(part, what, session.execute(arguments(session, case), 30, DPC_HOSTCUDA_MEMORY="1000000"))
    with session.helper("occupy", left=LEFT_BYTES) as child:
        line = child.stdout.readline()
        if not line:
            return part.note(f"too little memory could not be tried: {child.stderr.read().strip()[-300:]}")
        return check(part, what, session.execute(arguments(session, case), 40))


def run(session, part):
    case = session.manifest["correctness"][0]
    command = arguments(session, case)
    gpus = str(session.results["machine"].get("gpus", 1))
    try:
        check(part, "no GPU of that number", session.execute(command, 30, LOCAL_RANK=gpus), "LOCAL_RANK", "GPU")
        check(part, "a rank that is no number", session.execute(command, 30, LOCAL_RANK="one"), "LOCAL_RANK")
        if not session.options.stand_in:
            check(part, "no GPU is shown", session.execute(command, 30, CUDA_VISIBLE_DEVICES=""), "libcuda.so.1")
            check(part, "a file that is not there",
                  session.execute([*command, "--params", os.devnull + "/none"], 30), "none")
        check(part, "a program for 2 ranks, alone",
              session.execute(arguments(session, session.manifest["two_ranks"]), 30))
        for local_ranks in ((0, 0), (0, 1)):
            check_two_on_one(session, part, local_ranks)
        check_memory(session, part, case)
    except OutOfTime:
        part.cut("what is not listed")
