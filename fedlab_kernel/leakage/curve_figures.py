"""The curves of the lab as figures for a lecture hall: large letters, colours that everybody tells apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..exhibits import Exhibit
from .curves import (
    READERS,
    SEEDS,
    Curve,
    NoiseCurves,
    Progress,
    quality_by_noise,
    recall_by_batch,
    recall_by_factor,
    recall_by_neurons,
    silent,
)
from .setting import DELTA, Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008. Lines also differ in marker and dashes.
_LOOKS: Final = {
    READERS[0]: ("read neuron by neuron", "#d55e00", "s", (0, (4, 1.5))),
    READERS[1]: ("peeled", "#0072b2", "o", "-"),
}
_LINEAR, _SINGLE, _SSIM, _INK, _QUIET = "#0072b2", "#d55e00", "#009e73", "#222222", "#666666"
_STYLE: Final[Any] = {
    "axes.edgecolor": "#888888", "axes.labelsize": 16, "axes.linewidth": 1.2, "axes.spines.right": False,
    "axes.spines.top": False, "axes.titlelocation": "left", "axes.titlesize": 16, "figure.facecolor": "white",
    "font.size": 16, "lines.linewidth": 3.5, "lines.markersize": 10, "text.color": _INK, "xtick.labelsize": 15,
    "ytick.labelsize": 15, "text.parse_math": False,
}  # fmt: skip
_KEY: Final[Any] = {"frameon": False, "labelcolor": "linecolor", "handlelength": 2.6}
_DPI: Final = 100
_GUARANTEE: Final = 10.0
"""The epsilon from which down something begins to be promised; smaller ones are usual."""


def size_figure(setting: Setting, data: Exhibit, seeds: int = SEEDS, tell: Progress = silent) -> Figure:
    """Recall by batch and by neurons, of both attacks.

    Args:
        setting: whose other switches hold.
        data: its data.
        seeds: experiments at each place.
        tell: is told how far it is; the two halves count alike.

    Raises:
        Refused: as `curves.recall_by_batch`.
    """
    by_batch = recall_by_batch(setting, data, seeds, lambda done, of: tell(done, 2 * of))
    by_neurons = recall_by_neurons(setting, data, seeds, lambda done, of: tell(of + done, 2 * of))
    with _style():
        drawing = _figure(f"{data.title}: who comes out of one update", 13.5, 5.6)
        left, right = drawing.subplots(1, 2, sharey=True)
        _recall(left, by_batch, f"persons in the batch ({setting.neurons} neurons)")
        _recall(right, by_neurons, f"neurons ({setting.batch} persons)")
        right.set_ylabel("")
        for axes, curves in ((left, by_batch), (right, by_neurons)):
            _logarithmic(axes, curves[0].at, [f"{at:g}" for at in curves[0].at])
    return drawing


def factor_figure(setting: Setting, data: Exhibit, seeds: int = SEEDS, tell: Progress = silent) -> Figure:
    """Recall by the factor of trap weights, of both attacks; see `size_figure`."""
    curves = recall_by_factor(setting, data, seeds, tell)
    with _style():
        drawing = _figure(f"{data.title}: trap weights have to fit the data", 10, 5.6)
        axes = drawing.subplots()
        _recall(axes, curves, f"factor ({setting.batch} persons, {setting.neurons} neurons)")
        axes.set_xticks([at for at in curves[0].at if at == round(at, 1)])
    return drawing


def noise_figure(setting: Setting, data: Exhibit, seeds: int = SEEDS, tell: Progress = silent) -> Figure:
    """PSNR and SSIM of what is read, and epsilon, by the noise multiplier.

    Args:
        setting: whose other switches hold.
        data: its data, pictures.
        seeds: experiments at each place.
        tell: is told how far it is.

    Raises:
        Refused: as `curves.quality_by_noise`.
    """
    curves = quality_by_noise(setting, data, seeds, tell)
    with _style():
        drawing = _figure(f"{data.title}: noise hides pictures long before it guarantees anything", 13.5, 6.6)
        axes = drawing.subplots()
        right = axes.twinx()
        _qualities(axes, right, curves)
        at = curves.psnr.at
        ticks = [f"{noise:g}\n{_short(epsilon)}" for noise, epsilon in zip(at, curves.epsilon, strict=True)]
        _logarithmic(axes, at, ticks)
        axes.set_xlabel(f"above: noise multiplier · below: ε of this one step (δ = {DELTA:g})")
        # All fall, so the upper right is free, below the word on the guarantee.
        right.legend(handles=[*axes.lines, *right.lines], loc="upper right", bbox_to_anchor=(1, 0.93), **_KEY)
    return drawing


def _style() -> Any:
    from matplotlib import rc_context

    return rc_context(_STYLE)


def _figure(title: str, width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    drawing.suptitle(title, x=0.01, ha="left", fontsize=20, fontweight="bold")
    return drawing


def _logarithmic(axes: Axes, at: Sequence[float], labels: Sequence[str]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(at, labels)
    axes.minorticks_off()


def _recall(axes: Axes, curves: Sequence[Curve], along: str) -> None:
    for curve in curves:
        _line(axes, curve, *_LOOKS[curve.name])
    axes.set(xlabel=along, ylabel="come out exactly", ylim=(-0.03, 1.17))
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.grid(axis="y", color="#dddddd")
    axes.legend(loc="best", **_KEY)


def _line(axes: Axes, curve: Curve, name: str, colour: str, marker: str, dashes: Any = "-") -> None:
    """The mean, and pale behind it from the lowest to the highest of the experiments."""
    low, high = ([pick(one) for one in curve.by_seed] for pick in (min, max))
    axes.fill_between(curve.at, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(curve.at, curve.mean, color=colour, marker=marker, linestyle=dashes, clip_on=False, label=name)


def _qualities(axes: Axes, right: Axes, curves: NoiseCurves) -> None:
    _line(axes, curves.linear, "best linear attacker", _LINEAR, "o")
    _line(axes, curves.psnr, "best of single neurons", _SINGLE, "s", (0, (4, 1.5)))
    _line(right, curves.ssim, "SSIM of single neurons", _SSIM, "^", (0, (1, 1)))
    first, last = curves.psnr.at[0], curves.psnr.at[-1]
    axes.axhline(curves.blank, color=_QUIET, linewidth=1.5, label="an average picture, of nobody")
    begins = _crossing(curves)
    if begins < last:
        axes.axvspan(begins, last * 1.3, color="#cccccc", alpha=0.5, linewidth=0)
        axes.text(last * 1.2, 0.98, f"ε < {_GUARANTEE:g}", transform=axes.get_xaxis_transform(), ha="right", va="top")
    axes.set(xlim=(first / 1.3, last * 1.3), ylim=(0, None), ylabel="PSNR in dB")
    right.set_ylim(0, 1.1)
    right.set_ylabel("SSIM", color=_SSIM)
    right.tick_params(axis="y", colors=_SSIM)
    axes.grid(axis="y", color="#dddddd")


def _crossing(curves: NoiseCurves) -> float:
    """The noise multiplier at which epsilon is `_GUARANTEE`, between two that were measured."""
    falling = np.log(curves.epsilon)[::-1]
    at = np.log(curves.psnr.at)[::-1]
    return float(np.exp(np.interp(math.log(_GUARANTEE), falling, at)))


def _short(epsilon: float) -> str:
    """An epsilon as people say it."""
    if epsilon >= 1e6:
        return f"{epsilon / 1e6:.2g} M"
    if epsilon >= 1e4:
        return f"{epsilon / 1e3:,.0f} k"
    return f"{epsilon:,.0f}" if epsilon >= 10 else f"{epsilon:.2g}"
