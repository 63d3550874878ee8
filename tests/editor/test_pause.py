from __future__ import annotations

import gc

import pytest

from fedlab_kernel.editor.pause import collecting_later


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    """No garbage is collected during an answer; afterwards, also after a failure, the collector is as before."""
    during: list[bool] = []

    @collecting_later
    def answer(fails: bool) -> None:
        during.append(gc.isenabled())
        if fails:
            raise ValueError

    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        answer(fails=False)
        with pytest.raises(ValueError, match=r"^$"):
            answer(fails=True)
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was else gc.disable)()
    assert during == [False, False]
