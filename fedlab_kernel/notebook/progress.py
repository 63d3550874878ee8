"""Progress of a cell that takes long: one text display that says what came in last."""

# mypy: disable-error-code="no-untyped-call"
# (IPython's displays have no types.)

from __future__ import annotations

from IPython.display import DisplayHandle


class Progress:
    """Shows the lines of a running cell in one place; nothing appears for a cell that says nothing."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._handle: DisplayHandle | None = None

    def __call__(self, line: str) -> None:
        """Add a line."""
        self._lines.append(line)
        shown = {"text/plain": "\n".join(self._lines)}
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(shown, raw=True)
        else:
            self._handle.update(shown, raw=True)
