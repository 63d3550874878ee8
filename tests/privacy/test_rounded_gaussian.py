"""No seed, as the draws come from the system's secure source; each test alarms falsely below 1e-9."""

from __future__ import annotations

import math
import os
import secrets

import mpmath
import numpy as np
import numpy.typing as npt
import pytest

from fedlab_kernel.privacy import rounded_gaussian as module
from fedlab_kernel.privacy.random_words import RandomWords, random_words
from fedlab_kernel.privacy.rounded_gaussian import LARGEST_SIGMA, rounded_gaussian

DRAWS = 200_000
FALSE_ALARM = 1e-12
LAST = 2**53 - 1
Ints = npt.NDArray[np.int64]


@pytest.mark.parametrize("sigma", [0.3, 1.0, 7.5])
def test_narrow_draws_follow_the_exact_distribution(sigma: float) -> None:
    """200,000 draws pass a chi-square test against the probabilities of the rounded Gaussian."""
    assert _fit(rounded_gaussian(DRAWS, sigma), sigma) >= FALSE_ALARM


@pytest.mark.parametrize("factor", [0.98, 1.02])
@pytest.mark.parametrize("sigma", [1.0, 7.5])
def test_the_test_would_catch_wrong_noise(sigma: float, factor: float) -> None:
    """The same test rejects a million draws of noise that is 2 % too narrow or too wide."""
    # The statistic is expected at over 670, eleven standard deviations above where the test rejects.
    assert _fit(rounded_gaussian(5 * DRAWS, sigma * factor), sigma) < FALSE_ALARM


def _fit(sample: Ints, sigma: float) -> float:
    """The p-value of Pearson's chi-square test, values pooled until 100 draws are expected of them.

    Where one draw is expected, a few more are no rare chance, but look like one. So right noise has a p-value below
    1e-12 with a probability of at most 1e-11.
    """
    from scipy.stats import chisquare, norm

    reach = int(np.abs(sample).max()) + 10
    values = np.arange(-reach, reach + 1)
    expected = (norm.cdf(values + 0.5, scale=sigma) - norm.cdf(values - 0.5, scale=sigma)) * len(sample)
    observed = np.bincount(sample + reach, minlength=2 * reach + 1)
    order = np.argsort(-expected)
    expected, observed = expected[order], observed[order]
    common = int((expected >= 100).sum())
    if len(sample) - expected[:common].sum() < 100:
        common -= 1
    counts = np.append(observed[:common], observed[common:].sum())
    means = np.append(expected[:common], len(sample) - expected[:common].sum())
    return float(chisquare(counts, means).pvalue)


@pytest.mark.parametrize("sigma", [1000.0, 2.0**20, LARGEST_SIGMA])
def test_wide_draws_are_gaussian(sigma: float) -> None:
    """Kolmogorov and Smirnov do not tell wide draws from a Gaussian; four moments are within eight standard errors."""
    from scipy.stats import kstest, norm

    count = DRAWS if sigma < LARGEST_SIGMA else 5000  # the widest noise is computed precisely now and then
    scaled = rounded_gaussian(count, sigma) / sigma
    assert kstest(scaled, norm.cdf).pvalue >= FALSE_ALARM
    # Of 5000 draws the fourth moment is out of bounds with a probability of 1.3e-11, the others with one below 1e-12.
    for power, expected, deviation in ((1, 0, 1), (2, 1, math.sqrt(2)), (3, 0, math.sqrt(15)), (4, 3, math.sqrt(96))):
        assert abs((scaled**power).mean() - expected) <= 8 * deviation / math.sqrt(count)


def test_draws_are_independent() -> None:
    """Neighbours, and the two halves that come from one radius, are uncorrelated, and so are their squares."""
    sample = rounded_gaussian(DRAWS, 1000.0) / 1000.0
    for left, right in ((sample[:-1], sample[1:]), (sample[: DRAWS // 2], sample[DRAWS // 2 :])):
        for power in (1, 2):
            # Exceeded with a probability of under 1e-12.
            assert abs(np.corrcoef(left**power, right**power)[0, 1]) <= 8 / math.sqrt(len(left))


@pytest.mark.parametrize("count", [0, 1, 2, 5, 2**15, 2**15 + 1])
def test_every_count_gives_a_vector_of_integers(count: int) -> None:
    """No, one, odd and many draws come as int64, all of them drawn."""
    drawn = rounded_gaussian(count, 2.0**30)
    assert drawn.shape == (count,)
    assert drawn.dtype == np.int64
    assert np.abs(drawn).max(initial=0) < 2**35
    assert np.count_nonzero(drawn) >= count - 1


@pytest.mark.parametrize(
    ("count", "sigma"), [(-1, 1.0), (1, 0.0), (1, -1.0), (1, math.nan), (1, math.inf), (1, 2.0**41)]
)
def test_meaningless_noise_is_not_drawn(count: int, sigma: float) -> None:
    """A negative count, and noise that is not positive or wider than LARGEST_SIGMA, are refused."""
    with pytest.raises(ValueError, match="cannot draw"):
        rounded_gaussian(count, sigma)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_no_two_calls_and_no_forked_children_draw_alike(seed: int) -> None:
    """After torch and numpy were seeded and used, two forked children and the parent draw different noise."""
    import torch

    torch.manual_seed(seed)
    np.random.seed(seed)
    torch.randn(3)
    drawn = [rounded_gaussian(256, 1e6), rounded_gaussian(256, 1e6)]
    for _ in range(2):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, rounded_gaussian(256, 1e6).tobytes())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            drawn.append(np.frombuffer(pipe.read(), dtype=np.int64))
        os.waitpid(child, 0)
    torch.manual_seed(seed)
    drawn.append(rounded_gaussian(256, 1e6))
    assert all(len(draws) == 256 for draws in drawn)
    for i, one in enumerate(drawn):
        for other in drawn[:i]:
            assert np.count_nonzero(one == other) <= 3


def test_random_words_are_uniform_bits() -> None:
    """Each of the 64 bits is set half of the time, and no word comes twice, nor in draws of one key or of two."""
    stream = RandomWords()
    words = np.concatenate([stream.draw(2**15 + 1), stream.draw(2**15 - 1), random_words(2**16)])
    for bit in range(64):
        assert abs(np.count_nonzero(words & np.uint64(2**bit)) - 2**16) <= 8 * 2**7.5  # one alarms falsely at 8e-14
    assert len(np.unique(words)) == 2**17  # two are alike with a probability of 5e-10
    assert len(random_words(0)) == 0


def _rounded_at(first: int, second: int, sigma: float, extra: tuple[int, int], bits: int = 160) -> tuple[int, int]:
    """The two draws of Box and Muller for 53 known and `bits` further bits of each uniform number, in 80 digits."""
    with mpmath.workdps(80):
        unit = mpmath.mpf(2) ** -(53 + bits)
        radius = sigma * mpmath.sqrt(-2 * mpmath.log(unit * ((first << bits) + extra[0] + 1)))
        angle = 2 * mpmath.pi * unit * ((second << bits) + extra[1])
        return int(mpmath.nint(radius * mpmath.cos(angle))), int(mpmath.nint(radius * mpmath.sin(angle)))


@pytest.mark.parametrize("sigma", [0.7, 2.0**20, 2.0**36])
def test_a_draw_that_is_not_in_doubt_is_the_same_for_all_further_bits(sigma: float) -> None:
    """Where double precision decides, the least and the largest continuation round to its integers in 80 digits."""
    import torch

    known = [
        *((a, b) for a in (0, 1, 2, LAST - 2, LAST - 1, LAST) for b in (0, 1, 2**51, 2**52, 3 * 2**51, LAST)),
        *((secrets.randbits(53), secrets.randbits(53)) for _ in range(400)),
        *((secrets.randbits(8), secrets.randbits(53)) for _ in range(50)),  # far out
        *((LAST - secrets.randbits(30), secrets.randbits(53)) for _ in range(50)),  # near the middle
    ]
    drawn = torch.empty((2, len(known)), dtype=torch.int64)
    doubtful = set(module._box_muller(torch.tensor(known).T.contiguous(), sigma, drawn))
    assert len(doubtful) < 150
    largest = 2**160 - 1
    for at, (first, second) in enumerate(known):
        if at not in doubtful:
            for extra in ((0, 0), (0, largest), (largest, 0), (largest, largest)):
                assert _rounded_at(first, second, sigma, extra) == tuple(drawn[:, at].tolist())


def test_doubt_is_rare_and_grows_with_sigma() -> None:
    """At sigma 2^20 hardly a pair is in doubt, at 2^36 some are and at 2^40 more."""
    import torch

    bits = torch.from_numpy(random_words(2**15).view(np.int64)).bitwise_and_(LAST).view(2, -1)
    few, some, more = (
        len(module._box_muller(bits, sigma, torch.empty_like(bits))) for sigma in (2.0**20, 2.0**36, 2.0**40)
    )
    assert few <= 5 < some < more < 2**14 / 10


def test_draws_in_doubt_are_computed_precisely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair that is drawn with further bits is the one that 80 digits give for the same bits."""
    for sigma in (1.0, LARGEST_SIGMA):
        for first, second in ((0, 0), (LAST, LAST), (0, LAST), (5, 2**52), (2**52, 12345), (LAST, 0)):
            extra = (secrets.randbits(160), secrets.randbits(160))
            following = iter(extra)
            monkeypatch.setattr(module.secrets, "randbits", lambda _, following=following: next(following))
            precise = module._precise_pair(first, second, sigma)
            monkeypatch.undo()
            assert precise == _rounded_at(first, second, sigma, extra)


def test_pairs_in_doubt_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """What double precision cannot decide never leaves: with everything in doubt, every draw is a precise one."""
    monkeypatch.setattr(module, "_ERROR", 1e12)
    monkeypatch.setattr(module, "_precise_pair", lambda *_: (7, 9))
    assert rounded_gaussian(40_001, 5.0).tolist() == [7] * 20_001 + [9] * 20_000


def test_functions_of_torch_are_as_exact_as_is_assumed() -> None:
    """The logarithm, square root, cosine and sine of doubles are within 8 units in the last place at samples."""
    import torch

    uniform = [(secrets.randbits(53) + 1) * 2.0**-53 for _ in range(500)]
    uniform += [2.0**-53, 2.0**-52, 0.5, 1 - 2.0**-53, 1 - 2.0**-52]
    angles = [2 * math.pi * value for value in uniform]
    for name, points in (("log", uniform), ("sqrt", uniform), ("cos", angles), ("sin", angles)):
        computed = getattr(torch, name)(torch.tensor(points, dtype=torch.float64)).tolist()
        for point, value in zip(points, computed, strict=True):
            assert abs(getattr(mpmath, name)(mpmath.mpf(point)) - value) <= 8 * math.ulp(value)
