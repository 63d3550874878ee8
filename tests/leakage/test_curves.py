"""Curves: they say what single experiments say, and their figures can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.exhibits import Exhibit, built_in
from fedlab_kernel.leakage import curves
from fedlab_kernel.leakage.curve_figures import factor_figure, noise_figure, size_figure
from fedlab_kernel.leakage.curves import quality_by_noise, recall_by_batch, recall_by_factor, recall_by_neurons
from fedlab_kernel.leakage.experiment import trial
from fedlab_kernel.leakage.setting import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

FACES, DIGITS, HEART = built_in("faces"), built_in("digits"), built_in("heart")
SETTING = Setting(data="digits", batch=20, neurons=300)
LETTERS = 14  # points, the smallest that a hall can read


@pytest.mark.parametrize(
    ("curve", "change"),
    [
        (recall_by_batch, lambda at: {"batch": int(at)}),
        (recall_by_neurons, lambda at: {"neurons": int(at)}),
        (recall_by_factor, lambda at: {"model": "trap", "factor": at}),
    ],
)
def test_recall_is_that_of_the_experiments(
    curve: Callable[..., list[curves.Curve]], change: Callable[[float], dict[str, Any]]
) -> None:
    """At a place in the middle each value is what the experiment with that seed gives, and peeling is never behind."""
    told: list[tuple[int, int]] = []
    read, peeled = curve(SETTING, DIGITS, 2, lambda done, of: told.append((done, of)))
    assert (read.name, peeled.name) == ("passive", "peel")
    at = len(read.at) // 2
    for one in (read, peeled):
        setting = replace(SETTING, attack=one.name, **change(one.at[at]))
        assert one.by_seed[at] == tuple(trial(setting, DIGITS, seed).recall for seed in range(2))
        assert one.mean[at] == pytest.approx(np.mean(one.by_seed[at]))
    assert all(more >= less for more, less in zip(peeled.mean, read.mean, strict=True))
    assert max(np.subtract(peeled.mean, read.mean)) > 0.3
    assert told == [(done + 1, 2 * len(read.at)) for done in range(2 * len(read.at))]


def test_the_factor_matters_to_traps_only() -> None:
    """Trap weights have a best factor; an honest network does not know of one."""
    read, _ = recall_by_factor(replace(SETTING, neurons=1000, batch=50, data="faces"), FACES, 1)
    assert max(read.mean) > 0.5
    assert read.mean[0] < 0.1
    assert 0 < int(np.argmax(read.mean)) < len(read.at) - 1
    plain = [trial(replace(SETTING, factor=factor, attack="passive"), DIGITS, 0).recall for factor in (0.4, 0.9)]
    assert plain[0] == plain[1]


def test_places_that_the_data_do_not_allow_are_left_out() -> None:
    """A hundred faces give no batch of 200; where no curve is left, that is refused."""
    read, _ = recall_by_batch(replace(SETTING, data="faces"), FACES, 1)
    assert read.at == (5, 10, 20, 50, 100)
    with pytest.raises(Refused, match="cannot be drawn") as refused:
        recall_by_batch(replace(SETTING, data="faces", hospitals=30), FACES, 1)
    assert refused.value.diagnostics[0].code == "FU514"
    with pytest.raises(Refused, match="a curve over 1 of 6"):
        recall_by_batch(replace(SETTING, data="faces", hospitals=15), FACES, 1)


def test_noise_hides_pictures_before_it_guarantees_anything() -> None:
    """PSNR, SSIM and epsilon fall; where single neurons are worse than an average picture, epsilon is still above 90;
    the oracle is ahead of them wherever a picture is left.
    """
    found = quality_by_noise(replace(SETTING, neurons=1000), DIGITS, 2)
    for falling in (found.psnr.mean, found.ssim.mean, found.linear.mean, found.epsilon):
        assert falling[0] > falling[-1]
    assert list(found.epsilon) == sorted(found.epsilon, reverse=True)
    hidden = next(at for at, one in enumerate(found.psnr.mean) if one < found.blank)
    assert found.epsilon[hidden] > 90
    seen = [at for at, one in enumerate(found.linear.mean) if one > found.blank + 3]
    assert len(seen) >= 3
    assert all(found.linear.mean[at] > found.psnr.mean[at] for at in seen)
    noisy = replace(SETTING, neurons=1000, attack="passive", noise=found.psnr.at[2])
    single = trial(noisy, DIGITS, 1)
    assert found.psnr.by_seed[2][1] == single.psnr
    assert found.ssim.by_seed[2][1] == single.ssim
    assert found.epsilon[2] == single.epsilon


def test_records_have_no_picture_quality() -> None:
    """Of records there is no PSNR, and local steps take no noise: both are refused in words."""
    with pytest.raises(Refused, match="these are records"):
        quality_by_noise(replace(SETTING, data="heart"), HEART, 1)
    with pytest.raises(Refused, match="clipping and noise are for one step"):
        quality_by_noise(replace(SETTING, steps=3), DIGITS, 1)


def words(drawing: Figure) -> list[Text]:
    """Every text that is seen."""
    from matplotlib.text import Text

    drawing.draw_without_rendering()
    found = drawing.findobj(Text)
    return [one for one in found if isinstance(one, Text) and one.get_text() and one.get_visible()]


def overlap(one: Bbox, other: Bbox) -> float:
    """Pixels that two boxes share."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(wide, 0) * max(high, 0))


@pytest.mark.parametrize(
    ("draw", "data", "names"),
    [
        (size_figure, DIGITS, ["peeled", "read neuron by neuron"]),
        (size_figure, HEART, ["peeled", "read neuron by neuron"]),
        (factor_figure, FACES, ["peeled", "read neuron by neuron"]),
        (noise_figure, FACES, ["best linear attacker", "best of single neurons", "SSIM of single neurons"]),
        (noise_figure, DIGITS, ["best linear attacker", "best of single neurons", "SSIM of single neurons"]),
    ],
)
def test_figures_can_be_read(draw: Callable[..., Figure], data: Exhibit, names: list[str]) -> None:
    """Every curve is named, once a panel, in letters for a hall, and no text covers another or leaves
    the figure.
    """
    told: list[tuple[int, int]] = []
    drawing = draw(replace(SETTING, neurons=1000), data, 1, lambda done, of: told.append((done, of)))
    shares = [done / of for done, of in told]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1
    texts = words(drawing)
    panels = 2 if draw is size_figure else 1
    for name in names:
        assert [one.get_text() for one in texts].count(name) == panels
    assert all(float(one.get_fontsize()) >= LETTERS for one in texts)
    boxes = [one.get_window_extent() for one in texts]
    for at, box in enumerate(boxes):
        assert all(overlap(box, other) < 20 for other in boxes[:at]), texts[at].get_text()
        assert box.x0 >= -1
        assert box.x1 <= drawing.bbox.x1 + 1


def test_epsilon_is_below_each_noise_multiplier() -> None:
    """The labels of the axis have the noise and, below, its epsilon; the guarantee is shaded."""
    drawing = noise_figure(replace(SETTING, neurons=300), DIGITS, 1)
    axes, right = drawing.axes
    labels = [one.get_text() for one in axes.get_xticklabels()]
    assert labels[0] == "0.0001\n50 M"
    assert labels[-1] == "1\n4.7"
    assert axes.get_ylabel() == "PSNR in dB"
    assert right.get_ylabel() == "SSIM"
    assert "ε < 10" in [one.get_text() for one in axes.texts]


def test_figures_are_none_of_pyplot() -> None:
    """Drawing leaves no figure open that was not before, and no style behind."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    before, opened = mpl.rcParams["font.size"], plt.get_fignums()
    size_figure(replace(SETTING, batch=5, neurons=100), DIGITS, 1)
    assert plt.get_fignums() == opened
    assert mpl.rcParams["font.size"] == before
