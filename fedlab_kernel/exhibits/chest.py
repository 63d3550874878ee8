"""Paints a chest X-ray that nobody ever had: thicknesses of tissue, air and metal, and the shadow that they throw.

The picture is the sum, along the ray through each pixel, of what weakens it (Beer and Lambert's law), shown as a
negative: bone and metal bright, air dark. Every size is drawn anew for each patient, so no two pictures are alike.

Coordinates: x from -1 (left in the picture, the patient's right) to 1, y from -1 (top) to 1; the chest is upright.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

SIDE: Final = 64
FINDINGS: Final = ("clear", "nodule", "pacemaker", "enlarged heart")

Plane = npt.NDArray[np.floating]

_EDGE = 0.035  # the width of a soft edge: about a pixel
_RIBS = 9


@dataclass(frozen=True, slots=True, eq=False)
class _Thorax:
    """The parts of one patient's chest that the others hang on.

    Attributes:
        x, y: of each pixel, in the patient's own coordinates, shape (64, 64).
        apex, base: the heights where the lungs begin and end.
        reach: how far from the middle the lungs reach, at their widest.
        lungs: how much of the ray's way is lung, 0 to 1, shape (64, 64).
    """

    x: Plane
    y: Plane
    apex: float
    base: float
    reach: float
    lungs: Plane


def chest(finding: str, random: np.random.Generator) -> Plane:
    """One picture, shape (64, 64), from 0 (black) to 1.

    Args:
        finding: one of `FINDINGS`.
        random: where the patient comes from.
    """
    thorax = _thorax(random)
    weakened = _body(thorax, random) - 1.22 * thorax.lungs
    weakened += thorax.lungs * _vessels(thorax, random)
    weakened += _middle(thorax, random) + _heart(thorax, random, enlarged=finding == "enlarged heart")
    weakened += _bones(thorax, random)
    if finding == "nodule":
        weakened += _nodules(thorax, random)
    if finding == "pacemaker":
        weakened += _pacemaker(thorax, random)
    grain = random.normal(0, 0.014, (SIDE, SIDE)).astype(np.float32)
    exposure = random.uniform(0.48, 0.56)
    return np.clip(1.04 - np.exp(-exposure * np.maximum(weakened, 0)) + grain, 0, 1)


def _thorax(random: np.random.Generator) -> _Thorax:
    steps = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    x, y = np.meshgrid(steps, steps)
    tilt = random.normal(0, 0.025)
    x, y = x + tilt * y + random.normal(0, 0.02), y - tilt * x + random.normal(0, 0.02)
    apex, base, reach = random.uniform(-0.80, -0.74), random.uniform(0.40, 0.54), random.uniform(0.72, 0.82)
    below = np.clip((y - apex) / (base - apex), 0, 1.5)
    outer = reach * _flank(below)
    inner = 0.13 + 0.10 * np.maximum(below - 0.35, 0)
    dome = base + 0.05 * _soft(x) + 0.9 * np.maximum(np.abs(x) - 0.38, -0.2) ** 2
    inside = _soft(outer - np.abs(x)) * _soft(np.abs(x) - inner) * _soft(y - apex) * _soft(dome - y)
    return _Thorax(x, y, apex, base, reach, inside * (0.85 + 0.15 * np.minimum(below, 1)))


def _body(thorax: _Thorax, random: np.random.Generator) -> Plane:
    """Neck, shoulders, chest wall and abdomen, without what is inside."""
    x, y = thorax.x, thorax.y
    neck = random.uniform(0.24, 0.30)
    shoulder = random.uniform(-0.84, -0.76)
    width = neck + (random.uniform(0.94, 1.02) - neck) * _soft(y - shoulder, 0.07) ** 0.8
    round_ = np.sqrt(np.clip(1 - (x / width) ** 2, 0, 1))
    abdomen = 0.55 * _soft(y - thorax.base - 0.05, 0.12)
    return np.asarray(_soft(width - np.abs(x)) * (0.55 + (0.95 + abdomen) * round_))


def _vessels(thorax: _Thorax, random: np.random.Generator) -> Plane:
    """The vessels of the lungs, which fan out from beside the heart and grow thin, and the fainter texture between."""
    drawn = np.zeros_like(thorax.x)
    for side in (-1, 1):
        x, y = side * thorax.x - 0.16, thorax.y + 0.06
        away = np.hypot(x, y)
        drawn += 0.30 * _bell(away / 0.17)
        turn, fades = np.arctan2(y, x), _bell(away / 0.42)
        for branch in range(8):
            angle = -1.25 + branch * 2.5 / 7 + random.normal(0, 0.09)
            bent = turn - angle - random.normal(0, 0.25) * away
            drawn += 0.26 * _bell(away * bent / 0.028) * fades * (np.abs(bent) < 1)
    coarse = random.normal(0, 0.02, (SIDE // 4, SIDE // 4)).astype(np.float32)
    return np.asarray(drawn + coarse.repeat(4, axis=0).repeat(4, axis=1), np.float32)


def _middle(thorax: _Thorax, random: np.random.Generator) -> Plane:
    """Mediastinum, aortic arch, vertebrae, and the air of the windpipe."""
    x, y = thorax.x, thorax.y
    soft = 0.50 * _soft(0.15 + 0.04 * np.maximum(y, 0) - np.abs(x))
    arch = 0.40 * _blob(x - random.uniform(0.10, 0.14), y + random.uniform(0.28, 0.36), 0.10, 0.11)
    vertebrae = np.cos((y + random.uniform(0, 0.2)) * 2 * np.pi / random.uniform(0.17, 0.20))
    spine = _soft(0.085 - np.abs(x), 0.02) * (0.42 + 0.13 * vertebrae)
    windpipe = 0.55 * _soft(0.045 - np.abs(x - 0.01), 0.02) * _soft(-0.30 - y, 0.06)
    return np.asarray(soft + arch + spine - windpipe)


def _heart(thorax: _Thorax, random: np.random.Generator, enlarged: bool) -> Plane:
    size = random.uniform(1.45, 1.65) if enlarged else random.uniform(0.92, 1.08)
    turn = random.uniform(0.45, 0.65)
    x = thorax.x - 0.12 - 0.08 * (size - 1)
    y = thorax.y - (thorax.base - 0.20 - 0.06 * (size - 1))
    along, across = x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)
    left = 1 - (along / (0.37 * size)) ** 2 - (across / (0.27 * size)) ** 2
    return 1.05 * _soft(left, 0.12) * np.sqrt(np.clip(left + 0.35, 0, 1))


def _bones(thorax: _Thorax, random: np.random.Generator) -> Plane:
    """Ribs, behind and before, and collar bones."""
    x, y = np.abs(thorax.x), thorax.y
    below = np.clip((y - thorax.apex) / (thorax.base - thorax.apex), 0, 1.5)
    cage = (thorax.reach + 0.05) * _flank(below + 0.06)
    within = _soft(cage - x) * _soft(x - 0.06)
    apart = (thorax.base - thorax.apex + 0.12) / _RIBS
    rise, fall = 0.10 * np.sin(np.pi * np.minimum(x / 0.55, 1)), np.maximum(x - 0.15, 0) ** 2
    denser = 0.55 + 0.75 * x / cage  # where the ray runs along the rib
    front = _soft(x - 0.30, 0.08)
    drawn = np.zeros_like(x)
    for rib in range(_RIBS):
        top = thorax.apex + 0.03 + rib * apart + random.normal(0, 0.006)
        behind = top - rise + (0.36 + 0.06 * rib) * fall
        drawn += 0.27 * _bar(y - behind, 0.036) * denser
        before = top + 0.42 - 0.46 * x
        drawn += 0.11 * _bar(y - before, 0.040) * front
    collar = thorax.apex + 0.15 - 0.16 * x + 0.05 * np.sin(4.2 * x)
    bone = _bar(y - collar, 0.040) * _soft(x - 0.09) * _soft(0.78 - x)
    return drawn * within + 0.62 * bone


def _nodules(thorax: _Thorax, random: np.random.Generator) -> Plane:
    """One to three round shadows, each where there is lung and neither heart nor edge."""
    drawn = np.zeros_like(thorax.x)
    for _ in range(random.integers(1, 4)):
        side = 1 - 2 * int(random.integers(2))
        x = side * random.uniform(0.32, 0.72 * thorax.reach)
        y = random.uniform(thorax.apex + 0.38, thorax.base - (0.25 if side < 0 else 0.50))
        size = random.uniform(0.06, 0.095)
        drawn += random.uniform(0.85, 1.1) * _blob(thorax.x - x, thorax.y - y, size, size * random.uniform(0.85, 1.15))
    return drawn


def _pacemaker(thorax: _Thorax, random: np.random.Generator) -> Plane:
    """A case of metal below the left collar bone, and the lead from it into the heart."""
    at, height = random.uniform(0.48, 0.58), random.uniform(-0.50, -0.40)
    x, y = thorax.x - at, thorax.y - height
    case = _soft(1 - np.abs(x / 0.15) ** 3 - np.abs(y / 0.12) ** 3, 0.2)
    header = _soft(0.08 - np.abs(x + 0.02)) * _soft(0.05 - np.abs(y + 0.13))
    tip = thorax.base - random.uniform(0.10, 0.16)
    t = np.linspace(0, 1, 60)
    # A cubic Bézier curve: up and over to the middle, down the vein, and to the tip of the heart.
    nodes = np.array([[at - 0.02, height - 0.14], [0.05, height - 0.42], [-0.28, tip - 0.10], [0.26, tip]])
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    lead = (weights @ nodes).astype(np.float32)
    far = (thorax.x[..., None] - lead[:, 0]) ** 2 + (thorax.y[..., None] - lead[:, 1]) ** 2
    wire = _bell(np.sqrt(far.min(axis=-1)) / 0.020)
    return 4.0 * np.maximum(case, 0.6 * header) + 1.5 * wire


def _soft(inside: Plane, width: float = _EDGE) -> Plane:
    """A soft edge: 0 well outside (negative), 1 well inside, half on the line."""
    return np.asarray(0.5 + 0.5 * np.tanh(inside / width), np.float32)


def _bell(far: Plane) -> Plane:
    return np.asarray(np.exp(-far * far), np.float32)


def _blob(x: Plane, y: Plane, wide: float, high: float) -> Plane:
    return _soft(1 - (x / wide) ** 2 - (y / high) ** 2, 0.45)


def _bar(across: Plane, half: float) -> Plane:
    """A bone seen from the side: a band whose two edges are denser than its middle."""
    band = _bell((across / half) ** 2)
    edges = _bell((np.abs(across) - 0.8 * half) / (0.45 * half))
    return 0.7 * band + 0.4 * edges


def _flank(below: Plane) -> Plane:
    """How wide the chest is, as a share of its widest, from its top (0) to its base (1): a dome, then slowly wider."""
    dome = np.sqrt(1 - np.square(1 - np.minimum(below / 0.55, 1)))
    return np.asarray(dome * (0.82 + 0.18 * np.minimum(below, 1)), np.float32)
