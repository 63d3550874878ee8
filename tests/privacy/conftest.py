"""The oracle that the tests of this folder compare with."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import pytest


@pytest.fixture(scope="session")
def dp_accounting() -> Any:
    """dp-accounting, without its log lines about orders it skips."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dp_accounting as library
        from dp_accounting import pld, rdp

    assert rdp
    assert pld
    logging.getLogger("absl").setLevel(logging.ERROR)
    return library
