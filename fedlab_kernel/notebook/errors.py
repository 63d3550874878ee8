"""Refusals as a notebook shows them: carets under the cell's own lines, and never a Python traceback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from ..errors import Diagnostic, Refused
from ..errors.render import render
from .page import Code, Page

MOST_SHOWN = 20
_LINE_WIDTH = 100


class RefusedCell(Refused):
    """A refusal that IPython shows as these lines alone.

    Args:
        diagnostics: what was found.
        source: the text that their spans are about; None where they are about no text.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], source: str | None = None) -> None:
        super().__init__(*diagnostics)
        self.source = source

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback; beyond `MOST_SHOWN` findings only how many more."""
        lines = render(self.diagnostics[:MOST_SHOWN], self.source or "", "cell", wrap=_LINE_WIDTH).split("\n")
        more = len(self.diagnostics) - MOST_SHOWN
        return [*lines, "", f"… and {more} more. Mend these first."] if more > 0 else lines


def refusal_page(diagnostics: Sequence[Diagnostic]) -> Page:
    """A refusal inside a widget, which has no cell to point into."""
    return Page((Code(render(diagnostics[:MOST_SHOWN], wrap=_LINE_WIDTH)),))


@contextlib.contextmanager
def shown_refusals(source: str | None = None) -> Iterator[None]:
    """Refusals inside are shown under the lines of `source`, without a traceback."""
    try:
        yield
    except Refused as refused:
        raise RefusedCell(refused.diagnostics, source) from None
