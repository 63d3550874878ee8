from __future__ import annotations

import math
import tomllib
from dataclasses import fields
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.policy import Policy

KEY = "0f" * 32
NAMES = st.frozensets(st.text("abc_", min_size=1, max_size=4), max_size=4)
POLICIES = st.builds(
    Policy,
    tables=st.none() | NAMES,
    columns=st.none() | st.dictionaries(st.text("abc", min_size=1, max_size=3), NAMES, max_size=3),
    primitives=st.none() | NAMES,
    epsilon_min=st.floats(1e-6, 1.0),
    epsilon_max=st.floats(1.0, 100.0),
    researchers=st.sampled_from([(), ("*",), (KEY,), (KEY, "ab" * 32)]),
    release_delta=st.sampled_from([0.0, 1e-8]),
    admission=st.frozensets(st.sampled_from(["start", "anomaly", "exposure"])),
)


@given(POLICIES)
def test_a_policy_survives_its_toml(policy: Policy) -> None:
    """What is written into hospital.toml is read back as the same policy."""
    assert Policy.from_dict(tomllib.loads(tomli_w.dumps(policy.to_dict()))) == policy


def test_an_empty_table_is_the_default_which_knows_nobody() -> None:
    """Without settings the demo's budgets hold and no researcher is admitted."""
    policy = Policy.from_dict({})
    assert policy == Policy()
    assert policy.researchers == ()
    assert (policy.budget_epsilon, policy.budget_delta) == (10.0, 1e-6)
    assert (policy.total_epsilon, policy.total_delta) == (20.0, 2e-6)


def test_budgets_are_those_of_the_policy() -> None:
    """A policy opens one budget for a researcher and one over all researchers, each with its caps."""
    one, everyone = Policy(budget_epsilon=3.0, total_epsilon=5.0).budgets()
    assert (one.epsilon, one.delta, everyone.epsilon, everyone.delta) == (3.0, 1e-6, 5.0, 2e-6)


def refusal(given: dict[str, Any]) -> str:
    """The message with which a [policy] table is refused."""
    with pytest.raises(Refused) as caught:
        Policy.from_dict(given)
    (finding,) = caught.value.diagnostics
    assert finding.code == "FH301"
    return finding.message


def test_an_unknown_key_is_named() -> None:
    """A setting that fedlab does not know, such as a misspelled one, is refused by name."""
    assert "buget_epsilon" in refusal({"buget_epsilon": 3})


@pytest.mark.parametrize("name", [field.name for field in fields(Policy) if field.name != "classroom"])
@pytest.mark.parametrize("value", [True, "3", {"heart": 3}, [3], None, object()])
def test_values_of_a_wrong_type_are_named(name: str, value: Any) -> None:
    """No setting but one takes a boolean, none a bare string, a list of numbers or nothing; the refusal names it."""
    assert name in refusal({name: value})


@pytest.mark.parametrize("checks", [["anomoly"], ["start", "log"], [""], ["START"]])
def test_checks_of_models_are_known_ones(checks: list[str]) -> None:
    """A check that there is none of, such as a misspelled one, is refused with the names of those there are."""
    assert (
        refusal({"admission": checks}) == "[policy] admission must be a list of checks among start, anomaly, exposure."
    )
    with pytest.raises(Refused, match="admission"):
        Policy(admission=frozenset(checks))


@pytest.mark.parametrize("value", [1, 0, "true", [True], None, object()])
def test_a_classroom_is_true_or_false(value: Any) -> None:
    """Whether raw updates are given is said by a boolean, not by what might be taken for one."""
    assert "classroom must be true or false" in refusal({"classroom": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epsilon_min", 0.0),
        ("epsilon_min", math.nan),
        ("epsilon_max", 1e-9),
        ("epsilon_max", math.inf),
        ("budget_epsilon", -1.0),
        ("budget_delta", 1.0),
        ("total_epsilon", 9.0),
        ("total_delta", 1e-9),
        ("release_delta", -1e-9),
        ("release_delta", math.nan),
        ("researchers", ["zz" * 32]),
        ("researchers", ["*", KEY]),
        ("researchers", [KEY.upper()]),
        ("researchers", [KEY + "\n"]),
        ("max_request_bytes", 0),
        ("max_weights", -1),
        ("max_weights", 2_000_001),
        ("deadline_seconds", 0),
        ("tick_seconds", 31.0),
        ("minimum_hospitals", 0),
    ],
)
def test_values_out_of_range_are_named(name: str, value: Any) -> None:
    """A setting that could not be meant is refused by name, from a file and from code."""
    assert name in refusal({name: value})
    with pytest.raises(Refused, match=name):
        Policy(**{name: value})
