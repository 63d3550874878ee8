from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from fedlab_kernel.notebook.progress import Progress


def test_progress_is_one_display_that_grows(shell: InteractiveShell) -> None:
    """Nothing is shown before the first line; later lines update the same display."""
    assert shell.display_pub is not None
    with capture_output() as shown:
        progress = Progress()
        assert shown.outputs == []
        progress("waiting for 2 hospitals")
        progress("cleveland answered")
    assert [output.data for output in shown.outputs] == [
        {"text/plain": "waiting for 2 hospitals"},
        {"text/plain": "waiting for 2 hospitals\ncleveland answered"},
    ]
