"""The extension's link to a kernel, run by Node with a kernel made by hand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

EXTENSION = Path(__file__).parents[2] / "extension"


def test_a_question_has_an_end_though_its_subshell_never_comes() -> None:
    """A kernel that ends while its subshell is made keeps nobody waiting, and what is shown of the cell stays."""
    node = shutil.which("node")  # a clone is installed with it
    assert node is not None
    script = Path(__file__).with_name("link.cjs")
    ran = subprocess.run([node, str(script), str(EXTENSION)], capture_output=True, text=True, timeout=120, check=False)
    assert ran.stdout.strip() == "undefined", ran.stderr
