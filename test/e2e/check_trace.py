"""Checks that a trace shows communication under the backward pass."""

import argparse
import json


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trace")
    parser.add_argument("--ranks", type=int, required=True)
    args = parser.parse_args()
    with open(args.trace) as file:
        events = [e for e in json.load(file)["traceEvents"] if e["ph"] == "X"]

    for rank in range(args.ranks):
        mine = [e for e in events if e["pid"] == rank]
        steps = sorted({e["args"]["step"] for e in mine})
        assert len(steps) == 5, f"rank {rank} traced steps {steps}"
        for step in steps:
            now = [e for e in mine if e["args"]["step"] == step]
            flights = [e for e in now if e["tid"] == 1 and "all_reduce" in e["name"]]
            work = [
                e
                for e in now
                if e["tid"] == 0
                and e["args"]["phase"] == "backward"
                and e["args"]["kind"] in ("kernel", "library")
            ]
            first = min(e["ts"] for e in flights)
            end = max(e["ts"] + e["dur"] for e in work)
            assert first < end, f"rank {rank}, step {step}: no overlap"


if __name__ == "__main__":
    main()
