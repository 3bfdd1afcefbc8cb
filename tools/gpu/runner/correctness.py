"""Trainings on the GPU against the losses that the CPU target had, when the pack was made."""

import concurrent.futures

from session import OutOfTime, read_losses

# A unit of what a type rounds to. Narrow losses may be 8 units off, as `dpc verify` has it.
UNITS = {"bf16": 2.0 ** -8, "f16": 2.0 ** -11, "tf32": 2.0 ** -11}
TOLERANCES = {"f32": 1e-4, **{kind: 8 * unit for kind, unit in UNITS.items()}}
WORKERS = 4


def compare(losses, expected):
    """The largest relative difference; None if there are not as many."""
    if len(losses) != len(expected):
        return None
    return max((abs(one - other) / max(abs(other), 1e-6) if one == one else float("inf")
                for one, other in zip(losses, expected)), default=0.0)


def list_variants(session, has_graphs):
    """(name, environment, flags) of the ways in which a program can run."""
    variants = [("library", {}, [])]
    if has_graphs:
        variants.append(("no graph", {}, ["--no-graph"]))
    if not session.quick:
        variants.append(("own products", {"DPC_CUBLASLT": "off"}, []))
    return variants


def run_case(session, case, variant, steps):
    name, environment, flags = variant
    metrics = session.work / f"{case['program']}-{name.replace(' ', '-')}.jsonl"
    data = [word for key, file in case["data"].items()
            for word in ("--data", f"{key}={session.folder / 'data' / file}")]
    outcome = session.execute(
        [session.program(case["program"]), *data, "--steps", steps, "--seed", 7, "--quiet",
         "--params", session.folder / "parameters" / f"{case['program']}.safetensors",
         "--metrics", metrics, *flags], **environment)
    if outcome.status:
        return None, f"exit status {outcome.status}: {outcome.line()}", outcome
    return read_losses(metrics)[0], None, outcome


def has_flag(session, program, flag):
    return flag in session.execute([session.program(program), "--help"]).output


def run(session, part):
    cases = session.manifest["correctness"]
    has_graphs = has_flag(session, cases[0]["program"], "--no-graph")
    if not has_graphs:
        part.note("these programs have no --no-graph: runs with and without a graph are one")
    variants = list_variants(session, has_graphs)
    # The plain way of every case first; after those, one case again, whose bits must repeat.
    work = [(case, variant) for variant in variants for case in cases]
    work.insert(len(cases), (cases[0], ("again", {}, [])))
    first = {}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        jobs = []
        for case, variant in work:
            steps = min(len(case["losses"]), 3 if session.quick else 20)
            jobs.append((case, variant, steps, pool.submit(run_case, session, case, variant, steps)))
        for index, (case, variant, steps, job) in enumerate(jobs):
            try:
                losses, error, outcome = job.result()
            except OutOfTime:
                for other in jobs:
                    other[3].cancel()
                part.cut(f"{len(jobs) - index} of {len(jobs)} trainings")
                break
            report(part, first, case, variant[0], steps, losses, error, outcome)


def report(part, first, case, variant, steps, losses, error, outcome):
    row = {"model": case["model"], "precision": case["precision"], "way": variant, "steps": steps,
           "seconds": round(outcome.seconds, 2)}
    tolerance = TOLERANCES[case["precision"]]
    if error:
        part.add(**row, ok=False, error=error)
        return
    difference = compare(losses, case["losses"][:steps])
    row.update(difference=difference, tolerance=tolerance)
    ok = difference is not None and difference <= tolerance
    plain = first.setdefault(case["program"], losses)
    if variant in ("again", "no graph"):
        # The same kernels in the same order.
        row["same_bits"] = plain == losses
        ok = ok and row["same_bits"]
    part.add(**row, ok=ok)
