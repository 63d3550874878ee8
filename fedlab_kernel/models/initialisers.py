"""Start weights from a public seed: the same bits on every machine and with every version of every library.

All who take part form the weights by themselves, so they must agree to the last bit, today and in years. Random bits
are therefore the output of SHAKE256 (FIPS 202), and what is made of them uses only operations that IEEE 754 defines to
the last bit: + - × ÷ √, comparison, scaling by powers of two and rounding to float32, each on whole arrays (so no two
of them are fused). No library's random generator and no logarithm, exponential or sine of a C library takes part.

Weights are drawn in row-major order, and a shape with more entries begins with the same draws.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

KINDS: Final = ("zeros", "ones", "glorot", "normal")
DEVIATIONS: Final = (1e-6, 1e6)
"""The least and the largest standard deviation: no weight vanishes or overflows."""

Weights = npt.NDArray[np.float32]

_PURPOSE: Final = b"fedlab start weights 1\0"
_LOG_2: Final = 0.6931471805599453
_TERMS: Final = 12
"""Of the series of artanh: for |t| ≤ 0.1716 the first one left out is below 2**-64 of the sum."""


def initial(kind: str, shape: Sequence[int], seed: int, name: str, deviation: float | None = None) -> Weights:
    """The start weights called `name`.

    Args:
        kind: "zeros"; "ones"; "glorot", uniform between ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010,
            "Understanding the difficulty of training deep feedforward neural networks", equation 16), see `fans`;
            "normal", with mean 0 and standard deviation `deviation`.
        shape: of the result; () for a single number, but not with "glorot".
        seed: public, 0 to 2**64 - 1; with the name it fixes the random bits.
        name: of the weights; weights with different names are drawn independently.
        deviation: the standard deviation of "normal", 1e-6 to 1e6; the other kinds do not use it.

    Raises:
        ValueError: for an unknown kind, a shape that is impossible or has no fans, a seed out of range, a deviation
            that is out of range or, for "normal", not given.
    """
    size = math.prod(_checked(shape))
    key = _key(seed, name)
    if kind == "zeros":
        return np.zeros(shape, dtype=np.float32)
    if kind == "ones":
        return np.ones(shape, dtype=np.float32)
    if kind == "glorot":
        limit = math.sqrt(6 / sum(fans(shape)))
        return (limit * _uniforms(key, size)).astype(np.float32).reshape(shape)
    if kind == "normal":
        least, largest = DEVIATIONS
        if deviation is None or not least <= deviation <= largest:
            raise ValueError(f"a standard deviation of {deviation} is not between {least} and {largest}")
        return (deviation * _normals(key, size)).astype(np.float32).reshape(shape)
    raise ValueError(f"there is no initialiser {kind!r}; there are {', '.join(KINDS)}")


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """The number of inputs of an output, and of outputs of an input: fan_in, fan_out.

    Args:
        shape: (in,) of weights that make one number; (in, out) of a dense layer; (k, d) of an embedding of k
            categories, a dense layer on their indicators; (o, c, kh, kw) of a convolution's kernel, whose every
            output sees c × kh × kw numbers and whose every input is seen by o × kh × kw.

    Raises:
        ValueError: for any other shape.
    """
    match tuple(_checked(shape)):
        case (inputs,):
            return inputs, 1
        case (inputs, outputs):
            return inputs, outputs
        case (outputs, channels, height, width):
            return channels * height * width, outputs * height * width
    raise ValueError(f"weights of shape {tuple(shape)} belong to no layer, so they have no fans")


def _checked(shape: Sequence[int]) -> Sequence[int]:
    if all(isinstance(length, int) and not isinstance(length, bool) and length >= 1 for length in shape):
        return shape
    raise ValueError(f"{tuple(shape)} is no shape of weights: lengths are whole numbers, at least 1")


def _key(seed: int, name: str) -> bytes:
    if not 0 <= seed < 1 << 64:
        raise ValueError(f"a seed of {seed} is not between 0 and 2**64 - 1")
    return _PURPOSE + seed.to_bytes(8, "big") + name.encode()


def _uniforms(key: bytes, count: int) -> npt.NDArray[np.float64]:
    """The first numbers of an endless stream: odd multiples of 2**-24 between -1 and 1, all equally likely."""
    bits = np.frombuffer(hashlib.shake_256(key).digest(4 * count), dtype="<u4") >> 8
    return (bits * 2.0 - (2**24 - 1)) / 2**24


def _normals(key: bytes, count: int) -> npt.NDArray[np.float64]:
    """Standard normal numbers by the polar method (Marsaglia and Bray 1964, SIAM Review 6:260).

    Of the pairs (x, y) of the uniform stream, those inside the unit circle, with s = x² + y² < 1, give
    x f and y f with f = sqrt(-2 log(s) / s). Squares of multiples of 2**-24 and their sum are exact in float64, and
    s ≥ 2**-47, so the choice of pairs is exact and no result is beyond 8.1.
    """
    wanted = -(-count // 2)
    pairs = wanted * 4 // 3 + 1  # π/4 of them are inside
    while True:
        x, y = _uniforms(key, 2 * pairs).reshape(-1, 2).T
        square = x * x + y * y
        inside = np.flatnonzero(square < 1)[:wanted]
        if inside.size == wanted:
            break
        pairs *= 2
    s = square[inside]
    factor = np.sqrt(-2 * _log(s) / s)
    return np.stack([x[inside] * factor, y[inside] * factor], axis=1).ravel()[:count]


def _log(s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The natural logarithm of positive numbers, with a relative error of a few 2**-53.

    s = 2**e m with sqrt(½) ≤ m < sqrt(2), and log(m) = 2 artanh(t) = 2 (t + t³/3 + t⁵/5 + …) with t = (m-1) / (m+1).
    """
    half, exponent = np.frexp(s)
    low = half < math.sqrt(0.5)
    mantissa = np.where(low, 2 * half, half)
    t = (mantissa - 1) / (mantissa + 1)
    square = t * t
    series: npt.NDArray[np.float64] = np.zeros(s.shape)
    for odd in range(2 * _TERMS - 1, 0, -2):
        series = series * square + 1 / odd
    logarithm: npt.NDArray[np.float64] = (exponent - low) * _LOG_2 + 2 * t * series
    return logarithm
