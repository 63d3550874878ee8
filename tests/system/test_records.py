from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from .conftest import HOSPITALS, Room, make_room

QUERY = """\
p = table("heart")
n = release(count(p), epsilon=0.1)
m = release(mean(p.age), epsilon=0.2)
"""

CHARGE = "-1, 'new', researcher, population, lineage, epsilon, delta, renyi, renyi_everyone, charged_at"
LAST = "(SELECT max(position) FROM leaves)"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A room whose hospitals answered two releases; tests change copies of it."""
    room = make_room(tmp_path_factory.mktemp("asked"))
    assert room.answers(QUERY)["charged"] > 0
    return room


@pytest.fixture
def copy(asked: Room, tmp_path: Path) -> Room:
    """A copy of the room, for changing."""
    shutil.copytree(asked.hospitals.parent, tmp_path / "copy")
    return Room(tmp_path / "copy" / "hospitals", tmp_path / "copy" / "state")


def change(room: Room, *statements: str) -> None:
    """Change Cleveland's file behind its back."""
    with closing(sqlite3.connect(room.hospitals / "cleveland" / "state" / "hospital.sqlite")) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
        connection.commit()


def verify(room: Room) -> tuple[int, str]:
    """Exit code and output of `fedlab audit verify` of everything in the room."""
    done = room.fedlab("audit", "verify", room.hospitals.parent)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_an_intact_log_is_verified(asked: Room) -> None:
    """For every hospital it says how many entries, charges and replies match, and what the journal kept."""
    code, out = verify(asked)
    assert code == 0
    assert out.count(": verified") == len(HOSPITALS)
    assert out.count("2 charges and 2 stored replies") == len(HOSPITALS)
    assert out.count("that the journal kept") == len(HOSPITALS)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["UPDATE charge SET epsilon = epsilon / 2 WHERE number = 1"], "charge of leaf 0"),
        (["UPDATE charge SET researcher = 'somebody else' WHERE number = 2"], "charge of leaf"),
        (["DELETE FROM charge WHERE number = 1"], "leaf 0 of the log has no charge"),
        (["UPDATE charge SET admission = 99 WHERE number = 1"], "no charge"),
        (
            [
                f"INSERT INTO charge SELECT {CHARGE}, 77 FROM charge WHERE number = 1"
            ],
            "names leaf 77",
        ),
        (
            [
                f"INSERT INTO charge SELECT {CHARGE}, admission FROM charge WHERE number = 1"
            ],
            "the charge of one leaf",
        ),
        (["UPDATE reply SET content = x'9101'"], "stored reply of leaf"),
        (["DELETE FROM reply"], "no stored reply"),
        (["UPDATE leaves SET record = replace(record, '0.1', '0.2') WHERE position = 0"], "leaf 0"),
        (["UPDATE leaves SET salt = zeroblob(32) WHERE position = 1"], "leaf 1"),
        ([f"DELETE FROM leaves WHERE position = {LAST}"], "missing"),
        (["UPDATE checkpoints SET text = replace(text, 'cleveland', 'elsewhere')"], "checkpoint"),
        (
            [
                f"DELETE FROM reply WHERE release = {LAST}",
                f"DELETE FROM checkpoints WHERE size = {LAST} + 1",
                f"DELETE FROM leaves WHERE position = {LAST}",
            ],
            "shrank",
        ),
    ],
    ids=[
        "cheaper", "blamed", "forgotten", "moved", "invented", "doubled", "another reply", "lost replies",
        "rewritten leaf", "another salt", "lost leaf", "another log", "cut off cleanly",
    ],
)  # fmt: skip
def test_whatever_is_changed_is_found(copy: Room, statements: list[str], said: str) -> None:
    """A changed, lost or invented row of ledger or log ends with exit 1, and says at which hospital and where; the
    others are verified all the same.
    """
    change(copy, *statements)
    code, out = verify(copy)
    assert code == 1
    found = out.split("cleveland: DOES NOT MATCH", 1)[1].split("\n")[1]
    assert "FF405" in found
    assert said in found
    assert out.count(": verified") == len(HOSPITALS) - 1


def test_without_the_journal_a_clean_cut_cannot_be_seen(copy: Room) -> None:
    """The kept head is what shows that a log was longer: without it the shorter log is consistent in itself."""
    change(
        copy,
        f"DELETE FROM reply WHERE release = {LAST}",
        f"DELETE FROM checkpoints WHERE size = {LAST} + 1",
        f"DELETE FROM leaves WHERE position = {LAST}",
    )
    assert copy.fedlab("audit", "verify", copy.hospitals).returncode == 0


def test_another_key_is_found(room: Room, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A hospital that begins anew with another key does not match what the journal kept."""
    assert room.answers(QUERY)["charged"] > 0
    shutil.rmtree(room.hospitals / "cleveland" / "state")
    somebody_else = Room(room.hospitals, tmp_path_factory.mktemp("another"))
    assert somebody_else.answers(QUERY)["charged"] > 0
    code, out = verify(room)
    assert code == 1
    assert "by another key" in out


def test_a_damaged_file_is_a_finding(copy: Room) -> None:
    """A file that SQLite cannot read ends neither command with a traceback."""
    state = copy.hospitals / "cleveland" / "state"
    for file in state.glob("hospital.sqlite*"):
        file.write_bytes(b"no database" * 1000)
    code, out = verify(copy)
    assert code == 1
    assert "cleveland: DOES NOT MATCH" in out
    done = copy.fedlab("ledger", copy.hospitals)
    assert done.returncode == 1
    assert "FU508" in done.stderr


def test_the_ledger_shows_budgets_and_entries(asked: Room) -> None:
    """As text and as JSON: both accounts of both budgets, and every charge; a hospital alone or all of them."""
    done = asked.fedlab("ledger", asked.hospitals / "hungary")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0.3 of 10" in done.stdout
    assert "0.3 of 20" in done.stdout
    assert "Renyi" in done.stdout
    ledgers = asked.ledgers()
    assert set(ledgers) == HOSPITALS
    hungary = ledgers["hungary"]
    own, everyone = hungary["accounts"]
    assert everyone["holder"] == "*"
    assert own["budget"]["epsilon"] == 10
    assert own["spent"]["epsilon"] == pytest.approx(0.3)
    assert 0 < own["spent"]["renyi"] < own["budget"]["renyi_cap"]
    assert [entry["epsilon"] for entry in hungary["entries"]] == pytest.approx([0.1, 0.2])
    assert all(entry["release"] is not None for entry in hungary["entries"])


def test_reading_changes_nothing(copy: Room) -> None:
    """`ledger` and `audit verify` leave every file with its content."""

    def contents() -> dict[str, bytes]:
        files = (file for file in copy.hospitals.parent.rglob("*") if file.is_file() and file.suffix != ".sqlite-shm")
        return {str(file): file.read_bytes() for file in files}

    before = contents()
    assert json.loads(copy.fedlab("ledger", copy.hospitals, "--format", "json").stdout.splitlines()[0])
    assert verify(copy)[0] == 0
    after = contents()
    assert {name: after[name] for name in before} == before
