"""What every test may ask for: a printed seed, the real heart-disease files; and hypothesis' profile."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
UCI_SITES = ("cleveland", "hungarian", "switzerland", "va")

# No deadline: the machines that run the tests are shared, and no test judges time.
settings.register_profile("fedlab", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("fedlab")

# A shell that starts the tests in the background has them ignore Ctrl-C, which some of them press.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of a randomised test: always the same, and printed, so that a failure shows it."""
    value = 20_261_120
    print(f"{request.node.nodeid}: seed {value}")
    return value


@pytest.fixture(scope="session")
def heart_folder() -> Path:
    """The folder with the four UCI heart-disease files; the test is skipped where there is none."""
    folder = Path(os.environ.get("FEDLAB_DATA", ROOT.parent / "shared" / "data")) / "heart-disease"
    missing = [site for site in UCI_SITES if not (folder / f"processed.{site}.data").is_file()]
    if missing:
        pytest.skip(f"needs heart-disease/processed.{missing[0]}.data in the folder that FEDLAB_DATA names")
    return folder
