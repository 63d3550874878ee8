"""Attacks that search for a batch whose gradient is the one that was seen: one file each, found by this package.

A file has `NAME`, `TITLE`, which is for people, and `reconstruct`, which gives what is known every few steps, the last
being all. They compute on tensors, so their names are read from their text, and torch is loaded by the first attack.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final, cast

from ..reconstruction import Reconstruction
from .seen import SeenGradients

Attack = Callable[[SeenGradients], Iterator[Reconstruction]]


def _constants(module: str) -> dict[str, str]:
    """The texts that a file of this package gives names to."""
    body = ast.parse((Path(__file__).parent / f"{module}.py").read_text("utf-8")).body
    return {
        name.id: one.value.value
        for one in body
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str)
        for name in one.targets
        if isinstance(name, ast.Name)
    }


_FOUND = [(module.name, _constants(module.name)) for module in iter_modules(__path__)]
_MODULES = {constants["NAME"]: module for module, constants in _FOUND if "NAME" in constants}

OPTIMISING: Final[Mapping[str, str]] = {
    constants["NAME"]: constants["TITLE"] for _, constants in _FOUND if "NAME" in constants
}
"""The attacks' names, and their titles."""


def attack(name: str) -> Attack:
    """One of `OPTIMISING`; this is when torch is loaded."""
    return cast("Attack", import_module(f"{__name__}.{_MODULES[name]}").reconstruct)
