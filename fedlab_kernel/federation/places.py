"""Where things are: the researcher's state folder, and the hospital folders that a name or a path stands for."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from .. import datasets
from ..errors import Refused, diagnose
from .journal import Journal

JOURNAL = "journal.sqlite"
KEY = "researcher.key"


def default_state() -> Path:
    """The user's own state folder; it survives restarts, because forgetting would refund budgets."""
    given = os.environ.get("FEDLAB_STATE")
    return Path(given) if given else Path(platformdirs.user_data_dir("fedlab", appauthor=False))


def folders_for(data: str | Path, state: Path, hospitals: int | None = None) -> list[Path]:
    """The hospital folders of a built-in data set, of a folder of hospital folders, or of UCI's files.

    Built-in data and UCI's files become hospital folders under `state`, once; hospital folders stay where they
    are, and so do their ledgers, whatever the researcher's state is.

    Raises:
        Refused: FU501, FU502 or FU507 for what is not there, not recognised or already taken.
    """
    name = str(data)
    if name in datasets.names():
        count = "" if hospitals is None else f"-{hospitals}"
        return datasets.write(name, hospitals, state / "hospitals" / f"{name}{count}")
    return datasets.recognise(Path(data).expanduser(), state / "hospitals" / "heart-disease")


def forget(data: str | Path, state: Path, hospitals: int | None = None) -> None:
    """Delete the folders of a demonstration under `state`, and what the journal keeps of them.

    A hospital's own folder is never touched.

    Raises:
        Refused: as `folders_for`; FH307 for a hospital that runs, in another notebook say.
    """
    demonstration = (state / "hospitals").resolve()
    folders = [one for one in folders_for(data, state, hospitals) if demonstration in one.resolve().parents]
    with contextlib.ExitStack() as locks:  # all of them before the first is deleted, and until the last is
        for folder in folders:
            locks.enter_context(_stopped(folder))
        for folder in folders:
            shutil.rmtree(folder)
            if (state / JOURNAL).exists():
                journal = Journal(state / JOURNAL, place_of(folder, state))
                journal.forget(folder.name)
                journal.close()


@contextlib.contextmanager
def _stopped(folder: Path) -> Iterator[None]:
    """Holds the lock that the process of a hospital holds while it runs; one that never ran has none."""
    lock = folder / "state" / "hospital.lock"
    if not lock.exists():
        yield
        return
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"The hospital {folder.name} runs in another notebook; its ledger cannot be deleted meanwhile."
            raise Refused(diagnose("FH307", message, fix="stop it there, or start without `--new`")) from None
        yield


def place_of(folder: Path, state: Path) -> str:
    """What tells a hospital's folder from others of the same name: where it lies, seen from the state folder.

    Folders below the state folder move with it; others are named by their own path.
    """
    above = folder.resolve().parent
    return str(above.relative_to(state.resolve()) if above.is_relative_to(state.resolve()) else above)
