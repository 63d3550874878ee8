"""Measures and prints the tables: `python -m bench.leakage [--seeds N] [--only NAME ...]`; 1 when a goal was missed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from time import perf_counter

from .data import MissingError

TABLES = (
    "extraction", "peeling", "certificates", "curves", "noise", "updates", "sums", "differences", "membership", "times",
    "inverting",
)  # fmt: skip
FIRST = 5000
"""The first seed; no test of the attacks uses it, or those after it."""


def main(given: Sequence[str]) -> int:
    """Measure what is named, all by default; 1 when a goal was missed or data were missing."""
    parser = argparse.ArgumentParser(prog="python -m bench.leakage", description="The leakage lab's tables.")
    parser.add_argument("--seeds", type=int, default=10, metavar="N", help="of each figure, at least 2; 10 by default")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=TABLES, metavar="NAME", help=", ".join(TABLES))
    options = parser.parse_args(given)
    if options.seeds < 2:
        parser.error("an interval takes at least two seeds")
    seeds = range(FIRST, FIRST + options.seeds)
    missed: list[str] = []
    makers = {name: import_module(f"bench.leakage.{name}") for name in options.only}
    print(f"Seeds {seeds[0]} to {seeds[-1]}; means with 95 % intervals of Student's distribution.", flush=True)
    for name, maker in makers.items():
        print(f"measuring {name} ...", file=sys.stderr)
        started = perf_counter()
        try:
            for table in maker.tables(seeds):
                print(f"\n{table}", flush=True)
                missed += table.missed
        except MissingError as missing:
            missed.append(f"{name} is NOT measured: {missing}")
        print(f"{perf_counter() - started:.0f} s", file=sys.stderr)
    print("\n" + "\n".join(["Goals missed:", *(f"- {one}" for one in missed)] if missed else ["All goals are met."]))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
