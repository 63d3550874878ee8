"""The vocabulary as a whole: examples that work, signatures that read well, documented sensitivity."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fedlab_kernel.hospital import evaluation
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.language import check
from fedlab_kernel.language.primitive import Primitive
from fedlab_kernel.language.primitives import PRIMITIVES
from tests.language.heart import CATALOGUE

WRITTEN = [primitive for primitive in PRIMITIVES.values() if primitive.world != "wire"]
AGGREGATES = [primitive for primitive in PRIMITIVES.values() if primitive.world == "aggregate"]


def _heart(persons: int, seed: int) -> Rows:
    """Persons of table `heart`, drawn evenly from the bounds; a fifth of cholesterol missing."""
    table, random = CATALOGUE["heart"], np.random.default_rng(seed)
    columns = table.columns.values()
    values = {c.name: np.rint(random.uniform(c.lo, c.hi, table.capacity)) for c in columns}
    missing = {c.name: np.zeros(table.capacity, dtype=np.bool_) for c in columns}
    missing["chol"][:persons] = random.random(persons) < 0.2
    present = np.arange(table.capacity) < persons
    return Rows(values, missing, present, [str(number).encode() for number in range(persons)], {})


@pytest.mark.parametrize("primitive", WRITTEN, ids=lambda primitive: primitive.name)
def test_every_example_is_accepted_and_evaluated(primitive: Primitive, seed: int) -> None:
    """The example of a primitive calls it, passes the checker without a finding, and sums to something."""
    name, example = primitive.name, primitive.example
    assert f"{name}(" in example
    checked = check(example, CATALOGUE)
    assert not checked.findings
    assert checked.releases
    ready = [release.aggregate for release in checked.releases if release.aggregate.node.ready]
    for aggregate in ready:
        sums = evaluation.total(aggregate, _heart(900, seed), b"key", deadline=lambda: False, cancelled=lambda: False)
        assert len(sums) == aggregate.statistic.dimension
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
