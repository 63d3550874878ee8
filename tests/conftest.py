"""What every test may ask for: a printed seed, the real heart-disease files; and hypothesis' profile."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from fedlab_kernel.datasets.heart_uci import FILES
from tests.given import given

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
    """The folder with the four UCI heart-disease files."""
    return given("heart-disease", FILES)
