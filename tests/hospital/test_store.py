from __future__ import annotations

import os
import threading
from pathlib import Path

import psutil
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.store import LOCK, STATE, Store, look_into


def test_no_ledger_to_read(tmp_path: Path) -> None:
    """A folder without a ledger is named, and no empty one is made."""
    with pytest.raises(Refused) as refusal, look_into(tmp_path):
        pass
    assert refusal.value.diagnostics[0].code == "FU501"
    assert list(tmp_path.iterdir()) == []


def test_durability_settings(tmp_path: Path) -> None:
    """Every commit is synced to a write-ahead log before it counts, and nobody else may read the file."""
    with Store(tmp_path) as store:
        settings = [
            store.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
        assert settings == ["wal", 2, 1]
        for file in (tmp_path / "state").iterdir():
            assert file.stat().st_mode & 0o077 == 0, file.name


def test_second_opener_is_refused(tmp_path: Path) -> None:
    """A hospital's file is open once; it can be opened again when it was closed."""
    with Store(tmp_path):
        with pytest.raises(Refused) as refusal:
            Store(tmp_path)
        assert refusal.value.diagnostics[0].code == "FH307"
    with Store(tmp_path) as store, store.transaction():
        pass


def test_who_is_refused_holds_nothing(tmp_path: Path) -> None:
    """Whoever tries again and again to open a hospital that runs keeps no file of it open."""
    with Store(tmp_path):
        for _ in range(3):
            with pytest.raises(Refused, match="FH307"):
                Store(tmp_path)
        opened = [one.path for one in psutil.Process().open_files()]
        assert opened.count(str(tmp_path.resolve() / STATE / LOCK)) == 1


def test_the_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is a file, and a folder it is in, survives a power cut from the moment that the store is open."""
    synced, sync = set[int](), os.fsync

    def note(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    with Store(tmp_path):
        assert synced == {tmp_path.stat().st_ino, (tmp_path / STATE).stat().st_ino}


def test_newer_file_is_refused(tmp_path: Path) -> None:
    """A file of another schema version is not touched, and the hospital can be opened once it is mended."""
    with Store(tmp_path) as store:
        store.connection.execute("PRAGMA user_version = 3")
    with pytest.raises(ValueError, match="schema version 3"):
        Store(tmp_path)
    with pytest.raises(ValueError, match="schema version 3"):
        Store(tmp_path)


def test_transactions_do_not_nest(tmp_path: Path) -> None:
    """A transaction inside a transaction is a programming error, and the outer one is undone."""
    with Store(tmp_path) as store:

        def nest() -> None:
            with store.transaction() as connection:
                connection.execute("INSERT INTO secret VALUES ('name', 'value')")
                with store.transaction():
                    pass

        with pytest.raises(RuntimeError, match="nest"):
            nest()
        with store.transaction() as connection:
            assert connection.execute("SELECT * FROM secret").fetchall() == []


def test_reading_waits_for_a_transaction(tmp_path: Path) -> None:
    """What another thread reads is never a part of what a transaction writes."""
    seen: list[int] = []
    with Store(tmp_path) as store:

        def read() -> None:
            with store.reading() as connection:
                seen.append(connection.execute("SELECT count(*) FROM secret").fetchone()[0])

        reader = threading.Thread(target=read, daemon=True)
        with store.transaction() as connection:
            connection.execute("INSERT INTO secret VALUES ('one', 'value')")
            reader.start()
            reader.join(0.3)
            connection.execute("INSERT INTO secret VALUES ('two', 'value')")
        reader.join(60)
    assert seen == [2]


def test_who_looks_into_a_file_sees_one_state(tmp_path: Path) -> None:
    """What is committed while somebody looks is seen by whoever looks next."""
    count = "SELECT count(*) FROM secret"
    with Store(tmp_path) as store:
        with look_into(tmp_path) as before:
            with store.transaction() as connection:
                assert before.execute(count).fetchone() == (0,)
                connection.execute("INSERT INTO secret VALUES ('name', 'value')")
            assert before.execute(count).fetchone() == (0,)
        with look_into(tmp_path) as after:
            assert after.execute(count).fetchone() == (1,)
