"""Interval arithmetic with outward rounding: what bounds a value, never what protects it.

A mistake here can cost accuracy (a bound too wide) or refuse what might be said; privacy rests on the
mechanism's own clamping (see `statistic`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

Interval = tuple[float, float]
EVERYTHING: Interval = (-math.inf, math.inf)
TRUTH: Interval = (0.0, 1.0)
BLUR = 2.0**-50  # four to eight units in the last place: more than a library's logarithm or exponential may be off


def _outward(candidates: list[float]) -> Interval:
    """The hull of the candidates, one step wider where they are not whole numbers."""
    numbers = [0.0 if math.isnan(value) else value for value in candidates]
    lo, hi = min(numbers), max(numbers)
    exact = all(abs(bound) < 2**53 and bound == math.floor(bound) for bound in (lo, hi) if math.isfinite(bound))
    return (lo, hi) if exact else (math.nextafter(lo, -math.inf), math.nextafter(hi, math.inf))


def add(a: Interval, b: Interval) -> Interval:
    """Bounds of x + y."""
    return _outward([a[0] + b[0], a[1] + b[1]])


def subtract(a: Interval, b: Interval) -> Interval:
    """Bounds of x - y."""
    return _outward([a[0] - b[1], a[1] - b[0]])


def multiply(a: Interval, b: Interval) -> Interval:
    """Bounds of x * y; 0 times anything is 0."""
    return _outward([0.0 if 0.0 in (x, y) else x * y for x in a for y in b])


def divide(a: Interval, b: Interval) -> Interval:
    """Bounds of x / y, where x / 0 is 0."""
    if b[0] <= 0.0 <= b[1]:
        return EVERYTHING
    return _outward([x / y if math.isfinite(y) else 0.0 for x in a for y in b])


def floor_divide(a: Interval, b: Interval) -> Interval:
    """Bounds of x // y, where x // 0 is 0."""
    lo, hi = divide(a, b)
    return (float(math.floor(lo)) if math.isfinite(lo) else lo, float(math.floor(hi)) if math.isfinite(hi) else hi)


def modulo(_a: Interval, b: Interval) -> Interval:
    """Bounds of x % y, where x % 0 is 0; the result has the sign of y."""
    return (min(b[0], 0.0), max(b[1], 0.0))


def power(a: Interval, exponent: int) -> Interval:
    """Bounds of x ** exponent for a whole exponent of at least 0."""
    try:
        ends = [a[0] ** exponent, a[1] ** exponent]
    except OverflowError:
        return EVERYTHING
    if exponent % 2 == 0 and a[0] < 0.0 < a[1]:
        ends.append(0.0)
    return _outward([1.0, 1.0] if exponent == 0 else ends)


def negate(a: Interval) -> Interval:
    """Bounds of -x."""
    return (-a[1], -a[0])


def hull(*intervals: Interval) -> Interval:
    """The smallest interval around all of them."""
    return (min(lo for lo, _ in intervals), max(hi for _, hi in intervals))


def largest(*intervals: Interval) -> Interval:
    """Bounds of the maximum."""
    return (max(lo for lo, _ in intervals), max(hi for _, hi in intervals))


def smallest(*intervals: Interval) -> Interval:
    """Bounds of the minimum."""
    return (min(lo for lo, _ in intervals), min(hi for _, hi in intervals))


def rising(function: Callable[[float], float], a: Interval) -> Interval:
    """Bounds of f(x) for a function that nowhere falls and whose last digits may be wrong."""
    lo, hi = function(a[0]), function(a[1])
    return _outward([lo - abs(lo) * BLUR, hi + abs(hi) * BLUR])


Rule = Callable[[Interval, Interval], Interval]
