from __future__ import annotations

import pytest

from fedlab_kernel import datasets
from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.language import check
from fedlab_kernel.language.catalogue import Catalogue, Column, Table
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.slices import uses
from fedlab_kernel.policy import Policy, Question, judge
from fedlab_kernel.policy.names import PLUMBING, require_known

COLUMNS = {"age": Column("age", "int", 18, 100), "chol": Column("chol", "float", 80, 650)}
CATALOGUE = {"heart": Table("heart", "patients", COLUMNS, 100, 512)}
CELL = """\
def scaled(person):
    return -(person.age * 2 + 1) / person.chol if ~(person.age > 30) & (person.chol <= 200) else person.age - 1

a, b = split(table("heart").where(table("heart").age >= 40), 0.5)
x = release(sum(scaled, over=a, clip_l1=100), epsilon=1)
"""


@pytest.fixture(scope="module")
def heart(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue that the examples of the primitives are about."""
    folders = [datasets.write(name, 1, tmp_path_factory.mktemp(name))[0] for name in ("heart", "cohort", "digits")]
    return {name: source.table for folder in folders for name, source in read_folder(folder).tables.items()}


def codes(primitives: set[str]) -> list[str]:
    """What a policy with these primitives finds wrong with CELL, by code and message."""
    checked = check(CELL, CATALOGUE)
    assert checked.ok, checked.findings
    tables, columns, used = uses(checked.releases[0].aggregate)
    question = Question("0f" * 32, 400, tables, columns, used, 1.0, 0.0)
    return [
        f"{found.code} {found.message}"
        for found in judge(Policy(researchers=("*",), primitives=frozenset(primitives)), question)
    ]


def test_every_primitive_is_either_plumbing_or_can_be_restricted() -> None:
    """What is always allowed is how persons are chosen, the exit and what only slices contain; a policy restricts the
    aggregates and what is computed inside one person.
    """
    always = {name for name, primitive in PRIMITIVES.items() if primitive.world in {"persons", "exit", "wire"}}
    assert PLUMBING & PRIMITIVES.keys() == always
    assert {"count", "mean", "sum", "clip", "onehot"}.isdisjoint(PLUMBING)


def test_a_policy_allows_an_aggregate_with_all_that_connects_it() -> None:
    """With `sum` alone allowed, tables, filters, splits, columns, operators and conditions around it are too."""
    assert codes({"sum"}) == []


def test_what_the_policy_leaves_out_is_refused() -> None:
    """With `mean` alone allowed, `sum` is refused, and nothing else is."""
    (found,) = codes({"mean"})
    assert found == "FP104 The primitive sum is not allowed here."


def test_all_unknown_names_are_reported_together() -> None:
    """Every fault of a policy is a finding of its own."""
    policy = Policy(
        tables=frozenset({"hart"}), columns={"heart": frozenset({"agee"})}, primitives=frozenset({"trains"})
    )
    with pytest.raises(Refused) as refused:
        require_known(policy, CATALOGUE)
    assert [finding.code for finding in refused.value.diagnostics] == ["FH301"] * 3
    assert all(finding.fix for finding in refused.value.diagnostics)


def test_columns_of_nested_rows_can_be_named(heart: Catalogue) -> None:
    """A policy names the rows, to be counted, and their columns; a slip of the pen in either is found."""
    require_known(Policy(columns={"cohort": frozenset({"age", "visits", "visits.cost", "labs.value"})}), heart)
    for wrong in ("visit", "visits.cots", "cost", "visits."):
        with pytest.raises(Refused, match="FH301"):
            require_known(Policy(columns={"cohort": frozenset({wrong})}), heart)


def test_a_policy_without_lists_names_nothing_unknown() -> None:
    """The default policy fits every catalogue."""
    require_known(Policy(), {})


@pytest.mark.parametrize("name", sorted(name for name, primitive in PRIMITIVES.items() if primitive.example))
def test_nothing_of_a_query_is_beyond_a_policy(name: str, heart: Catalogue) -> None:
    """All that an accepted query is made of is either always allowed or a primitive that a policy can name."""
    checked = check(PRIMITIVES[name].example, heart)
    assert checked.ok, checked.findings
    for release in checked.releases:
        _, _, used = uses(release.aggregate)
        assert used <= PLUMBING | PRIMITIVES.keys()
