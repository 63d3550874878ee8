"""Every kind of released value is tabulated, drawn and framed, whatever primitive made it."""

from __future__ import annotations

from typing import Any

import pytest

from fedlab_kernel.federation.result import Answer
from fedlab_kernel.language import check
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.public import Record, plain
from fedlab_kernel.language.statistics.statistic import Statistic
from fedlab_kernel.notebook import plots
from fedlab_kernel.notebook.columns import columns, scalars
from fedlab_kernel.notebook.kinds import KINDS, kind_of
from fedlab_kernel.notebook.page import Page
from fedlab_kernel.notebook.released import ReleasedValue
from fedlab_kernel.notebook.result_page import parts
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.half_width import LinearNoise

from ..language.heart import CATALOGUE

TRAININGS = ("train", "logistic_regression", "mlp", "small_cnn")  # give models, see test_models
WITH_PARTS = [
    name
    for name, primitive in PRIMITIVES.items()
    if primitive.world == "aggregate" and name not in ("count", "sum", "mean", *TRAININGS)
]
GROUPS = (
    "mean(p.age, by=p.sex)", "mean(p.age, by=[p.sex, p.disease])", "incidence_rate(p.disease, p.age, by=p.sex)",
    "histogram(p.age, bins=[20, 50, 80], by=p.sex)", "describe(p, [p.age, p.sex], by=[p.sex, p.disease])",
    "kaplan_meier(p.age, p.disease, grid=[18, 50, 80], by=[p.sex, p.exang])",
)  # fmt: skip


def _released(text: str, size: int = 300) -> list[Answer]:
    """What the releases of a query would give if every sum were a large round number, noise and all."""
    checked = check(text, CATALOGUE)
    assert checked.ok, checked.findings
    return [_answer(f"x{at}", statistic, size, release.aggregate.unit)
            for at, release in enumerate(checked.releases)
            if isinstance(statistic := release.aggregate.statistic, Statistic)]  # fmt: skip


def _answer(name: str, statistic: Statistic, size: int, unit: str) -> Answer:
    noise = LinearNoise(calibrate(statistic.norm, statistic.sensitivity, 1.0, 1e-8), 4)
    total = [size * statistic.sensitivity // (2 + at % 3) for at in range(statistic.dimension)]
    value = statistic.finish(total, noise)
    shape = value.kind if isinstance(value, Record) else "number"
    main = value.main if isinstance(value, Record) else ""
    return Answer(
        name, plain(value), shape, half_width=statistic.half_width(total, noise), epsilon=1.0, unit=unit, main=main
    )


@pytest.mark.parametrize("name", WITH_PARTS)
def test_every_aggregate_can_be_shown(name: str) -> None:
    """The example of each aggregate is shown as HTML and as text, tabulated, and drawn if there is a figure."""
    for answer in _released(PRIMITIVES[name].example):
        _shown(answer)


@pytest.mark.parametrize("query", GROUPS)
def test_groups_can_be_shown(query: str) -> None:
    """So are values a group, whatever they are."""
    for answer in _released(f'p = table("heart")\nx = release({query}, epsilon=1)'):
        assert answer.shape in KINDS
        _shown(answer)


def _shown(answer: Answer) -> None:
    page = Page(tuple(parts(answer)))
    if plots.drawable(answer):
        assert plots.png(plots.figure([answer])).startswith(b"\x89PNG")
    if answer.shape == "number":
        return
    value = ReleasedValue(answer)
    assert repr(value) == repr(page)
    assert "<table" in value._repr_html_()
    assert kind_of(answer).summary(answer)
    frame = value.to_frame()
    assert len(frame) == (len(columns(answer)[0].values) if columns(answer) else 1)
    assert not columns(answer) or answer.half_width is None or "half_width" in frame


def test_a_value_with_parts_is_a_mapping_with_attributes() -> None:
    """Its parts are items and attributes; an unknown one is refused with those there are; it equals its dict."""
    (answer,) = _released('p = table("heart")\nx = release(mean(p.age, by=p.sex), epsilon=1)')
    value = ReleasedValue(answer)
    assert value["values"] == answer.value["values"]  # type: ignore[index]  # a dict, as its kind says
    assert value.labels == ["female", "male"]
    assert value == answer.value
    assert (value.kind, value.half_width) == ("groups", answer.half_width)
    assert {"labels", "persons"} <= set(dir(value))
    with pytest.raises(AttributeError, match="there are: keys, labels, values, persons"):
        _ = value.median


def test_several_keys_are_columns_of_their_own() -> None:
    """A table of groups by two keys has a column a key, called as the key is."""
    (answer,) = _released('p = table("heart")\nx = release(mean(p.age, by=[p.sex, p.disease]), epsilon=1)')
    assert [column.name for column in columns(answer)] == ["sex", "disease", "values", "persons"]
    assert ReleasedValue(answer).to_frame().disease.tolist() == [False, True, False, True]


def test_curves_by_group_repeat_their_times() -> None:
    """A life table by group has a row a group and time."""
    (answer,) = _released(
        'p = table("heart")\nx = release(kaplan_meier(p.age, p.disease, grid=[18, 50, 80], by=p.sex), epsilon=1)'
    )
    frame = ReleasedValue(answer).to_frame()
    assert frame.sex.tolist() == ["female", "female", "male", "male"]
    assert frame.times.tolist() == [50, 80, 50, 80]
    assert scalars(answer) == {"origin": 18}


def test_a_table_one_reads_as_papers_print_it() -> None:
    """A row a variable or label, a column a group; a spread that noise hides is told as a bound."""
    value: Any = {
        "keys": ["disease"], "group": ["False"] * 5, "variable": ["age", "age", "age", "sex", "sex"],
        "level": ["", "", "", "male", "male"], "statistic": ["n", "mean", "sd", "count", "share"],
        "value": [400, 50.4, 2.0, 260, 0.65], "unit": ["", "years", "years", "", ""],
    }  # fmt: skip
    answer = Answer("t", value, "summary", half_width=[5.0, 1.5, 4.0, 11.0, 0.02], main="value")
    text = repr(ReleasedValue(answer))
    assert "by disease" in text
    assert "50.4 ± 1.5 (< 10.0)" in text
    assert "260 ± 11 (65 %)" in text
