"""A hospital is killed at every step of a release, in a process of its own, and started again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedlab_kernel import datasets
from fedlab_kernel.audit.verify import verify_database
from fedlab_kernel.federation.processes import COMMAND, LocalHospitals
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import SocketTransport
from fedlab_kernel.hospital.statement import entries
from fedlab_kernel.hospital.store import look_into

CRASHING = (sys.executable, str(Path(__file__).with_name("crashing_host.py")))
CELL = "n = release(count(table('heart')), epsilon=1)"


@pytest.mark.parametrize(
    ("step", "charged", "stored"),
    [("reserving", 0, 0), ("reserved", 1, 0), ("computing", 1, 0), ("storing", 1, 0), ("stored", 1, 1)],
)
def test_a_killed_hospital_keeps_its_charge_and_charges_once(
    tmp_path: Path, step: str, charged: int, stored: int
) -> None:
    """Killed at a step, a hospital has charged exactly what is on disk, and the same question later charges no more."""
    folders = datasets.write("heart", None, tmp_path / "hospitals")
    state = tmp_path / "researcher"
    with LocalHospitals(folders, command=(*CRASHING, step)) as running:
        with Federation.connect(SocketTransport(running.sockets), list(running.sockets), state) as federation:
            first = federation.run(CELL)
        assert first.answered == ("hungary", "switzerland", "long_beach")
        assert "cleveland" in first.failures
    cleveland = next(folder for folder in folders if folder.name == "cleveland")
    with look_into(cleveland) as connection:
        ledger = entries(connection)
    assert len(ledger) == charged
    assert sum(entry.release is not None for entry in ledger) == stored

    with (
        LocalHospitals(folders, command=COMMAND) as running,
        Federation.connect(SocketTransport(running.sockets), list(running.sockets), state) as federation,
    ):
        again = federation.run(CELL)
        alone = federation.run(CELL, sites=["cleveland"])
        balance = next(one for one in federation.hospitals["cleveland"].balances if not one.shared)
    assert again.charged == 0
    assert alone.charged == pytest.approx(1 - charged, abs=1e-6)
    assert balance.spent_epsilon == pytest.approx(1.0, rel=1e-6)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex((cleveland / "state" / "hospital.pub").read_text()))
    summary = verify_database(cleveland / "state" / "hospital.sqlite", key)
    assert summary.kinds == {"admission": 1, "release": 1}
