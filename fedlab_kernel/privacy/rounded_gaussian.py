"""Rounded Gaussian noise for training: fast, from a cryptographic source, and exact."""

from __future__ import annotations

import math
import secrets
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from .random_words import RandomWords

if TYPE_CHECKING:
    import torch

LARGEST_SIGMA: Final = 2.0**40
"""Wider noise would have to be drawn at high precision too often."""

_BITS: Final = 53  # of a uniform number: what a double holds
_CHUNK: Final = 2**14  # pairs at a time: what fits in a processor's second cache
_ERROR: Final = 2.0**-47  # bound of all errors of a double that are in proportion to the radius

_DIGITS: Final = 70
_EXTRA_BITS: Final = 160
_TWO_PI: Final = 2 * Decimal("3.1415926535897932384626433832795028841971693993751058209749445923078164062862089986280")


def rounded_gaussian(count: int, sigma: float) -> npt.NDArray[np.int64]:
    """`count` independent draws of N(0, sigma^2), each rounded to the nearest integer.

    Why that protects: an integer plus a rounded Gaussian is the rounded sum of that integer and a Gaussian,
    so a noisy total is post-processing of the Gaussian mechanism on integers, and what is proved of that
    (`sampled_gaussian_renyi`) holds for it.

    Why the draws are exact. Two uniform numbers U, V of infinitely many bits give two independent Gaussians
    sigma sqrt(-2 log U) (cos, sin)(2 pi V) (Box, Muller 1958). Of each, 53 bits are drawn at first. In double
    precision they give a radius and a point; with k / 2^53 <= U < (k+1) / 2^53 the bits that are missing move
    the radius, in units of sigma, by less than 1 / (k radius), and the angle by 2 pi / 2^53. Where no integer
    plus one half is nearer to a coordinate than this and the rounding errors, all continuations round alike.
    Elsewhere (for a million draws at sigma = 2^20, in two calls of a hundred) the pair is computed again with
    160 more bits of U and V, to 70 digits.

    Proved, assuming (a) that AES-256 in counter mode under a fresh key cannot be told from uniform bits and
    (b) that torch's log, sqrt, cos and sin of doubles are within 8 units in the last place: the draws are
    those of the ideal law up to a total variation of 2^-100 per pair, the tail included.
    Assumption (b) is tested at samples, not proved. Not claimed: anything about time; which draws need more
    bits depends on the noise alone, never on data, but whoever could measure it would learn about the noise.

    Every call takes a new key from the operating system, so draws never repeat, on either side of a fork.

    Args:
        count: at least 0.
        sigma: in grid units; positive, at most LARGEST_SIGMA.

    Returns:
        Shape (count,), int64.

    Raises:
        ValueError: count or sigma is out of range.
    """
    import torch

    if count < 0 or not 0 < sigma <= LARGEST_SIGMA:
        raise ValueError(f"cannot draw {count!r} Gaussians of standard deviation {sigma!r}")
    pairs = (count + 1) // 2
    words = RandomWords()
    drawn = torch.empty((2, pairs), dtype=torch.int64)
    for start in range(0, pairs, _CHUNK):
        here = drawn[:, start : start + _CHUNK]
        bits = torch.from_numpy(words.draw(here.numel()).view(np.int64)).bitwise_and_(2**_BITS - 1).view(here.shape)
        for at in _box_muller(bits, sigma, here):
            first, second = bits[:, at].tolist()
            here[:, at] = torch.tensor(_precise_pair(first, second, sigma))
    return drawn.view(-1)[:count].numpy()


def _box_muller(bits: torch.Tensor, sigma: float, drawn: torch.Tensor) -> list[int]:
    """Write the rounded points into `drawn`, shape (2, n), as `bits`; return which are in doubt.

    Errors in proportion to the radius, in units of 2^-50: the angle's missing bits 0.8, its computation 1.3,
    cos or sin 1, log through the square root 0.5, the rest 0.5; `_ERROR` is twice their sum.
    """
    import torch

    known = bits.to(torch.float64)
    # Two times the absolute value, as -2 log 1 would be -0, whose inverse is not beyond all bounds.
    radius = torch.log((known[0] + 1).mul_(2.0**-_BITS)).abs_().mul_(2).sqrt_()
    angle = known[1].mul_(2 * math.pi * 2.0**-_BITS)
    missing = (known[0] * radius).reciprocal_()  # infinite where k or the radius is 0: then in doubt
    doubt = missing.add_(radius.add(missing), alpha=_ERROR).mul_(sigma)
    radius.mul_(sigma)
    point = torch.stack((torch.cos(angle).mul_(radius), torch.sin(angle).mul_(radius)))
    nearest = point.round()
    drawn.copy_(nearest)
    return (point.sub_(nearest).abs_().add_(doubt).amax(dim=0) >= 0.5).nonzero()[:, 0].tolist()


def _precise_pair(first: int, second: int, sigma: float) -> tuple[int, int]:
    """The two draws whose uniform numbers begin with these 53 bits; the bits that follow are drawn now."""
    first, second = ((known << _EXTRA_BITS) + secrets.randbits(_EXTRA_BITS) for known in (first, second))
    with localcontext(prec=_DIGITS):
        unit = Decimal(2) ** -(_BITS + _EXTRA_BITS)
        radius = Decimal(sigma) * (-2 * (unit * (first + 1)).ln()).sqrt()
        cosine, sine = _cos_sin(_TWO_PI * unit * second)
        return round(radius * cosine), round(radius * sine)


def _cos_sin(angle: Decimal) -> tuple[Decimal, Decimal]:
    """By their series, in the precision of the context; 0 <= angle < 7."""
    parts = [Decimal(0), Decimal(0)]
    term, power = Decimal(1), 0
    while abs(term) > Decimal(10) ** -_DIGITS or power < 8:
        parts[power % 2] += term if power % 4 < 2 else -term
        power += 1
        term *= angle / power
    return parts[0], parts[1]
