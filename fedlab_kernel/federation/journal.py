"""The researcher's journal: every answer with its roster, and the last signed head of every hospital's log.

Answers are replayed from here, so running an unchanged cell again asks nobody and costs nothing, also when only
some hospitals had answered. The kept heads are what makes a rewritten log visible: whoever changes this file could
hide a rewriting from this researcher, and gains nothing else.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from ..errors import Refused, diagnose
from ..privacy.accounting import Price
from ..wire.messages import Receipt, ReleaseRequest

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS round (key TEXT NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (key, number));
CREATE TABLE IF NOT EXISTS training (key TEXT PRIMARY KEY, starts INTEGER NOT NULL, ended INTEGER);
CREATE TABLE IF NOT EXISTS head (
    place TEXT NOT NULL, hospital TEXT NOT NULL, key BLOB NOT NULL, checkpoint TEXT NOT NULL,
    PRIMARY KEY (place, hospital)
);
"""


class Kept(msgspec.Struct, frozen=True):
    """One hospital's answer as it is kept.

    Attributes:
        snapshot: the state of the table it was computed on.
        total: the noisy sum.
        receipt: its place in the hospital's log.
    """

    snapshot: str
    total: tuple[int, ...]
    receipt: Receipt


class KeptRound(msgspec.Struct, frozen=True):
    """One hospital's part of a round of training as it is kept.

    Attributes:
        snapshot: the state of the table it was computed on.
        size: the number of persons that the hospital declared.
        update: see `wire.messages.Progress`.
        price: what is charged for its rounds up to this one.
        receipt: its place in the hospital's log.
    """

    snapshot: str
    size: float
    update: bytes
    price: Price
    receipt: Receipt


class _Dated(msgspec.Struct, frozen=True):
    """What is read of any kept answer to see whether it still holds; quicker than all of it."""

    snapshot: str


@dataclass(frozen=True, slots=True)
class Head:
    """A hospital's key and the last checkpoint seen of its log."""

    key: bytes
    checkpoint: str


class Journal:
    """The file in which a researcher keeps answers and heads; safe to use from several threads.

    Args:
        file: shared by all federations of the researcher.
        place: tells hospitals of the same name in different federations apart.
    """

    def __init__(self, file: Path, place: str) -> None:
        self._place = place
        file.parent.mkdir(parents=True, exist_ok=True)
        self._turn, self._closed = threading.Lock(), False
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def answers(self, key: str) -> dict[str, Kept] | None:
        """The kept answers by hospital: the roster of that release; None where it was not asked before."""
        with self._open() as connection:
            row = connection.execute("SELECT content FROM answer WHERE key = ?", (key,)).fetchone()
        return None if row is None else msgspec.msgpack.decode(row[0], type=dict[str, Kept])

    def keep_answers(self, key: str, answers: Mapping[str, Kept]) -> None:
        """Keep the answers of a roster; on disk when it returns."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO answer VALUES (?, ?)", (key, msgspec.msgpack.encode(dict(answers)))
            )

    def rounds(self, key: str) -> list[dict[str, KeptRound]]:
        """The kept rounds of a training, from the first, each by the hospitals that answered."""
        with self._open() as connection:
            rows = connection.execute("SELECT content FROM round WHERE key = ? ORDER BY number", (key,))
            contents = [content for (content,) in rows]
        return [msgspec.msgpack.decode(content, type=dict[str, KeptRound]) for content in contents]

    def snapshots(self, key: str) -> dict[str, str] | None:
        """The states of the data that a kept release was answered on, by hospital; of a training in its first round."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT content FROM answer WHERE key = ?1"
                " UNION ALL SELECT content FROM round WHERE key = ?1 AND number = 0",
                (key,),
            ).fetchone()
        if row is None:
            return None
        return {name: one.snapshot for name, one in msgspec.msgpack.decode(row[0], type=dict[str, _Dated]).items()}

    def round_count(self, key: str) -> int:
        """How many rounds of a training are kept."""
        with self._open() as connection:
            row = connection.execute("SELECT COUNT(*) FROM round WHERE key = ?", (key,)).fetchone()
        return int(row[0])

    def keep_round(self, key: str, number: int, answers: Mapping[str, KeptRound]) -> None:
        """Keep a round; on disk when it returns."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO round VALUES (?, ?, ?)", (key, number, msgspec.msgpack.encode(dict(answers)))
            )

    def ended(self, key: str) -> int | None:
        """After how many rounds a training was ended by the researcher; None where it was not."""
        with self._open() as connection:
            row = connection.execute("SELECT ended FROM training WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def keep_end(self, key: str, rounds: int) -> None:
        """Keep that a training ends here; running it again gives the same model."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO training VALUES (?, 0, ?) ON CONFLICT (key) DO UPDATE SET ended = excluded.ended",
                (key, rounds),
            )

    def starts(self, key: str) -> int:
        """How often a training was started anew, because hospitals had other data."""
        with self._open() as connection:
            row = connection.execute("SELECT starts FROM training WHERE key = ?", (key,)).fetchone()
        return 0 if row is None else int(row[0])

    def start_anew(self, key: str) -> None:
        """Forget the rounds of a training whose hospitals have other data now, and count that."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM round WHERE key = ?", (key,))
            connection.execute(
                "INSERT INTO training VALUES (?, 1, NULL)"
                " ON CONFLICT (key) DO UPDATE SET starts = starts + 1, ended = NULL",
                (key,),
            )
            connection.execute("COMMIT")

    def head(self, hospital: str) -> Head | None:
        """The last head seen of a hospital's log."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT key, checkpoint FROM head WHERE place = ? AND hospital = ?", (self._place, hospital)
            ).fetchone()
        return None if row is None else Head(*row)

    def keep_head(self, hospital: str, head: Head, before: Head | None) -> bool:
        """Keep a head that was verified to continue the one before; whether that is still the one kept.

        Where it is not, nothing is changed: another cell or notebook kept one meanwhile.
        """
        new, old = (head.key, head.checkpoint), (() if before is None else (before.key, before.checkpoint))
        place = self._place, hospital
        with self._open() as connection:
            if before is None:
                done = connection.execute("INSERT OR IGNORE INTO head VALUES (?, ?, ?, ?)", (*place, *new))
            else:
                done = connection.execute(
                    "UPDATE head SET key = ?, checkpoint = ?"
                    " WHERE place = ? AND hospital = ? AND key = ? AND checkpoint = ?",
                    (*new, *place, *old),
                )
        return done.rowcount == 1

    def answer_key(self, request: ReleaseRequest, delta: float, sites: tuple[str, ...]) -> str:
        """What makes two releases the same to the researcher; the sites asked are part of it."""
        attachments = sorted(given.hash for given in request.attachments)
        parts = (
            self._place, sorted(sites), request.text, attachments, request.occurrence, request.draw, delta,
            *([request.public] if request.public else []),
        )  # fmt: skip
        return sha256(msgspec.json.encode(parts)).hexdigest()

    def forget(self, hospital: str) -> None:
        """Forget the head of a hospital whose folder was deleted on purpose."""
        with self._open() as connection:
            connection.execute("DELETE FROM head WHERE place = ? AND hospital = ?", (self._place, hospital))

    def close(self) -> None:
        """Close the file; may be called again."""
        with self._turn:
            self._connection.close()
            self._closed = True

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time.

        Raises:
            Refused: FF401 where the journal was closed, as a thread may find that still watches the hospitals.
        """
        with self._turn:
            if self._closed:
                raise Refused(diagnose("FF401", "These hospitals were left: the federation is closed."))
            yield self._connection
