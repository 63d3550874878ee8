"""What of the fedlab kernel runs where the notebook runs: `%%python` and `%%local`, and the line that says so."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# (IPython's decorators and displays have no types.)

from __future__ import annotations

from typing import Any, Final

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from ..page import Line, Page
from .cells import read

SAID: Final = "Local: this cell runs where this notebook's Python runs, not at a hospital."


@magics_class
class LocalMagics(Magics):
    """Python of the notebook's own process, in the place of IPython's `%%python`, which starts another process."""

    shell: Any

    @cell_magic("local")
    @cell_magic("python")  # type: ignore[arg-type]  # IPython's type of a decorator with a name
    def run_local(self, line: str, cell: str) -> None:
        """Run the cell in this notebook's own Python; the line takes no options."""
        # A cell that begins with the magic never comes here, see `cells.as_python`: this is one below another magic.
        if line.strip():
            raise UsageError(f"%%python takes nothing on its line: {line.strip()}")
        self.shell.ex(self.shell.transform_cell(cell))


class SaidOnce:
    """Says of the first local cell of a session that it is one."""

    def __init__(self) -> None:
        self._said = False

    def __call__(self, info: Any) -> None:
        """Called before a cell is run, as IPython's event `pre_run_cell`."""
        if not self._said and read(info.raw_cell).is_local:
            self._said = True
            display(Page((Line(SAID, "quiet"),)))
