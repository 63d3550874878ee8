"""Names of curves, written beside them where no curve is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

Points = npt.NDArray[np.float64]

_GAP: Final = 12.0  # points of a printer between a name and its curve
_THICK: Final = 5.0  # pixels that a marker reaches from the middle of its curve
_FINE: Final = 60  # places looked at between two points of a curve
_SIDES: Final = ("left", "center", "right")


@dataclass(frozen=True, slots=True)
class Named:
    """A curve that is to be named.

    Attributes:
        axes: that it is drawn in.
        at, values: its points.
        name: beside it.
        colour: of the name.
    """

    axes: Axes
    at: Sequence[float]
    values: Sequence[float]
    name: str
    colour: str


def name_all(curves: Sequence[Named]) -> None:
    """Write each curve's name above or below one of its points: where it is nearest to it and far from the others.

    Args:
        curves: of one place in a figure that is laid out already, on axes that share it.
    """
    lines = [_line(one) for one in curves]
    taken: list[Any] = []
    for curve, own in zip(curves, lines, strict=True):
        others = np.concatenate([line for line in lines if line is not own] or [np.zeros((0, 2))])
        candidates = []
        for name in _everywhere(curve):
            box = name.get_window_extent()
            crossed = _inside(own, box) + _inside(others, box) + 1000 * sum(box.overlaps(one) for one in taken)
            crossed += 0 if _within(curve.axes, box) else 1000
            near = np.concatenate([others, *(one.corners() for one in taken)])
            candidates.append((crossed, -_distance(near, box), name, box))
        *_, kept, box = min(candidates, key=lambda one: one[:2])
        for *_, name, _ in candidates:
            if name is not kept:
                name.remove()
        taken.append(box)


def _everywhere(curve: Named) -> Iterator[Annotation]:
    """The name at each of the places that it could have."""
    for at, value in zip(curve.at, curve.values, strict=True):
        for side in _SIDES:
            for up, below in ((_GAP, "bottom"), (-_GAP, "top")):
                yield curve.axes.annotate(
                    curve.name, (at, value), xytext=(0, up), textcoords="offset points", ha=side, va=below,
                    color=curve.colour, fontweight="bold", annotation_clip=False,
                )  # fmt: skip


def _line(curve: Named) -> Points:
    """Where it goes on the canvas, shape (n, 2)."""
    corners = curve.axes.transData.transform(np.c_[np.asarray(curve.at, float), np.asarray(curve.values, float)])
    places = np.linspace(0, len(corners) - 1, _FINE * (len(corners) - 1) + 1)
    return np.stack([np.interp(places, np.arange(len(corners)), one) for one in corners.T], axis=1)


def _inside(line: Points, box: Any) -> int:
    x, y = line.T
    across, up = (x > box.x0 - _THICK) & (x < box.x1 + _THICK), (y > box.y0 - _THICK) & (y < box.y1 + _THICK)
    return int((across & up).sum())


def _distance(line: Points, box: Any) -> float:
    """From a name to what is nearest of all else; what is further than four lines of text counts the same."""
    if len(line) == 0:
        return 0.0
    x, y = line.T
    away = np.hypot(np.clip(x, box.x0, box.x1) - x, np.clip(y, box.y0, box.y1) - y).min()
    return float(min(away, 4 * box.height))


def _within(axes: Axes, box: Any) -> bool:
    outer = axes.bbox
    return bool(box.x0 >= outer.x0 and box.x1 <= outer.x1 and box.y0 >= outer.y0 and box.y1 <= outer.y1)
