"""The ranges of the strategies' options."""

from __future__ import annotations

from typing import Final

from ...errors import Refused, diagnose

LARGEST: Final = 1e15
"""No option is larger; its square is still far from overflowing."""


def require_positive(option: str, value: float) -> None:
    """Refuse (FU510) what is not a positive number up to `LARGEST`."""
    if not (_is_number(value) and 0 < value <= LARGEST):
        raise _outside(option, f"a positive number up to {LARGEST:g}", value)


def require_not_negative(option: str, value: float) -> None:
    """Refuse (FU510) what is neither zero nor a positive number up to `LARGEST`."""
    if not (_is_number(value) and 0 <= value <= LARGEST):
        raise _outside(option, f"zero or a positive number up to {LARGEST:g}", value)


def require_decay(option: str, value: float) -> None:
    """Refuse (FU510) what is not the decay of a moving average: at least 0, below 1."""
    if not (_is_number(value) and 0 <= value < 1):
        raise _outside(option, "at least 0 and below 1", value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _outside(option: str, wanted: str, value: object) -> Refused:
    return Refused(diagnose("FU510", f"`{option}` must be {wanted}, not {value!r}."))
