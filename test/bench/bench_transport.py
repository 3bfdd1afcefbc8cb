#!/usr/bin/env python3
"""All-reduce under MPI and over TCP on this machine, side by side.

  bench_transport.py [--ranks 2] [--rounds 5] [--build build/release]

The two take turns, and medians over the rounds are compared: microseconds for short
ones, and for long ones the bytes of the tensor that a second takes. Says who won.
"""

import argparse
import json
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    options = parser.parse_args()
    times = {}
    for _ in range(options.rounds):
        for transport in ("mpi", "tcp"):
            done = subprocess.run(
                [options.build / "bin" / "dpc", "run", "--transport", transport, "-n", str(options.ranks),
                 options.build / "bin" / "dpc-comm-test", "--bench"], check=True, capture_output=True, text=True)
            for line in done.stdout.splitlines():
                entry = json.loads(line)
                times.setdefault(entry["bytes"], {}).setdefault(transport, []).append(entry["seconds"])
    print(f"all-reduce of f32 on {options.ranks} ranks, medians of {options.rounds} rounds")
    print(f"{'bytes':>10} {'mpi':>12} {'tcp':>12}  faster")
    for size, both in sorted(times.items()):
        mpi, tcp = (statistics.median(both[transport]) for transport in ("mpi", "tcp"))
        show = (lambda seconds: f"{seconds * 1e6:9.1f} us") if size < 1 << 18 else \
            (lambda seconds: f"{size / seconds / 1e9:7.2f} GB/s")
        winner = "mpi" if mpi < tcp else "tcp"
        print(f"{size:>10} {show(mpi):>12} {show(tcp):>12}  {winner} {max(mpi, tcp) / min(mpi, tcp):.1f} x")


if __name__ == "__main__":
    main()
