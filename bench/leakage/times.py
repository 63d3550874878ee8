"""How long the lab's press of a button takes, warm."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import partial

from fedlab_kernel.leakage.drawing import figure
from fedlab_kernel.leakage.lesson import steal
from fedlab_kernel.leakage.setting import Setting

from ..timing import repeated
from .data import exhibit
from .table import Line, Table, at_most, of_lines

REPEATS = 3
NOTE = f"""\
Seconds on one thread, after a first time that does not count; of each seed the median of {REPEATS}. From the press on:
the network and the update are made in this process, and what is shown is judged. The picture is drawn and written as
PNG. Honest networks, B = 50, N = 1000."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """One table."""
    faces, records = Setting(data="faces", batch=50), Setting(data="patients", batch=50)
    lines = [
        Line("faces, the passive picture", _seconds(faces, seeds, picture=True), "s", goal=at_most(1)),
        Line("faces, everybody peeled", _seconds(faces, seeds), "s", goal=at_most(3)),
        Line("patients, everybody peeled", _seconds(records, seeds), "s", goal=at_most(1)),
        Line(
            "patients-z, everybody peeled", _seconds(Setting(data="patients-z", batch=50), seeds), "s", goal=at_most(1)
        ),
    ]
    yield of_lines("Time", NOTE, lines)


def _seconds(setting: Setting, seeds: Sequence[int], *, picture: bool = False) -> list[float]:
    data = exhibit(setting.data)

    def press(seed: int) -> None:
        rounds = steal(setting, data, seed)
        if picture:
            shown = next(rounds)
            figure(data, shown.of, shown.found, data.title).savefig(io.BytesIO())
        else:
            *_, last = rounds
            assert last.over

    return [repeated(partial(press, seed), REPEATS) / 1000 for seed in seeds]
