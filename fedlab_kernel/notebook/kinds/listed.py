"""Plain lists: points with error bars; the values folded below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ...federation.result import Answer
from ...privacy.numerals import error, error_summary, flat, interval, number
from ..columns import caption
from ..page import Block, Folded, Table
from ..style import ERROR, POINT, Panel, combined_bars, label, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND = "list"

_SHORT = 12  # a list up to this length is shown whole


def blocks(answer: Answer) -> Iterator[Block]:
    """The values, where they have error bars."""
    errors = list(flat(answer.half_width))
    if isinstance(answer.value, list) and errors and len(errors) == len(answer.value):
        rows = [(str(at), interval(item, errors[at])) for at, item in enumerate(answer.value)]
        table = with_sampling(("position", "value"), rows, answer)
        yield Folded(f"Values of {caption(answer)}", (table,))


def summary(answer: Answer) -> str:
    """The values of a short list, else how many there are."""
    assert isinstance(answer.value, list)
    errors = error_summary(answer.half_width)
    if len(answer.value) <= _SHORT and not errors:
        return f"[{', '.join(number(item) for item in answer.value)}]"
    return f"{len(answer.value)} values, {errors}" if errors else f"{len(answer.value)} values"


def panel(answer: Answer) -> Panel | None:
    """Points in order."""
    numbers = isinstance(answer.value, list) and all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in answer.value
    )
    return Panel(2.2, partial(_draw, answer=answer)) if numbers and list(flat(answer.half_width)) else None


def _draw(axes: Axes, answer: Answer) -> None:
    assert isinstance(answer.value, list)
    places = range(len(answer.value))
    combined_bars(axes, answer, places, answer.value, "yerr")
    axes.errorbar(places, answer.value, yerr=list(flat(answer.half_width)), fmt="o", color=POINT, **ERROR)
    axes.axhline(0, color="#888888", linewidth=0.8)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("position in the list")
    axes.set_ylabel(label(answer.unit))
    title(axes, answer)


def with_sampling(header: tuple[str, str], rows: list[tuple[str, str]], answer: Answer) -> Table:
    """A row a number, with its half-width of noise and sampling together where that is known."""
    errors = list(flat(answer.sampling))
    if not errors:
        return Table(header, tuple(rows), frozenset({1}))
    told = [f"± {error(half_width)}" for half_width in errors] + [""] * (len(rows) - len(errors))
    kind = "with sampling error" + (", at most" if answer.sampling_at_most else "")
    return Table((*header, kind), tuple((*row, one) for row, one in zip(rows, told, strict=True)), frozenset({1, 2}))
