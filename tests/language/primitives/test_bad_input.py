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
        if release.aggregate.node.ready and release.aggregate.cohort.table.name == "heart":
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
