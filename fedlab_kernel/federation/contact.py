"""Talking to hospitals: signed requests out, in parallel; replies decoded, proved and believed no further than that."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace

import msgspec

from ..errors import Diagnostic, Refused, diagnose
from ..language.catalogue import Catalogue
from ..policy.policy import Policy
from ..wire import messages
from ..wire.codec import decode_reply
from ..wire.facts import catalogue
from ..wire.frames import FRAME_LIMIT
from ..wire.identity import MECHANISM, release_identity, round_identity
from ..wire.refusals import refused
from ..wire.signing import Signer
from ..wire.updates import read_update
from . import proofs
from .inputs import LessonInput as LessonInput
from .inputs import RoundInput as RoundInput
from .journal import Head, Journal
from .naming import listed
from .transport import Failure, Transport, Unanswered, ask_all

ADDED_SECONDS = 15.0  # on top of the hospitals' own deadline, before an answer counts as late
LONGEST_SECONDS = 300.0  # whatever deadline a hospital publishes
HELLO_SECONDS = 20.0
STOPPED_SECONDS = 1.0  # for what is still asked after an interrupt: who does not answer by then is left alone


@dataclass(frozen=True, slots=True)
class HospitalInfo:
    """What is known of a hospital.

    Attributes:
        name, title: how queries and people call it.
        state: "ready", "failed", "died", "unreachable" or "untrusted" (its log is not the one seen before).
        message: why it is not ready; empty when it is.
        policy, tables, balances, snapshots: as it published them last.
        key: its public key, 32 bytes.
        checkpoint: the signed head of its log that was verified last.
    """

    name: str
    title: str
    state: str
    message: str = ""
    policy: Policy = field(default_factory=Policy)
    tables: Catalogue = field(default_factory=dict)
    balances: tuple[messages.Balance, ...] = ()
    snapshots: Mapping[str, str] = field(default_factory=dict)
    key: bytes = b""
    checkpoint: str = ""


class Contact:
    """The hospitals as a researcher reaches them.

    Args:
        transport: how frames get there.
        signer: the researcher's key.
        journal: where the heads of their logs are kept.
    """

    def __init__(self, transport: Transport, signer: Signer, journal: Journal) -> None:
        self._transport, self._signer, self._journal = transport, signer, journal
        self._stop: threading.Event | None = None

    def until(self, stop: threading.Event) -> Contact:
        """The same contact for one cell: once `stop` is set, its questions end as if the researcher interrupted."""
        one = copy(self)
        one._stop = stop
        return one

    def hello(self, names: Sequence[str], patience: float = HELLO_SECONDS) -> dict[str, HospitalInfo]:
        """What each hospital says of itself, its log verified against the head kept from before.

        A hospital whose log cannot be trusted any more is told apart, so that the others can still be asked.
        """
        kept = {name: self._journal.head(name) for name in names}
        frames = self._frames({name: messages.Hello(name) for name in names}, patience)
        return {name: self._heard(name, frame, kept[name]) for name, frame in frames.items()}

    def ask(
        self,
        hospitals: Mapping[str, HospitalInfo],
        releases: Sequence[messages.ReleaseRequest],
        tables: Sequence[str],
        delta: float,
        cell: str,
        on_reply: Callable[[str, bool], None] = lambda _hospital, _answered: None,
    ) -> dict[str, messages.Answers | Failure]:
        """Every hospital's answers to the same releases, each proved to be the one its log holds for that release.

        Args:
            hospitals: whom to ask; all ready.
            releases: what to answer.
            tables: the table of each release.
            delta: what the noise is calibrated with.
            cell: the cell's text, for the hospitals' logs.
            on_reply: told who answered, or did not, as it happens (see `transport.ask_all`).

        Raises:
            Refused: with a hospital's own refusal of the whole request; FF407 for a reply to something else;
                FF405 for an answer that its log does not hold, or a log that does not continue the one known.
            KeyboardInterrupt: after the hospitals were told to stop.
        """
        identity = secrets.token_bytes(16)
        kept = {name: self._journal.head(name) for name in hospitals}
        snapshots = {name: {table: info.snapshots[table] for table in tables} for name, info in hospitals.items()}
        requests = {
            name: messages.Ask(name, identity, tuple(releases), delta, cell, info.key, snapshots[name])
            for name, info in hospitals.items()
        }
        replies = self._asked(hospitals, requests, identity, on_reply)
        answers: dict[str, messages.Answers | Failure] = {}
        for name, reply in replies.items():
            if isinstance(reply, Failure):
                answers[name] = reply
            elif isinstance(reply, messages.Refusal):
                raise Refused(*(at(name, finding) for finding in refused(reply).diagnostics))
            elif isinstance(reply, messages.Answers) and len(reply.items) == len(releases):
                expected = [
                    self._identity(one, snapshots[name][table], delta)
                    for one, table in zip(releases, tables, strict=True)
                ]
                answers[name] = self._proved(name, hospitals[name].key, reply, expected, kept[name])
            else:
                raise Refused(diagnose("FF407", f"{name} answered something that was not asked."))
        return answers

    def go_on(
        self,
        hospitals: Mapping[str, HospitalInfo],
        release: messages.ReleaseRequest,
        table: str,
        delta: float,
        cell: str,
        inputs: Mapping[str, RoundInput],
        dimension: int,
        on_reply: Callable[[str, bool], None] = lambda _hospital, _answered: None,
    ) -> dict[str, messages.Progress | Failure | Refused]:
        """One round of a training: every hospital's update, proved to be the one its log holds for this round.

        Args:
            hospitals: whom to ask; all ready.
            release: the training.
            table: whose persons it is about.
            delta: as for `ask`.
            cell: likewise.
            inputs: what each hospital gets.
            dimension: how many numbers an update has.
            on_reply: told who answered, or did not, as it happens.

        Raises:
            Refused: as `ask`, but for a hospital's own refusal, which stands for its reply.
            KeyboardInterrupt: after the hospitals were told to stop.
        """
        identity = secrets.token_bytes(16)
        kept = {name: self._journal.head(name) for name in hospitals}
        requests = {
            name: messages.Round(
                name, identity, release, delta, cell, info.key, {table: info.snapshots[table]},
                inputs[name].number, *inputs[name].computed_with, inputs[name].start,
            )
            for name, info in hospitals.items()
        }  # fmt: skip
        given: dict[str, messages.Progress | Failure | Refused] = {}
        for name, reply in self._asked(hospitals, requests, identity, on_reply).items():
            if isinstance(reply, Failure):
                given[name] = reply
            elif isinstance(reply, messages.Refusal):
                given[name] = refused(reply)
            elif isinstance(reply, messages.Progress):
                key, expected = hospitals[name].key, self._identity(release, hospitals[name].snapshots[table], delta)
                number = inputs[name].number
                same = round_identity(*inputs[name].computed_with)
                proofs.verify_answer(name, key, reply.receipt, reply.update, expected, number=number, inputs=same)
                _require_size(name, reply.update, dimension)
                try:
                    self._keep_head(name, Head(key, reply.receipt.checkpoint), kept[name])
                    given[name] = reply
                except Unanswered as unanswered:
                    given[name] = unanswered.failure
            else:
                raise Refused(diagnose("FF407", f"{name} answered something that was not asked."))
        return given

    def settle(
        self, hospitals: Mapping[str, HospitalInfo], release: messages.ReleaseRequest, table: str, delta: float
    ) -> dict[str, messages.Settled]:
        """End a training at hospitals, those that answer; what each of them charges for the rounds that began."""
        requests = {
            name: messages.Settle(name, release, delta, info.key, {table: info.snapshots[table]})
            for name, info in hospitals.items()
        }
        replies = _decoded(self._frames(requests, HELLO_SECONDS))
        return {name: reply for name, reply in replies.items() if isinstance(reply, messages.Settled)}

    def learn(self, hospital: HospitalInfo, lesson: LessonInput) -> messages.Taught:
        """A raw update, which only a hospital for lessons gives.

        Raises:
            Refused: the hospital's own refusal; FF402 or FF403 where it does not answer; FF407.
        """
        snapshots = {lesson.table: hospital.snapshots[lesson.table]} if lesson.table else {}
        request = messages.Lesson(
            hospital.name, hospital.key, snapshots, lesson.exhibit, lesson.release, lesson.neurons, lesson.weights,
            lesson.batch, lesson.draw, lesson.first, lesson.steps, lesson.rate, lesson.clip, lesson.noise,
        )  # fmt: skip
        patience = min(hospital.policy.deadline_seconds, LONGEST_SECONDS) + ADDED_SECONDS
        reply = _decoded(self._frames({hospital.name: request}, patience))[hospital.name]
        if isinstance(reply, Failure):
            raise Refused(reply.diagnostic)
        if isinstance(reply, messages.Refusal):
            raise Refused(*(at(hospital.name, finding) for finding in refused(reply).diagnostics))
        if not isinstance(reply, messages.Taught):
            raise Refused(diagnose("FF407", f"{hospital.name} answered something that was not asked."))
        return reply

    def _asked(
        self,
        hospitals: Mapping[str, HospitalInfo],
        requests: Mapping[str, messages.Request],
        identity: bytes,
        on_reply: Callable[[str, bool], None],
    ) -> dict[str, messages.Reply | Failure]:
        """The replies to what may take as long as the hospitals allow themselves; told to stop by an interrupt."""
        longest = max(info.policy.deadline_seconds for info in hospitals.values())
        patience = min(longest, LONGEST_SECONDS) + ADDED_SECONDS

        def cancel() -> None:
            _decoded(self._frames({name: messages.Cancel(name, identity) for name in hospitals}, STOPPED_SECONDS))

        return _decoded(self._frames(requests, patience, cancel, on_reply, self._stop))

    def _identity(self, one: messages.ReleaseRequest, snapshot: str, delta: float) -> str:
        """How a hospital calls a release whose table has this snapshot."""
        return release_identity(
            self._signer.researcher, one.text, [given.hash for given in one.attachments], one.occurrence,
            one.draw, snapshot, MECHANISM, delta, one.public,
        )  # fmt: skip

    def stored(
        self, hospital: HospitalInfo, releases: Sequence[messages.ReleaseRequest], tables: Sequence[str]
    ) -> tuple[bool, ...]:
        """Which of the releases a hospital has stored, and hence gives for nothing; () where it does not say."""
        snapshots = {table: hospital.snapshots[table] for table in tables}
        probe = messages.Probe(hospital.name, tuple(releases), hospital.key, snapshots)
        reply = _decoded(self._frames({hospital.name: probe}, HELLO_SECONDS, stop=self._stop))[hospital.name]
        return reply.stored if isinstance(reply, messages.Known) else ()

    def _proved(
        self, name: str, key: bytes, reply: messages.Answers, expected: Sequence[str], kept: Head | None
    ) -> messages.Answers | Failure:
        """The answers, after checking each of them and that the log they are in continues the one known."""
        newest: tuple[int, str] | None = None
        for item, identity in zip(reply.items, expected, strict=True):
            if isinstance(item, messages.Answer):
                head = proofs.verify_answer(name, key, item.receipt, msgspec.msgpack.encode(list(item.total)), identity)
                newest = max(newest or (0, ""), (head.size, item.receipt.checkpoint))
        if newest is not None:
            try:
                self._keep_head(name, Head(key, newest[1]), kept)
            except Unanswered as unanswered:
                return unanswered.failure
        return reply

    def _heard(self, name: str, frame: bytes | Failure, kept: Head | None) -> HospitalInfo:
        """What a hospital's answer to a greeting says; whatever is wrong with it is about this hospital alone."""
        if isinstance(frame, Failure):
            return HospitalInfo(name, name, "died" if frame.kind == "died" else "unreachable", frame.diagnostic.message)
        title = name
        try:
            reply = decode_reply(frame, FRAME_LIMIT)
            if isinstance(reply, messages.Refusal):
                raise refused(reply)
            if not isinstance(reply, messages.Welcome):
                raise Refused(diagnose("FF407", f"{name} answered something that was not asked."))
            title = reply.title
            return self._info(name, reply, kept)
        except Refused as refusal:
            first = refusal.diagnostics[0]
            return HospitalInfo(name, title, "untrusted" if first.code == "FF405" else "unreachable", first.message)

    def _info(self, name: str, welcome: messages.Welcome, kept: Head | None) -> HospitalInfo:
        if welcome.name != name:
            raise Refused(diagnose("FF407", f"{name} answered as {welcome.name!r:.60}."))
        tables = catalogue(welcome.tables)
        if not tables.keys() <= welcome.snapshots.keys():
            raise Refused(diagnose("FF407", f"{name} does not name the states of all its tables."))
        self._keep_head(name, Head(welcome.key, welcome.checkpoint), kept)
        return HospitalInfo(
            name, welcome.title, "ready", "", Policy.from_dict(welcome.policy), tables,
            welcome.balances, welcome.snapshots, welcome.key, welcome.checkpoint,
        )  # fmt: skip

    def _keep_head(self, name: str, head: Head, kept: Head | None) -> None:
        """Keep a head after checking that the log only grew since `kept`, which was read before asking.

        Others may keep one at the same time, a cell's other hospitals or another notebook. Theirs may be newer than
        this one, and then has to continue it.

        Raises:
            Refused: FF405 where it did not.
            Unanswered: where the hospital did not answer the question for a proof.
        """
        self._require_growth(name, kept, head)
        while head != kept and not self._journal.keep_head(name, head, kept):
            kept = self._journal.head(name)
            if kept is not None and _size(kept) >= _size(head):
                self._require_growth(name, head, kept)
                return
            self._require_growth(name, kept, head)

    def _require_growth(self, name: str, old: Head | None, new: Head) -> None:
        """Refuse a log that does not begin with all that it had at an older head; raises as `_keep_head`."""
        size = _size(new)
        if old is None:
            return
        if old.key != new.key:
            message = f"{name} signs with another key than before: its folder was replaced, or its log rewritten."
            raise Refused(diagnose("FF405", message))
        if old.checkpoint == new.checkpoint:
            return
        known = _size(old)
        reply = _decoded(self._frames({name: messages.History(name, known, size)}, HELLO_SECONDS))[name]
        if isinstance(reply, Failure):
            raise Unanswered(reply)
        if not isinstance(reply, messages.Growth):
            message = f"{name} cannot show that its log of {size} entries begins with the {known} known."
            raise Refused(diagnose("FF405", message))
        proofs.verify_growth(new.key, old.checkpoint, new.checkpoint, reply.proof)

    def _frames(
        self,
        requests: Mapping[str, messages.Request],
        timeout: float,
        on_interrupt: Callable[[], None] = lambda: None,
        on_reply: Callable[[str, bool], None] = lambda _hospital, _answered: None,
        stop: threading.Event | None = None,
    ) -> dict[str, bytes | Failure]:
        sealed = {name: self._signer.seal(request) for name, request in requests.items()}
        return ask_all(self._transport, sealed, timeout, on_interrupt, on_reply, stop)


def _decoded(frames: Mapping[str, bytes | Failure]) -> dict[str, messages.Reply | Failure]:
    return {
        name: frame if isinstance(frame, Failure) else decode_reply(frame, FRAME_LIMIT)
        for name, frame in frames.items()
    }


def _size(head: Head) -> int:
    """The entries of a log at a head, whose signature is verified."""
    return proofs.open_head(head.key, head.checkpoint).size


def _require_size(hospital: str, update: bytes, dimension: int) -> None:
    try:
        read_update(update, dimension)
    except Refused as refusal:
        raise Refused(*(at(hospital, finding) for finding in refusal.diagnostics)) from None


def at(hospital: str, finding: Diagnostic) -> Diagnostic:
    """A hospital's finding, naming the hospital."""
    return replace(finding, message=f"{hospital}: {finding.message}")


def together(findings: Iterable[tuple[str, Diagnostic]]) -> list[Diagnostic]:
    """Several hospitals' findings, each said once with the names of all that say it."""
    sayers: dict[Diagnostic, list[str]] = {}
    for hospital, finding in findings:
        sayers.setdefault(finding, []).append(hospital)
    return [at(listed(dict.fromkeys(hospitals)), finding) for finding, hospitals in sayers.items()]


def spent_by(info: HospitalInfo) -> float:
    """The epsilon a researcher has reserved at a hospital, over all populations."""
    return sum(balance.spent_epsilon for balance in info.balances if not balance.shared)
