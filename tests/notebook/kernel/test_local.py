"""Cells that run where the notebook runs, in a shell of this process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from fedlab_kernel.notebook.kernel.local import SAID, LocalMagics, SaidOnce


def test_the_magic_takes_no_options(shell: InteractiveShell) -> None:
    """A line such as `%%python -c x` below another magic is not run as if nothing stood there."""
    magics = LocalMagics(shell)
    with pytest.raises(UsageError, match="takes nothing on its line: -c x"):
        magics.run_local(" -c x", "ran = True")
    assert "ran" not in shell.user_ns
    magics.run_local(" ", "ran = True")
    assert shell.user_ns["ran"]


@pytest.mark.usefixtures("shell")
def test_the_first_local_cell_is_said_to_be_one() -> None:
    """A query before it is not, and a local cell after it needs no words."""
    said = SaidOnce()
    with capture_output() as captured:
        for text in ("n = 1", "%%python\n1", "!ls", "%%local\n2"):
            said(SimpleNamespace(raw_cell=text))
            assert len(captured.outputs) == (text != "n = 1")
    assert SAID in captured.outputs[0].data["text/plain"]
