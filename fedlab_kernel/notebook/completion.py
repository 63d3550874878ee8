"""Tab in a `%%fedquery` cell: tables, columns, labels, primitives, their arguments, and names of earlier cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from ..federation.session import Federation
from ..language.catalogue import Catalogue
from ..language.primitives import PRIMITIVES
from ..language.public import Record
from ..language.values import FunctionValue, RowsValue, TableValue, Value

Found = Iterable[tuple[str, str]]  # completions, and what each is

_WORD = re.compile(r"[A-Za-z_]?\w*$")
_STRING = re.compile(r"""(["'])((?:(?!\1)[^\\\n])*)$""")
_TABLE = re.compile(r"\btable\s*\(\s*$")
_COMPARED = re.compile(r"\.\s*(\w+)\s*[!=]=\s*$")
_OWNER = re.compile(r"([A-Za-z]\w*)\s*\.\s*$")
_KEYWORDS = ("and", "def", "else", "False", "for", "if", "in", "not", "or", "range", "return", "True")


def matcher(federation: Callable[[], Federation | None]) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """An IPython matcher (API 2); `federation` gives the one that is running, if any."""

    @context_matcher(identifier="fedlab.fedquery")  # type: ignore[untyped-decorator]  # IPython has no types
    def match(context: CompletionContext) -> SimpleMatcherResult:
        if not context.full_text.startswith("%%fedquery") or context.cursor_line == 0:
            return {"completions": [], "suppress": False}
        lines = context.full_text.split("\n")
        before = "\n".join([*lines[1 : context.cursor_line], lines[context.cursor_line][: context.cursor_position]])
        # The unfinished line is left out, so that the others can be checked for what their names mean.
        others = "\n".join([*lines[1 : context.cursor_line], "", *lines[context.cursor_line + 1 :]])
        running = federation()
        catalogue = running.catalogue if running is not None else {}
        names = _names(running, others) if running is not None else {}
        typed, found = complete(before, catalogue, names)
        completions = [SimpleCompletion(text, type=kind) for text, kind in found if text.startswith(typed)]
        return {"completions": completions, "matched_fragment": typed, "suppress": True, "ordered": True}

    return match  # type: ignore[no-any-return]  # what the untyped decorator gives is the function


def complete(before: str, catalogue: Catalogue, names: Mapping[str, Value]) -> tuple[str, Found]:
    """What was typed of the word at the cursor, and every word that could stand there, with its kind.

    Args:
        before: the query up to the cursor.
        catalogue: the tables.
        names: what the names of this and of earlier cells mean.
    """
    quoted = _STRING.search(before.rpartition("\n")[2])
    if quoted is not None and before.rpartition("\n")[2][: quoted.start()].count(quoted[1]) % 2 == 0:
        return quoted[2], _strings(before[: len(before) - len(quoted[0])], catalogue)
    word = _WORD.search(before)
    typed = word[0] if word is not None else ""
    start = before[: len(before) - len(typed)]
    owner = _OWNER.search(start)
    if owner is not None or start.rstrip().endswith("."):
        return typed, _members(owner[1] if owner is not None else "", catalogue, names)
    return typed, [*_arguments(start), *_words(names)]


def _strings(start: str, catalogue: Catalogue) -> Found:
    if _TABLE.search(start):
        return [(name, "class") for name in catalogue]
    compared = _COMPARED.search(start)
    sources = [table.columns for table in catalogue.values()]
    sources += [rows.columns for table in catalogue.values() for rows in table.nested.values()]
    columns = [source[compared[1]] for source in sources if compared and compared[1] in source]
    return dict.fromkeys((label, "text") for column in columns for label in column.categories)


def _members(owner: str, catalogue: Catalogue, names: Mapping[str, Value]) -> Found:
    value = names.get(owner)
    if isinstance(value, Record):
        return [(name, "property") for name, _ in value.fields]
    tables = [value.table] if isinstance(value, TableValue) else list(catalogue.values())
    hanging = [table.nested[owner] for table in tables if owner in table.nested]
    if isinstance(value, RowsValue):
        hanging = [value.nested]
    columns = dict.fromkeys(name for rows in hanging for name in rows.columns)
    if not hanging:
        columns = dict.fromkeys(name for table in tables for name in (*table.columns, *table.nested))
    methods = [name for name, primitive in PRIMITIVES.items() if primitive.method]
    return [*((name, "property") for name in columns), *((name, "function") for name in methods)]


def _arguments(start: str) -> Found:
    """The named arguments of the call the cursor is in, where one can begin."""
    if not start.rstrip().endswith(("(", ",")):
        return []
    primitive = PRIMITIVES.get(_open_call(start))
    if primitive is None:
        return []
    named = [parameter for parameter in primitive.parameters if parameter.named or not parameter.required]
    return [(f"{parameter.name}=", "param") for parameter in named if not parameter.many]


def _open_call(start: str) -> str:
    """The name before the innermost bracket that is still open; empty if it is no call."""
    depth = 0
    for at in range(len(start) - 1, -1, -1):
        if start[at] in ")]":
            depth += 1
        elif start[at] in "([":
            if depth == 0:
                called = re.search(r"(\w+)\s*$", start[:at])
                return called[1] if called is not None and start[at] == "(" else ""
            depth -= 1
    return ""


def _words(names: Mapping[str, Value]) -> Found:
    kinds = [(name, "function" if isinstance(value, FunctionValue) else "instance") for name, value in names.items()]
    vocabulary = [name for name, entry in PRIMITIVES.items() if not entry.method and entry.world != "wire"]
    return [*kinds, *((name, "function") for name in vocabulary), *((word, "keyword") for word in _KEYWORDS)]


def _names(federation: Federation, others: str) -> Mapping[str, Value]:
    return {**federation.names, **federation.check(others).checked.names}
