"""Updates for several rounds with dropouts, and the papers' equations on Python's own numbers, entry by entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fedlab_kernel.federation.strategies import State, Strategy, Update

SIZES = {"north": 303.0, "south": 294.0, "east": 123.0, "west": 200.0}
RATE_SUM = 0.4
Round = Mapping[str, Update]


def rounds(seed: int, number: int = 8, entries: int = 5) -> list[Round]:
    """In each round every hospital answers with probability 3/4; the first always does."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(number):
        roster = [name for position, name in enumerate(SIZES) if position == 0 or rng.random() < 0.75]
        made.append({name: Update(rng.normal(0, 0.1, entries), RATE_SUM) for name in roster})
    return made


def start(entries: int = 5) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The weights that training starts from."""
    return np.linspace(-1, 1, entries, dtype=np.float32)


def states(strategy: Strategy[Any], given: Sequence[Round]) -> list[State]:
    """The state before each round, and after the last."""
    passed = [strategy.begin(start(), SIZES)]
    for updates in given:
        passed.append(strategy.advance(passed[-1], updates))
    return passed


def mean_changes(updates: Round) -> list[float]:
    """The mean change over those that answered, weighted by size."""
    total = sum(SIZES[name] for name in updates)
    columns = zip(*([float(x) * SIZES[name] for x in update.change] for name, update in updates.items()), strict=True)
    return [sum(column) / total for column in columns]
