"""Runs the benchmarks, prints their table and writes bench.json: `python -m bench [NAME ...]`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from .row import Row, table

BENCHMARKS = (
    "check_quote", "editor", "person_sum", "primitives", "training", "training_run", "training_memory",
    "private_training", "fed_heart", "count_latency", "idle_memory", "crowd", "notebook", "browser",
)  # fmt: skip
OUTPUT = Path("bench.json")


def main(names: list[str]) -> int:
    """Run the named benchmarks (all of them by default); 1 when a goal was missed, 2 for an unknown name."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"unknown benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or BENCHMARKS:
        print(f"measuring {name} ...", file=sys.stderr)
        rows += import_module(f"bench.{name}").run()
        # After each, so that one that fails loses no other's figures.
        OUTPUT.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    print(table(rows))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
