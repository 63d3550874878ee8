"""Matrices and fits: equal to numpy's and scikit-learn's without noise, and right about their errors with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from fedlab_kernel.language import check
from fedlab_kernel.language.primitives.logistic import Logistic
from fedlab_kernel.language.public import Record, plain
from fedlab_kernel.language.slices import read, write
from fedlab_kernel.language.statistics.statistic import SILENCE, Statistic
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.half_width import LinearNoise
from tests.language.primitives.people import Person, answer, asked, catalogue, rows_of, sums, total

Floats = npt.NDArray[np.float64]
DRAWS = 1000
DELTA = 1e-6
SLOPES = {"intercept": 1.0, "b": 0.3, "n": 0.02, "flag": 1.5}
LOGITS = {"intercept": -0.5, "a": 0.4, "b": -0.1}


def _columns(count: int, random: np.random.Generator) -> dict[str, Floats]:
    """Columns that hang together: a on b, n and flag with `SLOPES` and normal errors; ill on a and b with `LOGITS`."""
    b, n = np.clip(random.normal(0, 3, count), -10, 10), np.rint(np.clip(random.gamma(4, 10, count), 0, 100))
    flag = (random.random(count) < 0.4).astype(np.float64)
    a = SLOPES["intercept"] + SLOPES["b"] * b + SLOPES["n"] * n + SLOPES["flag"] * flag + random.normal(0, 1.2, count)
    risk = 1 / (1 + np.exp(-(LOGITS["intercept"] + LOGITS["a"] * a + LOGITS["b"] * b)))
    return {"a": a, "b": b, "n": n, "flag": flag, "ill": (random.random(count) < risk).astype(np.float64)}


def _persons(columns: dict[str, Floats], flag: str = "flag") -> list[Person]:
    """The same as persons; `flag` is the column that the table's own `flag` holds."""
    names = {"a": "a", "b": "b", "n": "n", "flag": flag}
    hues = ("red", "green", "blue")
    return [
        {**{name: float(columns[own][row]) for name, own in names.items()}, "hue": hues[row % 3], "k": row % 11 - 5}
        for row in range(len(columns["a"]))
    ]


def _record(value: object) -> Record:
    assert isinstance(value, Record)
    return value


def _part(value: object, name: str) -> Any:
    return plain(_record(value).field(name) or 0)


# Without noise -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 400])
def test_matrices_are_numpys(count: int, seed: int) -> None:
    """Covariances and correlations are numpy's, of the persons for whom no column is missing."""
    columns = _columns(count, np.random.default_rng(seed))
    persons = [*_persons(columns), {"a": 3.0, "b": None, "n": 4.0, "flag": 1.0}]
    x = np.stack([columns[name] for name in ("a", "b", "n", "flag")])
    for name, expected in (("covariance", np.cov(x)), ("correlation", np.corrcoef(x) if x[3].std() else None)):
        value = answer(f"{name}([p.a, p.b, p.n, p.flag])", persons)
        assert _part(value, "rows") == _part(value, "columns") == ["a", "b", "n", "flag"]
        assert _part(value, "persons") == count
        if expected is not None:
            assert np.allclose(_part(value, "values"), expected, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("ridge", [0, 25])
def test_linear_regression_is_least_squares(ridge: int, seed: int) -> None:
    """Coefficients, intervals, residuals and R² are those of numpy; a penalty is scikit-learn's on scaled columns."""
    columns = _columns(400, np.random.default_rng(seed))
    persons = _persons(columns)
    value = answer(f"linear_regression(p.a, [p.b, p.n, p.flag, p.hue], ridge={ridge})", persons)
    assert _part(value, "terms") == ["intercept", "b", "n", "flag", "hue: green", "hue: blue"]
    x = np.stack([columns["b"], columns["n"], columns["flag"], *(np.arange(400) % 3 == at for at in (1, 2))], axis=1)
    lo, width = np.array([-10, 0, 0, 0, 0]), np.array([20, 100, 1, 1, 1])
    z = np.column_stack([np.ones(400), x])
    if ridge:
        model = Ridge(alpha=ridge).fit(2 * (x - lo) / width - 1, columns["a"])
        assert np.allclose(_part(value, "coefficients")[1:], model.coef_ * 2 / width, rtol=2e-3, atol=2e-3)
        return
    beta, rest, _, _ = np.linalg.lstsq(z, columns["a"], rcond=None)
    variance = float(rest[0]) / (400 - 6)
    errors = np.sqrt(variance * np.diag(np.linalg.inv(z.T @ z)))
    assert np.allclose(_part(value, "coefficients"), beta, rtol=2e-3, atol=2e-3)
    assert np.allclose(_part(value, "hi"), beta + 1.966 * errors, rtol=5e-3, atol=5e-3)
    assert np.allclose(_part(value, "lo"), beta - 1.966 * errors, rtol=5e-3, atol=5e-3)
    assert _part(value, "residual_sd") == pytest.approx(variance**0.5, rel=1e-3)
    assert _part(value, "r_squared") == pytest.approx(1 - float(rest[0]) / 400 / columns["a"].var(), rel=1e-3)
    assert _part(value, "persons") == 400
    assert _part(value, "p") == [1.0] * 6


def test_newtons_steps_end_at_the_logistic_regression(seed: int) -> None:
    """A few releases, each from the fit before, reach scikit-learn's coefficients without penalty."""
    columns = _columns(800, np.random.default_rng(seed))
    persons = _persons(columns, flag="ill")
    x = np.stack([columns["a"], columns["b"]], axis=1)
    model = LogisticRegression(C=np.inf, tol=1e-9).fit(x, columns["ill"])
    value = answer("logistic(p.flag, [p.a, p.b])", persons)
    for _ in range(5):
        value = answer(f"logistic(p.flag, [p.a, p.b], start={_part(value, 'scaled')!r})", persons)
    assert _part(value, "terms") == ["intercept", "a", "b"]
    assert np.allclose(_part(value, "coefficients"), [*model.intercept_, *model.coef_[0]], rtol=1e-3, atol=1e-3)
    z = np.column_stack([np.ones(800), x])
    risk = model.predict_proba(x)[:, 1]
    errors = np.sqrt(np.diag(np.linalg.inv(z.T @ (z * (risk * (1 - risk))[:, None]))))
    assert np.allclose(np.subtract(_part(value, "hi"), _part(value, "coefficients")), 1.96 * errors, rtol=1e-2)
    assert _part(value, "persons") == 800


QUERIES = (
    "covariance([p.a, p.b])", "correlation([p.a, p.k * 0, p.flag])", "linear_regression(p.a, [p.k * 0])",
    "linear_regression(p.a, [p.b, p.b * 2, p.flag])", "linear_regression(p.k * 0, [p.a])",
    "logistic(p.flag, [p.a, p.k * 0, p.a * 2])", "logistic(p.flag, [p.a], start=[1e300, -1e300])",
    "linear_regression(p.a, [p.b], ridge=1e9)",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("persons", [[], [{"a": 1.0, "b": 2.0, "k": 1, "flag": True}], [{}] * 3])
def test_nobody_one_person_and_constant_columns_have_an_answer(query: str, persons: list[Person]) -> None:
    """Without persons, with one, with nothing but missing values or constant and collinear columns all is finite."""
    value = _record(answer(query, persons))
    assert np.isfinite(_numbers(value)).all()


@pytest.mark.parametrize("query", QUERIES)
def test_any_sum_has_a_finite_answer(query: str, seed: int) -> None:
    """Whatever the noise makes of a sum, value and half-width are finite and of the declared shape."""
    statistic, random = asked(query).statistic, np.random.default_rng(seed)
    noise = LinearNoise(calibrate(statistic.norm, statistic.sensitivity, 0.5, DELTA), 2)
    shape = plain(_record(statistic.finish([0] * statistic.dimension, SILENCE)).cells)
    for size in (0.0, 1.0, 1e3, 1e9, 2.0**62):
        for _ in range(5):
            noisy = np.rint(random.normal(size=statistic.dimension) * size).tolist()
            value, half = _record(statistic.finish(noisy, noise)), statistic.half_width(noisy, noise)
            assert np.isfinite(_numbers(value)).all()
            assert np.isfinite(half).all()  # type: ignore[arg-type]
            assert np.shape(half) == np.shape(plain(value.cells)) == np.shape(shape)  # type: ignore[arg-type]


def _numbers(value: Record) -> list[float]:
    found: list[float] = []
    for name, part in value.fields:
        if name not in value.declared:
            found += np.ravel(plain(part)).tolist()  # type: ignore[arg-type]
    return found


def test_thirty_columns_are_the_most(seed: int) -> None:
    """Thirty columns are checked, summed and solved; one more is refused where the list stands."""
    columns = [f"p.a ** {power}" if power > 1 else "p.a" for power in range(1, 15)]
    columns += [f"p.b ** {power}" if power > 1 else "p.b" for power in range(1, 15)]
    columns += ["p.n", "p.k"]
    persons = _persons(_columns(50, np.random.default_rng(seed)))
    for query in (f"covariance([{', '.join(columns)}])", f"linear_regression(p.k, [{', '.join(columns[:-1])}])"):
        statistic = asked(query).statistic
        found = sums(query, persons)
        assert len(found) == statistic.dimension
        assert np.isfinite(_numbers(_record(statistic.finish(found, SILENCE)))).all()
        text = f'p = table("people")\nx = release({query.replace("[", "[p.flag, ")}, epsilon=1.0)'
        (finding,) = check(text, catalogue(8)).findings
        assert finding.code == "FQ301"
        assert finding.span is not None
        assert finding.span.line == 2


def test_a_fit_travels_as_numbers_and_the_loop_keeps_every_release() -> None:
    """The loop over steps is accepted without a warning, and its slice with a start is read back the same."""
    text = (
        'p = table("people")\nfit = release(logistic(p.flag, [p.a, p.hue]), epsilon=0.3)\n'
        "for step in range(4):\n    fit = release(logistic(p.flag, [p.a, p.hue], start=fit), epsilon=0.3)\nfit"
    )
    checked = check(text, catalogue(8))
    assert not checked.findings
    assert len(checked.releases) == 5
    for query in (
        "logistic(p.flag, [p.a, p.hue], start=[0.5, -1, 0.25, 40])", "linear_regression(p.a, [p.hue], ridge=2)",
        "correlation([p.a, p.flag])",
    ):  # fmt: skip
        aggregate = asked(query)
        reading = read(write(aggregate.node, 0.5).text, catalogue(8), {})
        theirs, ours = reading.aggregate.statistic, aggregate.statistic
        assert [theirs.dimension, theirs.norm, theirs.sensitivity] == [ours.dimension, ours.norm, ours.sensitivity]
        persons = _persons(_columns(20, np.random.default_rng(1)))
        assert total(reading.aggregate, rows_of(persons)) == total(aggregate, rows_of(persons))


# With noise ----------------------------------------------------------------------------------------


def _cells(query: str, columns: dict[str, Floats]) -> tuple[Statistic, list[int]]:
    """The statistic of a query over the columns it names, and its exact sum."""
    persons = _persons(columns, "ill" if query.startswith("logistic") else "flag")
    aggregate = asked(query, len(persons))
    return aggregate.statistic, total(aggregate, rows_of(persons))


def _noise(statistic: Statistic, epsilon: float, hospitals: int) -> LinearNoise:
    return LinearNoise(calibrate(statistic.norm, statistic.sensitivity, epsilon, DELTA), hospitals)


def _drawn(noise: LinearNoise, exact: Sequence[float], count: int, seed: int) -> Floats:
    """Noisy sums, shape (count, dimension)."""
    return np.asarray(exact) + noise.simulation([seed]).noise(count, len(exact))


NOISY = (
    ("covariance([p.a, p.b])", 0.5, 1000), ("covariance([p.a, p.b, p.n, p.flag])", 1.0, 3000),
    ("covariance([p.a, p.b, p.n, p.flag, p.k, p.a + p.b])", 1.0, 3000),
    ("correlation([p.a, p.b])", 1.0, 2000), ("correlation([p.a, p.b, p.n, p.flag])", 2.0, 3000),
    ("correlation([p.a, p.b, p.n, p.flag, p.k, p.a + p.b])", 3.0, 5000),
    ("linear_regression(p.a, [p.b])", 0.5, 1000), ("linear_regression(p.a, [p.b, p.n, p.flag])", 2.0, 3000),
    ("linear_regression(p.a, [p.b, p.n, p.flag], ridge=50)", 2.0, 3000),
    ("logistic(p.flag, [p.a])", 2.0, 2000), ("logistic(p.flag, [p.a, p.b])", 2.0, 5000),
    ("logistic(p.flag, [p.a, p.b], start=[-0.9, 4.0, -1.0])", 3.0, 5000),
)  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("hospitals", [1, 4])
@pytest.mark.parametrize(("query", "epsilon", "count"), NOISY)
def test_the_bar_covers_the_value_without_noise(
    query: str, epsilon: float, count: int, hospitals: int, seed: int
) -> None:
    """Over 1,000 draws of noise the half-widths hold 93 % to 97 %, diagonals of correlations apart."""
    statistic, exact = _cells(query, _columns(count, np.random.default_rng(seed)))
    epsilon *= hospitals**0.5
    noise = _noise(statistic, epsilon, hospitals)
    truth = np.asarray(plain(_record(statistic.finish(exact, SILENCE)).cells))
    held = []
    for noisy in _drawn(noise, exact, DRAWS, seed).tolist():
        value = np.asarray(plain(_record(statistic.finish(noisy, Untested(noise))).cells))
        bars = np.asarray(statistic.half_width(noisy, noise))
        held.append((np.abs(value - truth) <= bars)[bars > 0])
    assert 0.93 <= np.mean(held) <= 0.97


@pytest.mark.long
@pytest.mark.parametrize(("epsilon", "count"), [(1.0, 3000), (3.0, 1000), (20.0, 1000)])
def test_linear_intervals_cover_the_population(epsilon: float, count: int, seed: int) -> None:
    """Over 1,000 draws of persons and noise, lo and hi enclose the slopes they were drawn with in 93 % to 97 %."""
    random, statistic = np.random.default_rng(seed), asked("linear_regression(p.a, [p.b, p.n, p.flag])").statistic
    noise, truth, held = _noise(statistic, epsilon, 1), list(SLOPES.values()), []
    for drawn in _drawn(noise, [0] * statistic.dimension, DRAWS, seed):
        people = _columns(count, random)
        exact = statistic.total(np, np.ones(count, dtype=np.bool_), *(people[name] for name in ("b", "n", "flag", "a")))
        value = statistic.finish((exact + drawn).tolist(), Untested(noise))
        held.append((_part(value, "lo") <= np.asarray(truth)) & (truth <= np.asarray(_part(value, "hi"))))
    assert 0.93 <= np.mean(held) <= 0.97


@pytest.mark.long
@pytest.mark.parametrize(("epsilon", "count"), [(3.0, 3000), (10.0, 2000)])
def test_logistic_intervals_cover_the_population_after_a_loop(epsilon: float, count: int, seed: int) -> None:
    """The same after four steps from zeros, each with noise of its own: the last one's interval is enough."""
    random, first = np.random.default_rng(seed), asked("logistic(p.flag, [p.a, p.b])").statistic
    assert isinstance(first, Logistic)
    noise, truth, held = _noise(first, epsilon, 1), list(LOGITS.values()), []
    noises = _drawn(noise, [0] * first.dimension, 4 * DRAWS, seed).reshape(DRAWS, 4, -1)
    for steps in noises:
        people, statistic = _columns(count, random), first
        for drawn in steps:
            exact = statistic.total(np, np.ones(count, dtype=np.bool_), *(people[name] for name in ("a", "b", "ill")))
            value = statistic.finish((exact + drawn).tolist(), Untested(noise))
            statistic = replace(first, start=tuple(_part(value, "scaled")))
        held.append((_part(value, "lo") <= np.asarray(truth)) & (truth <= np.asarray(_part(value, "hi"))))
    assert 0.93 <= np.mean(held) <= 0.97


@pytest.mark.long
@pytest.mark.parametrize("epsilon", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("query", ["linear_regression(p.a, [p.b, p.n])", "logistic(p.flag, [p.b, p.n])"])
def test_p_values_reject_what_is_true_as_rarely_as_they_say(query: str, epsilon: float, seed: int) -> None:
    """Of coefficients that are 0, at most 7 in 100 have p below 0.05, also where there is more noise than signal."""
    random, statistic, count = np.random.default_rng(seed), asked(query).statistic, 1000
    noise = _noise(statistic, epsilon, 1)
    small = []
    for drawn in _drawn(noise, [0] * statistic.dimension, 500, seed):
        people = _columns(count, random)
        outcome = random.normal(0, 3, count) if query.startswith("linear") else random.random(count) < 0.3
        total = statistic.total(np, np.ones(count, dtype=np.bool_), people["b"], people["n"], outcome) + drawn
        small += [p < 0.05 for p in _part(statistic.finish(total.tolist(), noise), "p")[1:]]
    assert np.mean(small) <= 0.07


def test_strong_effects_are_found(seed: int) -> None:
    """With many persons and little noise the p of an effect that is there is small, and asking again gives the same."""
    columns = _columns(3000, np.random.default_rng(seed))
    for query in ("linear_regression(p.a, [p.b, p.n, p.flag])", "logistic(p.flag, [p.a])"):
        statistic, exact = _cells(query, columns)
        noise = _noise(statistic, 20.0, 2)
        p = _part(statistic.finish(exact, noise), "p")
        assert max(p[1:]) < 0.01
        assert p == _part(statistic.finish(exact, noise), "p")


class Untested:
    """A noise that simulates nothing, so that tests of error bars do not wait for p-values."""

    def __init__(self, noise: LinearNoise) -> None:
        self._noise = noise

    def half_width(self, weights: Sequence[float]) -> float:
        """As the noise."""
        return self._noise.half_width(weights)

    def simulation(self, seed: Sequence[float]) -> None:
        """Nothing."""


@pytest.mark.parametrize("y", ["p.k", "clip(p.n, -1e15, 5)"])
@pytest.mark.parametrize("width", ["1e-299", "5e-324"])
@pytest.mark.parametrize("total", [[0] * 7, [3, 0, 357890726, 357890725, 1, 1, -357890725]])
def test_a_column_of_hardly_any_width_has_a_fit(y: str, width: str, total: list[int]) -> None:
    """A coefficient whose unit is next to nothing has finite limits, and the query is checked without an error."""
    statistic = asked(f"linear_regression({y}, [clip(p.n, 0, {width})], ridge=1e9)").statistic
    fitted, widths = statistic.finish(total, SILENCE), statistic.half_width(total, SILENCE)
    assert isinstance(fitted, Record)
    assert isinstance(widths, list)
    assert all(width >= 0 for width in widths)
    limits = [limit for name in ("lo", "hi") for limit in plain(fitted.field(name))]  # type: ignore[arg-type, attr-defined]
    assert all(math.isfinite(limit) for limit in (*limits, *widths))


@pytest.mark.parametrize(
    "query",
    [
        "linear_regression(clip(p.wide, -9, 1e15), [clip(p.a, 0, 5e-324), p.k])",
        "logistic(p.flag, [clip(p.a, 0, 5e-324), p.k])",
    ],
)
def test_tests_of_a_column_of_hardly_any_width_do_not_overflow(query: str) -> None:
    """Noise times the weights of a coefficient in units of next to nothing stays within what a number holds."""
    statistic = asked(query).statistic
    noise = LinearNoise(calibrate(statistic.norm, statistic.sensitivity, 20.0, 1e-8), 3)
    fitted = statistic.finish([at % 3 for at in range(statistic.dimension)], noise)
    assert isinstance(fitted, Record)
    assert all(0 < p <= 1 for p in plain(fitted.field("p")))  # type: ignore[arg-type, attr-defined]
