"""The networks that a server can send, honest and forged: one file each, found by this package.

A file has `NAME`, and `network`, which makes one from what the server knows and a generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from ..network import Network
from .knowledge import Knowledge as Knowledge

Sender = Callable[..., Network]


def _found() -> dict[str, Sender]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.NAME: module.network for module in modules if hasattr(module, "NAME")}


SENT: Final[Mapping[str, Sender]] = _found()
