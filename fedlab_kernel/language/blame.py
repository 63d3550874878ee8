"""Faults whose cause is the expression around the place where they were noticed: said of that expression."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping, Sequence
from itertools import islice

from . import translations
from .expressions import Step
from .fault import Fault
from .primitive import Primitive

_CHAINED = frozenset(translations.CHAINED)
MAX_STEPS = 64  # of the expression that are looked at


def wider(
    fault: Fault, node: ast.expr, steps: Sequence[Step], vocabulary: Mapping[str, Primitive]
) -> tuple[Fault, ast.expr]:
    """The fault to report and the node it is about: those given, or what stands around the node."""
    if isinstance(node, ast.Name):
        if fault.code == "FQ223" and node.id in translations.LIBRARIES:
            return _of_library(fault, node, steps, vocabulary)
        if fault.code == "FQ206" and fault.replace and not any(_reads(outer, node) for outer in _after(node, steps)):
            fault.replace = None  # one person stands for the table where a column is read, and nowhere else
    elif isinstance(node, ast.Call | ast.Attribute) and fault.code in ("FQ210", "FQ224") and _word(node) in _CHAINED:
        replaced = translations.of_chain(node, _chain(node, steps))
        if replaced is not None:
            replace, outer = replaced
            return Fault(fault.code, fault.message, replace=replace), outer
    elif fault.code == "FQ211" and isinstance(getattr(node, "op", None), ast.BitAnd | ast.BitOr | ast.Invert):
        for outer in _after(node, steps):
            if isinstance(outer, ast.Compare) and node in (outer.left, outer.comparators[0]):
                fix = "put each comparison in parentheses: `$new`"
                return Fault(fault.code, fault.message, fix=fix, replace="$pairs"), outer
    return fault, node


def _of_library(
    fault: Fault, node: ast.Name, steps: Sequence[Step], vocabulary: Mapping[str, Primitive]
) -> tuple[Fault, ast.expr]:
    """The call, or else the last attribute, behind a library's name."""
    chain = _chain(node, steps)
    called = [outer for outer in chain if isinstance(outer, ast.Call)]
    if not chain:
        return fault, node
    outer = called[0] if called else chain[-1]
    path = ast.unparse(outer.func if isinstance(outer, ast.Call) else outer)[:80]
    return translations.of_library(path, outer, vocabulary), outer


def _reads(outer: ast.expr, node: ast.expr) -> bool:
    return isinstance(outer, ast.Attribute) and outer.value is node


def _word(node: ast.Call | ast.Attribute) -> str:
    """The word behind the dot."""
    behind = node.func if isinstance(node, ast.Call) else node
    return behind.attr if isinstance(behind, ast.Attribute) else ""


def is_library(node: ast.expr, names: Container[str]) -> bool:
    """Whether an expression goes out from a library's name that no name of the query hides."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in translations.LIBRARIES and node.id not in names


def _after(node: ast.expr, steps: Sequence[Step]) -> list[ast.expr]:
    """The nodes that are computed next."""
    here = next(at for at, step in enumerate(steps) if step[0] is node)
    return [step[0] for step in islice(steps, here + 1, here + 1 + MAX_STEPS)]


def _chain(node: ast.expr, steps: Sequence[Step]) -> list[ast.expr]:
    """The attributes, calls and subscripts that go on from a node, innermost first: `x.a`, `x.a[0]`, `x.a[0].b()`."""
    chain: list[ast.expr] = []
    for outer in _after(node, steps):
        match outer:
            case ast.Call(func=ast.Attribute(value=receiver)):
                pass
            case ast.Attribute(value=receiver) | ast.Subscript(value=receiver):
                pass
            case _:
                continue
        if receiver is (chain[-1] if chain else node):
            chain.append(outer)
    return chain
