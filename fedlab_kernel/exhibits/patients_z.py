"""Breast biopsies of 569 women, every number in standard deviations from its mean."""

from __future__ import annotations

from .cells import cells
from .column import from_mean_by_deviation
from .exhibit import Exhibit

NAME = "patients-z"
TITLE = "Breast biopsies, z-scored"


def load() -> Exhibit:
    """The women as z-scores."""
    return cells(TITLE, from_mean_by_deviation)
