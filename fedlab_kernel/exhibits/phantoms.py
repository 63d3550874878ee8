"""Chest X-rays of nobody, each with a side marker and the name of an invented patient burned in."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from .chest import FINDINGS, SIDE, chest
from .exhibit import Exhibit
from .lettering import HEIGHT, lettering
from .pictures import EIGHT_BITS, pictures

NAME = "phantoms"
TITLE = "Chest X-rays"

PHANTOMS: Final = 240

Grey = npt.NDArray[np.uint8]

_INK, _PLATE = 245, 8  # greys
_FIRST = ("ADA", "BEN", "CLEO", "DORA", "EMIL", "FINN", "GRETA", "HUGO", "IDA", "JULES", "KIM", "LENA", "MILO", "NORA")
_LAST = (
    "ADLER", "BAUER", "COSTA", "DUBOIS", "EVANS", "FALK", "GRECO", "HAAS", "IVANOV", "JANSEN", "KOVAC", "LOPEZ",
    "MEYER", "NOVAK", "ORTEGA", "PETIT", "ROSSI", "SILVA", "TANAKA", "URBAN", "VOGEL", "WEBER", "YILMAZ", "ZHANG",
)  # fmt: skip


def load() -> Exhibit:
    """The phantoms, with the finding as class."""
    random = np.random.default_rng(0)
    findings = random.permutation(np.arange(PHANTOMS) % len(FINDINGS))
    inputs, shape, greys = pictures(np.stack([phantom(FINDINGS[at], name(random), random) for at in findings]), NAME)
    source = (
        f"{PHANTOMS} pictures drawn by this program from chance and a few formulas, of nobody; free of rights (CC0)."
    )
    return Exhibit(TITLE, source, inputs, findings.astype(np.int64), len(FINDINGS), shape, greys)


def phantom(finding: str, patient: str, random: np.random.Generator) -> Grey:
    """One picture, shape (64, 64), of 256 greys.

    Args:
        finding: one of `FINDINGS`.
        patient: the name to burn in, letters from A to Z and spaces, at most 60 pixels wide.
        random: where everything else comes from.
    """
    picture = (chest(finding, random) * EIGHT_BITS).round().astype(np.uint8)
    # The plate with the name covers what is below it, as the blocker of a film does.
    plate = lettering(patient)
    picture[-HEIGHT - 2 :, : plate.shape[1] + 3] = _PLATE
    _burn(picture, plate, SIDE - HEIGHT - 1, 1)
    # The patient's right is left in the picture.
    if random.integers(2):
        _burn(picture, lettering("R"), 2, 3)
    else:
        _burn(picture, lettering("L"), 2, SIDE - 6)
    return picture


def name(random: np.random.Generator) -> str:
    """The name of an invented patient, last name first."""
    return f"{random.choice(_LAST)} {random.choice(_FIRST)}"


def _burn(picture: Grey, ink: npt.NDArray[np.bool_], row: int, column: int) -> None:
    picture[row : row + ink.shape[0], column : column + ink.shape[1]][ink] = _INK
