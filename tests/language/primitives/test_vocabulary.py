"""The vocabulary as a whole: examples that work, signatures that read well, documented sensitivity."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from fedlab_kernel.hospital import evaluation, training
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.nested import NestedRows
from fedlab_kernel.language import Column, Table, check
from fedlab_kernel.language.primitive import Primitive
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.slices import read, write
from fedlab_kernel.language.training import Training
from tests.language.heart import CATALOGUE
from tests.language.test_corpus_shape import ACCEPTED, Program

WRITTEN = [primitive for primitive in PRIMITIVES.values() if primitive.world != "wire"]
AGGREGATES = [primitive for primitive in PRIMITIVES.values() if primitive.world == "aggregate"]


def _persons(table: Table, persons: int, seed: int) -> Rows:
    """Persons and rows that hang on them, drawn evenly from the bounds; a fifth of what can be missing is."""
    random = np.random.default_rng(seed)

    def drawn(columns: Iterable[Column], *shape: int) -> tuple[Any, Any]:
        values = {c.name: np.rint(random.uniform(c.lo, c.hi, shape)) for c in columns}
        return values, {c.name: (random.random(shape) < 0.2) & c.may_miss for c in columns}

    present = np.arange(table.capacity) < persons
    nested = {
        name: NestedRows(*drawn(rows.columns.values(), rows.most, table.capacity),
                         np.arange(rows.most)[:, None] < random.integers(0, rows.most, table.capacity), {}, 0, 0)
        for name, rows in table.nested.items()
    }  # fmt: skip
    ids = [str(number).encode() for number in range(persons)]
    return Rows(*drawn(table.columns.values(), table.capacity), present, ids, {}, nested)


@pytest.mark.parametrize("primitive", WRITTEN, ids=lambda primitive: primitive.name)
def test_every_example_is_accepted_and_evaluated(primitive: Primitive, seed: int) -> None:
    """The example of a primitive calls it, passes the checker without a finding, and sums or trains on something."""
    name, example = primitive.name, primitive.example
    assert f"{name}(" in example
    checked = check(example, CATALOGUE)
    assert not checked.findings
    assert checked.releases
    ready = [release.aggregate for release in checked.releases if release.aggregate.node.ready]
    for aggregate in ready:
        rows = _persons(aggregate.cohort.table, 900, seed)
        if isinstance(aggregate.statistic, Training):
            assert training.prepare(aggregate, rows, b"key", 900).member.any()
            continue
        sums = evaluation.total(aggregate, rows, b"key", deadline=lambda: False, cancelled=lambda: False)
        assert len(sums) == aggregate.statistic.dimension
        assert any(sums)


NESTED = [program for program in ACCEPTED if program.file in ("nested_rows.fq", "dates.fq")]


@pytest.mark.parametrize("program", NESTED, ids=lambda program: program.name)
def test_programs_on_rows_and_dates_cross_to_a_hospital_and_are_evaluated(program: Program, seed: int) -> None:
    """What a hospital is sent reads back as the same computation, and sums to something over any rows."""
    for release in check(program.text, CATALOGUE).releases:
        assert isinstance(release.epsilon, float)
        sent = write(release.aggregate.node, release.epsilon)
        aggregate = read(sent.text, CATALOGUE, {}).aggregate
        assert aggregate.node.digest == release.aggregate.node.digest
        rows = _persons(aggregate.cohort.table, 900, seed)
        sums = evaluation.total(aggregate, rows, b"key", deadline=lambda: False, cancelled=lambda: False)
        assert any(sums)


@pytest.mark.parametrize("primitive", AGGREGATES, ids=lambda primitive: primitive.name)
def test_every_aggregate_argues_its_sensitivity_and_accuracy(primitive: Primitive) -> None:
    """The file of an aggregate says why one person changes it by no more, and what its error bar is."""
    module = sys.modules[primitive.apply.__module__]
    assert "\nSensitivity: " in (module.__doc__ or "")
    assert "\nAccuracy: " in (module.__doc__ or "")


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=lambda primitive: primitive.name)
def test_texts_read_well(primitive: Primitive) -> None:
    """A summary is a sentence, a parameter's description a phrase, and the file begins with a call."""
    summary, parameters = primitive.summary, primitive.parameters
    assert summary[0].isupper()
    assert summary.endswith(".")
    assert all(parameter.about and not parameter.about.endswith(".") for parameter in parameters)
    name = primitive.name
    assert f"{name}(" in (sys.modules[primitive.apply.__module__].__doc__ or "").splitlines()[0]
