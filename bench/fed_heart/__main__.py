"""Prints the whole table: `python -m bench.fed_heart`; 1 when a goal was missed."""

from __future__ import annotations

import sys

from ..row import table
from . import rows
from .report import report
from .results import results


def main() -> int:
    """Train, print, judge."""
    found = results()
    measured = rows(found)
    print(report(found), table(measured), sep="\n\n")
    return 0 if all(row.ok for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
