"""Inverting gradients of one picture, beside what the `breaching` library is published to take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedlab_kernel.leakage.setting import Setting

from .table import Line, Table, at_least, at_most, of_lines
from .trials import trials

PSNR, SECONDS = 49.5, 6.3
NOTE = """\
B = 1, attack `ig` (Geiping et al. 2020, begun with a stage of our own that matches features), one thread, after a first
time that does not count. This is no race on one track: the published figures, which we took from notes and did not run
again, are of breaching's ConvNet and of another machine. Our network (`attacks/optimising/victim.py`) is easier: three
convolutions without maxima or batch normalisation, and more features behind them than the picture has pixels. Grey
pictures, on which that library is noted to fail, have goals of the same size."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """One table."""
    lines = []
    for data, size in (("cifar10", "32 x 32 in colour"), ("mnist", "28 x 28 in grey"), ("faces", "25 x 25 in grey")):
        setting = Setting(data=data, batch=1, attack="ig")
        trials(setting, seeds[:1])
        found = trials(setting, seeds)
        ratios = [one.psnr for one in found if one.psnr is not None]
        lines += [
            Line(f"{data}, {size}, PSNR", ratios, "dB", f"{PSNR}", at_least(PSNR), digits=1),
            Line(f"{data}, {size}, time", [one.seconds for one in found], "s", f"{SECONDS}", at_most(SECONDS), 2),
        ]
    yield of_lines("Inverting gradients", NOTE, lines)
