"""Tab in a `%%fedquery` cell: what the editor service offers, in the form of IPython's completer."""

from __future__ import annotations

from collections.abc import Callable

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from ..editor import Kind, completion
from ..editor.magic import magic_of
from ..editor.positions import Positions
from ..federation.session import Federation
from .known import known_of

# How frontends call the kinds; the first letter is the badge that they show.
_TYPES: dict[Kind, str] = {
    "table": "class", "column": "property", "part": "property", "label": "text", "argument": "param",
    "name": "instance", "function": "function", "primitive": "function", "keyword": "keyword",
}  # fmt: skip


def matcher(federation: Callable[[], Federation | None]) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """An IPython matcher (API 2); `federation` gives the one that is running, if any."""

    @context_matcher(identifier="fedlab.fedquery")  # type: ignore[untyped-decorator]  # IPython has no types
    def match(context: CompletionContext) -> SimpleMatcherResult:
        text, magic = context.full_text, magic_of(context.full_text)
        offset = _offset(text, context.cursor_line, context.cursor_position)
        if not magic.end or offset <= magic.end:
            return {"completions": [], "suppress": False}
        known, place = known_of(federation()), Positions(text).position(offset)
        offered = completion(text, place, known.offer, known.names).items
        typed = text[Positions(text).offset(offered[0].replaces.start) : offset] if offered else ""
        completions = [SimpleCompletion(one.insert, type=_TYPES[one.kind]) for one in offered]
        return {"completions": completions, "matched_fragment": typed, "suppress": True, "ordered": True}

    return match  # type: ignore[no-any-return]  # what the untyped decorator gives is the function


def _offset(text: str, line: int, column: int) -> int:
    """The offset of a place that IPython counts in code points."""
    return len("\n".join([*text.split("\n")[:line], ""])) + column
