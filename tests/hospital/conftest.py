"""What tests of training at a hospital may ask for: no noise, and everybody in their place."""

from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.hospital import release, training


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No noise in training."""
    monkeypatch.setattr(release, "rounded_gaussian", lambda count, _sigma: np.zeros(count, np.int64))


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Persons stand in the order of the table, so that two tables have everybody else in the same places."""
    monkeypatch.setattr(training, "random_words", lambda count: np.arange(count, dtype=np.uint64))
