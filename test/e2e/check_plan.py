"""Checks a plan's JSON against the contract and the theory of data parallelism."""

import argparse
import json


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    parser.add_argument("--strategy", required=True)
    parser.add_argument("--ranks", type=int, required=True)
    parser.add_argument("--gradient-bytes", type=int, required=True)
    args = parser.parse_args()
    with open(args.plan) as file:
        plan = json.load(file)

    assert plan["strategy"] == args.strategy
    assert plan["ranks"] == args.ranks
    assert plan["mesh"] == {"data": args.ranks}
    assert plan["memory_bytes"] > 0 and plan["flops"] > 0 and plan["kernels"]
    reduced = [c for c in plan["collectives"] if c["kind"] == "all_reduce"]
    for collective in reduced:
        assert collective["axes"] == ["data"], collective
        assert collective["ranks"] == args.ranks, collective
        assert collective["phase"] == "backward", collective
        assert collective["node"], collective
    total = sum(c["bytes"] for c in reduced)
    assert total == args.gradient_bytes, f"{total} bytes are reduced"
    if args.ranks == 1:
        assert not plan["collectives"]
        return

    # The overlap stands in the plan: backward work between the first start and
    # its wait.
    train = next(p for p in plan["programs"] if p["name"] == "train")
    steps = train["instructions"]
    first = next(i for i, s in enumerate(steps) if s["kind"] == "collective_start")
    wait = next(
        i
        for i, s in enumerate(steps)
        if s["kind"] == "wait" and s["collective"] == steps[first]["collective"]
    )
    between = [s for s in steps[first:wait] if s["phase"] == "backward" and s["kind"] == "library"]
    assert between, "nothing overlaps the first collective"


if __name__ == "__main__":
    main()
