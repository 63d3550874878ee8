from __future__ import annotations

from pathlib import Path

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.store import Store, look_into


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
