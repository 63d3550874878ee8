"""Fuel: whatever a hostile text makes the checker do, it ends after a bounded amount of work."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from fedlab_kernel.language import calls, check
from fedlab_kernel.language.evaluate import MAX_CALLS
from fedlab_kernel.language.machine import FUEL

from .heart import CATALOGUE

START = f"""patients = table("heart")
n = release(count(patients), epsilon=1)
xs = [{", ".join(["1.5"] * 4000)}]
def weigh(p, w):
    return p.age * w[0]
def same(x):
    return x
"""
STEPS = {
    # What a step of an endless loop does, and how often it may come before the fuel is gone.
    "the largest of a long list": ("y = max(xs)", FUEL // 400),
    "a long list made longer": ("y = append(xs, 1)", FUEL // 50),
    "a sum with a long argument": ("y = sum(weigh, xs, over=patients, clip=1.0)", FUEL // 400),
    "a histogram of many bins": ("y = histogram(patients.age, bins=4000)", FUEL // 1000),
    "a released long vector": ("y = release(sum(onehot(patients.age, 4000), clip=1.0), epsilon=1)", FUEL // 1000),
    "a long one-hot list": ("y = onehot(1, 4000)", FUEL // 400),
    "a long list joined": ("y = concat(xs, [1])", FUEL // 50),
    "a released table of many lines": (
        "y = release(describe(patients, by=patients.sex), epsilon=1)", FUEL // 200
    ),
    "released curves": (
        "y = release(kaplan_meier(patients.age, patients.disease, grid=180, by=patients.sex), epsilon=1)", FUEL // 500
    ),
    "a column": ("y = clip(patients.age, 1, 2)", FUEL // 10),
    "a small call": ("y = max(1, 2)", FUEL // 2),
    "a call in a call": ("y = same(same(same(max(1, 2))))", FUEL // 4),
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_steps_on_long_lists_burn_more_fuel(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of heavy steps is bounded by their weight, not by the number of steps."""
    line, most = STEPS[step]
    count = 0
    original = calls.apply

    def counted(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        return original(*arguments)

    monkeypatch.setattr(calls, "apply", counted)
    found = check(f"{START}for i in range(4000):\n    for j in range(4000):\n        {line}\n", CATALOGUE).findings
    assert [finding.code for finding in found] == ["FQ308"]
    assert 10 < count < most + 10


@pytest.mark.parametrize("line", ["y = xs @ xs", "y = xs[n]", "y = [xs]", "y = patients.age * xs"])
def test_operators_on_long_lists_burn_fuel(line: str) -> None:
    """Operators that look at every entry end a loop that plain arithmetic would not end."""
    loop = f"{START}for i in range(4000):\n    {line}\n"
    assert [finding.code for finding in check(loop, CATALOGUE).findings] == ["FQ308"]
    assert check(loop.replace(line, "y = 1.5 * 1.5 + n"), CATALOGUE).ok


def test_functions_call_each_other_to_a_bounded_depth() -> None:
    """A chain of calls may be as deep as the limit says, and one deeper is refused."""
    chain = "def f0(x):\n    return x\n" + "".join(
        f"def f{i}(x):\n    return f{i - 1}(x)\n" for i in range(1, MAX_CALLS + 1)
    )
    assert check(chain + f"y = f{MAX_CALLS - 1}(1)", CATALOGUE).names["y"] == 1
    (found,) = check(chain + f"y = f{MAX_CALLS}(1)", CATALOGUE).findings
    assert found.code == "FQ221"


def test_many_findings_end_the_check() -> None:
    """A text that is wrong everywhere is not read to its end; the findings that come are the first ones."""
    found = check("".join(f"x{i} = y{i}\n" for i in range(3000)), CATALOGUE).findings
    assert [finding.span.line for finding in found if finding.span] == list(range(1, 51))
    assert len(check("import os\n" * 5000, CATALOGUE).findings) == 50


def test_many_faults_in_calls_end_the_check() -> None:
    """The check ends in order also where the last finding that is reported comes from inside a call."""
    text = "def f(x):\n    if x > 100:\n        return x\n" + "".join(f"a{i} = f({i})\n" for i in range(60))
    text = f"def g(q, z):\n    return q\n{text}" + 'p = table("heart")\n'
    text += "".join(f"b{i} = sum(g, p, over=p, clip=1)\n" for i in range(60))
    assert len(check(text, CATALOGUE).findings) == 50


def test_a_fault_in_a_loop_costs_fuel() -> None:
    """Refusing the same thing again and again is work, too, and ends."""
    codes = {finding.code for finding in check("for i in range(4000):\n    x = nme\n", CATALOGUE).findings}
    assert codes == {"FQ200", "FQ308"}


def test_deep_programs_do_not_recurse() -> None:
    """Blocks in blocks and calls in calls, as deep as the limits allow, stay far from Python's recursion limit."""
    body = "".join("    " * (i + 1) + "if x > 0:\n" for i in range(15)) + "    " * 16 + "y = x\n    return x\n"
    nested = "def f0(x):\n" + body
    for i in range(1, MAX_CALLS):
        nested += f"def f{i}(x):\n" + body.replace("y = x\n", f"y = f{i - 1}(x)\n")
    text = 'n = release(count(table("heart")), epsilon=1)\n' + nested + f"z = f{MAX_CALLS - 1}(n)\n"
    assert check(text, CATALOGUE).ok
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(depth + 120)
        assert check(text, CATALOGUE).ok
    finally:
        sys.setrecursionlimit(limit)
