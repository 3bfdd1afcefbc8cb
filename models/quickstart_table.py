#!/usr/bin/env python3
"""Prints the table of tools/quickstart.

Each run is given as four arguments: its plan (`dpc plan --json`), its metrics
file, and the times in seconds at which it started and ended.
"""

import argparse
import json
import sys

COLUMNS = ("strategy", "ranks", "time", "step", "test accuracy",
           "bytes a step", "bytes in all")


def read_run(plan_path, metrics_path):
    with open(plan_path, encoding="utf-8") as file:
        plan = json.load(file)
    with open(metrics_path, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    steps = [record for record in records if "loss" in record]
    accuracies = [record["eval_accuracy"] for record in records
                  if "eval_accuracy" in record]
    if not steps or not accuracies:
        raise ValueError(f"{metrics_path}: no steps or no accuracy in it")
    return plan, steps, accuracies[-1]


def get_traffic(plan):
    return sum(entry["bytes"] for entry in plan["collectives"])


def get_step_time(steps):
    """The median, in milliseconds."""
    times = sorted(step["step_ms"] for step in steps)
    return times[len(times) // 2]


def print_table(table):
    """Columns of text, of which the first is aligned to the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*table)]
    for cells in table:
        print("  ".join([cells[0].ljust(widths[0])] + [
            cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]))


def table_row(plan, steps, accuracy, seconds):
    traffic = get_traffic(plan)
    return (plan["strategy"], str(plan["ranks"]), f"{seconds:.1f} s",
            f"{get_step_time(steps):.2f} ms", f"{accuracy:.3f}",
            f"{traffic:,}", f"{traffic * len(steps):,}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minimum", type=float, default=0.0,
                        help="fail if a test accuracy is below this")
    parser.add_argument("runs", nargs="+", metavar="PLAN METRICS START END")
    arguments = parser.parse_args()
    if len(arguments.runs) % 4:
        parser.error("each run takes four arguments")
    table, failed = [COLUMNS], []
    for first in range(0, len(arguments.runs), 4):
        plan_path, metrics_path, start, end = arguments.runs[first:first + 4]
        try:
            plan, steps, accuracy = read_run(plan_path, metrics_path)
        except (OSError, ValueError, KeyError) as error:
            sys.exit(f"error: {error}")
        table.append(table_row(plan, steps, accuracy, float(end) - float(start)))
        if accuracy < arguments.minimum:
            failed.append(f"{plan['strategy']} on {plan['ranks']}: {accuracy}")
    print_table(table)
    print("\ntime: the whole run with evaluations; step: median; bytes: what each "
          "rank\nhands to collectives")
    if failed:
        sys.exit(f"error: test accuracy below {arguments.minimum}: "
                 f"{'; '.join(failed)}")


if __name__ == "__main__":
    main()
