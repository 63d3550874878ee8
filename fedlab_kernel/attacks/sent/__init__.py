"""The networks that a server can send, honest and forged: one file each, found by this package.

A file has `NAME`, `TITLE`, which is for people, and `network`, which makes one from what the server knows and a
generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Final

from ..network import Network
from .knowledge import Knowledge as Knowledge

Sender = Callable[..., Network]


def _found() -> dict[str, ModuleType]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


_MODULES = _found()

SENT: Final[Mapping[str, Sender]] = {name: module.network for name, module in _MODULES.items()}
"""The makers of networks by name."""

TITLES: Final[Mapping[str, str]] = {name: module.TITLE for name, module in _MODULES.items()}
