"""Where a running hospital is reached: said in its own folder by the process that serves it, for its owner's others.

Two notebooks of one person may use one hospital, of which there can be one process only. What is said is never taken
back: it counts while somebody listens there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ..errors import Refused
from .store import LOCK, STATE

_FILE = "hospital.socket"
_REACH_SECONDS = 1.0  # a socket of this machine
_STARTING_SECONDS = 30.0  # that another process may take until it says where it serves
_AGAIN_SECONDS = 0.1

T = TypeVar("T")


def say(folder: Path, door: Path) -> None:
    """Say that the hospital of a folder listens at the socket `door`; only who holds its lock may."""
    state = folder / STATE
    state.mkdir(mode=0o700, exist_ok=True)
    draft, name = tempfile.mkstemp(dir=state, prefix=".socket-")  # mode 0600; nobody reads half a path
    with os.fdopen(draft, "wb") as file:
        file.write(os.fsencode(door))
    Path(name).replace(state / _FILE)


def found(folder: Path) -> Path | None:
    """Where the hospital of a folder listens; None where nobody does, or somebody else could have said so."""
    said = folder / STATE / _FILE
    try:
        if not _is_private(said, stat.S_ISREG):
            return None
        door = Path(os.fsdecode(said.read_bytes()))
        return door if _is_private(door.parent, stat.S_ISDIR) and _listens(door) else None
    except (OSError, ValueError):  # not there, or not any more; no path, as a crash of the system may leave it
        return None


def opened_or_found(folder: Path, opener: Callable[[Path], T]) -> T | Path:
    """The hospital of a folder as the opener makes it, or where another process serves it.

    One that holds the lock may still be reading its tables, or ending: it is asked for until it is found, or gone.

    Raises:
        Refused: as the opener; FH307 where another process serves nobody.
    """
    until = time.monotonic() + _STARTING_SECONDS
    while True:
        try:
            return opener(folder)
        except Refused as refused:
            elsewhere = found(folder) if refused.diagnostics[0].code == "FH307" else None
            if elsewhere is not None:
                return elsewhere
            if refused.diagnostics[0].code != "FH307" or time.monotonic() > until:
                raise
        time.sleep(_AGAIN_SECONDS)


def wait_for_end(folder: Path) -> None:
    """Return when no process serves the hospital of a folder: the system gives the lock then, whatever ended it."""
    lock = os.open(folder / STATE / LOCK, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _is_private(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Whether a path is of a kind, and of no use to anybody but who asks."""
    status = path.lstat()
    return is_kind(status.st_mode) and status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077


def _listens(door: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(_REACH_SECONDS)
        with contextlib.suppress(BlockingIOError):  # somebody listens, and has a queue of others
            knock.connect(str(door))
    return True
