"""Values, errors and prices in words and in JSON: shared by what is quoted and what is answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import Diagnostic
from ..language.statistics.statistic import HalfWidth
from ..privacy.numerals import expected, flat
from ..privacy.quote import Quote, ReleaseQuote
from .terminal import number, table


def finding_json(finding: Diagnostic) -> dict[str, Any]:
    """A finding; lines and columns count from 1, columns in code points, and are null where it has no place."""
    span = finding.span
    return {
        "code": finding.code,
        "severity": finding.severity,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "message": finding.message,
        "reason": finding.reason,
        "fix": finding.fix,
    }


def checked_json(name: str, findings: Sequence[Diagnostic], quote: Quote | None) -> dict[str, Any]:
    """What checking a file found; the quote is null where it may not run."""
    return {
        "file": name,
        "ok": quote is not None,
        "diagnostics": [finding_json(finding) for finding in findings],
        "quote": None if quote is None else _quote_json(quote),
    }


def finite(value: Any) -> Any:
    """A value as JSON knows it: numbers that are not finite become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return value


def quote_text(quote: Quote) -> str:
    """The price of every line, a row each."""
    rows = [["line", "name", "epsilon", "expected error (privacy noise, 95 %)"]]
    rows += [[str(line.span.line), line.name, _price(line), _expected(line)] for line in quote.releases]
    return table(rows, right=frozenset({0}))


def total_text(quote: Quote) -> str:
    """The price of everything, in one phrase."""
    return f"epsilon {number(quote.epsilon)}" + (f", delta {quote.delta:.3g}" if quote.delta else "")


def error_text(half_width: HalfWidth, unit: str = "") -> str:
    """A half-width in a few characters; of several, the largest."""
    if half_width is None:
        return ""
    widths = list(flat(half_width))
    if not widths or not all(map(math.isfinite, widths)):
        return "not known"
    each = "" if not isinstance(half_width, list) else " each" if min(widths) == max(widths) else " at most"
    return f"± {number(max(widths), 3)}{f' {unit}' if unit else ''}{each}"


def _quote_json(quote: Quote) -> dict[str, Any]:
    return {
        "epsilon": quote.epsilon,
        "delta": quote.delta,
        "releases": [
            {
                "name": line.name,
                "line": line.span.line,
                "times": line.times,
                "epsilon": line.epsilon,
                "half_width": finite(line.half_width),
            }
            for line in quote.releases
        ],
    }


def _price(line: ReleaseQuote) -> str:
    return number(line.epsilon) + (f" × {line.times}" if line.times > 1 else "")


def _expected(line: ReleaseQuote) -> str:
    if line.half_width is None:
        return expected(line)
    examples = [f"± {number(width, 3)} if {size:,} match" for size, width in line.examples]
    whole = f" if {'all ' if line.declared else ''}{line.persons:,} match" if examples else ""
    return ", ".join([error_text(line.half_width, line.unit) + whole, *examples])
