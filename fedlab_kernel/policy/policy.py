"""A hospital's policy as data, and its strict reading from the [policy] table of hospital.toml."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.privacy.accounting import Budget

ANYONE: Final = "*"
UNENFORCED: Final = ("minimum_hospitals",)
"""Fields that are recorded and shown, but that nothing enforces before aggregation is secure."""

ADMISSION: Final = ("start", "anomaly", "exposure")
"""What may be checked of a model before it is trained, see `gate`."""

LARGEST_MODEL: Final = 2_000_000
"""Weights of which a correction and an update, eight bytes a weight, still fit into a frame of the wire."""

_PUBLIC_KEY: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Policy:
    """What one hospital allows; public, so that a client can judge a question before sending it.

    Attributes:
        tables: names of the tables that may be asked about; None for all.
        columns: by table, the columns that may be asked about, those of nested rows as "visits.cost", and "visits" if
            the rows may be counted; a table without an entry, or None, means all.
        primitives: names of the aggregates and person-level primitives that may be used; None for all.
            What only connects them is always allowed (see `names.PLUMBING`).
        epsilon_min, epsilon_max: the range of one release.
        budget_epsilon, budget_delta: the cap on all answers to one researcher.
        total_epsilon, total_delta: the cap on all answers to all researchers together (they may collude).
        release_delta: the delta that one Gaussian release uses, and the most it may use.
        researchers: Ed25519 public keys, 64 lower-case hex digits each; ("*",) for anyone; none by default.
        max_request_bytes: the largest request that is read; weights of models up to `max_weights` do not count.
        max_weights: the most weights that a model may have which is trained here.
        deadline_seconds: after this time a request is answered by a refusal that no row influences.
        tick_seconds: replies leave at multiples of this time.
        minimum_hospitals: how many hospitals an answer should be added up over. Recorded, not enforced.
        classroom: whether raw updates are given, which tell everything: for lessons, and of data only that ship with
            fedlab.
        admission: what is checked of a model before each round of its training, of `ADMISSION`; nothing by default.
    """

    tables: frozenset[str] | None = None
    columns: Mapping[str, frozenset[str]] | None = None
    primitives: frozenset[str] | None = None
    epsilon_min: float = 0.001
    epsilon_max: float = 10.0
    budget_epsilon: float = 10.0
    budget_delta: float = 1e-6
    total_epsilon: float = 20.0
    total_delta: float = 2e-6
    release_delta: float = 1e-8
    researchers: tuple[str, ...] = ()
    max_request_bytes: int = 1 << 20
    max_weights: int = 1_000_000
    deadline_seconds: float = 30.0
    tick_seconds: float = 0.05
    minimum_hospitals: int = 1
    classroom: bool = False
    admission: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, holds, rule in _CONDITIONS:
            if not holds(self):
                raise _fault(name, rule)

    def budgets(self) -> tuple[Budget, Budget]:
        """New budgets: one for each researcher, and one over all researchers."""
        return (
            Budget(self.budget_epsilon, self.budget_delta),
            Budget(self.total_epsilon, self.total_delta),
        )

    def to_dict(self) -> dict[str, Any]:
        """The policy as TOML values, which `from_dict` reads back; what is None is left out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Policy:
        """The policy described by the [policy] table; what is left out takes its default.

        Raises:
            Refused: FH301 naming the key, if it is unknown or its value of a wrong type or out of range.
        """
        for key in given:
            if key not in _READERS:
                raise _fault(key, "is not a setting that fedlab knows", known=True)
        return cls(**{key: _READERS[key](key, value) for key, value in given.items()})


def _fault(key: str, rule: str, known: bool = False) -> Refused:
    fix = f"the settings are {', '.join(_READERS)}" if known else None
    return Refused(diagnose("FH301", f"[policy] {key} {rule}.", fix=fix))


def _names(key: str, value: Any) -> frozenset[str]:
    return frozenset(_strings(key, value))


def _strings(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise _fault(key, "must be a list of strings")
    return tuple(value)


def _names_by_table(key: str, value: Any) -> dict[str, frozenset[str]]:
    if not isinstance(value, Mapping) or not all(isinstance(table, str) for table in value):
        raise _fault(key, "must be a table with a list of column names for each table name")
    return {table: _names(f"{key}.{table}", names) for table, names in value.items()}


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _fault(key, "must be a number")
    return float(value)


def _truth(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _fault(key, "must be true or false")
    return value


def _integer(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _fault(key, "must be an integer")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


_READERS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "tables": _names,
    "columns": _names_by_table,
    "primitives": _names,
    "epsilon_min": _number,
    "epsilon_max": _number,
    "budget_epsilon": _number,
    "budget_delta": _number,
    "total_epsilon": _number,
    "total_delta": _number,
    "release_delta": _number,
    "researchers": _strings,
    "max_request_bytes": _integer,
    "max_weights": _integer,
    "deadline_seconds": _number,
    "tick_seconds": _number,
    "minimum_hospitals": _integer,
    "classroom": _truth,
    "admission": _names,
}

# Comparisons are written so that nan fails them.
_CONDITIONS: Final[tuple[tuple[str, Callable[[Policy], bool], str], ...]] = (
    ("epsilon_min", lambda p: 0 < p.epsilon_min < math.inf, "must be positive and finite"),
    (
        "epsilon_max",
        lambda p: p.epsilon_min <= p.epsilon_max < math.inf,
        "must be at least epsilon_min and finite",
    ),
    ("budget_epsilon", lambda p: 0 < p.budget_epsilon < math.inf, "must be positive and finite"),
    ("budget_delta", lambda p: 0 <= p.budget_delta < 1, "must be at least 0 and below 1"),
    (
        "total_epsilon",
        lambda p: p.budget_epsilon <= p.total_epsilon < math.inf,
        "must be at least budget_epsilon",
    ),
    (
        "total_delta",
        lambda p: p.budget_delta <= p.total_delta < 1,
        "must be at least budget_delta and below 1",
    ),
    ("release_delta", lambda p: 0 <= p.release_delta < 1, "must be at least 0 and below 1"),
    (
        "researchers",
        lambda p: p.researchers == (ANYONE,) or all(_PUBLIC_KEY.fullmatch(key) for key in p.researchers),
        'must be public keys of 64 lower-case hex digits, or ["*"] for anyone',
    ),
    ("max_request_bytes", lambda p: p.max_request_bytes > 0, "must be positive"),
    ("max_weights", lambda p: 0 <= p.max_weights <= LARGEST_MODEL, f"must be from 0 to {LARGEST_MODEL}"),
    ("deadline_seconds", lambda p: 0 < p.deadline_seconds < math.inf, "must be positive and finite"),
    ("tick_seconds", lambda p: 0 <= p.tick_seconds < p.deadline_seconds, "must be below deadline_seconds"),
    ("minimum_hospitals", lambda p: p.minimum_hospitals >= 1, "must be at least 1"),
    ("admission", lambda p: p.admission <= {*ADMISSION}, f"must be a list of checks among {', '.join(ADMISSION)}"),
)
