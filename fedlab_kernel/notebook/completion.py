"""Tab in a `%%fedquery` cell: what the editor service offers, in the form of IPython's completer."""

from __future__ import annotations

from collections.abc import Callable

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from ..editor import Kind, Position, completion
from ..editor.positions import Positions
from ..errors import Refused
from ..federation.pricing import Published
from ..federation.session import Federation

# How frontends call the kinds; the first letter is the badge that they show.
_TYPES: dict[Kind, str] = {
    "table": "class", "column": "property", "part": "property", "label": "text", "argument": "param",
    "name": "instance", "function": "function", "primitive": "function", "keyword": "keyword",
}  # fmt: skip


def matcher(federation: Callable[[], Federation | None]) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """An IPython matcher (API 2); `federation` gives the one that is running, if any."""

    @context_matcher(identifier="fedlab.fedquery")  # type: ignore[untyped-decorator]  # IPython has no types
    def match(context: CompletionContext) -> SimpleMatcherResult:
        text = context.full_text
        if not text.startswith("%%fedquery") or context.cursor_line == 0:
            return {"completions": [], "suppress": False}
        running = federation()
        place = _position(text, context.cursor_line, context.cursor_position)
        offered = completion(text, place, _offer(running), running.names if running is not None else {}).items
        typed = _typed(text, offered[0].replaces.start, place) if offered else ""
        completions = [SimpleCompletion(one.insert, type=_TYPES[one.kind]) for one in offered]
        return {"completions": completions, "matched_fragment": typed, "suppress": True, "ordered": True}

    return match  # type: ignore[no-any-return]  # what the untyped decorator gives is the function


def _offer(running: Federation | None) -> Published | None:
    try:
        return running.offer() if running is not None else None
    except Refused:  # none of the hospitals is ready
        return None


def _position(text: str, line: int, column: int) -> Position:
    """A place that IPython counts in code points."""
    return Positions(text).position(len("\n".join([*text.split("\n")[:line], ""])) + column)


def _typed(text: str, start: Position, end: Position) -> str:
    positions = Positions(text)
    return text[positions.offset(start) : positions.offset(end)]
