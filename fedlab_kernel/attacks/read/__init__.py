"""What can be read from an update: one file an attack, found by this package.

A file has `NAME`, `TITLE`, which is for people, and `reconstruct`, which gives what is known after each round of the
attack, the last being all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final

from ..reconstruction import Reconstruction
from ..seen import Seen

Attack = Callable[[Seen], Iterator[Reconstruction]]


def _found() -> dict[str, ModuleType]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


_MODULES = _found()

READ: Final[Mapping[str, Attack]] = {name: module.reconstruct for name, module in _MODULES.items()}
"""The attacks by name."""

TITLES: Final[Mapping[str, str]] = {name: module.TITLE for name, module in _MODULES.items()}
