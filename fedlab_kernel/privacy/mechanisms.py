"""The sampler: integer totals in, noisy integers out. The only file that uses OpenDP."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from fedlab_kernel.errors import Refused, diagnose

from .events import DiscreteGaussian, DiscreteLaplace, Event, unproved

LARGEST_TOTAL: Final = 2**62
"""Totals beyond this have no room left for noise in 64 bits. Admission bounds them by public facts."""


def preload() -> None:
    """Import OpenDP now (about two seconds), so that forked children have it already."""
    _opendp()


def add_noise(total: Sequence[int], event: Event) -> list[int]:
    """`total` plus independent discrete noise on every coordinate, drawn by OpenDP from a secure source.

    OpenDP samples exactly (rational arithmetic; Canonne, Kamath, Steinke 2020, Alg. 1-3) and saturates at
    64 bits, which is post-processing. Its source is safe to use on both sides of a fork.

    Args:
        total: integers within +-2**62, grid units.
        event: the noise that was charged for.

    Raises:
        Refused: FP109 for an event without a proof; FH305 if a total is out of range, without saying which.
    """
    if any(not -LARGEST_TOTAL <= value <= LARGEST_TOTAL for value in total):
        raise Refused(diagnose("FH305", "A sum left the range in which it can be noised."))
    match event:
        case DiscreteLaplace(scale, _):
            measurement = _measurement("laplace", scale)
        case DiscreteGaussian(sigma, _):
            measurement = _measurement("gaussian", sigma)
        case _:
            raise unproved(event)
    return [int(value) for value in measurement([int(value) for value in total])] if total else []


@lru_cache(maxsize=256)
def _measurement(kind: str, scale: float) -> Any:
    dp = _opendp()
    domain = dp.vector_domain(dp.atom_domain(T="i64"))
    if kind == "laplace":
        return dp.m.make_laplace(domain, dp.l1_distance(T="i64"), scale=scale)
    return dp.m.make_gaussian(domain, dp.l2_distance(T="i64"), scale=scale)


@lru_cache(maxsize=1)
def _opendp() -> Any:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    return dp
