"""Finds hospitals' ledgers and researchers' journals below a folder, to be read only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import Refused, diagnose
from ..federation.places import JOURNAL, place_of
from ..hospital.store import look_into

_HEADS = "SELECT place, hospital, key, checkpoint FROM head ORDER BY place, hospital"


@dataclass(frozen=True, slots=True)
class KeptHead:
    """The last head of a hospital's log that a researcher verified and kept.

    Attributes:
        place: where the hospital's folder lay, as `places.place_of` says it.
        hospital: whose log.
        key: the hospital's public key then, 32 bytes.
        checkpoint: the signed head, as text.
        journal: the file it is kept in.
    """

    place: str
    hospital: str
    key: bytes
    checkpoint: str
    journal: Path

    def is_of(self, folder: Path, key: bytes) -> bool:
        """Whether it is of the hospital in this folder that now has this key: by its place, or by the key if moved."""
        if self.hospital != folder.name:
            return False
        return self.key == key or self.place == place_of(folder, self.journal.parent)


def find_hospitals(place: Path) -> list[Path]:
    """The hospital folders with a ledger at or below `place`, in alphabetical order.

    Raises:
        Refused: FU501 where there is no such folder, or no ledger in it.
    """
    if not place.is_dir():
        raise Refused(diagnose("FU501", f"There is no folder {place}."))
    found = sorted(file.parent.parent for file in place.rglob("state/hospital.sqlite"))
    if not found:
        message = f"There is no ledger in {place}: no state/hospital.sqlite at or below it."
        raise Refused(diagnose("FU501", message, fix="name a hospital's folder, or the state folder of a researcher"))
    return found


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A read-only view of a hospital's file.

    Raises:
        Refused: FU508 where it is damaged.
    """
    try:
        with look_into(folder) as connection:
            yield connection
    except sqlite3.Error as error:
        raise Refused(diagnose("FU508", f"The ledger of {folder} cannot be read: {error}.")) from error


def kept_heads(below: Path) -> list[KeptHead]:
    """What researchers whose journals are at or below a folder kept.

    Raises:
        Refused: FU508 where a journal is damaged.
    """
    heads: list[KeptHead] = []
    for file in sorted(below.rglob(JOURNAL)):
        try:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                rows = connection.execute(_HEADS).fetchall()
        except sqlite3.Error as error:
            raise Refused(diagnose("FU508", f"The journal {file} cannot be read: {error}.")) from error
        heads += [KeptHead(place, name, key, checkpoint, file) for place, name, key, checkpoint in rows]
    return heads
