"""Statistical tests: what a paper prints of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...federation.result import Answer
from ...privacy.numerals import number
from ..columns import caption, scalars
from ..page import Block, Line, Table, filled
from ..style import Panel

KIND = "test"


def blocks(answer: Answer) -> Iterator[Block]:
    """A row a measure, such as a difference or a ratio; what is said of the whole test stands in the first."""
    singles = scalars(answer)
    whole = {
        "test": str(singles["test"]).replace("_", " "), "statistic": number(singles["statistic"]),
        "df": number(singles["df"]) if "df" in singles else "", "p": p_value(singles["p"]),
    }  # fmt: skip
    measures = list(_measures(singles)) or [("", "", "")]
    blank = dict.fromkeys(whole, "")
    persons = number(singles["persons"]) if "persons" in singles else ""
    rows = tuple(
        (*(whole if at == 0 else blank).values(), *measure, persons if at == 0 else "")
        for at, measure in enumerate(measures)
    )
    header = (*whole, "measure", "value", "95 % interval", "persons")
    numeric = frozenset({1, 2, 3, 5, 6, 7})
    yield filled(Table(header, rows, numeric, caption=caption(answer)))
    yield Line("p and intervals count noise and sampling together.", "quiet")


def _measures(singles: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Everything that has limits of its own: its name, value and interval."""
    limits = {"estimate": ("lo", "hi")}
    limits.update({name: (f"{name}_lo", f"{name}_hi") for name in singles if f"{name}_lo" in singles})
    for name, (low, high) in limits.items():
        if name in singles and low in singles and high in singles:
            half = (singles[high] - singles[low]) / 2
            estimated = "correlation" if singles.get("test") == "correlation_test" else name
            shown = str(singles.get("contrast") or estimated) if name == "estimate" else name.replace("_", " ")
            yield shown, number(singles[name], half), f"{number(singles[low], half)} to {number(singles[high], half)}"


def summary(answer: Answer) -> str:
    """Its p-value."""
    return f"p {p_value(scalars(answer)['p'], '= ')}"


def panel(_answer: Answer) -> Panel | None:
    """Nothing is drawn of a test."""
    return None


def p_value(p: object, equals: str = "") -> str:
    """A p-value as papers print it."""
    if not isinstance(p, int | float) or isinstance(p, bool):
        return str(p)
    return "< 0.001" if p < 0.001 else f"{equals}{p:.3f}"
