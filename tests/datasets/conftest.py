from __future__ import annotations

import os
from pathlib import Path

import pytest

from fedlab_kernel.datasets.heart_uci import FILES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def uci() -> Path:
    """The folder with UCI's four heart-disease files."""
    data = Path(os.environ["FEDLAB_DATA"]) if "FEDLAB_DATA" in os.environ else ROOT / ".." / "shared" / "data"
    folder = data / "heart-disease"
    if not all((folder / file).is_file() for file in FILES):
        pytest.skip("UCI's heart-disease files are neither in $FEDLAB_DATA nor in ../shared/data")
    return folder
