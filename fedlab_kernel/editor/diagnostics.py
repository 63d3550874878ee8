"""What is wrong with a cell, and what each of its releases would cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..errors import Diagnostic, Span
from ..federation.pricing import Published
from ..language.bill import ReleaseKey
from ..language.values import Value
from .answers import Diagnostics, Finding, TextEdit
from .cell import checked, query_of, unread
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
    paid: Collection[ReleaseKey] = frozenset(),
) -> Diagnostics:
    """Everything found in a cell, and its price.

    Args:
        text: the cell as the editor has it; a first line `%%fedquery …` is not part of the query.
        offer: what the hospitals publish; None where none is there, so that only what Python or the language
            refuses in any cell is found, and nothing has a price.
        names: what earlier cells left.
        researcher: the public key that will sign, as `federation.pricing.priced` takes it.
        paid: the releases whose answers are stored, so that they are free.
    """
    positions = Positions(text)
    if offer is None:
        return Diagnostics(tuple(_finding(one, positions) for one in unread(query_of(text))), (), None)
    cell = checked(text, offer, names, researcher)
    findings = tuple(_finding(one, positions) for one in cell.findings)
    if cell.quote is None:
        return Diagnostics(findings, (), None)
    prices = Prices(cell, offer, paid)
    return Diagnostics(findings, prices.lines(positions), prices.total())


def _finding(found: Diagnostic, positions: Positions) -> Finding:
    edits = tuple(TextEdit(positions.range(edit.span), edit.text) for edit in found.edits)
    return Finding(
        positions.visible(found.span or _BEGINNING), found.severity, found.code, found.message, found.reason,
        found.fix, edits,
    )  # fmt: skip
