"""Layers: one file an operation through which weights enter, found by this package."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .layer import Layer


def _found() -> dict[str, Layer]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {layer.op: layer for module in modules for layer in getattr(module, "LAYERS", ())}


LAYERS: dict[str, Layer] = _found()
"""By the name of the operation."""
