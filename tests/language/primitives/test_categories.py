"""Categories that a query makes: intervals, recoded labels, and labels chosen by a condition."""

from __future__ import annotations

import bisect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab_kernel.language import check
from fedlab_kernel.language.public import Record, plain
from fedlab_kernel.language.slices import read, write
from tests.language.primitives.people import Person, answer, asked, catalogue, column_of, rows_of, sums, total

PERSONS: list[Person] = [
    {"a": -3.0, "n": 19, "k": 0, "hue": "red", "flag": True},
    {"a": 0.0, "n": 20, "k": 1, "hue": "green", "flag": False},
    {"a": 2.5, "n": 60, "k": 1, "hue": "red", "flag": None},
    {"a": None, "n": 61, "k": None, "hue": None, "flag": True},
    {"a": 10.0, "n": None, "k": 2, "hue": "blue", "flag": False},
]
MADE = (
    "binned(p.n, [20, 40, 60])", 'binned(p.a, [-5, 2.5, 10], ["low", "high"])', 'recode(p.hue, ["red"], ["é"], "x")',
    'recode(p.k, [1, 2], ["one", "two"])', '"old" if p.n > 50 else "young"', 'p.hue if p.k > 0 else "none"',
    'p.hue if p.k > 0 else recode(p.hue, ["red"], ["green"], "none")',
)  # fmt: skip


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("use", ["histogram({})", "crosstab({}, p.flag)", 'count(p.where(~(({}) == "{}")))'])
def test_a_hospital_reads_the_same_labels_from_the_slice(made: str, use: str) -> None:
    """A slice of a made category is canonical, and a hospital that reads it counts the same labels."""
    aggregate = asked(use.format(made, column_of(made).categories[0]))
    written = write(aggregate.node, 1.0)
    reading = read(written.text, catalogue(8), {})
    assert write(reading.aggregate.node, 1.0) == written
    assert reading.aggregate.statistic == aggregate.statistic
    rows = rows_of(PERSONS, 8)
    assert total(reading.aggregate, rows) == total(aggregate, rows)
    assert any(total(aggregate, rows))


def test_labels_of_intervals_are_written_from_their_edges() -> None:
    """Equal computations are equal texts, whether the labels are given or made."""
    assert column_of("binned(p.n, [20, 40, 60])").categories == ("20-40", "40-60")
    assert column_of("binned(p.a, [-1, 0.5, 1e6])").categories == ("-1 to 0.5", "0.5 to 1000000")
    given_labels = column_of('binned(p.n, [20, 40, 60], ["20-40", "40-60"])')
    assert given_labels.node.digest == column_of("binned(p.n, [20, 40, 60])").node.digest
    late = column_of('binned(p.n, [0, n, 60], ["low", "high"])', "n = release(mean(p.n), epsilon=1)\n")
    assert late.categories == ("low", "high")
    assert late.may_miss


@given(edges=st.lists(st.integers(-10, 10), min_size=2, max_size=6, unique=True).map(sorted), numbers=st.lists(
       st.none() | st.floats(-10, 10) | st.integers(-10, 10).map(float), min_size=1, max_size=6))  # fmt: skip
def test_intervals_hold_their_lower_edge_and_the_last_both(edges: list[int], numbers: list[float | None]) -> None:
    """Counts are those of plain Python; what lies outside or is missing is in no interval."""
    expected = [0] * (len(edges) - 1)
    for number in numbers:
        if number is not None and edges[0] <= number <= edges[-1]:
            expected[min(bisect.bisect_right(edges, number), len(edges) - 1) - 1] += 1
    assert sums(f"histogram(binned(p.a, {edges}))", [{"a": number} for number in numbers]) == expected
    inside = sum(expected)
    assert sums(f"count(binned(p.a, {edges}), over=p)", [{"a": number} for number in numbers]) == [inside]


@given(hues=st.lists(st.sampled_from(["red", "green", "blue", None]), max_size=6), of=st.sampled_from(
       [{"red": "a"}, {"green": "a", "blue": "a"}, {"blue": "red", "red": "blue", "green": "a"}]),
       otherwise=st.sampled_from([None, "a", "z"]))  # fmt: skip
def test_recoded_labels_are_counted_as_plain_python_does(
    hues: list[str | None], of: dict[str, str], otherwise: str | None
) -> None:
    """Labels are those of the new values, each once, in order; what nothing is said about is missing."""
    end = "" if otherwise is None else f', "{otherwise}"'
    query = f"histogram(recode(p.hue, {[*of]}, {[*of.values()]}{end}))"
    labels = [*dict.fromkeys([*of.values(), *([otherwise] if otherwise else [])])]
    new = [of.get(hue, otherwise) for hue in hues if hue is not None]
    result = answer(query, [{"hue": hue} for hue in hues], 8)
    assert isinstance(result, Record)
    assert plain(result.field("labels") or 0) == labels
    assert plain(result.cells) == [new.count(label) for label in labels]


def test_recoded_numbers_have_the_bounds_of_what_they_became() -> None:
    """Numbers instead of labels can be averaged; they are whole where all new values are."""
    column = column_of('recode(p.hue, ["red", "green"], [2.5, -1], 7)')
    assert (column.kind, column.lo, column.hi) == ("float", -1.0, 7.0)
    assert column_of("recode(p.k, [1], [True], 3)").kind == "int"
    assert column_of('recode(p.hue, ["red", "green", "blue"], [1, 2, 3])').may_miss
    assert sums("sum(recode(p.k, [1, 2], [10, 20]))", PERSONS) == [40]
    assert sums("count(recode(p.k, [1, 2], [10, 20]), over=p)", PERSONS) == [3]
    assert answer("mean(recode(p.k, [1], [10], 30))", PERSONS) == pytest.approx(20)


def test_onehot_knows_how_many_labels_there_are() -> None:
    """Of a category or a condition the number of entries need not be said, and the computation is the same."""
    assert column_of("onehot(p.hue)").node.digest == column_of("onehot(p.hue, 3)").node.digest
    assert column_of("onehot(p.a > 0)").shape == (2,)
    assert plain(answer("sum(onehot(binned(p.n, [20, 40, 60])), clip_l1=1.0)", PERSONS)) == [1, 1]


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("persons", [[], [{"a": None}, {}]], ids=["nobody", "all missing"])
def test_nobody_and_nothing_known(made: str, persons: list[Person]) -> None:
    """An empty table and one in which every value is missing count nobody."""
    assert not any(sums(f"histogram({made})", persons, 4))


def test_a_choice_of_labels_keeps_each_label_once() -> None:
    """The labels of a choice are those of the first arm, then what the second adds."""
    assert column_of('p.hue if p.a > 0 else "blue"').categories == ("red", "green", "blue")
    assert column_of('"x" if p.a > 0 else p.hue').categories == ("x", "red", "green", "blue")
    assert column_of('"x" if p.a > 0 else "x"').categories == ("x",)
    nested = '("a" if p.n < 20 else ("b" if p.n < 60 else "c"))'
    assert sums(f"histogram({nested})", PERSONS) == [1, 1, 2]


def test_a_made_category_has_few_and_short_labels() -> None:
    """Labels can be gathered by choices up to a bound; a hostile text with long ones ends within its fuel."""
    lines = ['p = table("people")', 'x = "a" if p.flag else "b"']
    lines += [f'x = "{number}" if p.a > {number} else x' for number in range(198)]
    assert check("\n".join(lines), catalogue(8)).ok
    last = check("\n".join([*lines, 'y = "one more" if p.flag else x']), catalogue(8))
    assert [finding.code for finding in last.findings] == ["FQ301"]
    for use in ('s if p.flag else "b"', "binned(p.a, [0, 1], [s])", 'recode(p.flag, [True], [s], "b")', "p.hue == s"):
        loops = f"for i in range(4000):\n    for j in range(4000):\n        x = {use}"
        found = check(f'p = table("people")\ns = "{"long" * 10000}"\n{loops}', catalogue(8)).findings
        assert {finding.code for finding in found} <= {"FQ308", "FQ301", "FQ208"}
        assert max(len(finding.message) for finding in found) <= 402
