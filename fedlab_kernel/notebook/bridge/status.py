"""All that the panel of hospitals shows, as one value that is JSON as it stands (`extension/src/protocol.ts`)."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Final

import msgspec
from msgspec import Struct

from ...federation import proofs
from ...federation.contact import HospitalInfo
from ...federation.session import Federation
from ...wire.messages import Balance
from ..display import reserved
from ..workbench import Query, Workbench

VERSION: Final = 1
MOST_POINTS: Final = 100  # of a budget's history

_LONGEST = 300  # characters of a text that a hospital wrote
_ROOT_DIGITS = 16
_WHY = {"died": "Its process ended. Its ledger and log are on disk, so nothing is lost."}


class Refusal(Struct, frozen=True):
    """A refusal: when (Unix time in seconds), its stable code, and what to change."""

    at: float
    code: str
    message: str
    fix: str | None


class Round(Struct, frozen=True):
    """Where a training stands, and what is charged for it so far."""

    name: str
    number: int
    rounds: int
    epsilon: float
    price: float


class Running(Struct, frozen=True):
    """The query that is under way: its first line that releases something, and what came in."""

    title: str
    since: float
    lines: tuple[str, ...]
    round: Round | None
    cancelling: bool
    background: bool


class Budget(Struct, frozen=True):
    """A budget, the share of it that is reserved, and how that grew while the notebook was open."""

    population: str
    shared: bool
    epsilon: float
    delta: float
    reserved: float
    spent: float
    text: str
    history: tuple[tuple[float, float], ...]


class Log(Struct, frozen=True):
    """The verified head of a hospital's log: entries, the beginning of its root hash, and when it was verified."""

    size: int
    root: str
    at: float


class Persons(Struct, frozen=True):
    """A table and the number of persons in it that its hospital declares."""

    name: str
    persons: int


class Hospital(Struct, frozen=True):
    """A hospital as its own words and its process tell."""

    name: str
    title: str
    state: str
    message: str
    tables: tuple[Persons, ...]
    budgets: tuple[Budget, ...]
    log: Log | None


class Status(Struct, frozen=True, rename="camel"):
    """All that is shown; see `Workbench` for what is said of the whole."""

    every_cell: bool
    data: str
    busy: str
    problem: str
    own: bool
    hospitals: tuple[Hospital, ...]
    running: Running | None
    refusals: tuple[Refusal, ...]
    differences: tuple[str, ...]
    version: int = VERSION


class Statuses:
    """The status of a workbench, again and again: what happened before is remembered here.

    Args:
        workbench: what it is about.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._histories: dict[tuple[str, str, str, bool], deque[tuple[float, float]]] = {}
        self._verified: dict[tuple[str, str], tuple[str, float]] = {}

    def verified_anew(self) -> None:
        """Date the logs of those that are ready anew: they were just asked, whether their logs grew or not."""
        running, now = self._workbench.federation, time.time()
        for info in () if running is None else running.hospitals.values():
            if info.state == "ready":
                self._verified[self._workbench.data, info.name] = info.checkpoint, now

    def now(self) -> Status:
        """The status at this moment; nobody is asked."""
        bench, running = self._workbench, self._workbench.federation
        queries = bench.queries
        return Status(
            bench.every_cell,
            bench.data,
            bench.busy,
            bench.problem,
            running.own if running is not None else True,
            () if running is None else tuple(self._hospital(info, running) for info in running.hospitals.values()),
            _running(queries[0]) if queries else None,
            # Copied in one step: a query may be refused while this is made.
            tuple(
                Refusal(one.at, one.finding.code, one.finding.message, one.finding.fix) for one in tuple(bench.refusals)
            ),
            () if running is None else tuple(_short(note.message) for note in running.notes),
        )

    def _hospital(self, info: HospitalInfo, running: Federation) -> Hospital:
        state, message = info.state, info.message
        process = running.states.get(info.name)
        if process is not None and process.status in ("starting", "failed", "died"):  # known before anybody asks
            state, message = process.status, process.message or message or _WHY.get(process.status, "")
        return Hospital(
            info.name,
            _short(info.title),
            state,
            "" if state == "ready" else _short(message),
            tuple(Persons(table.name, table.size) for table in info.tables.values()),
            tuple(self._budget(info.name, balance) for balance in info.balances),
            self._log(info) if info.checkpoint else None,
        )

    def _budget(self, hospital: str, balance: Balance) -> Budget:
        key = self._workbench.data, hospital, balance.population, balance.shared
        history = self._histories.setdefault(key, deque(maxlen=MOST_POINTS))
        if not history or history[-1][1] != balance.reserved:
            history.append((time.time(), balance.reserved))
        return Budget(
            balance.population, balance.shared, balance.epsilon, balance.delta, balance.reserved,
            balance.spent_epsilon, reserved(balance), tuple(history),
        )  # fmt: skip

    def _log(self, info: HospitalInfo) -> Log:
        # Whoever took this checkpoint verified it, and that the log before is its beginning.
        head = proofs.open_head(info.key, info.checkpoint)
        key = self._workbench.data, info.name
        checkpoint, at = self._verified.get(key, ("", 0.0))
        if checkpoint != info.checkpoint:
            at = time.time()
            self._verified[key] = info.checkpoint, at
        return Log(head.size, head.root.hex()[:_ROOT_DIGITS], at)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def as_json(value: object) -> Any:
    """A value as a comm can carry it: numbers that are not finite become null, halves of a character `?`."""
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except UnicodeEncodeError:  # half a character, which a text that was cut in a browser may have
        return msgspec.json.decode(msgspec.json.encode(_whole(msgspec.to_builtins(value))))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list | tuple) else value


def _running(query: Query) -> Running:
    lines = [line.strip() for line in query.text.splitlines()]
    said = [line for line in lines if line and not line.startswith(("#", "%%"))]
    report = query.last_round
    return Running(
        next((line for line in said if "release(" in line), said[0] if said else ""),
        query.since,
        tuple(query.lines),
        None if report is None else Round(report.name, report.number, report.rounds, report.epsilon, report.price),
        query.stop.is_set(),
        query.background,
    )
