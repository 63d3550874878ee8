"""A hospital for lessons: a process of its own whose policy gives raw updates, of data that ship with fedlab.

It is not one of the researcher's hospitals, though it may hold the same rows: folder, ledger and log are its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .. import datasets
from ..policy.policy import LARGEST_MODEL
from .places import default_state
from .session import Federation

_POLICY: Final = f"""
# Raw updates, which give every row away: for lessons only. What is no secret is all that they are given of.
classroom = true
max_weights = {LARGEST_MODEL}
"""

ANY_DATA: Final = "diabetes"
"""What a hospital holds that teaches with exhibits only."""


def start_classroom(data: str = ANY_DATA, state: Path | None = None) -> Federation:
    """Start the hospitals of a built-in data set under a classroom policy; close the federation to stop them.

    Args:
        data: the data set's name.
        state: where their folders are kept; by default in the user's own data folder.

    Raises:
        Refused: as `Federation.start`.
    """
    place = (state or default_state()) / "classroom"
    folders = datasets.write(data, None, place / data)
    for folder in folders:
        settings = folder / "hospital.toml"
        written = settings.read_text(encoding="utf-8")
        if _POLICY not in written:
            settings.write_text(written + _POLICY, encoding="utf-8")
    return Federation.start(place / data, place)
