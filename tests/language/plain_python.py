"""One person of a query in plain Python: numbers whose division is total, vectors, and the primitives as loops.

Written from the language's description, not from the evaluator. Everything is computed in float64, as there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Truth:
    """A condition of one person."""

    def __init__(self, value: bool) -> None:
        self.value = bool(value)

    def __bool__(self) -> bool:
        return self.value

    def __float__(self) -> float:
        return float(self.value)

    def __and__(self, other: Any) -> Truth:
        return Truth(self.value and bool(other))

    def __or__(self, other: Any) -> Truth:
        return Truth(self.value or bool(other))

    def __invert__(self) -> Truth:
        return Truth(not self.value)


def _binary(function: Callable[[float, float], Any], swapped: bool = False) -> Callable[[Any, Any], Any]:
    def method(self: Number, other: Any) -> Any:
        if isinstance(other, Vector | list):
            return NotImplemented
        a, b = float(self), float(other)
        result = function(b, a) if swapped else function(a, b)
        return Truth(result) if isinstance(result, bool) else Number(result)

    return method


def whole_quotient(a: float, b: float) -> float:
    """The floor of the quotient; 0 where b is 0."""
    quotient = a / b if b else 0.0
    return float(math.floor(quotient)) if math.isfinite(quotient) else quotient


def remainder(a: float, b: float) -> float:
    """What the floor of the quotient leaves, between 0 and b; 0 where b is 0 or it is not finite."""
    rest = a - whole_quotient(a, b) * b if b else 0.0
    return min(max(rest, min(b, 0.0)), max(b, 0.0)) if math.isfinite(rest) else 0.0


class Number(float):
    """A number of one person; x / 0, x // 0 and x % 0 are 0."""

    __add__ = _binary(lambda a, b: a + b)  # type: ignore[assignment]
    __sub__ = _binary(lambda a, b: a - b)  # type: ignore[assignment]
    __mul__ = _binary(lambda a, b: a * b)  # type: ignore[assignment]
    __truediv__ = _binary(lambda a, b: a / b if b else 0.0)  # type: ignore[assignment]
    __floordiv__ = _binary(whole_quotient)  # type: ignore[assignment]
    __mod__ = _binary(remainder)  # type: ignore[assignment]
    __radd__ = _binary(lambda a, b: a + b, swapped=True)  # type: ignore[assignment]
    __rsub__ = _binary(lambda a, b: a - b, swapped=True)  # type: ignore[assignment]
    __rmul__ = _binary(lambda a, b: a * b, swapped=True)  # type: ignore[assignment]
    __rtruediv__ = _binary(lambda a, b: a / b if b else 0.0, swapped=True)  # type: ignore[assignment]
    __rfloordiv__ = _binary(whole_quotient, swapped=True)  # type: ignore[assignment]
    __rmod__ = _binary(remainder, swapped=True)  # type: ignore[assignment]
    __lt__ = _binary(lambda a, b: a < b)
    __le__ = _binary(lambda a, b: a <= b)
    __gt__ = _binary(lambda a, b: a > b)
    __ge__ = _binary(lambda a, b: a >= b)
    __eq__ = _binary(lambda a, b: a == b)
    __ne__ = _binary(lambda a, b: a != b)
    __hash__ = float.__hash__

    def __neg__(self) -> Number:
        return Number(-float(self))

    def __pow__(self, exponent: int) -> Number:  # type: ignore[override]
        return Number(math.prod([float(self)] * exponent, start=1.0))


class Vector:
    """Numbers of one person, side by side; or rows of a matrix."""

    def __init__(self, entries: Sequence[Any]) -> None:
        self.entries = list(entries)

    def __getitem__(self, index: int) -> Any:
        return self.entries[index]

    def __len__(self) -> int:
        return len(self.entries)

    def _each(self, other: Any, function: Callable[[Any, Any], Any]) -> Vector:
        others = other if isinstance(other, Vector | list) else [other] * len(self)
        return Vector([function(a, b) for a, b in zip(self.entries, others, strict=True)])

    def __add__(self, other: Any) -> Vector:
        return self._each(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Vector:
        return self._each(other, lambda a, b: a - b)

    def __mul__(self, other: Any) -> Vector:
        return self._each(other, lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Vector:
        return self._each(other, lambda a, b: a / b)

    def __matmul__(self, other: Any) -> Any:
        products = [a * b for a, b in zip(self.entries, other, strict=True)]
        return sum(products[1:], start=products[0])


def _larger(a: float, b: float) -> float:
    return b if math.isnan(a) or b > a else a


def _smaller(a: float, b: float) -> float:
    return b if math.isnan(a) or b < a else a


def _extreme(pick: Callable[[float, float], float]) -> Callable[..., Number]:
    def extreme(first: Any, *others: Any) -> Number:
        result = float(first)
        for other in others:
            result = pick(result, float(other))
        return Number(result)

    return extreme


def clip(x: Any, lo: float, hi: float) -> Any:
    """Moved into bounds; what is no number becomes lo."""
    return Number(_smaller(_larger(float(x), float(lo)), float(hi)))


def scale(x: Any, lo: float, hi: float) -> Any:
    """Mapped onto 0 to 1."""
    return clip((float(x) - lo) / (hi - lo), 0, 1)


def vector(*parts: Any) -> Vector:
    """Numbers side by side."""
    return Vector([Number(part) for part in parts])


def concat(*parts: Any) -> Vector:
    """Vectors one after the other."""
    return Vector([Number(entry) for part in parts for entry in part])


def onehot(index: Any, n: int) -> Vector:
    """A vector with a single 1."""
    return Vector([Number(float(index) == position) for position in range(n)])


def outer(u: Vector, v: Vector) -> Vector:
    """All products."""
    return Vector([Vector([a * b for b in v]) for a in u])


def flatten(m: Vector) -> Vector:
    """Row after row."""
    return Vector([entry for row in m for entry in row])


def nearest(x: Vector, centres: list[list[float]]) -> Number:
    """The first of the closest points."""
    best, least = 0, math.nan
    for position, centre in enumerate(centres):
        offset = x - centre
        distance = float(offset @ offset)
        if position == 0 or distance < least:
            best, least = position, distance
    return Number(best)


class Missing:
    """A value that is not there."""


class Label(str):
    """A category of one person."""

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return Truth(str(self) == str(other))

    __hash__ = str.__hash__


def fill(x: Any, value: Any) -> Any:
    """The value where it is missing."""
    return _kept(value if isinstance(x, Missing) else x)


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return Label(value)
    return Truth(value) if isinstance(value, bool | Truth) else Number(value)


def missing(x: Any) -> Truth:
    """Whether it is missing."""
    return Truth(isinstance(x, Missing))


def private(x: Any) -> Any:
    """A public number as one person's."""
    return x if isinstance(x, Number | Truth | Vector) else _kept(x)


def _entrywise(function: Callable[[float], float]) -> Callable[[Any], Any]:
    def entrywise(x: Any) -> Any:
        return (
            Vector([entrywise(entry) for entry in x.entries]) if isinstance(x, Vector) else Number(function(float(x)))
        )

    return entrywise


def _larger_or_nan(a: float, b: float) -> float:
    return a if math.isnan(a) else max(a, b)


def _smaller_or_nan(a: float, b: float) -> float:
    return a if math.isnan(a) else min(a, b)


def _exp(x: float) -> float:
    """With the digits of the library that columns are computed with, as for `_log`."""
    return float(np.exp(_smaller_or_nan(_larger_or_nan(x, -708.0), 709.0)))


def _log(x: float) -> float:
    return float(np.log(_larger_or_nan(x, 2.0**-1022)))


def softmax(v: Vector) -> Vector:
    """Shares in proportion to exp of the entries."""
    largest = float(v[0])
    for entry in v.entries[1:]:
        largest = math.nan if math.isnan(largest) or math.isnan(entry) else max(largest, float(entry))
    sizes = [_exp(float(entry) - largest) for entry in v.entries]
    total = sizes[0]
    for size in sizes[1:]:
        total += size
    return Vector([Number(size / total) for size in sizes])


def powers(x: Any, n: int) -> Vector:
    """x, x², … by repeated multiplication."""
    return Vector([Number(math.prod([float(x)] * exponent)) for exponent in range(1, n + 1)])


def spline(x: Any, knots: list[float], degree: int = 3) -> Vector:
    """The share of the interval x lies in, divided between neighbours once a degree."""
    at = min(_larger(float(x), float(knots[0])), float(knots[-1]))
    t = [float(knot) for knot in [knots[0]] * degree + [*knots] + [knots[-1]] * degree]
    last = len(knots) - 2
    shares = [float(knots[i] <= at < knots[i + 1] or (i == last and at == knots[-1])) for i in range(last + 1)]
    for rise in range(1, degree + 1):
        stretches = [(t[i + degree - rise + 1], t[i + degree + 1]) for i in range(len(shares))]
        up = [share * ((at - low) / (high - low)) for share, (low, high) in zip(shares, stretches, strict=True)]
        down = [share - part for share, part in zip(shares, up, strict=True)]
        shares = [a + b for a, b in zip([*down, 0.0], [0.0, *up], strict=True)]
    return Vector([Number(share) for share in shares])


def binned(x: Any, edges: list[float], labels: list[str]) -> Any:
    """The label of the interval; missing outside."""
    if not isinstance(x, Missing):
        for low, high, label in zip(edges, edges[1:], labels, strict=False):
            if low <= x < high or x == high == edges[-1]:
                return Label(label)
    return Missing()


def recode(x: Any, from_values: list[Any], to_values: list[Any], otherwise: Any = None) -> Any:
    """The new value of an old one."""
    if isinstance(x, Missing):
        return x
    own = x if isinstance(x, str) else float(x)
    found = [new for old, new in zip(from_values, to_values, strict=True) if own == old]
    value = found[0] if found else otherwise
    return Missing() if value is None else _kept(value)


NAMES: dict[str, Any] = {
    "private": private,
    "clip": clip, "scale": scale, "vector": vector, "concat": concat, "onehot": onehot, "outer": outer,
    "flatten": flatten, "nearest": nearest, "fill": fill, "missing": missing,
    "max": _extreme(_larger), "min": _extreme(_smaller), "range": range,
    "log": _entrywise(_log), "exp": _entrywise(_exp), "sigmoid": _entrywise(lambda x: 1.0 / (1.0 + _exp(-x))),
    "sqrt": _entrywise(lambda x: math.sqrt(_larger_or_nan(x, 0.0))), "abs": _entrywise(math.fabs),
    "relu": _entrywise(lambda x: _larger(x, 0.0)),
    "floor": _entrywise(lambda x: float(math.floor(x)) if math.isfinite(x) else x),
    "tanh": _entrywise(lambda x: float(np.tanh(x))),
    "softmax": softmax, "powers": powers, "spline": spline, "binned": binned, "recode": recode,
}  # fmt: skip


def on_grid(values: Sequence[float], sensitivity: int, step: float) -> list[int]:
    """A vector clipped to the L2 norm and rounded toward zero onto the grid; zero if anything is not finite."""
    square = float(values[0]) * float(values[0])
    for value in values[1:]:
        square += float(value) * float(value)
    bound = sensitivity * step
    factor = bound / max(math.sqrt(square), bound) / step if not math.isnan(square) else math.nan
    scaled = [float(value) * factor for value in values]
    if not all(map(math.isfinite, scaled)):
        return [0] * len(values)
    whole = [int(entry) for entry in scaled]
    return whole if sum(entry * entry for entry in whole) <= sensitivity**2 else [0] * len(whole)
