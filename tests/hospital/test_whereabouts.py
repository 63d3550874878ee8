"""Where a hospital is reached that another process serves: believed only from its owner, and while somebody listens."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital import whereabouts
from fedlab_kernel.hospital.store import Store


@pytest.fixture
def door() -> Iterator[Path]:
    """A socket in a private folder at which somebody listens."""
    room = Path(tempfile.mkdtemp(prefix="fl-"))
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as listening:
        listening.bind(str(room / "north.sock"))
        listening.listen(1)
        yield room / "north.sock"
    shutil.rmtree(room)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hospital's folder."""
    made = tmp_path / "north"
    made.mkdir()
    return made


def test_what_is_said_is_found(folder: Path, door: Path) -> None:
    """A listening socket that was said last is found, also where its queue is full."""
    assert whereabouts.found(folder) is None
    whereabouts.say(folder, door.with_name("old.sock"))
    whereabouts.say(folder, door)
    knocks = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(3)]
    for knock in knocks:
        knock.setblocking(False)
        knock.connect_ex(str(door))
    assert whereabouts.found(folder) == door
    for knock in knocks:
        knock.close()


def test_a_socket_where_nobody_listens_is_not_found(folder: Path, door: Path) -> None:
    """What a killed process said does not count any more, whether its socket is there still or not."""
    left = door.with_name("left.sock")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as killed:
        killed.bind(str(left))
    for dead in (left, door.with_name("gone.sock"), door.parent / "none" / "north.sock"):
        whereabouts.say(folder, dead)
        assert whereabouts.found(folder) is None


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
@pytest.mark.parametrize("open_to_others", ["file", "room"])
def test_what_others_could_have_said_is_not_believed(folder: Path, door: Path, open_to_others: str, bit: int) -> None:
    """A file and a socket's folder of which the group or anybody else may make something are passed over."""
    whereabouts.say(folder, door)
    assert whereabouts.found(folder) == door
    changed = folder / "state" / "hospital.socket" if open_to_others == "file" else door.parent
    changed.chmod((0o600 if open_to_others == "file" else 0o700) | bit)
    assert whereabouts.found(folder) is None


def test_what_belongs_to_somebody_else_is_not_believed(
    folder: Path, door: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's files are passed over, private or not, and so are links to one's own."""
    whereabouts.say(folder, door)
    said = folder / "state" / "hospital.socket"
    real = said.rename(said.with_name("real"))
    said.symlink_to(real)
    assert whereabouts.found(folder) is None
    real.rename(said)
    assert whereabouts.found(folder) == door
    monkeypatch.setattr("os.getuid", lambda: -7)
    assert whereabouts.found(folder) is None


def test_who_holds_the_lock_is_waited_for(folder: Path, door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hospital whose process does not yet say where it serves is found once it does; or opened once it is gone."""
    monkeypatch.setattr(whereabouts, "_AGAIN_SECONDS", 0.01)
    store = Store(folder)
    timer = threading.Timer(0.2, whereabouts.say, (folder, door))
    timer.start()
    assert whereabouts.opened_or_found(folder, Store) == door
    timer.join()
    (folder / "state" / "hospital.socket").unlink()
    timer = threading.Timer(0.2, store.close)
    timer.start()
    opened = whereabouts.opened_or_found(folder, Store)
    timer.join()
    assert isinstance(opened, Store)
    opened.close()


def test_a_process_that_serves_nobody_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where who holds the lock never serves, FH307 is raised; other refusals are raised at once."""
    monkeypatch.setattr(whereabouts, "_STARTING_SECONDS", 0.2)
    with Store(folder), pytest.raises(Refused, match="FH307"):
        whereabouts.opened_or_found(folder, Store)
    (folder / "state" / "hospital.sqlite").unlink()
    (folder / "state" / "hospital.sqlite").mkdir()
    monkeypatch.setattr(whereabouts, "_STARTING_SECONDS", 1e9)
    with pytest.raises(Refused, match="FH302"):
        whereabouts.opened_or_found(folder, Store)


def test_the_end_of_a_process_is_noticed(folder: Path) -> None:
    """`wait_for_end` returns when the lock is free, and not before; several may wait."""
    store = Store(folder)
    waiting = [threading.Thread(target=whereabouts.wait_for_end, args=(folder,), daemon=True) for _ in range(2)]
    for one in waiting:
        one.start()
        one.join(0.2)
        assert one.is_alive()
    store.close()
    for one in waiting:
        one.join(60)
        assert not one.is_alive()
    Store(folder).close()


def test_what_is_no_path_is_not_found(folder: Path, door: Path) -> None:
    """Zeros, as a crash of the system may leave them in a file, are no whereabouts and no failure."""
    whereabouts.say(folder, door)
    said = folder / "state" / "hospital.socket"
    said.write_bytes(bytes(20))
    assert whereabouts.found(folder) is None
