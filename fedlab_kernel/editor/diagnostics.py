"""What is wrong with a cell, and what each of its releases would cost."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import Diagnostic, Span
from ..federation.pricing import Published
from ..language.values import Value
from .answers import Diagnostics, Finding, TextEdit
from .cell import Paid, checked, unread
from .magic import query_of
from .pause import collecting_later
from .positions import Positions
from .prices import Prices

_BEGINNING = Span(1, 1, 1, 1)


@collecting_later
def diagnostics(
    text: str,
    offer: Published | None,
    names: Mapping[str, Value],
    researcher: str = "",
    paid: Paid = frozenset(),
) -> Diagnostics:
    """Everything found in a cell, and its price.

    Args:
        text: the cell as the editor has it; a line `%%fedquery …` above it is not part of the query, but says
            which hospitals it asks, under which cap, and with which draw number.
        offer: what the hospitals publish; None where none is there, so that only what Python or the language
            refuses in any cell is found, and nothing has a price.
        names: what earlier cells left.
        researcher: the public key that will sign, as `federation.pricing.priced` takes it.
        paid: the releases that are free, or who knows them: `Federation.paid`.
    """
    positions = Positions(text)
    if offer is None:
        return Diagnostics(tuple(_finding(one, positions) for one in unread(query_of(text))), (), None)
    cell = checked(text, offer, names, researcher)
    findings = tuple(_finding(one, positions) for one in cell.priced.findings)
    if cell.priced.quote is None:
        return Diagnostics(findings, (), None)
    prices = Prices(cell, paid)
    return Diagnostics(findings, prices.lines(positions), prices.total())


def _finding(found: Diagnostic, positions: Positions) -> Finding:
    edits = tuple(TextEdit(positions.range(edit.span), edit.text) for edit in found.edits)
    return Finding(
        positions.visible(found.span or _BEGINNING), found.severity, found.code, found.message, found.reason,
        found.fix, edits,
    )  # fmt: skip
