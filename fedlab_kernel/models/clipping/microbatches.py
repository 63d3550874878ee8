"""What engines share: rows in microbatches, the factor of each person, and the sum; see `models.clipping` for proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import Final

import numpy as np
import torch
from torch import Tensor

from fedlab_kernel.language.training import FLOAT_ERROR

from ..layers.gradient import Factors, Gradient
from ..program import Program, Weights

MARGIN: Final = 1.0 - 2.0**-20
"""What contributions are scaled by so that no rounding takes them beyond the clipping norm."""
LEAST_CLIP: Final = 2.0**-26
MOST_CLIP: Final = 2.0**60
MOST_NORM: Final = 2.0**99
MOST_PERSONS: Final = 2**21
_ROWS: Final = (128, 64, 32)
_UNIT: Final = 2.0**-24
_DENORMAL: Final = 5e-324

Found = Sequence[tuple[Gradient, Sequence[str]]]
"""Every person's gradients, and the names of the arrays that each is about; together, each array once."""
Gradients = Callable[[Weights, Sequence[Tensor]], tuple[Tensor, Found]]
"""Losses (n,) and gradients of some rows, from weights and inputs."""


def clipped_sum(
    program: Program,
    weights: Weights,
    inputs: Sequence[Tensor],
    member: Tensor,
    clip: float,
    out: Tensor | None,
    gradients: Gradients,
    most_rows: int = max(_ROWS),
) -> Tensor:
    """The clipped sum, from what gives gradients of some rows; see `ClippingEngine`.

    Args:
        program: what is trained.
        weights: see `ClippingEngine`, as inputs, member and clip.
        inputs: likewise.
        member: likewise.
        clip: likewise.
        out: likewise.
        gradients: of the rows of a microbatch.
        most_rows: in a microbatch.
    """
    if not LEAST_CLIP <= clip <= MOST_CLIP:
        raise ValueError(f"a clipping norm is a number from {LEAST_CLIP:g} to {MOST_CLIP:g}")
    if len(member) >= MOST_PERSONS:
        raise ValueError(f"there are fewer than {MOST_PERSONS} persons in a sum")
    require_denormals()
    out = torch.empty(program.dimension, dtype=torch.float64) if out is None else out
    rows, dtype = precision(len(member), most_rows)
    persons = len(member)
    if persons == 0:
        out.zero_()
    with torch.no_grad():
        for start in range(0, persons, rows):
            here = slice(start, min(start + rows, persons))
            some = inputs if rows >= persons else [one if len(one) == 1 else one[here] for one in inputs]
            losses, found = gradients(weights, some)
            watched = [losses, *(some[at] for at in program.watched)]
            factors = _factors(found, watched, member[here], clip, dtype)
            sums = {
                name: one
                for gradient, names in found
                for name, one in zip(names, gradient.weighted_sums(factors), strict=True)
            }
            ordered = [sums[name] for name in program.parameters]
            if start:
                out += torch.cat(ordered)
            else:
                torch.cat(ordered, out=out)
    return out


def precision(persons: int, most_rows: int = max(_ROWS)) -> tuple[int, torch.dtype]:
    """How many rows a microbatch has and in what type products are formed, by the number of persons alone."""
    for rows in (min(rows, most_rows, max(persons, 1)) for rows in _ROWS):
        if float_error(persons, rows) <= FLOAT_ERROR:
            return rows, torch.float32
    return min(max(_ROWS), most_rows), torch.float64


def float_error(persons: int, rows: int) -> float:
    """By how much float32 products are off at most, in clipping norms: n gamma_(m+2)."""
    share = (rows + 2) * _UNIT
    return persons * share / (1.0 - share)


def require_denormals() -> None:
    """Refuse to work where denormal numbers count as zero, which would make norms too small.

    Raises:
        RuntimeError: `torch.set_flush_denormal`, or a library that does as much, is on in this thread.
    """
    if _DENORMAL * 1.0 == 0.0:
        raise RuntimeError("denormal numbers are flushed to zero in this thread")


def _factors(found: Found, watched: Sequence[Tensor], member: Tensor, clip: float, dtype: torch.dtype) -> Factors:
    """min(1, clip / norm) a little less, and 0 for whom is no member or has anything that is not finite.

    A gradient tells of itself; `watched` are the other numbers that have to be finite, (n, ...), the losses first.
    """
    with np.errstate(all="ignore"):
        norm = np.sqrt(reduce(add, (gradient.squares() for gradient, _ in found)))
        # In float64, sums of float32 numbers are finite where all of them are.
        sums = [(one if one.ndim == 1 else one.flatten(1).sum(1, dtype=torch.float64)).numpy() for one in watched]
        finite = np.isfinite(reduce(add, sums[1:], sums[0].astype(np.float64)))
        counts = member.numpy() & (norm <= MOST_NORM) & finite
        values = np.where(counts, np.minimum(clip / norm, 1.0) * MARGIN, 0.0)
    return Factors(torch.from_numpy(values[:, None]).to(dtype))
