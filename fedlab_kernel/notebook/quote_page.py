"""The page that shows a quote: what every release of a cell would cost and how far off it would be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..errors import Diagnostic
from ..errors.render import in_a_line
from ..federation.contact import HospitalInfo
from ..federation.judgement import left
from ..privacy.numerals import epsilon, expected, spent
from ..privacy.quote import Quote, ReleaseQuote
from .page import Block, Line, Page, Table, filled


def quote_page(
    quote: Quote, hospitals: Mapping[str, HospitalInfo] | None = None, findings: Sequence[Diagnostic] = ()
) -> Page:
    """The quote, line by line.

    Args:
        quote: of the cell.
        hospitals: whose budgets it is compared with; none where only the price matters.
        findings: warnings and notes about the cell.
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
    least = min((left(info) for info in (hospitals or {}).values() if info.state == "ready"), default=math.inf)
    if least < math.inf:
        share = quote.epsilon / max(least, 1e-12)
        fits = f"about {100 * share:.2g} % of it" if share <= 1 else "more than that: it will be refused"
        blocks.append(Line(f"Left of your budget: about ε = {least:.3g} per patient; this cell takes {fits}."))
    blocks.append(
        Line("Nothing was asked and nothing was charged. Releases that are stored already are free.", "quiet")
    )
    return Page(tuple(blocks))


def _row(release: ReleaseQuote) -> tuple[str, ...]:
    return (
        release.name or "(result)", str(release.span.line), f"× {release.times}" if release.times > 1 else "",
        spent(release.epsilon), f"{release.delta:.2g}" if release.delta else "", expected(release),
    )  # fmt: skip
