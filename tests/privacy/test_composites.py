"""What an attacker measures of whole releases: neighbouring persons, the hospital's own sum, the sampler in use.

For each aggregate the person whose coming and going changes its sum the most is looked for, and an attacker is given
the best test there is: the likelihood ratio of the noise for that difference (Neyman and Pearson). Its threshold is
chosen on half of the draws; the other half gives a lower bound of epsilon that is wrong with a probability of at most
1e-10 (Clopper and Pearson 1934).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import beta

from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.events import DiscreteGaussian, DiscreteLaplace, Event
from fedlab_kernel.privacy.mechanisms import add_noise
from tests.language.primitives.people import Person, asked, rows_of, total

CLAIM, DELTA = 1.0, 1e-8
FALSE_ALARM = 1e-10
DRAWS = 20_000
MOST_COORDINATES = 24  # those that differ most; the others would only sharpen the attack a little

Floats = npt.NDArray[np.float64]

VISITS = [{"x": 10.0, "c": 5, "seen": True, "ward": "c", "date": 20_000}] * 4
PERSONS: list[Person] = [
    {"a": 10.0, "b": 10.0, "k": 5, "n": 100, "flag": True, "hue": "red", "day": 0, "visits": VISITS},
    {"a": -10.0, "b": 10.0, "k": -5, "n": 0, "flag": False, "hue": "blue", "day": 20_000},
    {"a": 10.0, "b": -10.0, "k": 5, "n": 0, "flag": True, "hue": "green", "day": 9000, "visits": VISITS[:1]},
    {"a": 0.0, "b": 0.0, "k": 0, "n": 50, "flag": False, "hue": "red", "day": 0},
    {"a": -10.0, "b": -10.0, "k": -5, "n": 100, "flag": True, "hue": "blue", "day": 0, "visits": VISITS[:2]},
    {"a": None, "b": 3.0, "k": 1, "n": None, "flag": None, "hue": None, "day": None},
]

QUERIES = (
    "count(p)", "count(p, by=[p.hue, p.flag])", "sum(vector(p.a, p.b, p.n), clip=20.0)",
    "sum(vector(p.a, p.b), clip_l1=5.0)", "mean(p.a)", "mean(p.n, by=p.hue)", "variance(p.a)", "sd(p.n, by=p.flag)",
    "proportion(p.a > p.b, by=p.hue)", "missing_count(p.a)", "histogram(p.n, bins=[0, 25, 50, 75, 100])",
    "histogram(p.n, bins=[0, 50, 100], by=p.flag)", "crosstab(p.hue, p.flag)", "quantile(p.n, 0.5, bins=10)",
    "describe(p, [p.a, p.n, p.hue])", "describe(p, [p.a, p.hue], by=p.flag)",
    f"describe(p, [{', '.join(f'clip(p.a, -10, {at})' for at in range(1, 21))}])",
    "covariance([p.a, p.b])", "correlation([p.a, p.b, p.n, p.k, p.flag, p.a > 0])",
    "linear_regression(p.a, [p.b, p.n, p.flag])", "logistic(p.flag, [p.a, p.n], start=[0.5, -1, 2])",
    "chi_square(p.hue, p.flag)", "t_test(p.a, by=p.flag)", "anova(p.n, by=p.hue)",
    "two_proportions(p.a > 0, by=p.flag)", "correlation_test(p.a, p.b)",
    "log_rank(p.n, p.flag, by=p.hue, grid=[0, 20, 50, 100])", "kaplan_meier(p.n, p.flag, grid=[0, 20, 50, 100])",
    "nelson_aalen(p.n, p.flag, grid=10, by=p.hue)", "incidence_rate(p.flag, p.n, per=1000)",
    "auc(p.n / 100, p.flag)", "roc(p.n / 100, p.flag)", "calibration(p.n / 100, p.flag)",
    "accuracy(p.n / 100, p.flag)", "brier(p.n / 100, p.flag)",
    "mean(count_of(p.visits))", "sum(sum_of(p.visits.x))", "mean(mean_of(p.visits.c))",
)  # fmt: skip
QUICK = frozenset({"mean(p.n, by=p.hue)", "describe(p, [p.a, p.n, p.hue])", "sum(sum_of(p.visits.x))"})
CASES = [pytest.param(query, marks=[] if query in QUICK else [pytest.mark.long]) for query in QUERIES]


def worst_difference(query: str) -> tuple[list[int], int, str]:
    """How the sum changes with the person who changes it the most, the sensitivity and the norm that bounds it."""
    aggregate = asked(query, len(PERSONS))
    statistic, rows = aggregate.statistic, rows_of(PERSONS)
    everybody = total(aggregate, rows)
    found: list[list[int]] = []
    for person in range(len(PERSONS)):
        without = total(aggregate, replace(rows, present=rows.present & (np.arange(len(PERSONS)) != person)))
        found.append([one - other for one, other in zip(everybody, without, strict=True)])
    return max(found, key=lambda change: _size(change, statistic.norm)), statistic.sensitivity, statistic.norm


def _size(change: list[int], norm: str) -> float:
    return sum(map(abs, change)) if norm == "l1" else math.sqrt(sum(entry * entry for entry in change))


def measured_epsilon(difference: list[int], event: Event, delta: float, claimed: Event) -> float:
    """A lower bound of the epsilon of noise `event` on two sums that differ so; the attacker thinks it is `claimed`."""
    largest = sorted(filter(None, difference), key=abs, reverse=True)[:MOST_COORDINATES]
    shift = np.array(largest, dtype=np.float64)
    drawn = np.array(add_noise([0] * (2 * DRAWS * len(shift)), event), dtype=np.float64).reshape(2, DRAWS, len(shift))
    present, absent = (
        _likelihood_ratio(noise + side * shift, shift, claimed) for noise, side in zip(drawn, (1, 0), strict=True)
    )
    half = DRAWS // 2
    thresholds = np.unique(np.quantile(np.concatenate([present[:half], absent[:half]]), np.linspace(0, 1, 400)))

    def gain(threshold: float) -> float:
        p, q = (present[:half] >= threshold).mean(), (absent[:half] >= threshold).mean()
        return math.log((p - delta) / q) - 3 / math.sqrt(half * q) if p > delta and q > 0 else -math.inf

    threshold = max(thresholds.tolist(), key=gain)
    hits, misses = int((present[half:] >= threshold).sum()), int((absent[half:] >= threshold).sum())
    p_low = float(beta.ppf(FALSE_ALARM / 2, hits, half - hits + 1))
    q_high = float(beta.ppf(1 - FALSE_ALARM / 2, misses + 1, half - misses))
    return math.log((p_low - delta) / q_high) if p_low > delta else -math.inf


def _likelihood_ratio(seen: Floats, shift: Floats, event: Event) -> Floats:
    """Log P(seen | present) − log P(seen | absent), the sum without the person being zero."""
    match event:
        case DiscreteLaplace(scale, _):
            ratio = (np.abs(seen) - np.abs(seen - shift)) / scale
        case DiscreteGaussian(sigma, _):
            ratio = (seen**2 - (seen - shift) ** 2) / (2 * sigma**2)
    return np.asarray(ratio.sum(axis=1))


def _weaker(event: Event, factor: float) -> Event:
    match event:
        case DiscreteLaplace(scale, sensitivity):
            return DiscreteLaplace(scale / factor, sensitivity)
        case DiscreteGaussian(sigma, sensitivity):
            return DiscreteGaussian(sigma / factor, sensitivity)


@pytest.mark.parametrize("query", CASES)
def test_an_attacker_measures_less_than_the_claim(query: str) -> None:
    """The measured epsilon of a release is at most its claim, and with too little noise it is above it."""
    difference, sensitivity, norm = worst_difference(query)
    tightness = _size(difference, norm) / sensitivity
    event = calibrate(norm, sensitivity, CLAIM, DELTA)  # type: ignore[arg-type]  # a norm
    found = measured_epsilon(difference, event, 0.0 if norm == "l1" else DELTA, event)
    # Half the Laplace noise on one coordinate costs twice as much, and shows it. Where the difference is spread over
    # many coordinates, or the noise is Gaussian at a delta that no experiment reaches, only a part of the claim can
    # ever be measured, so it takes an eighth of the noise to show more than the claim.
    concentrated = norm == "l1" and 2 * max(map(abs, difference)) >= _size(difference, norm)
    weaker = _weaker(event, 2.0 if concentrated else 8.0)
    caught = measured_epsilon(difference, weaker, 0.0 if norm == "l1" else DELTA, weaker)
    shown = f"measured {found:.2f}, with too little noise {caught:.2f}"
    # Over many runs, with too little noise the mean of what is measured is above the claim by at least seven standard
    # deviations of a run, for each query of which it is asserted.
    print(f"{query:.60}: {norm}, {tightness:.0%} of the sensitivity, {shown}")
    assert 0.5 < tightness <= 1.0
    assert found <= CLAIM
    assert caught > CLAIM or tightness < 0.95


def test_every_aggregate_is_attacked() -> None:
    """A new aggregate needs a query here; trainings are attacked in `test_training_audit`."""
    named = {query.partition("(")[0] for query in QUERIES} | {"train", "logistic_regression", "mlp", "small_cnn"}
    assert named == {name for name, primitive in PRIMITIVES.items() if primitive.world == "aggregate"}
