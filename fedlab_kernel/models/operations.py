"""The language's operations on torch, for what depends on weights: persons along the FIRST axis, float32 throughout.

A number a person has shape (n,), a vector (n, d), an image (n, c, h, w); weights and public lists come with a first
axis of length one, public numbers as themselves. Truth values and positions are floats. A number meets a vector as
the language says: entry by entry, within each person.

Each means what the primitive of its name means, as far as float32 reaches: `exp` is held between -87 and 88, where it
neither overflows nor becomes denormal. What is no number may stay so where
the language would give a number (`relu` of NaN): the loss is then no number, and such a person counts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from fedlab_kernel.language import elementwise

LEAST_EXPONENT: Final = -87.0
MOST_EXPONENT: Final = 88.0
SMALLEST: Final = 2.0**-126
"""The smallest float32 that is not denormal."""
LOG_OF_ZERO: Final = math.log(elementwise.SMALLEST)

Value = Tensor | bool | int | float


def aligned(*values: Value) -> list[Any]:
    """Values with as many axes as the one that has most, the added axes last, so that a number meets each entry."""
    most = max((value.ndim for value in values if isinstance(value, Tensor)), default=0)
    return [
        value.reshape(*value.shape, *(1,) * (most - value.ndim))
        if isinstance(value, Tensor) and value.ndim < most
        else value
        for value in values
    ]


def dot(a: Tensor, b: Tensor) -> Tensor:
    """`@`: a vector times a vector, (n,), or times a matrix, (n, o)."""
    if b.ndim == 2:
        return a @ b[0] if len(b) == 1 else (a * b).sum(1)
    return a @ b[0] if len(b) == 1 else torch.matmul(a[:, None], b)[:, 0]


def log(x: Tensor) -> Tensor:
    """The natural logarithm; of 0 and what is below, the language's."""
    return torch.where(x <= 0, LOG_OF_ZERO, x.clamp(min=SMALLEST).log())


def _entrywise(function: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Tensor]:
    """A function of two values, at least one of them a tensor, entry by entry."""
    return lambda a, b: function(*aligned(a, b))


def _truth(function: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Tensor]:
    """A condition as 0 and 1, in the type of its operands."""

    def evaluate(a: Value, b: Value) -> Tensor:
        dtype = next(value.dtype for value in (a, b) if isinstance(value, Tensor))
        return function(*aligned(a, b)).to(dtype)  # type: ignore[no-any-return]  # as above

    return evaluate


def _total(function: Callable[[Any, Any], Tensor]) -> Callable[[Value, Value], Tensor]:
    """A division made total: where the divisor is 0 the result is 0."""

    def evaluate(a: Value, b: Value) -> Tensor:
        a, b = aligned(a, b)
        if isinstance(b, Tensor):
            return torch.where(b != 0, function(a, b), 0.0)
        assert isinstance(a, Tensor)
        return function(a, float(b)) if b else torch.zeros_like(a)

    return evaluate


def _remainder(a: Any, b: Any) -> Tensor:
    """What the floor of the quotient leaves, with the sign of b; 0 where that is not finite."""
    rest = a - torch.floor(a / b) * b
    ends = b if isinstance(b, Tensor) else torch.full_like(rest, b)
    between = torch.minimum(torch.maximum(rest, ends.clamp(max=0.0)), ends.clamp(min=0.0))
    return torch.where(torch.isfinite(rest), between, 0.0)


def _chosen(condition: Tensor, a: Value, b: Value) -> Tensor:
    """`a if condition else b`."""
    arms = [value if isinstance(value, Tensor) else torch.full_like(condition, value) for value in (a, b)]
    holds, first, second = aligned(condition != 0, *arms)
    return torch.where(holds, first, second)


def _held(x: Tensor, lo: float, hi: float) -> Tensor:
    """Entries between lo and hi; what is not a number becomes lo."""
    number = torch.nan_to_num(x, nan=float(lo), posinf=torch.inf, neginf=-torch.inf)
    return number.clamp(float(lo), float(hi))


def _extreme(pick: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The largest or smallest of several values, entry by entry."""

    def evaluate(*parts: Value) -> Tensor:
        some = next(part for part in parts if isinstance(part, Tensor))
        tensors = [part if isinstance(part, Tensor) else some.new_tensor(float(part)) for part in parts]
        best, *others = aligned(*tensors)
        for other in others:
            best = pick(best, other)
        return best  # type: ignore[no-any-return]  # of tensors, a tensor

    return evaluate


def _vector(*parts: Value) -> Tensor:
    """Numbers side by side."""
    some = next(part for part in parts if isinstance(part, Tensor))
    tensors = [part if isinstance(part, Tensor) else some.new_tensor([float(part)]) for part in parts]
    persons = max(len(one) for one in tensors)
    return torch.stack([one.expand(persons) for one in tensors], dim=1)


def _concatenated(*parts: Tensor) -> Tensor:
    """Vectors one after the other."""
    persons = max(len(part) for part in parts)
    return torch.cat([part.expand(persons, part.shape[1]) for part in parts], dim=1)


def _powers(x: Tensor, n: int) -> Tensor:
    """A number and its powers."""
    return torch.stack([x**exponent for exponent in range(1, n + 1)], dim=1)


def _onehot(index: Tensor, length: int) -> Tensor:
    """A vector with a single 1."""
    return (index[:, None] == torch.arange(length)).to(index.dtype)


def _reshaped(x: Tensor, shape: Sequence[int]) -> Tensor:
    """The same numbers in another shape."""
    return x.reshape(len(x), *shape)


OPERATIONS: Final[dict[str, Callable[..., Tensor]]] = {
    "+": _entrywise(lambda a, b: a + b),
    "-": _entrywise(lambda a, b: a - b),
    "*": _entrywise(lambda a, b: a * b),
    "/": _total(lambda a, b: a / b),
    "//": _total(lambda a, b: torch.floor(a / b)),
    "%": _total(_remainder),
    "**": lambda a, exponent: a**exponent,
    "@": dot,
    "<": _truth(lambda a, b: a < b),
    "<=": _truth(lambda a, b: a <= b),
    ">": _truth(lambda a, b: a > b),
    ">=": _truth(lambda a, b: a >= b),
    "==": _truth(lambda a, b: a == b),
    "!=": _truth(lambda a, b: a != b),
    "&": _truth(lambda a, b: (a != 0) & (b != 0)),
    "|": _truth(lambda a, b: (a != 0) | (b != 0)),
    "~": lambda a: (a == 0).to(a.dtype),
    "neg": lambda a: -a,
    "[]": lambda a, index: a[:, index],
    "if": _chosen,
    "abs": torch.abs,
    "clip": _held,
    "concat": _concatenated,
    "exp": lambda x: x.clamp(LEAST_EXPONENT, MOST_EXPONENT).exp(),
    "flatten": lambda m: m.flatten(1),
    "floor": torch.floor,
    "log": log,
    "max": _extreme(torch.fmax),
    "max_pool": functional.max_pool2d,
    "mean_pool": functional.avg_pool2d,
    "min": _extreme(torch.fmin),
    "onehot": _onehot,
    "outer": lambda u, v: u[:, :, None] * v[:, None, :],
    "powers": _powers,
    "relu": torch.relu,
    "reshape": _reshaped,
    "scale": lambda x, lo, hi: _held((x - float(lo)) / (float(hi) - float(lo)), 0.0, 1.0),
    "sigmoid": torch.sigmoid,
    "softmax": lambda v: torch.softmax(v, dim=1),
    "sqrt": lambda x: x.clamp(min=0.0).sqrt(),
    "tanh": torch.tanh,
    "vector": _vector,
}
