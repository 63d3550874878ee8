"""What a release asks for its price: an epsilon, an error to stay within, or a share of the cap by weight."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction

from .public import Public

_FOUR_DIGITS = Context(prec=4, rounding=ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Asked:
    """The price of one release as its call says it.

    Attributes:
        epsilon: its price, also where that is a share of the cap; None where `within` decides it.
        within: the error that decides its price.
        persons: for how many persons `within` is meant; None for the declared size.
        weight: of its share; None where the call states a price or an error.
    """

    epsilon: Public | None = None
    within: Public | None = None
    persons: float | None = None
    weight: float | None = None


def exact(written: float) -> Fraction:
    """The number that people read: 0.1 is one tenth, not the nearest sum of powers of two."""
    return Fraction(str(written))


def share(allowance: Fraction, weight: float) -> float:
    """The epsilon of a release of this weight, rounded down to four significant digits."""
    amount = allowance * exact(weight)
    return float(_FOUR_DIGITS.divide(Decimal(amount.numerator), Decimal(amount.denominator)))
