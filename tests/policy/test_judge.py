from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language.statistics.statistic import Norm
from fedlab_kernel.policy import Policy, Question, judge, over_budget
from fedlab_kernel.policy.judge import largest_fitting
from fedlab_kernel.privacy import Budget, Price, calibrate, price

KEY = "0f" * 32
POLICY = Policy(
    tables=frozenset({"heart"}),
    columns={"heart": frozenset({"age", "chol"})},
    primitives=frozenset({"count", "mean"}),
    epsilon_max=5.0,
    researchers=(KEY,),
)
QUESTION = Question(
    researcher=KEY,
    size=400,
    tables=frozenset({"heart"}),
    columns=frozenset({("heart", "age")}),
    primitives=frozenset({"mean"}),
    epsilon=0.5,
    delta=1e-8,
)
WRONG: dict[str, dict[str, Any]] = {
    "FP101": {"researcher": "1e" * 32},
    "FP102": {"tables": frozenset({"heart", "labs"})},
    "FP103": {"columns": frozenset({("heart", "name")})},
    "FP104": {"primitives": frozenset({"train"})},
    "FP105": {"epsilon": 5.001},
    "FP107": {"size": POLICY.max_request_bytes + 1},
    "FP108": {"delta": 1e-7},
}


def test_a_column_of_nested_rows_is_a_column_of_its_own() -> None:
    """Who allows `visits.cost` allows that column of the rows, not the others, nor counting the rows."""
    policy = replace(POLICY, columns={"heart": frozenset({"age", "visits.cost"})})
    for column, allowed in (("visits.cost", True), ("visits.date", False), ("visits", False), ("cost", False)):
        found = judge(policy, replace(QUESTION, columns=frozenset({("heart", column)})))
        assert [finding.code for finding in found] == ([] if allowed else ["FP103"])


def test_an_allowed_question_has_no_findings() -> None:
    """A question inside the policy is allowed, also at the very edges of what is allowed."""
    assert judge(POLICY, QUESTION) == []
    for epsilon in (POLICY.epsilon_min, POLICY.epsilon_max):
        assert judge(POLICY, replace(QUESTION, epsilon=epsilon, size=POLICY.max_request_bytes)) == []


@pytest.mark.parametrize("code", WRONG)
def test_each_rule_is_found(code: str) -> None:
    """Each thing that the policy forbids is found, under its own code and alone."""
    assert [finding.code for finding in judge(POLICY, replace(QUESTION, **WRONG[code]))] == [code]


def test_a_model_has_at_most_so_many_weights() -> None:
    """A training whose model is larger than the policy allows is found; what trains nothing has no weights."""
    assert judge(POLICY, replace(QUESTION, weights=POLICY.max_weights)) == []
    (found,) = judge(POLICY, replace(QUESTION, weights=POLICY.max_weights + 1))
    assert found.code == "FP107"
    assert "1,000,001 weights; this hospital trains at most 1,000,000" in found.message
    (found,) = judge(replace(POLICY, max_weights=0), replace(QUESTION, weights=1))
    assert found.code == "FP107"


def test_all_findings_come_at_once() -> None:
    """A question that breaks every rule gets every finding, those of one rule in alphabetical order."""
    changes = {name: value for change in WRONG.values() for name, value in change.items()}
    changes["tables"] = frozenset({"visits", "labs"})
    findings = judge(POLICY, replace(QUESTION, **changes))
    assert [f.code for f in findings] == sorted([*WRONG, "FP102"])
    assert ["labs" in findings[1].message, "visits" in findings[2].message] == [True, True]


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, -1.0, 0.0])
def test_strange_epsilons_are_refused(wrong: float) -> None:
    """Epsilons that are not numbers, not finite or not positive are outside every range."""
    assert [f.code for f in judge(POLICY, replace(QUESTION, epsilon=wrong))] == ["FP105"]


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -1e-12])
def test_strange_deltas_are_refused(wrong: float) -> None:
    """Deltas that are not numbers or negative are refused like those that are too large."""
    assert [f.code for f in judge(POLICY, replace(QUESTION, delta=wrong))] == ["FP108"]


def test_none_allows_all_and_the_star_allows_anyone() -> None:
    """A policy without lists asks for nothing but amounts."""
    anyone = Policy(researchers=("*",))
    changes = {name: value for code in ("FP101", "FP102", "FP103", "FP104") for name, value in WRONG[code].items()}
    assert judge(anyone, replace(QUESTION, **changes)) == []


def test_a_policy_without_researchers_admits_nobody() -> None:
    """The default is closed: not even the star as a name gets in."""
    for name in (KEY, "*", ""):
        assert [f.code for f in judge(Policy(), replace(QUESTION, researcher=name))] == ["FP101"]


def test_a_stranger_is_told_what_to_send_to_the_data_steward() -> None:
    """FP101 shows the whole key, and the line that admits it where nobody is listed yet; a list is added to."""
    stranger = replace(QUESTION, researcher="1e" * 32)
    (closed,) = judge(Policy(), stranger)
    assert "1e" * 32 in closed.message
    assert closed.fix is not None
    assert f'researchers = ["{"1e" * 32}"]' in closed.fix
    (listed,) = judge(POLICY, stranger)
    assert listed.fix is not None
    assert f'add "{"1e" * 32}" to `researchers`' in listed.fix
    assert "--sites" in listed.fix


def test_a_star_is_no_key() -> None:
    """Signing as "*" does not pass a list of keys."""
    assert [f.code for f in judge(POLICY, replace(QUESTION, researcher="*"))] == ["FP101"]


def test_a_table_without_column_list_is_open() -> None:
    """Column lists bind only the tables they are given for."""
    policy = replace(POLICY, tables=None)
    assert judge(policy, replace(QUESTION, columns=frozenset({("labs", "value")}))) == []


def spend(budget: Budget, norm: Norm, epsilon: float, times: int = 1) -> Price:
    """The price of equal releases."""
    one = price(calibrate(norm, 1, epsilon, 1e-8), 1e-8, budget.order)
    return sum((one for _ in range(times)), Price())


def test_over_budget_says_asked_left_and_what_would_fit() -> None:
    """The refusal is three short lines with the three amounts, and the fix is what would fit."""
    budget = Budget(2.0, 1e-9)
    spent = spend(budget, "l1", 1.3)
    finding = over_budget(Policy(), budget, spent, spend(budget, "l1", 1.0))
    assert finding.code == "FP106"
    assert finding.message.splitlines() == [
        "Asked: epsilon 1; the budget does not allow it.",
        "Left: epsilon 0.7 of 2 in your budget.",
        "Would fit: one release with epsilon up to 0.7 (Laplace noise).",
    ]
    assert finding.fix == "epsilon=0.7"


def test_over_budget_when_nothing_fits() -> None:
    """An exhausted budget says that nothing fits, and names the shared budget where it is that one."""
    budget = Budget(2.0, 1e-9)
    finding = over_budget(Policy(), budget, spend(budget, "l1", 2.0), spend(budget, "l2", 1.0), shared=True)
    assert finding.message.splitlines() == [
        "Asked: epsilon 1, delta 1e-08; the budget does not allow it.",
        "Left: epsilon 0 of 2 in the budget over all researchers.",
        "Would fit: nothing; what is stored is free.",
    ]
    assert finding.fix is None


@given(
    st.sampled_from(["l1", "l2"]),
    st.sampled_from([Budget(10.0, 1e-6), Budget(1.0, 1e-6), Budget(0.5, 0.0)]),
    st.lists(st.tuples(st.sampled_from(["l1", "l2"]), st.floats(0.01, 3.0)), max_size=12),
)
def test_what_would_fit_fits_and_hardly_more_does(
    norm: Norm, budget: Budget, history: list[tuple[Norm, float]]
) -> None:
    """The offered epsilon is admitted and inside the policy; 1.1 % more is not, or the policy ends there."""
    policy = Policy(epsilon_max=4.0)
    spent = sum((spend(budget, *question) for question in history), Price())
    fits = largest_fitting(policy, budget, spent, norm)
    if fits:
        assert policy.epsilon_min <= fits <= policy.epsilon_max
        assert budget.admits(spent + spend(budget, norm, fits))
    more = max(fits * 1.011, policy.epsilon_min)
    assert more > policy.epsilon_max or not budget.admits(spent + spend(budget, norm, more))


def test_messages_have_no_long_lines() -> None:
    """Each line of a refusal fits a notebook's error box."""
    budget = Budget(10.0, 1e-6)
    finding = over_budget(Policy(), budget, spend(budget, "l2", 9.9), spend(budget, "l2", 9.87654321), True)
    assert all(len(line) <= 80 for line in finding.message.splitlines())
    assert re.match(
        r"Asked: epsilon 9\.877, delta 1e-08; the budget does not allow it\.$", finding.message.splitlines()[0]
    )
