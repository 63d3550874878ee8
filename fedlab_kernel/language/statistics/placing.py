"""Where numbers lie among public edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

FEW = 64
"""Edges, up to which comparing with each is faster than a search, which guesses its branches a number."""


def passed(xp: Any, edges: Sequence[float], x: Any, *, reached: bool = True) -> Any:
    """How many of the edges each number is beyond, whole numbers of shape (persons,); any for what is no number.

    Args:
        xp: the array namespace.
        edges: increasing.
        x: numbers, shape (persons,).
        reached: whether a number that equals an edge counts as beyond it.
    """
    if len(edges) > FEW:
        return xp.searchsorted(xp.asarray(edges), x, side="right" if reached else "left")
    count = xp.zeros(x.shape, dtype=xp.int8)
    for edge in edges:
        count += x >= edge if reached else x > edge
    return count.astype(xp.int64)
