"""Generated functions of one person: evaluated over columns they give what plain Python gives person by person."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from fedlab_kernel.language import check
from fedlab_kernel.language.primitives.sum import Sum
from tests.language import plain_python
from tests.language.primitives.people import Person, asked, catalogue, rows_of, total

NUMBERS = ("a", "b", "k", "n")
ENTRYWISE = ("log", "exp", "sqrt", "sigmoid", "relu", "abs", "floor", "tanh")
MADE = ("powers({0}, 3)", "spline({0}, [-3, 4.5], 2)", "spline({0}, [0, 1, 50], 1)")
WEIGHTS = [0.5, -2.0, 3.0]


class Text(NamedTuple):
    """Query text of an expression, and the columns without which its value is missing."""

    text: str
    needs: frozenset[str] = frozenset()


def _joined(template: str, *parts: Text) -> Text:
    needs = frozenset[str]().union(*(part.needs for part in parts))
    return Text(template.format(*(part.text for part in parts)), needs)


LITERALS = st.sampled_from(("0", "1", "-3", "0.5", "-0.25", "1e-300", "1e200", "7", "w[0]", "w[2]")).map(Text)
COLUMNS = st.sampled_from(NUMBERS).map(lambda name: Text(f"p.{name}", frozenset({name})))
FILLED = st.sampled_from(NUMBERS).map(lambda name: Text(f"fill(p.{name}, 2)"))
RECODED = st.sampled_from(
    ("recode(fill(p.k, 2), [0, 1, 2], [0.5, -2, w[1]], 7)", "recode(fill(p.flag, True), [True], [3], 1)")
).map(Text)
LEAVES = COLUMNS | FILLED | RECODED
BINNED = st.sampled_from(NUMBERS).map(
    lambda name: Text(f'(fill(binned(p.{name}, [-2, 0, 3.5], ["low", "high"]), "high") == "low")')
)


def _conditions(numbers: st.SearchStrategy[Text]) -> st.SearchStrategy[Text]:
    comparison = st.builds(
        lambda a, sign, b: _joined(f"({{0}} {sign} {{1}})", a, b),
        numbers, st.sampled_from(("<", "<=", ">", ">=", "==", "!=")), numbers | LITERALS,
    )  # fmt: skip
    sure = st.sampled_from(NUMBERS).map(lambda name: Text(f"missing(p.{name})")) | st.just(Text("fill(p.flag, True)"))
    joined = st.builds(lambda a, sign, b: _joined(f"({{0}} {sign} {{1}})", a, b), sure, st.sampled_from("&|"), sure)
    chosen = st.builds(
        lambda c, d: _joined('(("a" if {0} else ("b" if {1} else "c")) == "b")', c, d), comparison, sure | BINNED
    )
    return comparison | sure | BINNED | joined | chosen | (comparison | joined).map(lambda c: _joined("(~{0})", c))


def _vectors(numbers: st.SearchStrategy[Text]) -> st.SearchStrategy[Text]:
    """Vectors of three numbers."""
    plain = st.builds(lambda a, b, c: _joined("vector({0}, {1}, {2})", a, b, c), numbers, numbers | LITERALS, numbers)
    hot = st.builds(
        lambda name: Text(f"onehot(p.{name}, 3)", frozenset({name})), st.sampled_from(("k", "n"))
    ) | _conditions(numbers).map(lambda c: _joined("onehot({0}, 3)", c))
    scaled = st.builds(
        lambda v, sign, x: _joined(f"({{0}} {sign} {{1}})", v, x), plain, st.sampled_from("+-*/"), numbers
    )
    weighted = plain.map(lambda v: _joined("({0} * w)", v))
    joined = st.builds(lambda v, x: _joined("concat(vector({1}), vector({0}[2], {0}[0]))", v, x), plain, numbers)
    made = st.builds(_joined, st.sampled_from(MADE), numbers)
    each = st.builds(lambda name, v: _joined(f"{name}({{0}})", v), st.sampled_from(("softmax", *ENTRYWISE)), plain)
    return plain | hot | scaled | weighted | joined | made | each


def _grown(numbers: st.SearchStrategy[Text]) -> st.SearchStrategy[Text]:
    vectors = _vectors(numbers)
    return st.one_of(
        st.builds(lambda a, sign, b: _joined(f"({{0}} {sign} {{1}})", a, b),
                  numbers, st.sampled_from(("+", "-", "*", "/", "//", "%")), numbers | LITERALS),
        st.builds(lambda a, sign, b: _joined(f"({{0}} {sign} {{1}})", a, b),
                  LITERALS, st.sampled_from(("+", "-", "*", "/", "//", "%")), numbers),
        st.builds(lambda a, power: _joined(f"({{0}} ** {power})", a), numbers, st.integers(0, 5)),
        numbers.map(lambda a: _joined("(-{0})", a)),
        st.builds(lambda c, a, b: _joined("({1} if {0} else {2})", c, a, b),
                  _conditions(numbers), numbers | LITERALS, numbers),
        st.builds(lambda name, a, b: _joined(f"{name}({{0}}, {{1}})", a, b), st.sampled_from(("max", "min")), numbers,
                  numbers | LITERALS),
        st.builds(lambda name, a: _joined(f"{name}({{0}})", a), st.sampled_from(ENTRYWISE), numbers),
        numbers.map(lambda a: _joined("clip({0}, -2.5, 4)", a)),
        numbers.map(lambda a: _joined("scale({0}, -1, 7)", a)),
        st.builds(lambda a, b: _joined("helper({0}, {1})", a, b), numbers, numbers),
        st.builds(lambda v, at: _joined(f"{{0}}[{at}]", v), vectors, st.integers(-3, 2)),
        st.builds(lambda u, v: _joined("({0} @ {1})", u, v), vectors, vectors | st.just(Text("w"))),
        vectors.map(lambda v: _joined("nearest({0}, [[0, 1, 2], [3.5, -1, 0], [0, 1, 2]])", v)),
    )  # fmt: skip


SCALARS = st.recursive(LEAVES, _grown, max_leaves=8)
RESULTS = st.one_of(
    _vectors(SCALARS),
    st.builds(lambda u, v: _joined("concat(flatten(outer({0}, {1})), {1})", u, v), _vectors(LEAVES), _vectors(SCALARS)),
    SCALARS.map(lambda a: _joined("vector({0})", a)),
)


@st.composite
def functions(draw: st.DrawFn) -> Text:
    """A helper, and a function with a loop over `range` that uses it."""
    start, step, result = draw(SCALARS), draw(SCALARS), draw(RESULTS)
    turns = draw(st.integers(0, 3))
    change = draw(st.sampled_from(("t + {0}", "t * w[i] - {0}", "helper(t, {0}) / 2", "max(t, {0} + i)")))
    lines = [
        "def helper(x, y):",
        "    return x * y - y / (x + 1)",
        "def f(p, w):",
        f"    t = {start.text}",
        f"    for i in range({turns}):",
        f"        t = {change.format(step.text)}",
        f"    v = {result.text}",
        "    return concat(v, vector(t))",
    ]
    needs = start.needs | result.needs | (step.needs if turns else frozenset())
    return Text("\n".join(lines), needs)


VALUES = {
    "a": st.sampled_from((0.0, -0.0, 5e-324, 10.0, -10.0, 1.0)) | st.floats(-10, 10),
    "b": st.sampled_from((0.0, 2.2e-308, 10.0, -1.0)) | st.floats(-10, 10),
    "k": st.integers(-5, 5),
    "n": st.integers(0, 100),
    "flag": st.booleans(),
}
PERSONS = st.lists(
    st.fixed_dictionaries({name: st.one_of(*[values] * 9, st.none()) for name, values in VALUES.items()}),
    min_size=2, max_size=5,
)  # fmt: skip


class _Choices(ast.NodeTransformer):
    """`a if c else b` as `private(a if c else b)`: a literal that was chosen is one person's number from there on."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        """The wrapped choice, and those inside it."""
        self.generic_visit(node)
        call = ast.Call(ast.Name("private", ast.Load()), [node], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def _results(function: Text, persons: Sequence[Person]) -> Iterator[Any]:
    """What the function returns for each person for whom nothing it needs is missing."""
    names = dict(plain_python.NAMES)
    exec(compile(_Choices().visit(ast.parse(function.text)), "<query>", "exec"), names)
    for person in persons:
        if all(person[name] is not None for name in function.needs):
            wrapped = {
                name: plain_python.Missing() if value is None else _wrap(value) for name, value in person.items()
            }
            yield names["f"](SimpleNamespace(**wrapped), WEIGHTS)


def _in_python(function: Text, persons: Sequence[Person], statistic: Sum) -> list[int]:
    sums = [0] * statistic.dimension
    for result in _results(function, persons):
        whole = plain_python.on_grid(result.entries, statistic.sensitivity, statistic.step)
        sums = [so_far + entry for so_far, entry in zip(sums, whole, strict=True)]
    return sums


def _wrap(value: Any) -> Any:
    return plain_python.Truth(value) if isinstance(value, bool) else plain_python.Number(value)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(function=functions(), persons=PERSONS, bound=st.sampled_from((1.0, 0.3, 1e9)))
def test_columns_and_plain_python_agree(function: Text, persons: list[Person], bound: float) -> None:
    """A function over columns and the same text run by Python for each person give the same integers."""
    aggregate = asked(f"{function.text}\nsum(f, {WEIGHTS}, over=p, clip={bound})", 8)
    assert isinstance(aggregate.statistic, Sum)
    expected = _in_python(function, persons, aggregate.statistic)
    event("something is added" if any(expected) else "nothing is added")
    assert total(aggregate, rows_of(persons, 8)) == expected


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(scalar=SCALARS, persons=PERSONS)
def test_an_interval_cuts_no_value(scalar: Text, persons: list[Person]) -> None:
    """Where the checker finds bounds for a number by itself, they hold for every person, so nothing is clipped."""
    function = Text(f"def helper(x, y):\n    return x * y\ndef f(p, w):\n    return {scalar.text}", scalar.needs)
    query = f"{function.text}\nx = release(sum(f, {WEIGHTS}, over=p), epsilon=1.0)"
    checked = check(f'p = table("people")\n{query}', catalogue(8))
    event("bounded" if checked.ok else "not bounded")
    if not checked.ok:
        assert {found.code for found in checked.findings} == {"FQ302"}
        return
    aggregate = checked.releases[0].aggregate
    assert isinstance(aggregate.statistic, Sum)
    step = aggregate.statistic.step
    results = [float(result) for result in _results(function, persons)]
    expected = sum(int(result / step) for result in results if not math.isnan(result))
    assert total(aggregate, rows_of(persons, 8)) == [expected]
