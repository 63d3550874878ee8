from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.snapshots import secret, snapshot_id
from fedlab_kernel.hospital.store import Store

ROWS = b"person,age\n1,63\n2,41\n"
CATALOGUE = b"[columns.age]\ntype = 'int'\n"


@pytest.fixture
def heart(tmp_path: Path) -> Path:
    """A table of two persons."""
    file = tmp_path / "heart.csv"
    file.write_bytes(ROWS)
    return file


def test_kept_while_unchanged(tmp_path: Path, heart: Path) -> None:
    """The id stays when the hospital restarts, and when the file is written again with the same content."""
    with Store(tmp_path) as store:
        first = snapshot_id(store, "heart", [heart], CATALOGUE)
        assert snapshot_id(store, "heart", [heart], CATALOGUE) == first
    heart.write_bytes(ROWS)
    with Store(tmp_path) as store:
        assert snapshot_id(store, "heart", [heart], CATALOGUE) == first


def test_new_when_changed(tmp_path: Path, heart: Path) -> None:
    """A changed row or a changed declaration draws a new id, and so does the way back."""
    with Store(tmp_path) as store:
        seen = [snapshot_id(store, "heart", [heart], CATALOGUE)]
        heart.write_bytes(ROWS.replace(b"41", b"42"))
        seen.append(snapshot_id(store, "heart", [heart], CATALOGUE))
        heart.write_bytes(ROWS)
        seen.append(snapshot_id(store, "heart", [heart], CATALOGUE))
        seen.append(snapshot_id(store, "heart", [heart], CATALOGUE + b" "))
        heart.write_bytes(ROWS + CATALOGUE[:1])
        seen.append(snapshot_id(store, "heart", [heart], CATALOGUE[1:]))
        seen.append(snapshot_id(store, "liver", [heart], CATALOGUE[1:]))
        assert len(set(seen)) == len(seen)


def test_rows_that_hang_on_persons_count(tmp_path: Path, heart: Path) -> None:
    """A change in the file of nested rows alone draws a new id, and which file is which matters."""
    visits = tmp_path / "heart.visits.csv"
    visits.write_bytes(b"id,cost\n1,2\n")
    with Store(tmp_path) as store:
        seen = [snapshot_id(store, "heart", [heart, visits], CATALOGUE)]
        assert snapshot_id(store, "heart", [heart, visits], CATALOGUE) == seen[0]
        visits.write_bytes(b"id,cost\n1,3\n")
        seen.append(snapshot_id(store, "heart", [heart, visits], CATALOGUE))
        seen.append(snapshot_id(store, "heart", [visits, heart], CATALOGUE))
        seen.append(snapshot_id(store, "heart", [heart], CATALOGUE))
        assert len(set(seen)) == len(seen)


def test_not_derived_from_rows(tmp_path: Path, heart: Path) -> None:
    """Hospitals with the same rows have different ids and different fingerprints, none a plain hash."""
    found = []
    for name in ("one", "two"):
        with Store(tmp_path / name) as store:
            found.append(snapshot_id(store, "heart", [heart], CATALOGUE))
            [(fingerprint,)] = store.connection.execute("SELECT fingerprint FROM snapshot")
            found.append(fingerprint.hex())
    assert len(set(found)) == 4
    guesses = {hashlib.sha256(text).hexdigest() for text in (ROWS, CATALOGUE, ROWS + CATALOGUE)}
    assert not guesses & set(found)


def test_missing_file(tmp_path: Path) -> None:
    """A file that cannot be read has no id, and the store stays usable."""
    with Store(tmp_path) as store:
        with pytest.raises(FileNotFoundError):
            snapshot_id(store, "heart", [tmp_path / "none.csv"], CATALOGUE)
        assert len(secret(store, "split")) == 32


def test_secrets(tmp_path: Path) -> None:
    """A secret is drawn once, one for each name and hospital, and outlives the process."""
    with Store(tmp_path / "one") as store:
        split = secret(store, "split")
        assert len(split) == 32
        assert secret(store, "other") != split
        with Store(tmp_path / "two") as other:
            assert secret(other, "split") != split
    with Store(tmp_path / "one") as store:
        assert secret(store, "split") == split


def test_secret_is_drawn_by_one_thread(tmp_path: Path) -> None:
    """Threads that ask for a secret at the same time get the same one."""
    seen: list[bytes] = []
    with Store(tmp_path) as store:
        threads = [threading.Thread(target=lambda: seen.append(secret(store, "split"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_secret_needs_room(tmp_path: Path) -> None:
    """A secret that cannot be written down is never given out."""
    with Store(tmp_path) as store:
        store.connection.execute("PRAGMA query_only = ON")
        with pytest.raises(Refused, match="FH302"):
            secret(store, "split")
        store.connection.execute("PRAGMA query_only = OFF")
        assert secret(store, "split") == secret(store, "split")
