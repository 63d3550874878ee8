"""The kernel itself: IPython's, with queries for cells and hospitals that it starts while the notebook opens."""

# mypy: disable-error-code="no-untyped-call"
# (IPython, ipykernel and traitlets are typed in part only.)

from __future__ import annotations

import os
from typing import Any, Final

from ipykernel.ipkernel import IPythonKernel
from IPython.core.magic_arguments import parse_argstring
from IPython.core.page import page
from traitlets import Unicode, default

from ... import __version__
from ...editor.magic import query_of
from ..errors import shown_refusals
from ..magics import FedlabMagics, load
from ..workbench import Workbench
from .cells import as_python, asked_about, query_of_cell, read
from .editing import completed, completeness, meaning, plain
from .local import LocalMagics, SaidOnce
from .waiting import await_hospitals

HOSPITALS: Final = "FEDLAB_HOSPITALS"
Reply = dict[str, Any]


class FedlabKernel(IPythonKernel):
    """A kernel whose cells are queries, unless they are for IPython; see `cells`."""

    shell: Any
    implementation = "fedlab"
    implementation_version = __version__
    banner = f"fedlab {__version__}: every cell is a query; %%python is for this notebook's own Python."
    language_info = {  # noqa: RUF012 - as the class above declares it
        "name": "fedquery",
        "version": __version__,
        "mimetype": "text/x-python",
        "codemirror_mode": {"name": "python", "version": 3},
        "pygments_lexer": "python3",
        "file_extension": ".fq",
    }

    query_of = staticmethod(query_of_cell)
    """Which cells are queries, for what JupyterLab's extension asks."""

    hospitals = Unicode(
        help=f"The data whose hospitals are started with the kernel; by default {HOSPITALS}, or else heart. '': none."
    ).tag(config=True)

    @default("hospitals")
    def _default_hospitals(self) -> str:
        return os.environ.get(HOSPITALS, "heart")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        load(self.shell)
        self.shell.register_magics(LocalMagics)
        self.shell.events.register("pre_run_cell", SaidOnce())
        self.shell.input_transformers_cleanup.insert(0, self._as_python)

    @property
    def workbench(self) -> Workbench:
        """That of the notebook; a new one after `%unload_ext`."""
        return load(self.shell)

    def start(self) -> None:
        """Begin to answer, and start the hospitals meanwhile."""
        super().start()
        if self.hospitals:
            self.workbench.start_soon(self.hospitals)

    # Running cells ---------------------------------------------------------------------------------

    def _as_python(self, lines: list[str]) -> list[str]:
        """What to run in the place of a cell; the text that magics run is Python as ever."""
        sent = self.get_parent("shell").get("content", {}).get("code", "")
        text = "".join(lines)
        return as_python(text).splitlines(keepends=True) if text.rstrip("\n") == sent.rstrip("\n") else lines

    def ask(self, query: str) -> object:
        """Ask the query that a cell is; its lines are those of the cell."""
        magics = self._ready_magics()
        return magics.ask(query, parse_argstring(magics.fedquery, ""))

    def ask_with(self, options: str, query: str) -> object:
        """Ask the query of a cell whose first line is `%%fedquery` with options."""
        return self._ready_magics().fedquery(options, query)

    def describe(self, word: str, detail: int) -> None:
        """Show what a word means, in a query or else in Python."""
        markdown = meaning(word, len(word), self.workbench.federation)
        if markdown:
            page(_bundle(markdown))
        else:
            self.shell.run_line_magic("pinfo2" if detail else "pinfo", word)

    def _ready_magics(self) -> FedlabMagics:
        """The notebook's magics, once the hospitals that are being started are there or are not."""
        with shown_refusals():
            await_hospitals(self.workbench)
        magics: FedlabMagics = self.shell.magics_manager.registry[FedlabMagics.__name__]
        return magics

    async def do_history(self, *given: Any, **named: Any) -> Reply:
        """Earlier cells, those of this session under its number, which IPython leaves out."""
        reply: Reply = super().do_history(*given, **named)
        now = self.shell.history_manager.session_number
        return {**reply, "history": [(session or now, *rest) for session, *rest in reply["history"]]}

    # Editing cells ---------------------------------------------------------------------------------

    async def do_complete(self, code: str, cursor_pos: int | None) -> Reply:
        """Completion: in a query what the editor service offers, elsewhere IPython's."""
        cursor = len(code) if cursor_pos is None else cursor_pos
        cell, query = read(code), query_of_cell(code)
        if cell.is_query_at(cursor):
            return completed(query or cell.query, cursor, self.workbench.federation)
        reply: Reply = super().do_complete(cell.commented if cell.kind == "python" else code, cursor)
        return reply

    async def do_inspect(self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> Reply:
        """Inspection: in a query what the word means there, elsewhere IPython's."""
        cell = read(code)
        word = asked_about(code) if cell.kind == "ipython" else None
        if word is None and not cell.is_query_at(cursor_pos):
            code = cell.commented if cell.kind == "python" else code
            reply: Reply = super().do_inspect(code, cursor_pos, detail_level, omit_sections)
            return reply
        text, at = (query_of_cell(code) or cell.query, cursor_pos) if word is None else (word, len(word))
        markdown = meaning(text, at, self.workbench.federation)
        data = _bundle(markdown) if markdown else {}
        return {"status": "ok", "found": bool(markdown), "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> Reply:
        """Whether a cell can be run as it is."""
        cell = read(code)
        if cell.kind == "empty":
            return {"status": "complete"}
        if cell.kind in ("query", "fedquery"):
            status, indent = completeness(query_of(query_of_cell(code) or ""), is_query=True)
        else:
            status, indent = completeness(cell.commented if cell.kind == "python" else code, is_query=False)
        return {"status": status} if indent is None else {"status": status, "indent": indent}


def _bundle(markdown: str) -> dict[str, str]:
    return {"text/plain": plain(markdown), "text/markdown": markdown}
