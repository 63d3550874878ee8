"""Bad input, primitive by primitive: refused where it stands before anything runs, or a total result."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from fedlab_kernel.hospital import evaluation
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.language import check
from fedlab_kernel.language.primitive import Primitive
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.public import List, Public, Record
from fedlab_kernel.language.statistics.statistic import SILENCE, Statistic
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.half_width import LinearNoise
from tests.language.heart import CATALOGUE
from tests.language.primitives.test_vocabulary import _persons

WRITTEN = [primitive for primitive in PRIMITIVES.values() if primitive.world != "wire"]
AGGREGATES = [primitive for primitive in WRITTEN if primitive.world == "aggregate"]
TABLE = CATALOGUE["heart"]


def _constant(rows: Rows) -> Rows:
    return replace(rows, values={name: np.full_like(values, values[0]) for name, values in rows.values.items()})


def _filled(number: float) -> Callable[[Rows], Rows]:
    """Values that no catalogue lets in, as a fault in loading might leave them; labels stay labels."""
    return lambda rows: replace(
        rows,
        values={
            name: values if TABLE.columns[name].kind in ("category", "bool") else np.full_like(values, number)
            for name, values in rows.values.items()
        },
    )


DATA: dict[str, Callable[[Rows], Rows]] = {
    "nobody": lambda rows: replace(rows, present=np.zeros_like(rows.present)),
    "one person": lambda rows: replace(rows, present=np.arange(len(rows.present)) < 1),
    "all missing": lambda rows: replace(
        rows, missing={name: np.ones_like(missing) for name, missing in rows.missing.items()}
    ),
    "constant columns": _constant,
    "not a number": _filled(math.nan),
    "infinite": _filled(math.inf),
    "minus infinite": _filled(-math.inf),
}


def _aggregates(primitive: Primitive) -> Iterator[Aggregate]:
    for release in check(primitive.example, CATALOGUE).releases:
        of_heart = release.aggregate.cohort.table.name == "heart"
        if release.aggregate.node.ready and of_heart and isinstance(release.aggregate.statistic, Statistic):
            yield release.aggregate


def _numbers(value: Public) -> list[float]:
    if isinstance(value, Record):
        return [number for _, part in value.fields for number in _numbers(part)]
    if isinstance(value, List):
        return [number for item in value for number in _numbers(item)]
    return [] if isinstance(value, str) else [float(value)]  # type: ignore[arg-type]  # nothing is unknown here


def _shape(value: object) -> object:
    return [_shape(item) for item in value] if isinstance(value, List | list) else None


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("primitive", AGGREGATES, ids=lambda primitive: primitive.name)
def test_an_aggregate_is_total(primitive: Primitive, data: str, seed: int) -> None:
    """Whatever the persons hold, there is a sum, a finite value, and an error bar of the value's shape."""
    rows = DATA[data](_persons(TABLE, 300, seed))
    for aggregate in _aggregates(primitive):
        statistic = aggregate.statistic
        total = evaluation.total(aggregate, rows, b"key", deadline=lambda: False, cancelled=lambda: False)
        noise = LinearNoise(calibrate(statistic.norm, statistic.sensitivity, 1.0, 1e-8), 4)
        value = statistic.finish(total, noise)
        assert all(math.isfinite(number) for number in _numbers(value)), value
        half_width = statistic.half_width(total, noise)
        if half_width is not None:
            assert _shape(half_width) == _shape(value.cells if isinstance(value, Record) else value)


ARGUMENTS = (
    "p", "p.age", "p.sex", "p.disease", "p.chol", "p.age > 50", "p.oldpeak / p.ca", "vector(p.age, p.chol)",
    "[p.age, p.chol]", "[p.sex]", "q.salary", "q", "3", "0", "-1", "1e300", "2.5", "True", '"female"', '"2014-01-01"',
    "[1, 2, 3]", "[3, 2, 1]", "[1, 1]", "[]", '["a", "b"]', "[[1, 2], [3, 4]]", "count(p)", "n", "h", "f", "c.visits",
    "c.visits.cost", "c.birth", "c.visits.date", "split(p, 0.5)", "10 ** 15", "range",
)  # fmt: skip
BEFORE = (
    'p = table("heart")\nq = table("staff")\nc = table("cohort")\nn = release(count(p), epsilon=0.1)\n'
    "h = release(histogram(p.age, bins=[20, 40, 60]), epsilon=0.1)\ndef f(person):\n    return person.age\n"
)


@pytest.mark.parametrize("primitive", WRITTEN, ids=lambda primitive: primitive.name)
def test_wrong_arguments_are_accepted_or_refused_where_they_stand(primitive: Primitive, seed: int) -> None:
    """Calls with arguments of any kind and number never fail in another way than with located findings."""
    draw = random.Random(f"{primitive.name} {seed}")
    for _ in range(60):
        positional = [draw.choice(ARGUMENTS) for _ in range(draw.randrange(5))]
        names = draw.sample(
            [parameter.name for parameter in primitive.parameters], min(draw.randrange(3), len(primitive.parameters))
        )
        named = [f"{name}={draw.choice(ARGUMENTS)}" for name in names]
        call = f"{'p.' if primitive.method else ''}{primitive.name}({', '.join([*positional, *named])})"
        for line in (f"x = {call}", f"x = release({call}, epsilon=0.5)"):
            checked = check(BEFORE + line, CATALOGUE)
            assert checked.ok or all(found.span is not None for found in checked.findings), line
            assert all(found.code.startswith("FQ") for found in checked.findings), line


GROUPED = (
    "mean(p.age, by=p.sex)", "variance(p.age, by=p.disease)", "quantile(p.age, 0.5, bins=[20, 50, 80], by=p.sex)",
    "histogram(p.age, bins=[20, 50, 80], by=[p.sex, p.disease])", "describe(p, [p.age, p.sex], by=p.disease)",
    f"describe(p, [{', '.join(f'clip(p.age, 18, {at})' for at in range(60, 82))}])", "sd(p.age, by=p.sex)",
    "kaplan_meier(p.age, p.disease, grid=5, by=p.sex)", "nelson_aalen(p.age, p.disease, grid=5, by=p.sex)",
    "incidence_rate(p.disease, p.age, per=100, by=p.sex)", "proportion(p.exang, by=p.sex)", "count(p, by=p.cp)",
    "sum(vector(p.age, p.oldpeak), clip=9.0, by=p.sex)", "missing_count(p.chol, by=p.sex)",
    "covariance([p.age, p.trestbps, p.thalach, p.sex == 'male', p.oldpeak])", "anova(p.age, by=p.cp)",
    "linear_regression(p.age, [p.cp, p.thal, p.oldpeak])", "linear_regression(p.age, [p.cp], ridge=10)",
    "logistic(p.disease, [p.age, p.cp], start=[16, -16, 16, -16, 16])", "chi_square(p.cp, p.thal)",
    "log_rank(p.age, p.disease, by=p.cp, grid=[18, 40, 60, 80])", "chi_square(p.ca, expected=[1, 2, 3, 4])",
)  # fmt: skip
EVERY = [primitive.example for primitive in AGGREGATES] + [
    f'p = table("heart")\nx = release({query}, epsilon=1)' for query in GROUPED
]


@pytest.mark.parametrize("example", EVERY, ids=lambda example: example.splitlines()[-1][:60])
def test_no_sum_is_too_strange_for_a_value(example: str, seed: int) -> None:
    """Sums as no persons give them, negative or at the end of 64 bits, become finite values of the known shape."""
    draw = random.Random(f"{example} {seed}")
    for release in check(example, CATALOGUE).releases:
        statistic = release.aggregate.statistic
        if not isinstance(statistic, Statistic):
            continue  # a training finishes as a model
        noise = LinearNoise(calibrate(statistic.norm, statistic.sensitivity, 0.5, 1e-8), 3)
        blank = statistic.finish([0] * statistic.dimension, SILENCE)
        for reach in (0, 1, 7, statistic.sensitivity, 1000 * statistic.sensitivity, 2**62):
            for signs in ((-1, 1), (0, 1), (-1, 0)):
                total = [draw.randint(signs[0] * reach, signs[1] * reach) for _ in range(statistic.dimension)]
                for heard in (noise, SILENCE):
                    value = statistic.finish(total, heard)
                    assert all(math.isfinite(number) for number in _numbers(value)), (total, value)
                    assert _form(value) == _form(blank), total
                    half_width = statistic.half_width(total, heard)
                    if half_width is not None:
                        assert _shape(half_width) == _shape(value.cells if isinstance(value, Record) else value)
                        assert all(number >= 0 for number in _flat(half_width)), (total, half_width)
                    sampling = statistic.sampling(total)
                    assert sampling is None or all(number is None or number >= 0 for number in _flat(sampling))


def _form(value: Public) -> object:
    """What the checker has to know of a value: its parts and their lengths."""
    if isinstance(value, Record):
        return (value.kind, value.main, value.declared, [(name, _form(part)) for name, part in value.fields])
    if isinstance(value, List):
        return [_form(item) for item in value]
    return isinstance(value, str)


def _flat(value: object) -> list[float]:
    return [number for item in value for number in _flat(item)] if isinstance(value, list) else [value]  # type: ignore[list-item]
