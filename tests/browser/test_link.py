"""The extension's link to a kernel, run by Node with a kernel made by hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[2] / "extension"


def test_a_question_has_an_end_though_its_subshell_never_comes() -> None:
    """A kernel that ends while its subshell is made keeps nobody waiting: other cells would never be checked again."""
    node = shutil.which("node")
    if node is None or not (EXTENSION / "node_modules").is_dir():
        pytest.skip("THE LINK WAS NOT TESTED: there is no Node, or `npm ci` was not run in extension")
    script = Path(__file__).with_name("link.cjs")
    ran = subprocess.run([node, str(script), str(EXTENSION)], capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout.strip() == "null", ran.stderr
