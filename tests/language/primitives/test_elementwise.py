"""Functions of one number: bounds that hold, the same value in both worlds, and nothing that depends on neighbours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language import check
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.public import List, Unknown, plain
from fedlab_kernel.language.values import ColumnValue
from tests.language.heart import CATALOGUE
from tests.language.primitives.people import Person, answer, catalogue, sums

NAMES = ("log", "exp", "sqrt", "sigmoid", "relu", "abs", "floor", "tanh")
SPECIAL = (0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1e-300, 1.0, 1e15, -1e15, 709.7, -745.0, 1e308, -1e308)
NUMBERS = st.floats(-1e15, 1e15) | st.sampled_from(SPECIAL) | st.integers(-5, 5).map(float)


def _value(expression: str, before: str = "") -> Any:
    """What the checker knows of an expression of `p`."""
    checked = check(f'p = table("people")\n{before}\nx = {expression}', catalogue(8))
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    return checked.names["x"]


def _over(name: str, *numbers: float) -> Any:
    evaluate = PRIMITIVES[name].evaluate
    assert evaluate is not None
    with np.errstate(all="ignore"):
        return evaluate(np, np.array(numbers))


@pytest.mark.parametrize("name", NAMES)
@given(ends=st.tuples(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15)).map(sorted), share=st.floats(0, 1))
def test_bounds_hold_what_they_bound(name: str, ends: list[float], share: float) -> None:
    """Whatever lies between the bounds of x, the result lies between the bounds that the checker found."""
    lo, hi = ends
    if lo == hi:
        return
    column = _value(f"{name}(clip(p.a, {lo!r}, {hi!r}))")
    assert isinstance(column, ColumnValue)
    x = min(max(lo + (hi - lo) * share, lo), hi)
    for result in _over(name, lo, x, hi):
        assert column.lo <= result <= column.hi
    assert column.kind == "float" or float(result).is_integer()


@pytest.mark.parametrize("name", NAMES)
@given(x=NUMBERS)
def test_a_public_number_gives_what_a_persons_number_gives(name: str, x: float) -> None:
    """The two worlds agree to the last digits, also where mathematics has no value, and public values are finite."""
    public = _value(f"{name}({x!r})")
    (private,) = _over(name, x)
    assert math.isfinite(public)
    if name == "floor" and abs(x) > 2.0**63:
        private = math.copysign(2.0**63 - 1, x)
    assert math.isclose(public, private, rel_tol=1e-14, abs_tol=1e-300)


@pytest.mark.parametrize("name", NAMES)
def test_a_persons_digits_do_not_depend_on_their_neighbours(name: str, seed: int) -> None:
    """In blocks of any length and at any place a number gives the same bits, so one person changes one contribution."""
    random = np.random.default_rng(seed)
    numbers = np.concatenate([random.normal(0, 5, 250), random.lognormal(0, 20, 237), np.array(SPECIAL)])
    ways = [
        _over(name, *numbers),
        np.roll(_over(name, *np.roll(numbers, 7)), -7),
        *(np.concatenate([_over(name, *numbers[at : at + size]) for at in range(0, 500, size)]) for size in (1, 3)),
    ]
    # The sign of a zero may differ; nothing shows it, because x / 0 is 0.
    assert len({(way + 0.0).tobytes() for way in ways}) == 1


@pytest.mark.parametrize(
    ("name", "finite"), [("log", False), ("exp", True), ("sqrt", False), ("sigmoid", True), ("tanh", True)]
)
def test_infinities_stay_in_order(name: str, finite: bool) -> None:
    """Infinite numbers of a person give the ends of what the function can be; what is no number stays none."""
    low, high, none = _over(name, -math.inf, math.inf, math.nan)
    assert math.isfinite(low)
    assert math.isfinite(high) is finite
    assert math.isnan(none)


def test_kinds_and_units_of_results() -> None:
    """Whole numbers stay whole where they can, and a unit where it still means something."""
    assert [name for name in NAMES if _value(f"{name}(p.k)").kind == "int"] == ["relu", "abs", "floor"]
    assert _value("floor(p.a)").kind == "int"
    assert _value("floor(p.wide * 1e6)").kind == "float"
    assert [_value(f"{call}(p.k)").may_miss for call in NAMES] == [True] * len(NAMES)
    assert _value("abs(vector(p.a, p.k))").shape == (2,)
    names = check("\n".join(f'{name[0]} = {name}(table("heart").age)' for name in NAMES[3:]), CATALOGUE).names
    units = {name: value.unit for name, value in names.items() if isinstance(value, ColumnValue)}
    assert units == {"s": "", "r": "years", "a": "years", "f": "years", "t": ""}


def test_public_lists_and_numbers_not_known_yet() -> None:
    """A list is computed entry by entry; what waits for a release keeps its bounds."""
    assert plain(_value("sqrt([4, [9, 16]])")) == [2.0, [3.0, 4.0]]
    assert plain(_value("relu([-2, True, 1.5])")) == [0, 1, 1.5]
    released = "n = release(count(p), epsilon=1)\nm = release(mean(p.a), epsilon=1)"
    known = _value("exp(min(max(n, 0), 1))", released)
    assert isinstance(known, Unknown)
    assert known.lo <= 1.0 <= math.e <= known.hi <= 2.7182819
    assert _value("log(n)", released).lo == -math.inf
    assert _value("floor(m)", released).kind == "int"
    assert _value("abs(n)", released).kind == "int"
    both = _value("sigmoid([n, 0])", released)
    assert isinstance(both, List)
    assert both.items[1] == 0.5
    shares = _value("softmax([n, 0, 1])", released)
    assert [(share.lo, share.hi) for share in shares.items] == [(0.0, 1.0)] * 3
    assert plain(_value("softmax([1e308, -1e308, 1e308])")) == pytest.approx([0.5, 0, 0.5])
    assert plain(_value("powers(2, 4)")) == [2, 4, 8, 16]
    assert len(_value("powers(n, 4)", released)) == 4
    assert len(_value("spline(n, [0, 1, 2])", released)) == len(_value("spline(1, [0, n, 2])", released)) == 5


def test_a_logarithm_that_may_be_of_zero_needs_a_clip() -> None:
    """Where 0 is possible nothing useful bounds the logarithm, and the fix names it; elsewhere its bounds do."""
    (finding,) = check('x = release(mean(log(table("people").n)), epsilon=1)', catalogue(8)).findings
    assert finding.code == "FQ302"
    assert finding.fix is not None
    assert finding.fix.startswith('write `clip(log(table("people").n), ')
    assert check('x = release(mean(log(table("people").n + 1)), epsilon=1)', catalogue(8)).ok
    assert answer("mean(clip(log(p.n), 0, 5))", [{"n": 0}, {"n": 0}]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", [*NAMES, "spline", "softmax", "powers"])
@pytest.mark.parametrize("persons", [[], [{"a": None}, {}]], ids=["nobody", "all missing"])
def test_nobody_and_nothing_known(name: str, persons: list[Person]) -> None:
    """An empty table and one in which every value is missing give sums of zero."""
    argument = {"spline": "p.a, [0, 1]", "softmax": "vector(p.a, 1)", "powers": "p.a, 2"}.get(name, "vector(p.a)")
    assert not any(sums(f"sum({name}({argument}), clip=1.0)", persons, 4))


@given(x=st.floats(-50, 150), knots=st.lists(st.integers(0, 100), min_size=2, max_size=9, unique=True).map(sorted),
       degree=st.integers(1, 3))  # fmt: skip
def test_spline_is_the_basis_of_textbooks(x: float, knots: list[int], degree: int) -> None:
    """Both worlds agree with the recursion as de Boor prints it; entries are shares that add up to 1."""
    at = min(max(x, knots[0]), knots[-1])
    t = [float(knot) for knot in [knots[0]] * degree + knots + [knots[-1]] * degree]

    def basis(number: int, rise: int) -> float:
        if rise == 0:
            return float(t[number] <= at < t[number + 1] or (t[number] < t[number + 1] == t[-1] == at))
        left, right = t[number + rise] - t[number], t[number + rise + 1] - t[number + 1]
        result = (at - t[number]) / left * basis(number, rise - 1) if left else 0.0
        return result + ((t[number + rise + 1] - at) / right * basis(number + 1, rise - 1) if right else 0.0)

    expected = [basis(number, degree) for number in range(len(knots) + degree - 1)]
    evaluate = PRIMITIVES["spline"].evaluate
    assert evaluate is not None
    private = evaluate(np, np.array([x]), np.array(knots, dtype=np.float64)[:, None], degree)[:, 0]
    assert private.tolist() == pytest.approx(expected, abs=1e-12)
    assert plain(_value(f"spline({x!r}, {knots}, {degree})")) == pytest.approx(expected, abs=1e-12)
    assert min(private) >= 0
    assert sum(private) == pytest.approx(1, abs=1e-12)
    assert _value(f"spline(p.a, {knots}, {degree})").shape == (len(expected),)


@given(ends=st.tuples(st.floats(-3, 3), st.floats(-3, 3)).map(sorted), share=st.floats(0, 1), n=st.integers(1, 16))
def test_bounds_of_powers_hold(ends: list[float], share: float, n: int) -> None:
    """Every entry lies between the bounds, which no entry could do without."""
    lo, hi = ends
    if lo == hi:
        return
    column = _value(f"powers(clip(p.a, {lo!r}, {hi!r}), {n})")
    evaluate = PRIMITIVES["powers"].evaluate
    assert evaluate is not None
    results = evaluate(np, np.array([lo, min(max(lo + (hi - lo) * share, lo), hi), hi]), n)
    slack = 1e-12 * max(abs(column.lo), abs(column.hi), 1e-300)
    assert column.lo - slack <= results.min()
    assert results.max() <= column.hi + slack
