"""What losses share: one number a person that says how far a prediction is from what was observed.

Logarithms of probabilities are held at -100, so one person's loss is bounded (by 100, for one probability) and a
prediction that was sure and wrong still has a number.
"""

from __future__ import annotations

import math
from typing import Any, Final

from . import layers
from .fault import Fault
from .operators import Operand, numbers
from .primitive import Call

LARGEST: Final = 100.0
"""Minus the least logarithm of a probability."""
LEAST_PROBABILITY: Final = math.exp(-LARGEST)
_SLACK: Final = 1e-9  # bounds of probabilities are rounded outwards, probabilities themselves are held


def number(call: Call, name: str, fix: str | None = None) -> Operand:
    """The argument as one number a person; a vector of one, as a last layer gives, counts as one.

    Raises:
        Fault: FQ212 where it is more, with the fix.
    """
    value = layers.operand(call, name)
    lengths = layers.shape(value)
    if lengths not in ((), (1,)):
        raise Fault("FQ212", f"`{call.name}` takes one number as `{name}`; this is {layers.said(lengths)}.", name, fix)
    return value


def require_probabilities(call: Call, name: str, value: Operand, function: str) -> None:
    """Refuse numbers that may lie outside 0 and 1; `function` makes probabilities of any numbers.

    Raises:
        Fault: FQ215.
    """
    lo, hi = layers.interval(value)
    if lo < -_SLACK or hi > 1.0 + _SLACK:
        message = f"`{call.name}` takes probabilities, from 0 to 1, as `{name}`; these numbers may lie outside."
        raise Fault("FQ215", message, name, f"end the prediction with `{function}(…)`")


def one(xp: Any, value: Any) -> Any:
    """Numbers, shape (persons,), of an evaluated argument that `number` accepted."""
    value = numbers(xp, value)
    return value[0] if len(getattr(value, "shape", ())) == 2 else value


def log_probability(xp: Any, p: Any) -> Any:
    """The logarithm of probabilities, from -100 to 0; what is not a number stays so."""
    return xp.log(xp.minimum(xp.maximum(p, LEAST_PROBABILITY), 1.0))
