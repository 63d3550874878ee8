"""The vocabulary: one file a primitive, found by this package; each file says its sensitivity and its meaning."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..primitive import Primitive


def _found() -> dict[str, Primitive]:
    primitives: dict[str, Primitive] = {}
    for module in iter_modules(__path__):
        primitive: Primitive = import_module(f"{__name__}.{module.name}").PRIMITIVE
        primitives[primitive.name] = primitive
    return primitives


PRIMITIVES: dict[str, Primitive] = _found()
