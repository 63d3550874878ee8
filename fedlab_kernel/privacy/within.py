"""From a wished error to the epsilon it costs: `release(x, within=5)`."""

from __future__ import annotations

import math
from collections.abc import Callable

from fedlab_kernel.errors import Refused, diagnose


def epsilon_for(
    half_width_of: Callable[[float], float], within: float, lowest: float, highest: float, unit: str = ""
) -> float:
    """The smallest epsilon, rounded up to four significant digits, whose error is expected within `within`.

    Args:
        half_width_of: the expected 95 % half-width at an epsilon; must not grow with epsilon.
        within: the wished half-width, in the unit of the answer or `unit`.
        lowest: the smallest epsilon a release may have, positive.
        highest: the largest.
        unit: of the half-width, where that is not the answer's own.

    Raises:
        Refused: FP105 if even `highest` is not enough; the message says what it achieves.
    """
    if not 0 < lowest <= highest < math.inf:
        raise ValueError(f"not a range of epsilon: {lowest!r} to {highest!r}")
    best = half_width_of(highest)
    if not best <= within:
        raise Refused(
            diagnose(
                "FP105",
                f"An error of {within:g}{f' {unit}' if unit else ''} is out of reach: the largest epsilon of one "
                f"release, {highest:g}, achieves {best:.3g}.",
                fix=f"within={_round_up(best)}" if 0 < best < math.inf else None,
            )
        )
    below, enough = _index_at_least(lowest) - 1, _index_at_least(highest)
    while enough - below > 1:
        middle = (below + enough) // 2
        if half_width_of(_rounded(middle)) <= within:
            enough = middle
        else:
            below = middle
    return min(_rounded(enough), highest)


# Positive numbers of four significant digits, in order: index 9000 * e + m - 1000 stands for m * 10**e.


def _rounded(index: int) -> float:
    exponent, mantissa = divmod(index, 9000)
    return float(f"{mantissa + 1000}e{exponent}")


def _index_at_least(value: float) -> int:
    exponent = math.floor(math.log10(value)) - 3
    index = 9000 * exponent + int(value / 10.0**exponent) - 1001
    while _rounded(index) < value:
        index += 1
    return index


def _round_up(value: float) -> str:
    exponent = math.floor(math.log10(value)) - 2
    return f"{math.ceil(value / 10.0**exponent) * 10.0**exponent:.3g}"
