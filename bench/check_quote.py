"""Check and quote of a hundred-line cell, against RestrictedPython's compilation of the same text."""

from __future__ import annotations

from pathlib import Path

from RestrictedPython import compile_restricted

from fedlab_kernel.language import Catalogue, check
from fedlab_kernel.policy import Policy
from fedlab_kernel.privacy.quote import Quote, Terms, quote

from .heart import HOSPITALS, catalogue
from .row import Row, against
from .timing import interleaved

CELL = Path(__file__).with_name("cell_100.fq")
GOAL_RATIO = 1.5
REPEATS = 51


def run() -> list[Row]:
    """Median time of both, in turns."""
    text, tables = CELL.read_text(encoding="utf-8"), catalogue()
    ours, peer = interleaved(
        lambda: check_and_quote(text, tables),
        lambda: compile_restricted(text, "<cell>", "exec"),
        REPEATS,
    )
    return [against("check and quote, 100 lines", ours, "ms", "RestrictedPython compile_restricted", peer, GOAL_RATIO)]


def check_and_quote(text: str, tables: Catalogue) -> Quote:
    """What happens when a researcher pauses typing, with the product's own quote.

    Raises:
        AssertionError: the cell is not accepted, so that nothing worth timing happened.
    """
    checked = check(text, tables)
    assert checked.ok, checked.findings
    sizes = {name: table.size * HOSPITALS for name, table in tables.items()}
    policy = Policy()
    terms = Terms(HOSPITALS, policy.release_delta, policy.epsilon_min, policy.epsilon_max, sizes)
    priced, findings = quote(checked.releases, terms)
    assert not findings
    return priced
