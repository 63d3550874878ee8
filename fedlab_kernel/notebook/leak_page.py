"""What the leakage lab shows of one experiment: the batch, below it what is stolen, and the figures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..attacks.reconstruction import Reconstruction
from ..exhibits import Exhibit
from ..leakage.drawing import order_of_interest, picture, verdict
from ..leakage.outcome import Match, Outcome, match
from ..leakage.setting import DELTA
from ..leakage.victims import Victims
from .page import Block, Gallery, Line, Page, Pair, Table

_SHOWN: Final = 60  # pictures
_RECORDS: Final = 12
_COLUMNS: Final = 7
_WIDTHS: Final = {8: 48, 28: 56, 64: 112}
"""Pixels on the screen of pictures up to such a side."""


def leak_page(data: Exhibit, of: Victims, found: Reconstruction, figures: Outcome, doing: str = "") -> Page:
    """One experiment as it stands.

    Args:
        data: that it is about.
        of: the batch.
        found: what the attack has so far.
        figures: of it.
        doing: what is going on; empty where the attack is over.
    """
    return Page(tuple(_blocks(data, of, found, figures, doing)))


def _blocks(data: Exhibit, of: Victims, found: Reconstruction, figures: Outcome, doing: str) -> Iterator[Block]:
    persons = len(of.truth)
    took = f", in {figures.seconds:.2g} s" if figures.seconds else ""
    yield Line(
        f"{figures.exact:g} of {persons} came out exactly ({figures.recall:.0%}){took}. {doing}".rstrip(), "strong"
    )
    matched = match(found.points, of.truth)
    shown = order_of_interest(matched)
    yield _records(data, of, found, matched, shown) if data.shape is None else _gallery(data, of, found, matched, shown)
    most = _RECORDS if data.shape is None else _SHOWN
    if persons > most:
        yield Line(f"The first {most} of {persons} are shown.", "quiet")
    yield Line(_certificates(figures), "quiet")
    if figures.epsilon is not None:
        yield Line(f"This one step has ε = {figures.epsilon:.3g} at δ = {DELTA:g}.", "quiet")


def _certificates(figures: Outcome) -> str:
    told = [f"{figures.certified:g} certified: the attacker can prove them without seeing the originals"]
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
            png(picture(of.truth[person], data)),
            png(picture(found.points[matched.nearest[person]], data)) if matched.nearest[person] >= 0 else b"",
            verdict(matched, int(person))[0],
            bool(matched.exact[person]),
        )
        for person in shown[:_SHOWN]
    )
    return Gallery(pairs, ("in the batch", "stolen"), width)


def _records(data: Exhibit, of: Victims, found: Reconstruction, matched: Match, shown: npt.NDArray[np.int64]) -> Table:
    columns = data.columns[:_COLUMNS]
    rows: list[tuple[str, ...]] = []
    for person in shown[:_RECORDS]:
        best = matched.nearest[person]
        stolen = tuple("?" for _ in columns) if best < 0 else _row(data, found.points[best])
        rows += [("in the batch", *_row(data, of.truth[person])), (verdict(matched, int(person))[0], *stolen)]
    return Table(("", *(one.name for one in columns)), tuple(rows))


def _row(data: Exhibit, point: npt.NDArray[Any]) -> tuple[str, ...]:
    columns = data.columns[:_COLUMNS]
    return tuple(
        one.shown(float(at)).removeprefix(one.name).strip()
        for one, at in zip(columns, point[: len(columns)], strict=True)
    )


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Pixels, shape (height, width) or (height, width, 3), as PNG."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="png")
    return out.getvalue()
