"""Losses of one person against plain Python: their values, what they are held at, bounds and refusals."""

from __future__ import annotations

import math
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language import check
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.public import plain
from fedlab_kernel.language.slices import read, write
from tests.language.primitives.people import Person, answer, asked, catalogue, column_of, sums

LOSSES = ("bce", "cross_entropy", "mse", "poisson", "hazard")
BEFORE = "v = vector(p.a, p.b, p.k)\nh = sigmoid(v)\ns = softmax(v)\n"
PROBABILITIES = st.floats(0, 1) | st.sampled_from((0.0, 1.0, 1e-300, 5e-324, 1 - 2.0**-53))
STRANGE = st.sampled_from((math.nan, math.inf, -math.inf, -0.5, 1.5))
ONE: Person = {"a": 2.0, "b": -1.0, "k": 1, "n": 3, "flag": True, "hue": "green"}


_column = partial(column_of, before=BEFORE)


def _over(name: str, *arguments: Any) -> float:
    """The loss of one person."""
    evaluate = PRIMITIVES[name].evaluate
    assert evaluate is not None
    with np.errstate(all="ignore"):
        result = evaluate(np, *(np.array(argument)[..., None] for argument in arguments))
    assert result.shape == (1,)
    return float(result[0])


def _answer(expression: str) -> float:
    """The loss of one person, from the text of a query to the sum."""
    value: Any = plain(answer(f"{BEFORE}sum(vector({expression}), clip=1e3)", [ONE]))
    return float(value[0])


def _log(p: float) -> float:
    return max(math.log(p), -100.0) if p > 0 else -100.0


# Binary cross-entropy ------------------------------------------------------------------------------


@given(p=PROBABILITIES, y=st.sampled_from((0.0, 1.0)) | st.floats(0, 1))
def test_bce_is_its_definition(p: float, y: float) -> None:
    """Minus the logarithm of the probability of what came, between 0 and 100, with no hole where p is 0 or 1."""
    loss = _over("bce", p, y)
    assert loss == pytest.approx(-(y * _log(p) + (1 - y) * _log(1 - p)), rel=1e-12, abs=1e-15)
    assert 0.0 <= loss <= 100.0
    assert _over("bce", [p], y) == loss
    if y in (0.0, 1.0):
        assert _over("bce", p, bool(y)) == loss


def test_bce_compares_with_conditions_labels_and_shares() -> None:
    """A condition, a number from 0 to 1 and a category of two labels all say which of two it was."""
    p = 1 / (1 + math.exp(-2.0))
    assert _answer("bce(sigmoid(p.a), p.flag)") == pytest.approx(-math.log(p), abs=1e-4)
    assert _answer("bce(sigmoid(p.a), p.a > 5)") == pytest.approx(-math.log(1 - p), abs=1e-4)
    assert _answer("bce(sigmoid(vector(p.a)), scale(p.n, 0, 4))") == pytest.approx(
        -(0.75 * math.log(p) + 0.25 * math.log(1 - p)), abs=1e-4
    )
    assert _answer('bce(sigmoid(p.a), "x" if p.flag else "y")') == pytest.approx(-math.log(1 - p), abs=1e-4)
    assert _answer("bce(0.25, p.flag)") == pytest.approx(math.log(4), abs=1e-4)
    assert _answer("bce(sigmoid(p.a), 1)") == pytest.approx(-math.log(p), abs=1e-4)


# Cross-entropy -------------------------------------------------------------------------------------


@given(p=st.lists(PROBABILITIES, min_size=2, max_size=5), label=st.integers(-3, 8))
def test_cross_entropy_is_minus_the_log_of_one_probability(p: list[float], label: int) -> None:
    """The label's own, the first or last for a label outside; between 0 and 100."""
    loss = _over("cross_entropy", p, float(label))
    assert loss == pytest.approx(-_log(p[min(max(label, 0), len(p) - 1)]), rel=1e-12, abs=1e-15)
    assert 0.0 <= loss <= 100.0


def test_cross_entropy_takes_labels_by_their_position() -> None:
    """Labels of the catalogue, conditions and whole numbers."""
    sizes = [math.exp(value) for value in (2.0, -1.0, 1.0)]
    shares = [size / sum(sizes) for size in sizes]
    assert _answer("cross_entropy(s, p.hue)") == pytest.approx(-math.log(shares[1]), abs=1e-4)
    assert _answer("cross_entropy(s, p.n)") == pytest.approx(-math.log(shares[2]), abs=1e-4)
    assert _answer("cross_entropy([0.25, 0.75], p.flag)") == pytest.approx(-math.log(0.75), abs=1e-4)


# Squared error -------------------------------------------------------------------------------------


@given(pairs=st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=1, max_size=5))
def test_mse_is_the_mean_of_squares(pairs: list[tuple[float, float]]) -> None:
    """Of vectors over their entries; a vector of one is a number."""
    p, y = map(list, zip(*pairs, strict=True))
    total = 0.0
    for predicted, observed in pairs:
        total += (predicted - observed) * (predicted - observed)
    assert _over("mse", p, y) == total / len(pairs)
    first = (p[0] - y[0]) * (p[0] - y[0])
    assert [_over("mse", *sides) for sides in ((p[0], y[0]), ([p[0]], y[0]), (p[0], [y[0]]))] == [first] * 3


def test_mse_of_a_query() -> None:
    """Numbers with numbers, vectors with vectors, public ones too; conditions count as 0 and 1."""
    assert _answer("mse(p.a, p.n)") == pytest.approx(1, abs=1e-4)
    assert _answer("mse(v, [0, 0, 4])") == pytest.approx((4 + 1 + 9) / 3, abs=1e-4)
    assert _answer("mse(vector(p.a), p.flag)") == pytest.approx(1, abs=1e-4)
    assert _answer("mse(1.5, p.a)") == pytest.approx(0.25, abs=1e-4)
    assert (_column("mse(p.k, 0)").lo, _column("mse(p.k, 0)").hi) == (0.0, 25.0)


# Poisson -------------------------------------------------------------------------------------------


@given(rate=st.floats(-5, 1e6) | st.sampled_from((0.0, 1e-8, 1e-300)), count=st.integers(0, 1000))
def test_poisson_is_minus_the_log_likelihood(rate: float, count: int) -> None:
    """Up to what depends on the count alone; rates that are none count as a hundred-millionth."""
    held = max(rate, 1e-8)
    loss = _over("poisson", rate, float(count))
    assert loss == pytest.approx(held - count * math.log(held), rel=1e-12, abs=1e-9)
    assert _over("poisson", [rate], float(count)) == loss
    if rate > 0 and count < 100:  # the likelihood, of the distribution as textbooks write it
        log_likelihood = count * math.log(held) - held - math.lgamma(count + 1)
        assert -loss - math.lgamma(count + 1) == pytest.approx(log_likelihood, rel=1e-9, abs=1e-9)


def test_poisson_is_least_at_the_count() -> None:
    """No rate fits a count better than the count itself."""
    fits = [_over("poisson", rate, 3.0) for rate in (0.5, 1.0, 2.9, 3.0, 3.1, 9.0)]
    assert min(fits) == fits[3]
    assert _answer("poisson(exp(p.k), p.n)") == pytest.approx(math.e - 3, abs=1e-4)


# Hazard --------------------------------------------------------------------------------------------


def _hazard(h: list[float], interval: int, event: bool) -> float:
    """Minus the logarithm of the probability of what was seen, interval by interval."""
    last = min(max(interval, 0), len(h) - 1)
    total = 0.0
    for chance in h[:last]:
        total -= _log(1 - chance)
    return total - (_log(h[last]) if event else _log(1 - h[last]))


@given(h=st.lists(PROBABILITIES, min_size=1, max_size=6), interval=st.integers(-2, 8), event=st.booleans())
def test_hazard_is_minus_the_log_likelihood(h: list[float], interval: int, event: bool) -> None:
    """Every interval come through counts, and the last by whether the event came."""
    loss = _over("hazard", h, float(interval), event)
    assert loss == pytest.approx(_hazard(h, interval, event), rel=1e-12, abs=1e-15)
    assert 0.0 <= loss <= 100.0 * len(h)


def test_hazards_are_a_distribution_of_time() -> None:
    """The probabilities of an event in each interval, and of none in all of them, add up to 1."""
    h = [0.1, 0.4, 0.25, 0.9]
    events = [math.exp(-_over("hazard", h, float(at), True)) for at in range(4)]
    assert sum(events) + math.exp(-_over("hazard", h, 3.0, False)) == pytest.approx(1, abs=1e-12)


def test_hazard_does_not_look_behind_the_last_interval() -> None:
    """What is predicted for later changes nothing, even where it is no number."""
    assert _over("hazard", [0.5, 0.5, math.nan], 1.0, True) == pytest.approx(2 * math.log(2))


def test_hazard_of_a_query() -> None:
    """Intervals are whole numbers, or what `binned` makes of a time."""
    h = [1 / (1 + math.exp(-value)) for value in (2.0, -1.0, 1.0)]
    assert _answer("hazard(h, p.k, p.flag)") == pytest.approx(_hazard(h, 1, True), abs=1e-4)
    assert _answer("hazard(h, p.k, p.n > 50)") == pytest.approx(_hazard(h, 1, False), abs=1e-4)
    assert _answer("hazard(h, binned(p.n, [0, 1, 2, 5]), p.flag)") == pytest.approx(_hazard(h, 2, True), abs=1e-4)
    assert _answer("hazard([0.5], p.k, p.flag)") == pytest.approx(math.log(2), abs=1e-4)


# All of them ---------------------------------------------------------------------------------------

QUERIES = {
    "bce(sigmoid(p.a), p.flag)": (0.0, 100.0),
    "cross_entropy(s, p.hue)": (0.0, 100.0),
    "mse(v, [0, 0, 1])": (0.0, 121.0),
    "mse(p.a, p.b)": (0.0, 400.0),
    "poisson(exp(p.a / 5), p.n)": None,
    "hazard(h, p.k, p.flag)": (0.0, 300.0),
}


@pytest.mark.parametrize("loss", QUERIES)
def test_a_loss_is_one_bounded_number_a_person(loss: str) -> None:
    """It needs no clip, crosses to a hospital unchanged, and persons of whom something is missing are left out."""
    column = _column(loss)
    assert (column.shape, column.kind, column.may_miss) == ((), "float", True)
    assert math.isfinite(column.lo)
    assert math.isfinite(column.hi)
    assert QUERIES[loss] in (None, (column.lo, column.hi))
    aggregate = asked(f"{BEFORE}mean({loss})")
    cut = write(aggregate.node, 1.0)
    reading = read(cut.text, catalogue(8), {})
    assert write(reading.aggregate.node, 1.0) == cut
    assert any(sums(f"{BEFORE}sum({loss})", [ONE], 4))
    incomplete: list[list[Person]] = [[], [{}], [{name: ONE[name]} for name in ONE]]
    for persons in incomplete:
        assert not any(sums(f"{BEFORE}sum({loss})", persons, 8))


def _ends(least: float) -> st.SearchStrategy[list[float]]:
    numbers = st.floats(least, 1e3)
    return st.tuples(numbers, numbers).map(sorted).filter(lambda ends: ends[0] < ends[1])


@pytest.mark.parametrize(("name", "least"), [("mse", -1e3), ("poisson", 0.0)])
@given(data=st.data(), first=_ends(-1e3), share=st.floats(0, 1), length=st.integers(1, 4))
def test_bounds_hold_what_they_bound(
    name: str, least: float, data: st.DataObject, first: list[float], share: float, length: int
) -> None:
    """Wherever between their bounds the arguments lie, the loss lies between the bounds that the checker found."""
    ends = (first, data.draw(_ends(least)))
    sides = [f"clip(p.a, {lo!r}, {hi!r})" for lo, hi in ends]
    if name == "mse":
        sides = [f"vector({', '.join([side] * length)})" for side in sides]
    column = _column(f"{name}({', '.join(sides)})")
    for x, y in product(*([lo, min(lo + (hi - lo) * share, hi), hi] for lo, hi in ends)):
        loss = _over(name, *(([x] * length, [y] * length) if name == "mse" else (x, y)))
        assert column.lo <= loss <= column.hi


@pytest.mark.parametrize("loss", ["mse(v / p.k, v)", "poisson(p.a / p.k, p.n)", "poisson(p.n, relu(p.n / p.k))"])
def test_unbounded_predictions_have_infinite_bounds(loss: str) -> None:
    """Where nothing bounds a prediction, as is so with weights, bounds are infinite and never not a number."""
    column = _column(loss)
    assert column.hi == math.inf
    assert not math.isnan(column.lo)


@pytest.mark.parametrize("name", LOSSES)
def test_a_persons_digits_do_not_depend_on_their_neighbours(name: str, seed: int) -> None:
    """In blocks of any length and at any place a person gets the same bits, whatever the others hold."""
    random = np.random.default_rng(seed)
    first = random.uniform(0, 1, (60,) if name in ("bce", "poisson") else (4, 60))
    first.reshape(-1)[:7] = (math.nan, math.inf, -math.inf, 0.0, 1.0, 5e-324, 1e308)
    second = random.uniform(0, 1, (4, 60)) if name == "mse" else random.integers(0, 2, 60).astype(np.float64)
    arguments = [first, second, *([random.random(60) < 0.5] if name == "hazard" else [])]
    evaluate = PRIMITIVES[name].evaluate
    assert evaluate is not None

    def over(persons: Any) -> Any:
        with np.errstate(all="ignore"):
            return evaluate(np, *(np.ascontiguousarray(argument[..., persons]) for argument in arguments))

    everybody = np.arange(60)
    ways = [over(everybody), np.roll(over(np.roll(everybody, 7)), -7)]
    ways += [np.concatenate([over(everybody[at : at + size]) for at in range(0, 60, size)]) for size in (1, 3)]
    assert len({(way + 0.0).tobytes() for way in ways}) == 1


@pytest.mark.parametrize(("name", "length"), [("bce", 0), ("cross_entropy", 3), ("hazard", 3)])
@given(strange=st.lists(STRANGE | PROBABILITIES, min_size=3, max_size=3), at=st.integers(0, 2), event=st.booleans())
def test_strange_predictions_are_held_or_stay_no_numbers(
    name: str, length: int, strange: list[float], at: int, event: bool
) -> None:
    """A prediction outside 0 and 1 counts as the nearer of them; one that is no number gives no number, or a bound."""
    arguments = {"bce": (strange[0], event), "cross_entropy": (strange, float(at)), "hazard": (strange, at, event)}[
        name
    ]
    used = {"bce": strange[:1], "cross_entropy": strange[at : at + 1], "hazard": strange[: at + 1]}[name]
    loss = _over(name, *arguments)
    if any(map(math.isnan, used)):
        assert math.isnan(loss)
    else:
        assert 0.0 <= loss <= 100.0 * max(length, 1)


def test_losses_can_be_named_without_being_called() -> None:
    """Every loss is one that training can be told by its name."""
    assert {name for name, primitive in PRIMITIVES.items() if primitive.named} >= set(LOSSES)


ONEHOT = "make numbers of its labels with `onehot(…)`"
PUBLIC_ONLY = "works on values of one person; these are all public."
REFUSED = [
    ("bce(p.a, p.flag)", "FQ215", "p.a",
     "`bce` takes probabilities, from 0 to 1, as `p`; these numbers may lie outside.",
     "end the prediction with `sigmoid(…)`"),
    ("bce(h, p.flag)", "FQ212", "h", "`bce` takes one number as `p`; this is a vector of 3.",
     "make the last layer one wide, or use `cross_entropy`"),
    ("bce(p.hue, p.flag)", "FQ210", "p.hue", "`p` takes numbers, and this column holds categories.", ONEHOT),
    ("bce(h[0], p.hue)", "FQ210", "p.hue",
     "`bce` compares with a condition or a category of two labels; this one has 3.",
     "compare it with one label, or use `cross_entropy`"),
    ("bce(h[0], p.k)", "FQ215", "p.k",
     "`bce` compares with a condition or a number from 0 to 1; this one goes from -5 to 5.",
     "make it a condition, or use `mse`"),
    ("bce(h[0], h)", "FQ212", "h", "`bce` takes one number as `y`; this is a vector of 3.", None),
    ("bce(h[0], p.day)", "FQ210", "p.day", "`y` takes numbers, and this column holds dates.",
     "`year_of(…)`, `years_between(…)`, or the days `later - earlier`"),
    ("bce(0.5, True)", "FQ210", None, f"`bce` {PUBLIC_ONLY}", None),
    ("cross_entropy(v, p.hue)", "FQ215", "v",
     "`cross_entropy` takes probabilities, from 0 to 1, as `p`; these numbers may lie outside.",
     "end the prediction with `softmax(…)`"),
    ("cross_entropy(h[0], p.hue)", "FQ212", "h[0]",
     "`cross_entropy` takes a vector with a probability for each label as `p`; this is one number.",
     "make the last layer as wide as there are labels, or use `bce`"),
    ("cross_entropy(sigmoid(vector(p.a)), p.k)", "FQ212", "sigmoid(vector(p.a))",
     "`cross_entropy` takes a vector with a probability for each label as `p`; this is a vector of 1.",
     "make the last layer as wide as there are labels, or use `bce`"),
    ("cross_entropy(s, p.flag)", "FQ212", "p.flag",
     "The number of probabilities in `p` is 3, and a condition has 2 values.", "make it 2"),
    ("cross_entropy([0.5, 0.5], p.hue)", "FQ212", "p.hue",
     "The number of probabilities in `p` is 2, and this category has 3 labels.", "make it 3"),
    ("cross_entropy(s, p.a)", "FQ210", "p.a", "`label` is a category, a condition or a whole number a person.",
     "make it whole with `floor(…)`"),
    ("cross_entropy([0.5, 0.5], 1)", "FQ210", "1", "`label` takes a column, not a number.", None),
    ("mse(v, p.a)", "FQ212", "v", "`mse` compares vectors of one length; `p` is a vector of 3 and `y` one number.",
     "make the last layer as wide as `y`"),
    ("mse(v, outer(v, v))", "FQ212", "outer(v, v)", "`mse` compares numbers or vectors; this is a matrix of 3 by 3.",
     "make a vector of it with `flatten(…)`"),
    ("mse(p.a, p.hue)", "FQ210", "p.hue", "`y` takes numbers, and this column holds categories.", ONEHOT),
    ("mse(1, 2)", "FQ210", None, f"`mse` {PUBLIC_ONLY}", None),
    ("poisson(v, p.n)", "FQ212", "v", "`poisson` takes one number as `rate`; this is a vector of 3.",
     "make the last layer one wide"),
    ("poisson(p.a, p.k)", "FQ215", "p.k", "`poisson` compares with a count, from 0 on; this one goes from -5 on.",
     "move it into bounds with `max(…, 0)`, or use `mse`"),
    ("poisson(1, 2)", "FQ210", None, f"`poisson` {PUBLIC_ONLY}", None),
    ("hazard(h[0], p.k, p.flag)", "FQ212", "h[0]",
     "`hazard` takes a vector with a probability for each interval as `h`; this is one number.",
     "make the last layer as wide as there are intervals"),
    ("hazard(v, p.k, p.flag)", "FQ215", "v",
     "`hazard` takes probabilities, from 0 to 1, as `h`; these numbers may lie outside.",
     "end the prediction with `sigmoid(…)`"),
    ("hazard(h, binned(p.n, [0, 1, 2]), p.flag)", "FQ212", "binned(p.n, [0, 1, 2])",
     "The number of probabilities in `h` is 3, and this category has 2 labels.", "make it 2"),
    ("hazard(h, p.a, p.flag)", "FQ210", "p.a", "`interval` is a category, a condition or a whole number a person.",
     "make it whole with `floor(…)`"),
    ("hazard(h, p.k, p.k)", "FQ210", "p.k", "`event` is a condition: whether the event came in the last interval.",
     "write a comparison, such as `p.status == 1`"),
    ("hazard(h, p.k, True)", "FQ210", "True", "`event` takes a column, not True or False.", None),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "code", "place", "message", "fix"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_cannot_be_compared_is_refused_where_it_stands(
    expression: str, code: str, place: str | None, message: str, fix: str | None
) -> None:
    """The message says what the loss takes and what it was given; the caret stands at the argument."""
    text = f'p = table("people")\n{BEFORE}y = {expression}'
    (found,) = check(text, catalogue(8)).findings
    assert (found.code, found.message, found.fix) == (code, message, fix)
    assert found.span is not None
    line = text.splitlines()[found.span.line - 1]
    assert line[found.span.column - 1 : found.span.end_column - 1] == (place or expression)
