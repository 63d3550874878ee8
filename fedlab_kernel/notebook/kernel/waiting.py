"""The first query of a notebook waits for the hospitals that are being started, and says so where that takes long."""

# mypy: disable-error-code="no-untyped-call"
# (IPython's displays have no types.)

from __future__ import annotations

import time
from typing import Final

from IPython.display import DisplayHandle

from ...federation.session import Federation
from ..page import Line, Page
from ..workbench import Workbench, interrupted_start

SILENT_SECONDS: Final = 1.0
"""How long a query waits without saying so."""

_WAKE_SECONDS = 0.05


def await_hospitals(bench: Workbench) -> None:
    """Wait while the hospitals of a notebook are started; why they are not in the end, `Workbench.ready` says.

    Raises:
        Refused: FF406 where the researcher interrupts it.
    """
    begun, handle = time.monotonic(), None
    try:
        while bench.federation is None and (busy := bench.busy):
            if handle is None and time.monotonic() - begun >= SILENT_SECONDS:
                handle = DisplayHandle()
                handle.display(_quiet(busy))
            time.sleep(_WAKE_SECONDS)
    except KeyboardInterrupt:
        raise interrupted_start() from None
    if handle is not None and bench.federation is not None:
        handle.update(_quiet(_started(bench.federation, bench.data)))


def _quiet(text: str) -> Page:
    return Page((Line(text, "quiet"),))


def _started(running: Federation, data: str) -> str:
    ready = sum(info.state == "ready" for info in running.hospitals.values())
    return f"{ready} of {len(running.hospitals)} hospitals of {data} are ready."
