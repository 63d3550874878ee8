"""How each kind of released value is shown: one file a kind, found by this package.

A kind's file has `KIND`, its name; `blocks(answer)`, the tables below a result's overview; `summary(answer)`, a few
words for the overview; and `panel(answer)`, its part of a figure, or None where there is nothing to draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from ...federation.result import Answer
from ..page import Block
from ..style import Panel


class Kind(Protocol):
    """A kind of value."""

    KIND: str

    def blocks(self, answer: Answer, /) -> Iterator[Block]:
        """The tables below a result's overview."""
        ...

    def summary(self, answer: Answer, /) -> str:
        """A few words."""
        ...

    def panel(self, answer: Answer, /) -> Panel | None:
        """Its part of a figure."""
        ...


def _found() -> dict[str, Kind]:
    modules: list[Kind] = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.KIND: module for module in modules}


KINDS: dict[str, Kind] = _found()


def kind_of(answer: Answer) -> Kind:
    """How an answer is shown; a table of its parts where its kind has no file."""
    return KINDS.get(answer.shape, KINDS["table"])
