from __future__ import annotations

import ast
import hashlib
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from fedlab_kernel.models import initialisers
from fedlab_kernel.models.initialisers import KINDS, fans, initial

DRAWN = ("glorot", "normal")
DEVIATION = 0.05


def _bits(weights: np.ndarray) -> bytes:
    return weights.astype("<f4").tobytes()


@pytest.mark.parametrize(
    ("kind", "first", "digest"),
    [
        (
            "glorot",
            ["0x1.5c256cp-2", "-0x1.09ad5p-6", "0x1.b19978p-2", "-0x1.254bbp-3"],
            "4144091c1667670c5577b824cc0d03c047dd1428be58530f31555384f6c6f2a5",
        ),
        (
            "normal",
            ["0x1.12dca4p-4", "-0x1.a381340p-9", "0x1.48273ap-5", "-0x1.bbf072p-7"],
            "1ec457aec7dfbf6532eca9c5e14dcaf05effa024e1a7ba9683040fb99e79aa58",
        ),
    ],
)
def test_weights_are_the_same_bits_for_ever(kind: str, first: list[str], digest: str) -> None:
    """The first weights and the digest of 800,000 are what they were when this was written, wherever it runs."""
    assert initial(kind, (5, 16), 20, "W1", DEVIATION).ravel()[:4].tolist() == [float.fromhex(text) for text in first]
    assert hashlib.sha256(_bits(initial(kind, (1000, 800), 20, "W1", DEVIATION))).hexdigest() == digest


def test_no_function_takes_part_whose_last_bit_may_differ() -> None:
    """Of numpy and math only what is exact or correctly rounded is used: no log, exp or sine, no random generator."""
    exact = {"prod", "zeros", "ones", "frombuffer", "flatnonzero", "sqrt", "stack", "frexp", "where", "float32"}
    types = {"float64"}
    tree = ast.parse(Path(initialisers.__file__).read_text(encoding="utf-8"))
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    used = {at.attr for at in attributes if isinstance(at.value, ast.Name) and at.value.id in {"np", "math"}}
    assert used <= exact | types


def test_constant_weights_are_zeros_and_ones() -> None:
    """Zeros are 0 and ones are 1, in any shape, also that of a single number."""
    for shape in [(), (3,), (2, 3), (4, 3, 2, 2)]:
        np.testing.assert_array_equal(initial("zeros", shape, 1, "b"), np.zeros(shape))
        np.testing.assert_array_equal(initial("ones", shape, 1, "b"), np.ones(shape))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_have_the_asked_shape_and_are_float32(kind: str) -> None:
    """Every kind gives float32 that may be written to, in the asked shape."""
    for shape in [(7,), (5, 16), (4, 3, 2, 2)]:
        weights = initial(kind, shape, 1, "W", DEVIATION)
        assert (weights.shape, weights.dtype) == (shape, np.float32)
        weights[0] = 0


def _uniform_stream(seed: int, name: str, count: int) -> list[float]:
    """Plain Python: odd multiples of 2**-24 from 24 bits each of SHAKE256's output."""
    message = b"fedlab start weights 1\0" + seed.to_bytes(8, "big") + name.encode()
    output = hashlib.shake_256(message).digest(4 * count)
    return [
        (2 * int.from_bytes(output[at + 1 : at + 4], "little") + 1 - 2**24) / 2**24 for at in range(0, 4 * count, 4)
    ]


def test_glorot_scales_the_uniform_stream(seed: int) -> None:
    """Each weight is the limit times a number of the stream, rounded to float32 once, in row-major order."""
    limit = math.sqrt(6 / (30 + 40))
    expected = np.array([limit * u for u in _uniform_stream(seed, "W", 1200)], np.float32)
    np.testing.assert_array_equal(initial("glorot", (30, 40), seed, "W").ravel(), expected)


def test_normal_is_the_polar_method(seed: int) -> None:
    """Each pair of the stream inside the unit circle gives two weights, here by the C library's logarithm."""
    stream, expected = iter(_uniform_stream(seed, "W", 2000)), []
    for x, y in zip(stream, stream, strict=True):
        if (s := x * x + y * y) < 1:
            factor = 0.3 * math.sqrt(-2 * math.log(s) / s)
            expected += [x * factor, y * factor]
    np.testing.assert_allclose(initial("normal", (1200,), seed, "W", deviation=0.3), expected[:1200], rtol=2**-23)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_larger_shape_begins_with_the_same_draws(kind: str, seed: int) -> None:
    """How many numbers are drawn at once leaves no trace, for any small shape."""
    for name in map(str, range(100)):
        many = initial(kind, (48,), seed, name, DEVIATION).astype(float)
        for count in (1, 2, 3, 5):
            few = initial(kind, (count,), seed, name, DEVIATION).astype(float)
            scale = math.sqrt((count + 1) / 49) if kind == "glorot" else 1
            np.testing.assert_allclose(few * scale, many[:count], rtol=2**-22)


def test_glorot_is_uniform_up_to_its_limit(seed: int) -> None:
    """Mean 0, variance limit²/3 = 2 / (fan_in + fan_out), nothing beyond the limit, and even in ten classes."""
    weights = initial("glorot", (400, 500), seed, "W").astype(float)
    limit = math.sqrt(6 / 900)
    assert abs(weights.mean()) < 5 * limit / math.sqrt(3 * weights.size)
    assert weights.var() == pytest.approx(2 / 900, rel=0.01)
    assert 0.9999 * limit < abs(weights).max() <= limit * (1 + 2**-24)
    counts, _ = np.histogram(weights, bins=10, range=(-limit, limit))
    np.testing.assert_allclose(counts, weights.size / 10, atol=5 * math.sqrt(weights.size * 0.09))


def test_normal_is_normal(seed: int) -> None:
    """The first four moments, the tails and the whole distribution function are those of the normal."""
    weights = np.sort(initial("normal", (400, 500), seed, "W", DEVIATION).astype(float).ravel()) / DEVIATION
    n = weights.size
    for power, moment, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((weights**power).mean() - moment) < 5 * math.sqrt(variance / n)
    assert min(-weights[0], weights[-1]) > 3.8
    reached = np.arange(100, n, 100)
    expected = np.array([NormalDist().cdf(value) for value in weights[reached].tolist()])
    assert abs(expected - reached / n).max() < 2 / math.sqrt(n)  # Kolmogorov–Smirnov: beyond it once in 1,500


def test_standard_deviations_scale(seed: int) -> None:
    """Another standard deviation gives the same draws on another scale."""
    one = initial("normal", (100,), seed, "W", deviation=1)
    np.testing.assert_array_equal(initial("normal", (100,), seed, "W", deviation=4), 4 * one)


@pytest.mark.parametrize("kind", DRAWN)
def test_names_and_seeds_give_independent_weights(kind: str, seed: int) -> None:
    """Weights of another name or another seed are uncorrelated; those of the same are equal."""
    first = initial(kind, (100, 100), seed, "W1", DEVIATION)
    assert _bits(first) == _bits(initial(kind, (100, 100), seed, "W1", DEVIATION))
    for other in [
        initial(kind, (100, 100), seed, "W2", DEVIATION),
        initial(kind, (100, 100), seed + 1, "W1", DEVIATION),
    ]:
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.05


def test_fans_count_what_a_layer_connects() -> None:
    """Dense (in, out), embedding (k, d), convolution (o, c, kh, kw), and (in,) for one number."""
    assert fans((5, 16)) == (5, 16)
    assert fans((16,)) == (16, 1)
    assert fans((8, 3, 5, 4)) == (3 * 5 * 4, 8 * 5 * 4)
    limit = math.sqrt(6 / (3 * 9 + 8 * 9))
    weights = initial("glorot", (8, 3, 3, 3), 1, "K")
    assert 0.9 * limit < abs(weights).max() <= limit * (1 + 2**-24)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(0,), (3, -1), (2.0,), (True,), "12", (2, None)])
def test_an_impossible_shape_is_refused(kind: str, shape: tuple[int, ...]) -> None:
    """Lengths are whole numbers above 0, whatever the kind."""
    with pytest.raises(ValueError, match="is no shape of weights"):
        initial(kind, shape, 1, "W", DEVIATION)


@pytest.mark.parametrize("shape", [(), (2, 3, 4), (2, 3, 4, 5, 6)])
def test_a_shape_without_fans_is_refused_by_glorot(shape: tuple[int, ...]) -> None:
    """A shape of no layer has no number of inputs and outputs."""
    with pytest.raises(ValueError, match="have no fans"):
        initial("glorot", shape, 1, "W")


@pytest.mark.parametrize("seed_out_of_range", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed_out_of_range: int) -> None:
    """Seeds have 64 bits, for kinds that draw nothing as well."""
    for kind in KINDS:
        with pytest.raises(ValueError, match="a seed of"):
            initial(kind, (2,), seed_out_of_range, "W", DEVIATION)


@pytest.mark.parametrize("deviation", [None, 0.0, -1.0, 1e7, math.inf, math.nan])
def test_an_impossible_standard_deviation_is_refused(deviation: float | None) -> None:
    """A standard deviation must be given for "normal", such that no weight overflows or vanishes."""
    with pytest.raises(ValueError, match="a standard deviation of"):
        initial("normal", (2,), 1, "W", deviation)


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    """Whoever names a kind that does not exist reads which do."""
    with pytest.raises(ValueError, match="there is no initialiser 'he'; there are zeros, ones, glorot, normal"):
        initial("he", (2,), 1, "W")
