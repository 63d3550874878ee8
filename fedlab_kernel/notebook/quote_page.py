"""The page that shows a quote: what every release of a cell would cost and how far off it would be."""

from __future__ import annotations

from collections.abc import Sequence

from ..editor import Total
from ..errors import Diagnostic
from ..errors.render import in_a_line
from ..privacy.numerals import epsilon, expected, spent
from ..privacy.quote import Quote, ReleaseQuote
from .page import Block, Line, Page, Table, filled


def quote_page(quote: Quote, findings: Sequence[Diagnostic] = (), total: Total | None = None) -> Page:
    """The quote, line by line.

    Args:
        quote: of the cell.
        findings: warnings and notes about the cell.
        total: what it takes of the budgets, as the editor says it; None where only the price matters.
    """
    if not quote.releases:
        nothing = "This cell releases nothing, so it costs nothing: only what stands in `release(…)` is let out."
        return Page((Line(nothing, "strong"),))
    blocks: list[Block] = [Line(f"Quote: at most {epsilon(quote.epsilon, quote.delta)}, at each hospital", "strong")]
    header = ("release", "line", "times", "ε", "δ", "expected error (95 %, privacy noise)")
    rows = tuple(_row(release) for release in quote.releases)
    blocks.append(filled(Table(header, rows, frozenset({1, 2, 3, 4}))))
    blocks.extend(Line(in_a_line(found), "quiet" if found.severity == "note" else "warning") for found in findings)
    for release in quote.releases:
        if release.training is not None and release.training.fills:
            fills = "; ".join(release.training.fills)
            blocks.append(Line(f"Training `{release.name or '(result)'}`: {fills}.", "quiet"))
    if total is not None:
        refused = f". It would be refused: {total.refused}" if total.refused else ""
        blocks.append(Line(f"To pay now: {total.text}{refused}.", "warning" if refused else "plain"))
    blocks.append(
        Line("Nothing was asked and nothing was charged. Releases that are stored already are free.", "quiet")
    )
    return Page(tuple(blocks))


def _row(release: ReleaseQuote) -> tuple[str, ...]:
    return (
        release.name or "(result)", str(release.span.line), f"× {release.times}" if release.times > 1 else "",
        spent(release.epsilon), f"{release.delta:.2g}" if release.delta else "", expected(release),
    )  # fmt: skip
