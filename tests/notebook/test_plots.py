from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer

from fedlab_kernel.federation.result import Answer
from fedlab_kernel.notebook import plots


def panel(answer: Answer) -> Axes:
    """The one panel of the figure of one answer."""
    (axes,) = plots.figure([answer]).axes
    return axes


@pytest.mark.parametrize("name", ["n", "chol", "ages", "pain", "s"])
def test_every_number_has_its_error_bar(answers: dict[str, Answer], name: str) -> None:
    """Each point or bar is drawn with the half-width of its own value."""
    bars = [each for each in panel(answers[name]).containers if isinstance(each, ErrorbarContainer)]
    segments = [segment for bar in bars for part in bar.lines[2] for segment in part.get_segments()]
    lengths = {round(float(abs(segment[1] - segment[0]).sum()), 3) for segment in segments}
    wanted = answers[name].half_width
    expected = {round(2 * each, 3) for each in (wanted if isinstance(wanted, list) else [wanted]) if each is not None}
    assert expected <= lengths


@pytest.mark.parametrize("name", ["n", "ages", "pain", "s"])
def test_noise_and_sampling_together_are_a_second_bar(answers: dict[str, Answer], name: str) -> None:
    """Where it is known, a wider bar is drawn behind that of the noise, paler where it is an upper bound."""
    noise: Any = answers[name].half_width
    both = [each * 1.5 for each in noise] if isinstance(noise, list) else noise * 1.5
    alphas = []
    for at_most in (False, True):
        axes = panel(replace(answers[name], sampling=both, sampling_at_most=at_most))
        bars = [each for each in axes.containers if isinstance(each, ErrorbarContainer)]
        outer, inner = (bar.lines[2][0] for bar in bars)
        longest = [max(float(abs(end - start).sum()) for start, end in one.get_segments()) for one in (outer, inner)]
        assert longest[0] == pytest.approx(1.5 * longest[1])
        assert outer.get_linewidth()[0] > inner.get_linewidth()[0]
        alphas.append(outer.get_alpha())
    assert alphas[0] > alphas[1]


def test_a_crosstab_writes_its_error_bars(answers: dict[str, Answer]) -> None:
    """Every cell of a heat map holds its count and half-width as text."""
    assert {text.get_text() for text in panel(answers["sick"]).texts} == {"144 ± 30", "61 ± 30", "266 ± 30", "449 ± 30"}


def test_what_has_no_error_bar_is_not_drawn(answers: dict[str, Answer]) -> None:
    """A computed value is never shown as if it were exact; alone, it is refused."""
    assert not plots.drawable(answers["share"])
    with pytest.raises(ValueError, match="nothing to draw"):
        plots.figure([answers["share"]])


def test_numbers_share_a_panel_by_unit(answers: dict[str, Answer]) -> None:
    """Numbers of one unit stand below each other, those of another unit beside them."""
    more = Answer("m", 500, "number", 30.0, statistic="count")
    axes = plots.figure([answers["n"], answers["chol"], more]).axes
    assert [[label.get_text() for label in each.get_yticklabels()] for each in axes] == [["n", "m"], ["chol"]]
    assert [each.get_xlabel() for each in axes] == ["persons", "mg/dl"]


def test_a_figure_has_a_limit(answers: dict[str, Answer]) -> None:
    """A cell with very many answers draws the first ones only."""
    many = [Answer(f"h{at}", answers["ages"].value, "histogram", [30.0] * 6) for at in range(40)]
    assert len(plots.figure(many).axes) == plots.MOST_PANELS


def test_labels_are_no_formulas(hostile_text: str) -> None:
    """A dollar sign or a script that the font lacks in a label is drawn, not interpreted, and warns nobody."""
    value = {"labels": [hostile_text, "$\\frac{$", "日本", "long " * 40], "counts": [1, 2, 3, 4]}
    image = plots.png(plots.figure([Answer("<b>", value, "histogram", [1.0] * 4, unit="$")]))
    assert image.startswith(b"\x89PNG")


def test_a_figure_is_saved_and_forgotten(answers: dict[str, Answer], tmp_path: Path) -> None:
    """An answer is written as PNG without pyplot, so that no figure stays open and no backend is chosen."""
    plots.save(answers["ages"], tmp_path / "ages.png")
    assert (tmp_path / "ages.png").read_bytes().startswith(b"\x89PNG")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []
