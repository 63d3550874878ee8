from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation import contact, run, session
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.hospital.statement import entries
from fedlab_kernel.hospital.store import look_into

from .conftest import HOSPITALS, Room, process_of

COUNT = 'n = release(count(table("heart")), epsilon=0.1)'
MEAN = 'm = release(mean(table("heart").age), epsilon=0.2)'

# The command line, but hospitals have a minute to say what they charged when it is interrupted, and not a second.
PATIENT = """
import sys
from fedlab_kernel.__main__ import main
from fedlab_kernel.federation import contact, run, session
for module in (contact, run, session):
    module.STOPPED_SECONDS = 60.0
sys.exit(main(sys.argv[1:]))
"""


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fails when it does not within a minute."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen within a minute")


def test_a_killed_hospital_is_named_and_loses_nothing(room: Room) -> None:
    """After a kill -9 three of four answer and the fourth is named; started again, its ledger and log hold all that
    they held, what it answered is free, and so is what the three answered.
    """
    with Federation.start(room.hospitals, room.state) as federation:
        assert set(federation.run(COUNT).answered) == HOSPITALS
        process = process_of("hungary", federation)
        process.kill()
        process.wait(60)
        partial = federation.run(MEAN)
        assert set(partial.answered) == HOSPITALS - {"hungary"}
        assert "hungary" in partial.failures
        assert partial.charged > 0
        assert federation.restart("hungary").state == "ready"
        assert federation.run(COUNT).charged == 0
        replayed = federation.run(MEAN)
        assert replayed.charged == 0
        assert replayed.answers["m"].value == partial.answers["m"].value
        assert all(line.verified for line in federation.audit())
    assert len(room.ledgers()["hungary"]["entries"]) == 1
    assert len(room.ledgers()["cleveland"]["entries"]) == 2
    assert room.fedlab("audit", "verify", room.hospitals.parent).returncode == 0


def test_when_all_have_died_there_is_no_answer(room: Room) -> None:
    """With every hospital killed the refusal is FF401, and nothing is charged."""
    with Federation.start(room.hospitals, room.state) as federation:
        for process in [process_of(name, federation) for name in HOSPITALS]:
            process.kill()
            process.wait(60)
        with pytest.raises(Refused, match="FF401"):
            federation.run(COUNT)
    assert all(not ledger["entries"] for ledger in room.ledgers().values())


def break_table(room: Room, name: str) -> None:
    """Rename a field of a hospital's file, so that it no longer fits the catalogue."""
    file = room.hospitals / name / "tables" / "heart.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("chol", "cholesterol", 1), encoding="utf-8")


def test_a_schema_fault_stops_its_hospital_only(room: Room) -> None:
    """The hospital with the fault is named with the field, the others answer, and its owner finds it in its log."""
    break_table(room, "switzerland")
    done = room.run(COUNT)
    assert done.returncode == 0
    assert "3 of 4 hospitals answered" in done.stdout
    (missing,) = [line for line in done.stdout.splitlines() if "missing switzerland" in line]
    assert "hospital.log" in missing
    assert "`chol`" in (room.hospitals / "switzerland" / "hospital.log").read_text(encoding="utf-8")
    hospitals = room.answers(COUNT, "--draw", 1)["hospitals"]
    assert (hospitals["asked"], hospitals["answered"]) == (4, 3)
    assert hospitals["failures"].keys() == {"switzerland"}
    assert hospitals["failures"]["switzerland"] in missing


def test_without_any_hospital_the_exit_code_is_3(room: Room) -> None:
    """When no hospital can start, exit 3 and FF401, also in JSON."""
    for name in HOSPITALS:
        break_table(room, name)
    done = room.run(COUNT, "--format", "json")
    assert done.returncode == 3
    assert [finding["code"] for finding in json.loads(done.stdout)["diagnostics"]] == ["FF401"]


def test_an_interrupt_says_what_was_spent_and_the_answer_stays_paid_for(room: Room) -> None:
    """Ctrl-C while hospitals work ends the run with exit 130, names what was charged, leaves no process behind, and
    the same query later costs nothing more.
    """
    room.add_policy("tick_seconds = 20.0")
    command = [
        sys.executable,
        "-c",
        PATIENT,
        "run",
        str(room.write(COUNT)),
        "--data",
        str(room.hospitals),
        "--state",
        str(room.state),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        eventually(lambda: _all_charged(room))
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to everything in the foreground
        out, err = running.communicate(timeout=120)
    assert (running.returncode, out) == (130, "")
    assert "FF406" in err
    assert all(f"{name} epsilon 0.1" in err for name in HOSPITALS)
    for folder in room.hospitals.iterdir():
        toml = folder / "hospital.toml"
        toml.write_text(
            toml.read_text(encoding="utf-8").replace("tick_seconds = 20.0", "tick_seconds = 0.05"), encoding="utf-8"
        )
    assert room.answers(COUNT)["charged"] == 0


def test_after_an_interrupt_the_same_hospitals_go_on(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted cell says what it was charged; the processes live on, and answer that cell and others, the first
    at no further cost.
    """
    room.add_policy("tick_seconds = 6.0")
    for module in (contact, run, session):
        monkeypatch.setattr(module, "STOPPED_SECONDS", 60.0)

    def press_ctrl_c() -> None:
        eventually(lambda: _all_charged(room))
        os.kill(os.getpid(), signal.SIGINT)

    with Federation.start(room.hospitals, room.state) as federation:
        processes = {name: process_of(name, federation).pid for name in HOSPITALS}
        presser = threading.Thread(target=press_ctrl_c)
        presser.start()
        with pytest.raises(Refused) as interrupted:
            federation.run(COUNT)
        presser.join()
        (finding,) = interrupted.value.diagnostics
        assert finding.code == "FF406"
        assert all(f"{name} epsilon 0.1" in finding.message for name in HOSPITALS)
        again = federation.run(COUNT)
        assert (set(again.answered), again.charged) == (HOSPITALS, 0)
        assert federation.run(MEAN).charged > 0
        assert {name: process_of(name, federation).pid for name in HOSPITALS} == processes
    assert all(len(ledger["entries"]) == 2 for ledger in room.ledgers().values())


def _all_charged(room: Room) -> bool:
    """Whether every hospital has a charge on disk; looked up here, as a command would take too much of the tick."""
    return all(map(_is_charged, room.hospitals.iterdir()))


def _is_charged(hospital: Path) -> bool:
    try:
        with look_into(hospital) as connection:
            return bool(entries(connection))
    except (Refused, sqlite3.OperationalError):  # the file, or a table in it, is still to be made
        return False
