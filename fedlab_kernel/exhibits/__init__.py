"""The data that the leakage lab attacks: one module a built-in set, found by its `NAME`, and the user's own files.

Such a module has `TITLE` too, the set's name for people, and `load()`, which gives its `Exhibit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from .column import Column as Column
from .exhibit import Exhibit as Exhibit
from .order import order as order


def titles() -> Mapping[str, str]:
    """The names of the built-in sets, in alphabetical order, each with its name for people."""
    return {name: module.TITLE for name, module in sorted(_modules().items())}


def built_in(name: str) -> Exhibit:
    """A built-in set, made anew, always of the same numbers.

    Args:
        name: one of `titles()`.

    Raises:
        KeyError: there is none of that name.
        Refused: FU513 if the set needs a library that is not installed.
    """
    data = _modules()[name].load()
    assert isinstance(data, Exhibit)
    return data


def _modules() -> dict[str, ModuleType]:
    found = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {module.NAME: module for module in found if hasattr(module, "NAME")}
