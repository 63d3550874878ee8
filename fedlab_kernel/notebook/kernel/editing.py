"""What a frontend asks while a query is typed: what a word means, and whether the query is complete."""

# mypy: disable-error-code="no-untyped-call"
# (IPython has no types.)

from __future__ import annotations

import re
from codeop import compile_command
from typing import Any

from IPython.core.completer import CompletionContext
from IPython.core.inputtransformer2 import TransformerManager

from ...editor import Position, hover
from ...editor.cursor import cursor_at
from ...editor.describing import primitive_page
from ...editor.magic import MAGIC, magic_of, query_of
from ...editor.positions import Positions
from ...federation.session import Federation
from ...language.primitives import PRIMITIVES
from ..completion import matcher
from ..known import known_of

_FENCED = re.compile(r"```\w*\n(.*?)\n```", re.DOTALL)
_BOLD = re.compile(r"(?<!\\)\*\*")
_ESCAPE = re.compile(r"\\([^A-Za-z0-9\s])")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


def meaning(text: str, cursor: int, running: Federation | None) -> str:
    """What the word at a cursor means, as Markdown: the word under it, or left of it, or the call around it.

    Args:
        text: of the cell, as the editor service takes it.
        cursor: in code points.
        running: the hospitals, if any are running.

    Returns:
        "" where there is nothing to say.
    """
    positions = Positions(text)
    for offset in (cursor, cursor - 1):
        page = _hovered(text, positions.position(offset), running)
        if page:
            return page
    called = cursor_at(query_of(text), min(cursor, len(text))).called
    return primitive_page(called.name) if called is not None and called.name in PRIMITIVES else ""


def completed(text: str, cursor: int, running: Federation | None) -> dict[str, Any]:
    """A reply to a completion request: what the editor service offers and nothing beside it, not even names of files.

    Args:
        text: of the cell, as the editor service takes it.
        cursor: in code points.
        running: the hospitals, if any are running.
    """
    # The matcher answers below a first line that is a magic's.
    shown = text.lstrip() if magic_of(text).end else f"{MAGIC}\n{text}"
    *lines, line = shown[: len(shown) - len(text) + cursor].split("\n")
    context = CompletionContext("", shown, len(line), len(lines), None)
    found = matcher(lambda: running)(context)
    start = cursor - len(found.get("matched_fragment", ""))
    places = {"start": start, "end": cursor, "signature": ""}
    offered = [{"text": one.text, "type": one.type, **places} for one in found["completions"]]
    return {
        "status": "ok",
        "matches": [one["text"] for one in offered],
        "cursor_start": start,
        "cursor_end": cursor,
        "metadata": {"_jupyter_types_experimental": offered},
    }


def plain(markdown: str) -> str:
    """A page of the editor service as plain text."""
    parts = _FENCED.split(markdown)  # what is fenced, is every other part
    return "".join(part if number % 2 else _unmarked(part) for number, part in enumerate(parts))


def completeness(text: str, *, is_query: bool) -> tuple[str, str | None]:
    """Whether a text can be run: "complete", "invalid", or "incomplete" and how the next line is to be indented.

    Args:
        text: without the line of its magic.
        is_query: whether it is no Python, so that it has none of IPython's lines. A query that Python can read is
            complete; what else is wrong with it is said when it is run.
    """
    try:
        status, spaces = TransformerManager().check_complete(text)
    except (RecursionError, MemoryError):  # nested too deep
        return "invalid", None
    if status != "incomplete":
        return status, None
    if is_query and not _can_go_on(text):  # which IPython does not notice below a first line
        return "invalid", None
    return status, " " * (spaces or 0)


def _can_go_on(text: str) -> bool:
    """Whether some continuation makes it a text that Python can read."""
    try:
        compile_command(text, symbol="exec")
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return False
    return True


def _hovered(text: str, position: Position, running: Federation | None) -> str:
    known = known_of(running)
    found = hover(text, position, known.offer, known.names, known.researcher, known.paid)
    return found.text if found is not None else ""


def _unmarked(markdown: str) -> str:
    text = _ESCAPE.sub(r"\1", _BOLD.sub("", markdown))
    return re.sub("|".join(_ENTITIES), lambda found: _ENTITIES[found[0]], text)
