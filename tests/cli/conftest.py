"""Running the command line inside the tests' own process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fedlab_kernel.__main__ import main

Fedlab = Callable[..., tuple[int, str, str]]


@pytest.fixture
def fedlab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fedlab:
    """Runs `fedlab` with arguments; gives exit code, standard output and standard error."""
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))

    def run(*argv: object) -> tuple[int, str, str]:
        try:
            code = main([str(arg) for arg in argv])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run
