"""Training with hospitals in processes of their own: killed at every step, killed for good, and noise of each."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedlab_kernel import datasets
from fedlab_kernel.audit.verify import verify_database
from fedlab_kernel.federation.processes import COMMAND, LocalHospitals
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.training import RoundReport
from fedlab_kernel.federation.transport import SocketTransport
from fedlab_kernel.hospital.reconcile import reconcile
from fedlab_kernel.hospital.statement import Rounds, entries
from fedlab_kernel.hospital.store import look_into
from fedlab_kernel.models.fitted import FittedModel

from .conftest import Room, process_of

CRASHING = (sys.executable, str(Path(__file__).with_name("crashing_host.py")))
CELL = """
p = table("heart")

def predict(w, x):
    return sigmoid(x @ w.W + w.b)

m = release(train(predict, params(W=glorot(2, 1), b=zeros(1)), loss=bce, on=PERSONS,
                  inputs=["age", "thalach"], target="disease", rounds=3), epsilon=2)
"""
TRAINING = CELL.replace("PERSONS", "p")


def weights(result: object) -> list[bytes]:
    """The weights of the model of a cell, bit by bit."""
    model = result.answers["m"].value  # type: ignore[attr-defined]
    assert isinstance(model, FittedModel)
    return [array.tobytes() for array in model.weights.values()]


def test_hospitals_add_noise_of_their_own(room: Room) -> None:
    """Hospitals that are forked from one process never add equal noise: of sums over nobody, no two updates share a
    number but by a rare chance, and none is without noise.
    """
    text = CELL.replace("PERSONS", "p.where(p.age > 99)").replace("W=glorot(2, 1)", "W=zeros(2, 1)")
    with Federation.start(room.hospitals, room.state) as federation:
        federation.run(text)
        journal = federation._journal
        (key,) = {row[0] for row in journal._connection.execute("SELECT key FROM round")}
        drawn = [np.frombuffer(one.update, "<i8") for answers in journal.rounds(key) for one in answers.values()]
    assert len(drawn) == 12
    assert all(np.count_nonzero(update) >= 2 for update in drawn)
    # The noise has a deviation of 128,000. Of the 630 pairs of 36 numbers one is equal with a probability of 0.0014,
    # and four with 1e-13; two numbers of an update are 0 with 3e-10.
    numbers = np.concatenate(drawn)
    assert len(numbers) == 36
    assert len(set(numbers.tolist())) > 32


@pytest.mark.long
@pytest.mark.parametrize(
    ("step", "begun", "stored"),
    [("reserving", None, 0), ("reserved", 0, 0), ("beginning", 0, 0), ("begun", 1, 0), ("computing", 1, 0),
     ("storing", 1, 0), ("stored", 1, 1)],
)  # fmt: skip
def test_a_hospital_killed_in_the_first_round(tmp_path: Path, step: str, begun: int | None, stored: int) -> None:
    """Killed at a step of the first round, a hospital has on disk what had happened, and the others train on; asked
    alone afterwards it trains under the same charge.
    """
    folders = datasets.write("heart", None, tmp_path / "hospitals")
    state = tmp_path / "researcher"
    with (
        LocalHospitals(folders, command=(*CRASHING, step)) as running,
        Federation.connect(SocketTransport(running.sockets), list(running.sockets), state) as federation,
    ):
        first = federation.run(TRAINING)
        assert first.answered == ("hungary", "switzerland", "long_beach")
        assert "dropped out after 0 of 3 rounds" in first.failures["cleveland"]
    cleveland = next(folder for folder in folders if folder.name == "cleveland")
    with look_into(cleveland) as connection:
        assert [entry.rounds for entry in entries(connection)] == (
            [] if begun is None else [Rounds(begun, 3, open=True)]
        )
        assert reconcile(connection) == (begun is not None, stored)
    with (
        LocalHospitals(folders, command=COMMAND) as running,
        Federation.connect(SocketTransport(running.sockets), list(running.sockets), state) as federation,
    ):
        again = federation.run(TRAINING)
        assert weights(again) == weights(first)
        assert again.charged == 0
        federation.run(TRAINING, sites=["cleveland"])
    with look_into(cleveland) as connection:
        (entry,) = entries(connection)
        assert entry.rounds == Rounds(3, 3, open=False)
        assert entry.price.epsilon == pytest.approx(2.0, rel=1e-6)
        assert reconcile(connection) == (1, 3)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex((cleveland / "state" / "hospital.pub").read_text()))
    kinds = verify_database(cleveland / "state" / "hospital.sqlite", key).kinds
    assert (kinds["admission"], kinds["beginning"], kinds["release"]) == (1, 3, 3)


@pytest.mark.long
def test_a_hospital_killed_between_rounds_is_left_behind(room: Room) -> None:
    """After a kill -9 between rounds three go on; started again, the fourth has the rounds that it began and no more,
    its log verifies, and the cell is replayed for nothing.
    """
    with Federation.start(room.hospitals, room.state) as federation:

        def kill(report: RoundReport) -> None:
            if report.number == 2:
                process = process_of("hungary", federation)
                process.kill()
                process.wait(60)

        first = federation.run(TRAINING, on_round=kill)
        assert set(first.answered) == {"cleveland", "switzerland", "long_beach"}
        assert "dropped out after 2 of 3 rounds" in first.failures["hungary"]
        assert federation.restart("hungary").state == "ready"
        again = federation.run(TRAINING)
        assert weights(again) == weights(first)
        assert again.charged == 0
        assert all(line.verified for line in federation.audit())
    with look_into(room.hospitals / "hungary") as connection:
        (entry,) = entries(connection)
    assert entry.rounds is not None
    assert entry.rounds.begun == 2
    assert room.fedlab("audit", "verify", room.hospitals.parent).returncode == 0
