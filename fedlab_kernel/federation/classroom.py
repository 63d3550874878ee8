"""A hospital for lessons: a process of its own whose policy gives raw updates, of data that ship with fedlab.

It is not one of the researcher's hospitals, though it may hold the same rows: folder, ledger and log are its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .. import datasets
from ..policy.policy import LARGEST_MODEL
from .session import Federation

_POLICY: Final = f"""
# Raw updates, which give every row away: for lessons only. What is no secret is all that they are given of.
classroom = true
max_weights = {LARGEST_MODEL}
"""

ANY_DATA: Final = "diabetes"
"""What a hospital holds that teaches with exhibits only."""


def start_classroom(state: Path, data: str = ANY_DATA) -> Federation:
    """Start the hospitals of a built-in data set under a classroom policy; close the federation to stop them.

    Args:
        state: where their folders are kept. Of a folder one process can be a hospital at a time, and nothing in these
            is worth keeping: let each process have its own.
        data: the data set's name.

    Raises:
        Refused: as `Federation.start`.
    """
    place = state / "classroom"
    folders = datasets.write(data, None, place / data)
    for folder in folders:
        settings = folder / "hospital.toml"
        written = settings.read_text(encoding="utf-8")
        if _POLICY not in written:
            settings.write_text(written + _POLICY, encoding="utf-8")
    return Federation.start(place / data, place)
