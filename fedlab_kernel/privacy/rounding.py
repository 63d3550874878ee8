"""Arithmetic that errs on the safe side: what is charged is never below what the formula says."""

from __future__ import annotations

import math
from typing import Final

SLACK: Final = 2.0**-40
"""Relative safety margin of formulas with transcendental functions; their rounding error is below 2**-48."""


def divide_up(numerator: int, denominator: float) -> float:
    """The smallest float that is at least numerator / denominator (both positive); inf on overflow."""
    top, bottom = denominator.as_integer_ratio()
    try:
        quotient = numerator * bottom / top  # a quotient of integers is correctly rounded
    except OverflowError:
        return math.inf
    over, under = quotient.as_integer_ratio()
    exact_or_above = over * top >= numerator * bottom * under
    return quotient if exact_or_above else math.nextafter(quotient, math.inf)


def add_up(a: float, b: float) -> float:
    """The smallest float that is at least a + b."""
    total = a + b
    if not math.isfinite(total):
        return total
    # fsum is correctly rounded, so the sign of the remainder is the sign of the rounding error.
    return math.nextafter(total, math.inf) if math.fsum((a, b, -total)) > 0 else total
