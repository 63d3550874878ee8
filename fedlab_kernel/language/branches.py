"""What is known after a condition that is not: the two sides of a branch made one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .bill import Released
from .public import List, join
from .values import LEARNED, PRIVATE, Absent, Columns, FunctionValue, Pair, Poison, Value


@dataclass(frozen=True, slots=True)
class State:
    """What a side of a branch may change.

    Attributes:
        names: the names it sees.
        origins: for a name that holds one released value, that release.
        occurrences: how often each computation was asked for.
    """

    names: dict[str, Value]
    origins: dict[str, Released]
    occurrences: dict[bytes, int]

    def copy(self) -> State:
        """A state that can change on its own."""
        return State(dict(self.names), dict(self.origins), dict(self.occurrences))

    def merged(self, other: State, burn: Callable[[int], None]) -> State:
        """What holds on both sides; `burn` is told how much work that was."""
        names = dict(self.names)
        for name in {**self.names, **other.names}:
            first, second = self.names.get(name), other.names.get(name)
            if first is not second:
                burn(1 + (first.size >> 3 if isinstance(first, List) else 0))
                names[name] = merged(first, second)
        origins = {name: origin for name, origin in self.origins.items() if other.origins.get(name) is origin}
        occurrences = dict(self.occurrences)
        for digest, count in other.occurrences.items():
            occurrences[digest] = max(count, occurrences.get(digest, 0))
        return State(names, origins, occurrences)


def merged(first: Value | None, second: Value | None) -> Value:
    """What is known of a value that is one or the other; None stands for a name that is not set."""
    if first is None or second is None:
        return Absent("only one branch of a condition sets it")
    if first is second:
        return first
    for certain in (Poison, Absent):
        if isinstance(first, certain) or isinstance(second, certain):
            return first if isinstance(first, certain) else second
    if isinstance(first, PRIVATE) and type(first) is type(second) and not isinstance(first, Columns):
        assert isinstance(second, PRIVATE)
        assert not isinstance(second, Columns)
        if first.node.digest == second.node.digest:
            return first
    private = (*PRIVATE, *LEARNED, FunctionValue, Pair)
    if isinstance(first, private) or isinstance(second, private):
        return Absent("the branches of a condition set it to different private values")
    joined = join(first, second)  # type: ignore[arg-type]  # what is not public was dealt with above
    return Absent("the branches of a condition set it to values of different kinds") if joined is None else joined
