"""Results as a table."""


def text(value):
    if value is None:
        return "-"
    if value is True or value is False:
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.2e}" if value and abs(value) < 1e-2 else f"{value:.4g}"
    return str(value)


def table(head, rows):
    rows = [head, *([text(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        yield "  " + "  ".join(word.ljust(width) if i == 0 else word.rjust(width)
                               for i, (word, width) in enumerate(zip(row, widths))).rstrip()


def correctness(rows):
    yield from table(
        ["training", "way", "steps", "largest difference", "at most", "same bits", "ok"],
        [(f"{row['model']} {row['precision']}", row["way"], row["steps"], row.get("difference", row.get("error")),
          row.get("tolerance"), row.get("same_bits"), row["ok"]) for row in rows])


def steps(rows):
    lines = []
    for row in rows:
        if "sides" not in row:
            lines.append((row["program"], row.get("error"), *[None] * 6, row["ok"]))
            continue
        for name, side in row["sides"].items():
            memory = side.get("plan_bytes") if name == "dpc" else side.get("allocated")
            lines.append((row["program"], name, side.get("median_ms", side.get("error")),
                          f"{row['best']}: {row['ratio']}" if name == "dpc" and "ratio" in row else None,
                          row.get("meets") if name == "dpc" else None,
                          round(memory / 1e6) if memory else None,
                          row.get("memory_ratio") if name == "dpc" else None,
                          side.get("difference"), row["ok"] if name == "dpc" else None))
    yield from table(["step of", "by", "median ms", "over the better", "meets 0.9", "peak MB", "over the better",
                      "losses differ", "ok"], lines)


def kernels(rows):
    shown = [row for row in rows if row["kernel"] == "all"] + sorted(
        (row for row in rows if row["kernel"] != "all" and not row.get("meets")),
        key=lambda row: -row.get("us", 0) * row["count"])[:15]
    yield from table(["kernels of", "kernel", "node", "times", "MB", "us", "in a step", "GB/s", "of a copy", "meets 0.9"],
                     [(row["program"], row["kernel"], row.get("node", "")[:40], row.get("count"), row["bytes"] / 1e6,
                       row.get("us", row.get("error")), row.get("in_step_us"), row.get("gb_per_s"), row.get("of_copy"), row.get("meets"))
                      for row in shown])


def products(rows):
    yield from table(["product", "batch m n k", "times", "us", "in a step", "TFLOP/s", "best us", "of the best", "meets 0.98"],
                     [(f"{row['program']} {row['precision']} {row['form']}",
                       f"{row['batch']} {row['m']} {row['n']} {row['k']}", row["count"], row.get("us", row.get("error")),
                       row.get("in_step_us"), row.get("tflop_per_s"), row.get("best_us"), row.get("of_best"), row.get("meets"))
                      for row in rows])


def refusals(rows):
    yield from table(["what", "status", "ok", "line"],
                     [(row["what"], row["status"], row["ok"], row["line"][:100]) for row in rows])


def sanitizer(rows):
    yield from table(["compute-sanitizer", "training", "ok", "summary"],
                     [(row["tool"], f"{row['model']} {row['precision']}", row["ok"], row["summary"][:80]) for row in rows])


def nccl(rows):
    yield from table(["NCCL", "version", "us", "ok"],
                     [(row["what"], row["version"], row.get("us", row.get("error")), row["ok"]) for row in rows])


def render(results):
    """The lines of the whole table."""
    machine, pack = results["machine"], results["pack"]
    yield (f"{machine.get('gpu')}, driver for CUDA {machine.get('driver_cuda')}, "
           f"{(machine.get('memory_bytes') or 0) / 1e9:.0f} GB; dpc {pack['dpc']} at {pack['commit']}, packed {pack['made']}")
    if machine.get("stand_in"):
        yield "NO GPU: the stand-in of the tests. Its times say nothing."
    for name, part in results["parts"].items():
        yield ""
        yield f"{name}: {part['status']}, {part['seconds']} s"
        if part["rows"]:
            yield from globals()[name](part["rows"])
        for note in part["notes"]:
            yield f"  {note}"
    yield ""
    yield f"{results['status']}, {results['seconds']} s"
