"""Statistical tests: what a paper prints of them."""

from __future__ import annotations

from collections.abc import Iterator

from ...federation.result import Answer
from ...privacy.numerals import number
from ..columns import scalars
from ..page import Block, Line, Table
from ..style import Panel

KIND = "test"


def blocks(answer: Answer) -> Iterator[Block]:
    """A column a number."""
    singles = scalars(answer)
    if "lo" in singles and "hi" in singles:
        half = (singles["hi"] - singles["lo"]) / 2
        shown = {name: number(value, half) if name in ("estimate", "lo", "hi") else number(value)
                 for name, value in singles.items()}  # fmt: skip
    else:
        shown = {name: number(value) for name, value in singles.items()}
    shown["p"] = p_value(singles["p"])
    header = tuple(name.replace("_", " ") for name in shown)
    numeric = frozenset(at for at, name in enumerate(shown) if not isinstance(singles[name], str))
    yield Table(header, (tuple(shown.values()),), numeric, caption=f"`{answer.name or '(result)'}`")
    yield Line("p and the interval account for the privacy noise as well as for sampling.", "quiet")


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
