from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from fedlab_kernel.cli.queries import Cell, QueryFile
from fedlab_kernel.cli.run import ask
from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.pricing import published
from fedlab_kernel.language.catalogue import Table
from fedlab_kernel.wire.messages import Balance

BALANCE = Balance("patients", 10.0, 1e-6, 4.0, 0.5, 0.0, 0.1, 0.05, False)
BEFORE = HospitalInfo("north", "North", "ready", tables={"t": Table("t", "patients")}, balances=(BALANCE,))
AFTER = replace(BEFORE, balances=(Balance("patients", 10.0, 1e-6, 4.0, 0.75, 0.0, 0.2, 0.07, False),))


def interrupted_after(refreshed: HospitalInfo) -> Any:
    """A federation that is interrupted between two requests and finds `refreshed` afterwards."""
    hospitals = {"north": BEFORE}
    federation = SimpleNamespace(hospitals=hospitals, researcher="", offer=lambda _: published(hospitals))

    def run(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def refresh() -> None:
        federation.hospitals = {"north": refreshed}

    federation.run, federation.refresh = run, refresh
    return federation


def test_an_interrupt_between_two_requests_says_what_was_spent() -> None:
    """What each hospital charged since the start is read from the hospitals again, and named."""
    file = QueryFile("q.fq", "x = 1", (Cell("x = 1", 0),))
    with pytest.raises(Refused, match=r"FF406.*north epsilon 0\.25\."):
        ask(interrupted_after(AFTER), file, [], None, 0, show=False)
