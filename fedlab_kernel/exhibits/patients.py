"""Breast biopsies of 569 women, every number scaled from its lowest to its highest."""

from __future__ import annotations

from .cells import cells
from .column import from_lowest_to_highest
from .exhibit import Exhibit

NAME = "patients"
TITLE = "Breast biopsies"


def load() -> Exhibit:
    """The women on a scale from 0 to 1."""
    return cells(TITLE, from_lowest_to_highest)
