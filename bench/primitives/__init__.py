"""Each primitive on a million persons, against numpy written by hand for the same numbers; one module a world."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..row import Row
from .case import Case, measured


def cases() -> list[Case]:
    """The cases of every module that has any."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return [case for module in modules for case in getattr(module, "CASES", ())]


def run() -> list[Row]:
    """Median time of both, in turns, over the same columns, one thread.

    Raises:
        AssertionError: the two differ.
    """
    return [measured(case) for case in cases()]
