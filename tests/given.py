"""Real data that lie beside the repository and are never committed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def given(name: str, files: Iterable[str]) -> Path:
    """A folder of the data that FEDLAB_DATA names, by default ../shared/data.

    Who has not got the files sees a skipped test; where CI is set, nothing is skipped, and the test fails.
    """
    folder = Path(os.environ.get("FEDLAB_DATA", ROOT.parent / "shared" / "data")) / name
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        need = f"needs {name}/{missing[0]} in the folder that FEDLAB_DATA names"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(need)
    return folder
