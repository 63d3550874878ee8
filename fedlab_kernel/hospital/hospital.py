"""A hospital: its folder, its rows, its ledger and log, and what it answers.

The order of a release is the invariant that everything rests on: admitted → reserved (charge and log leaf on disk,
together) → computed → stored (reply and log leaf on disk, together) → sent. Whatever dies in between, a charge stays,
and nothing was sent that is not stored.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from ..audit.log import Log
from ..errors import Refused, diagnose
from ..language.training import Training
from ..policy.judge import Question, judge, over_budget
from ..policy.names import require_known
from ..policy.policy import Policy
from ..privacy.accounting import Budget, Price
from ..wire import messages
from ..wire.facts import facts
from ..wire.keys import load_or_create_key
from ..wire.signing import open_envelope
from ..wire.updates import weight_bytes
from . import evaluation, release
from .admission import Admitted, Readings, admission_record, admit
from .catalogue import TableSource, read_folder
from .classroom import Classroom
from .data import load
from .files import unreadable
from .ledger import Ledger, Reservation, Stored
from .pacing import wait_for_tick
from .rounds import Rounds
from .snapshots import secret, snapshot_id
from .statement import balances as read_balances
from .store import Store

ENVELOPE_LIMIT = 1 << 24  # what is read at all; the policy's own limit is judged afterwards


Asking = messages.Ask | messages.Probe | messages.Round | messages.Settle | messages.Lesson


def open_hospital(folder: Path) -> Hospital:
    """The hospital of a folder.

    Raises:
        Refused: FH301 for a fault in its folder or tables, FH302 or FH307 where its file cannot be opened.
    """
    return Hospital(folder)


class Hospital:
    """One hospital, open for requests; its methods may be called from several threads.

    Args:
        folder: see `catalogue.read_folder`; state is kept in `state/` inside.
        after_step: called around every durable step; crash tests end the process there.
    """

    def __init__(self, folder: Path, after_step: Callable[[str], None] = lambda _: None) -> None:
        self.folder = folder
        described = read_folder(folder)
        self.name, self.title = described.name, described.title
        self.policy = Policy.from_dict(described.policy)
        self._catalogue = {name: source.table for name, source in described.tables.items()}
        require_known(self.policy, self._catalogue)
        self._readings = Readings(self._catalogue)
        self._store = Store(folder)
        key = load_or_create_key(folder / "state" / "hospital.key")
        self.key = key.public_key().public_bytes_raw()
        (folder / "state" / "hospital.pub").write_text(self.key.hex() + "\n", encoding="ascii")
        self._log = Log(self._store.connection, self.name, key)
        self._ledger = Ledger(self._store, self._log, self._over_budget, after_step)
        self._secret = secret(self._store, "split")
        self._snapshots = {name: self._snapshot(source) for name, source in described.tables.items()}
        self._rows = {name: load(source) for name, source in described.tables.items()}
        sizes = {name: table.size for name, table in self._catalogue.items()}
        self._classroom = Classroom(self.policy, described.tables, self._rows, self._secret)
        self._rounds = Rounds(self._ledger, self.policy, self._rows, sizes, self._secret)
        if any(self._snapshot(source) != self._snapshots[name] for name, source in described.tables.items()):
            raise Refused(diagnose("FH301", "A table changed while it was being read.", fix="start the hospital again"))
        self._cancelled: dict[tuple[str, bytes], threading.Event] = {}
        self._tell_owner()

    def answer(self, frame: bytes) -> bytes:
        """The reply to a request as received; it never raises, and says nothing that depends on a row."""
        try:
            return release.reply(self._answer(frame))
        except Refused as reason:
            return self.refuse(reason, frame)
        except Exception:  # whatever it is, only the owner may read it
            traceback.print_exc(file=sys.stderr)
            return release.reply(release.failed())

    def refuse(self, reason: Refused, given: bytes = b"") -> bytes:
        """A refusal of what was given, logged first; empty for what was no whole frame. It never raises."""
        try:
            return release.reply(self._refusal(reason, given))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return release.reply(release.failed())

    def close(self) -> None:
        """Close the ledger; the hospital answers no more."""
        self._store.close()

    def _answer(self, frame: bytes) -> messages.Reply:
        researcher, request = open_envelope(frame, ENVELOPE_LIMIT)
        if request.hospital != self.name:
            raise Refused(
                diagnose("FW205", f"This request is signed for {request.hospital!r:.60}, not for {self.name}.")
            )
        size = len(frame) - weight_bytes(request, self.policy.max_weights)
        match request:
            case messages.Hello():
                return self._welcome(researcher)
            case messages.Ask():
                self._require_welcome(researcher, size, request)
                return self._ask(researcher, request, size)
            case messages.Round():
                self._require_welcome(researcher, size, request)
                return self._round(researcher, request, size)
            case messages.Settle():
                self._require_welcome(researcher, size, request)
                return self._rounds.settle(self._admit(request.release, researcher, request.delta, size))
            case messages.Lesson():
                self._require_welcome(researcher, size, request)
                return self._teach(researcher, request, size)
            case messages.Probe():
                self._require_welcome(researcher, size, request)
                return messages.Known(tuple(self._is_stored(researcher, one) for one in request.releases))
            case messages.Cancel():
                running = self._cancelled.get((researcher, request.request))
                if running is not None:
                    running.set()
                return messages.Cancelled()
            case messages.History():
                with self._store.reading():
                    proof = self._log.consistency(request.old_size, request.new_size)
                    return messages.Growth(proof, self._log.checkpoint())

    def _require_welcome(self, researcher: str, size: int, request: Asking) -> None:
        """Refuse who may not ask, what is too large and what was meant for other data, before reading any of it.

        Raises:
            Refused: FP101, FP107, FW205 or FW206.
        """
        nothing: frozenset[str] = frozenset()
        sender = Question(researcher, size, nothing, frozenset(), nothing, self.policy.epsilon_min, 0.0)
        if findings := judge(self.policy, sender):
            raise Refused(*findings)
        if request.key != self.key:
            raise Refused(diagnose("FW205", f"This request is signed for another hospital called {self.name}."))
        if any(self._snapshots.get(table) != snapshot for table, snapshot in request.snapshots.items()):
            raise Refused(diagnose("FW206", f"The data of {self.name} changed since the request was signed."))

    # What a request leads to -------------------------------------------------------------------------

    def _ask(self, researcher: str, request: messages.Ask, size: int) -> messages.Answers:
        """Reserve every release of the request first, then compute; so a budget that runs out costs nothing else."""
        cancelled = self._cancelled[researcher, request.request] = threading.Event()
        arrival = time.monotonic()
        deadline = arrival + self.policy.deadline_seconds
        try:
            reserved = [self._reserve(one, researcher, request, size) for one in request.releases]
            return messages.Answers(
                tuple(
                    one if isinstance(one, messages.Refusal) else self._release(*one, deadline, cancelled)
                    for one in reserved
                )
            )
        finally:
            self._cancelled.pop((researcher, request.request), None)
            wait_for_tick(arrival, self.policy.tick_seconds)

    def _round(self, researcher: str, request: messages.Round, size: int) -> messages.Progress | messages.Refusal:
        """One round of a training."""
        cancelled = self._cancelled[researcher, request.request] = threading.Event()
        arrival = time.monotonic()
        try:
            admitted = self._admit(request.release, researcher, request.delta, size)
            deadline = arrival + self.policy.deadline_seconds
            return self._rounds.answer(admitted, request, researcher, deadline, cancelled.is_set)
        except Refused as reason:
            return self._refusal(reason, request.release.text.encode(), researcher)
        finally:
            self._cancelled.pop((researcher, request.request), None)
            wait_for_tick(arrival, self.policy.tick_seconds)

    def _teach(self, researcher: str, request: messages.Lesson, size: int) -> messages.Taught:
        """A raw update, logged; it costs nothing, since nobody's privacy is left in it to protect."""
        self._classroom.require_allowed()
        aggregate = None
        if request.release is not None:
            aggregate = self._admit(request.release, researcher, self.policy.release_delta, size).reading.aggregate
            if not isinstance(aggregate.statistic, Training):
                raise Refused(diagnose("FW204", "A lesson is about a training."))
        taught = self._classroom.taught(request, aggregate)
        asked = "" if request.release is None else request.release.text
        self._ledger.log_lesson(
            {"researcher": researcher, "exhibit": request.exhibit, "slice": asked, "persons": request.batch}
        )
        return taught

    def _reserve(
        self, one: messages.ReleaseRequest, researcher: str, request: messages.Ask, size: int
    ) -> messages.Refusal | tuple[Admitted, Reservation | Stored]:
        try:
            admitted = self._admit(one, researcher, request.delta, size)
            aggregate = admitted.reading.aggregate
            if isinstance(aggregate.statistic, Training):
                raise Refused(diagnose("FW204", "A training is asked for in rounds."))
            evaluation.require_affordable(aggregate, self._rows[aggregate.cohort.table.name], self._secret)
            reservation = self._ledger.reserve(
                admitted.identity, researcher, admitted.population, admitted.reading.aggregate.cohort.lineage,
                admitted.price, self.policy.budgets(), admission_record(admitted, one, researcher, request.cell),
            )  # fmt: skip
        except Refused as reason:
            return self._refusal(reason, one.text.encode(), researcher)
        return admitted, reservation

    def _release(
        self, admitted: Admitted, reserved: Reservation | Stored, deadline: float, cancelled: threading.Event
    ) -> messages.Answer | messages.Refusal:
        """The stored reply, or a new one: computed, noised, stored, and only then given out."""
        if isinstance(reserved, Stored):
            return release.answer(reserved.reply, None, self._ledger.receipt(reserved.position))
        try:
            self._ledger.after_step("computing")
            aggregate = admitted.reading.aggregate
            total = evaluation.total(
                aggregate, self._rows[aggregate.cohort.table.name], self._secret,
                deadline=lambda: time.monotonic() > deadline, cancelled=cancelled.is_set,
            )  # fmt: skip
            noisy = release.noisy(total, admitted.event)
            record = {"reply": release.fingerprint(noisy), "mechanism": release.MECHANISM}
            stored = self._ledger.store(admitted.identity, noisy, record)
        except Refused as reason:
            return release.refused(reason)
        charged = reserved.price if reserved.charged_now else Price(0.0, 0.0, 0.0)
        return release.answer(stored.reply, charged, self._ledger.receipt(stored.position))

    def _snapshot(self, source: TableSource) -> str:
        """The name of a table's present state; its rows and how they are declared count."""
        declared = (self.folder / "tables" / f"{source.table.name}.toml").read_bytes()
        try:
            return snapshot_id(self._store, source.table.name, [each.file for each in source.sources], declared)
        except OSError as error:
            closed = next((each for each in source.sources if str(each.file) == error.filename), source.source)
            raise unreadable(closed, error) from error

    def _is_stored(self, researcher: str, one: messages.ReleaseRequest) -> bool:
        try:
            admitted = self._admit(one, researcher, self.policy.release_delta, len(one.text))
        except Refused:
            return False
        if isinstance(admitted.reading.aggregate.statistic, Training):
            return self._ledger.runs.is_reserved(admitted.identity)
        return isinstance(self._ledger.find(admitted.identity), Stored)

    def _admit(self, one: messages.ReleaseRequest, researcher: str, delta: float, size: int) -> Admitted:
        return admit(
            one, researcher=researcher, delta=delta, size=size,
            readings=self._readings, policy=self.policy, snapshots=self._snapshots,
        )  # fmt: skip

    def _welcome(self, researcher: str) -> messages.Welcome:
        self._ledger.runs.settle_expired(time.time())  # or what they reserved would look as if it were spent
        with self._store.reading():
            checkpoint = self._log.checkpoint()
        return messages.Welcome(
            name=self.name, title=self.title, version=messages.PROTOCOL, key=self.key,
            tables=facts(self._catalogue.values()), policy=self.policy.to_dict(), snapshots=self._snapshots,
            balances=tuple(self._balances(researcher)), checkpoint=checkpoint,
        )  # fmt: skip

    def _balances(self, researcher: str) -> list[messages.Balance]:
        """One a population and holder: the researcher's own, and what all researchers share."""
        own, shared = self.policy.budgets()
        known: dict[tuple[str, str], tuple[Budget, Price]] = {}
        with self._store.reading() as connection:
            for holder in (researcher, "*"):
                for population, budget, spent in read_balances(connection, holder):
                    known[population, holder] = budget, spent
        populations = sorted({table.population for table in self._catalogue.values()})
        return [
            _balance(population, holder, *known.get((population, holder), (budget, Price(0.0, 0.0, 0.0))))
            for population in populations
            for holder, budget in ((researcher, own), ("*", shared))
        ]

    # What is refused, and what the owner reads ---------------------------------------------------------

    def _refusal(self, reason: Refused, given: bytes, researcher: str = "") -> messages.Refusal:
        """The refusal, written into the log first."""
        record = {
            "codes": " ".join(finding.code for finding in reason.diagnostics),
            "request": sha256(given).hexdigest(),
            "researcher": researcher,
        }
        try:
            self._ledger.log_refusal(record)
        except Refused:
            traceback.print_exc(file=sys.stderr)  # a full disk: what is refused is refused all the same
        return release.refused(reason)

    def _over_budget(self, asked: Price, spent: Price, budget: Budget, shared: bool) -> Refused:
        return Refused(over_budget(self.policy, budget, spent, asked, shared))

    def _tell_owner(self) -> None:
        """What the owner should know of the tables, on the hospital's own standard error."""
        for name, rows in self._rows.items():
            faults = {column: count for column, count in rows.faults.items() if count}
            faults |= {
                f"{hanging}.{column}": count
                for hanging, nested in rows.nested.items() for column, count in nested.faults.items() if count
            }  # fmt: skip
            told = partial(print, file=sys.stderr, flush=True)
            told(f"{self.name}: table {name}: {len(rows.persons)} persons, capacity {len(rows.present)}")
            for column, count in faults.items():
                told(f"{self.name}: table {name}: {count} bad cells in {column} took the default or count as missing")
            for hanging, nested in rows.nested.items():
                told(f"{self.name}: table {name}: {nested.present.sum()} rows of {hanging}, most {len(nested.present)}")
                for count, why in ((nested.strangers, "of unknown persons"), (nested.beyond, "beyond the most")):
                    if count:
                        told(f"{self.name}: table {name}: {count} rows of {hanging} {why} were left out")


def _balance(population: str, holder: str, budget: Budget, spent: Price) -> messages.Balance:
    return messages.Balance(
        population=population, epsilon=budget.epsilon, delta=budget.delta, order=budget.order,
        spent_epsilon=spent.epsilon, spent_delta=spent.delta, spent_renyi=spent.renyi,
        reserved=min(1.0, budget.fraction(spent)), shared=holder == "*",
    )  # fmt: skip
