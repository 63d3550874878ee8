"""What the leakage lab shows of one experiment: the batch, below it what is stolen, and the figures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..attacks.reconstruction import Reconstruction
from ..errors import Diagnostic
from ..exhibits import Exhibit
from ..leakage.drawing import order_of_interest, picture, verdict
from ..leakage.last import LastTraining
from ..leakage.lesson import Shown
from ..leakage.outcome import Match, Outcome, match
from ..leakage.victims import Victims
from ..leakage.words import guarantee
from .errors import refusal_page
from .page import Block, Gallery, Line, Page, Pair, Table

_SHOWN: Final = 60  # pictures
_RECORDS: Final = 12
_COLUMNS: Final = 7
_WIDTHS: Final = {8: 48, 25: 50, 28: 56, 32: 64, 64: 128}
"""Pixels on the screen of pictures up to such a side."""


def leak_page(shown: Shown, doing: str = "") -> Page:
    """One experiment as it stands.

    Args:
        shown: what the attack has so far.
        doing: what is going on; empty where the attack is over.
    """
    return Page(tuple(_blocks(shown, doing)))


def _blocks(shown: Shown, doing: str) -> Iterator[Block]:
    figures, persons = shown.figures, len(shown.of.truth)
    if shown.refused:
        yield Line(f"The hospital does not train this network: {shown.refused} Nothing was sent.", "warning")
    took = f" in {figures.seconds:.2f} s" if figures.seconds else ""
    yield Line(f"{figures.exact:g} of {persons} came out exactly{took}. {doing}".rstrip(), "strong")
    yield from _compared(shown.data, shown.of, shown.found)
    yield Line(_told(figures), "quiet")
    if figures.epsilon is not None:
        yield Line(guarantee(figures.epsilon), "quiet")
    yield Line(f"The update: {shown.sender}.", "quiet")
    if shown.data.source:
        yield Line(shown.data.source, "quiet")


def last_pages(last: LastTraining, raw: Victims, refusal: Diagnostic) -> tuple[Page, Page]:
    """The training that was just run, under a classroom policy and under the hospital's own.

    Args:
        last: its first round.
        raw: the raw update of some persons.
        refusal: what the hospital said that was asked for the same.
    """
    found, noisy = last.read(raw), last.released(raw)
    read = last.read(noisy)
    name = last.first.release.name
    given = match(found.points, raw.truth).exact.sum()
    taken = match(read.points, noisy.truth).exact.sum()
    classroom = (
        Line(f"Under a classroom policy: the raw update of {len(raw.truth)} persons in the first round of `{name}`."),
        Line(f"{given} of {len(raw.truth)} came out exactly.", "strong"),
        *_compared(last.shown, last.as_shown(raw), last.found_as_shown(found)),
    )
    ordinary = (
        Line("Under the hospital's own policy, asked for the same:"),
        *refusal_page([refusal]).blocks,
        Line("What it released instead is clipped, added up over its sample, and noised. The same attack on that:"),
        Line(f"{taken} of {len(raw.truth)} came out exactly.", "strong"),
        *_compared(last.shown, last.as_shown(noisy), last.found_as_shown(read)),
    )
    return Page(classroom), Page(ordinary)


def _compared(data: Exhibit, of: Victims, found: Reconstruction) -> Iterator[Block]:
    """The batch, and what is stolen of each; of a large one the first."""
    matched = match(found.points, of.truth)
    shown = order_of_interest(matched)
    records = data.shape is None
    yield (_records if records else _gallery)(data, of, found, matched, shown)
    most = _RECORDS if records else _SHOWN
    if len(shown) > most:
        yield Line(f"{most} of the {len(shown)} are shown.", "quiet")


def _told(figures: Outcome) -> str:
    proved = f"{figures.certified:g} certified, that is proved without seeing the originals"
    told = [proved if figures.certified else "none certified: nothing is proved"]
    if figures.precision is not None and figures.active is not None:
        told.append(f"{figures.active:.0%} of the neurons fired, {figures.precision:.0%} of these for one person alone")
    if figures.psnr is not None and figures.ssim is not None:
        told.append(f"PSNR {figures.psnr:.1f} dB, SSIM {figures.ssim:.2f}")
    return " · ".join(told)


def _gallery(
    data: Exhibit, of: Victims, found: Reconstruction, matched: Match, shown: npt.NDArray[np.int64]
) -> Gallery:
    assert data.shape is not None
    width = next((width for side, width in _WIDTHS.items() if max(data.shape[1:]) <= side), 128)
    pairs = tuple(
        Pair(
            _png(picture(of.truth[person], data)),
            _png(picture(found.points[matched.nearest[person]], data)) if matched.nearest[person] >= 0 else b"",
            verdict(matched, int(person))[0],
            bool(matched.exact[person]),
        )
        for person in shown[:_SHOWN]
    )
    return Gallery(pairs, ("who was in the batch", "what was stolen"), width)


def _records(data: Exhibit, of: Victims, found: Reconstruction, matched: Match, shown: npt.NDArray[np.int64]) -> Table:
    columns = data.columns[:_COLUMNS]
    rows: list[tuple[str, ...]] = []
    for person in shown[:_RECORDS]:
        best = matched.nearest[person]
        stolen = tuple("?" for _ in columns) if best < 0 else _row(data, found.points[best])
        rows += [("original", *_row(data, of.truth[person])), (verdict(matched, int(person))[0], *stolen)]
    numbers = frozenset(at for at, one in enumerate(columns, 1) if not one.categories)
    return Table(("", *(one.name for one in columns)), tuple(rows), numeric=numbers)


def _row(data: Exhibit, point: npt.NDArray[Any]) -> tuple[str, ...]:
    columns = data.columns[:_COLUMNS]
    return tuple(one.shown(float(at)) for one, at in zip(columns, point[: len(columns)], strict=True))


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Pixels, shape (height, width) or (height, width, 3), as PNG."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="png")
    return out.getvalue()
