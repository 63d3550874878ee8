"""Running a cell: wave after wave of releases, replayed from the journal or asked, added up, until nothing is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import Diagnostic, Refused, diagnose
from ..language.bill import Released, ReleaseKey
from ..language.catalogue import Catalogue
from ..language.check import Checked, advance
from ..language.parse import Source
from ..language.public import Public
from ..language.slices import write
from ..language.values import Value
from ..privacy.accounting import Price
from ..privacy.calibration import calibrate
from ..privacy.half_width import LinearNoise
from ..privacy.quote import Terms, epsilon_of
from ..wire import messages
from .aggregation import Aggregation
from .contact import Contact, HospitalInfo, spent_by, together
from .journal import Journal, Kept
from .result import Receipt
from .transport import Failure

PROGRESS_AFTER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One release, answered.

    Attributes:
        release: as the interpreter met it.
        value: the public value.
        total: the noisy sum over the hospitals that answered.
        noise: the noise on it.
        epsilon: its price.
        roster: who answered.
    """

    release: Released
    value: Public
    total: list[int]
    noise: LinearNoise
    epsilon: float
    roster: tuple[str, ...]


@dataclass(slots=True)
class Run:
    """One run of one cell; see `finish`.

    Attributes:
        source, catalogue, session: what is run, on which tables, and the names of earlier cells.
        hospitals: those to ask.
        terms: what prices depend on.
        draw: the draw number.
        outcomes: what was released so far, by key.
        receipts, failures, charged: what it left at the hospitals.
    """

    source: Source
    catalogue: Catalogue
    session: Mapping[str, Value]
    hospitals: Mapping[str, HospitalInfo]
    terms: Terms
    draw: int
    contact: Contact
    journal: Journal
    aggregation: Aggregation
    progress: Callable[[str], None] | None = None
    outcomes: dict[ReleaseKey, Outcome] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    charged: dict[str, Price] = field(default_factory=dict)

    def finish(self) -> Checked:
        """Run until nothing is left to ask.

        Raises:
            Refused: located where the fault is in the text; FF401 where no hospital answered; FF406 after an
                interrupt, saying what was spent.
        """
        while True:
            known = {key: outcome.value for key, outcome in self.outcomes.items()}
            checked = advance(self.source, self.catalogue, self.session, known)
            if not checked.ok:
                raise Refused(*checked.findings)
            wave = [
                release
                for release in checked.releases
                if release.key is not None and release.key not in self.outcomes
            ]
            if not wave:
                return checked
            self._answer(wave)

    def new_releases(self, releases: Sequence[Released]) -> list[Released]:
        """Those of a checked cell that the journal does not have; what waits for another release is one of them."""
        sites = tuple(self.hospitals)
        new = []
        for release in releases:
            kept = None
            if release.key is not None:
                kept = self.journal.answers(self.journal.answer_key(self._request(release), self.terms.delta, sites))
            if kept is None or not self._is_current(release, kept):
                new.append(release)
        return new

    def not_stored(self, hospital: str, releases: Sequence[Released]) -> list[Released]:
        """Those that a hospital has no stored reply for; it is asked only where that could matter."""
        ready = [release for release in releases if release.key is not None]
        answer = self.contact.stored([hospital], [self._request(release) for release in ready])
        stored = {
            id(release) for release, known in zip(ready, answer.get(hospital, ()), strict=False) if known
        }
        return [release for release in releases if id(release) not in stored]

    def _answer(self, wave: Sequence[Released]) -> None:
        """Answer a wave: what the journal has from there, the rest from the hospitals, all in one request each."""
        requests = [self._request(release) for release in wave]
        sites = tuple(self.hospitals)
        to_ask: list[int] = []
        for position, (release, request) in enumerate(zip(wave, requests, strict=True)):
            kept = self.journal.answers(self.journal.answer_key(request, self.terms.delta, sites))
            if kept is not None and self._is_current(release, kept):
                self._settle(release, kept, dict.fromkeys(kept, 0.0), replayed=True)
            else:
                to_ask.append(position)
        if to_ask:
            self._ask([wave[position] for position in to_ask], [requests[position] for position in to_ask])

    def _ask(self, wave: Sequence[Released], requests: Sequence[messages.ReleaseRequest]) -> None:
        alive = {name: info for name, info in self.hospitals.items() if info.state == "ready"}
        for name, info in self.hospitals.items():
            if info.state != "ready":
                self.failures[name] = info.message
        if not alive:
            raise Refused(diagnose("FF401", "None of the hospitals can be reached."))
        with _Waiting(self.progress, len(alive)):
            try:
                replies = self.contact.ask(alive, requests, self.terms.delta, self.source.text)
            except KeyboardInterrupt:
                raise Refused(self._interrupted()) from None
        answers: dict[str, messages.Answers] = {}
        for name, reply in replies.items():
            if isinstance(reply, Failure):
                self.failures[name] = reply.diagnostic.message
            else:
                answers[name] = reply
        if not answers:
            raise Refused(diagnose("FF401", "No hospital answered: " + " ".join(self.failures.values())))
        refusals = together(found for name, reply in answers.items() for found in _refusals(name, reply, wave))
        if refusals:
            self._count_charges(answers)
            raise Refused(*refusals, *self._spent_note())
        self._count_charges(answers)
        for position, (release, request) in enumerate(zip(wave, requests, strict=True)):
            kept: dict[str, Kept] = {}
            charged: dict[str, float] = {}
            for name, reply in answers.items():
                item = reply.items[position]
                assert isinstance(item, messages.Answer)
                snapshot = self.hospitals[name].snapshots[release.aggregate.cohort.table.name]
                kept[name] = Kept(snapshot, item.total, item.receipt)
                charged[name] = item.epsilon
            self._settle(release, kept, charged, replayed=False)
            self.journal.keep_answers(self.journal.answer_key(request, self.terms.delta, tuple(self.hospitals)), kept)

    def _settle(
        self, release: Released, kept: Mapping[str, Kept], charged: Mapping[str, float], *, replayed: bool
    ) -> None:
        """Add up what the roster answered, and note what it left in their logs."""
        statistic = release.aggregate.statistic
        epsilon = epsilon_of(release, self.terms)
        total = self.aggregation.combine({name: one.total for name, one in kept.items()}, statistic.dimension)
        noise = LinearNoise(
            calibrate(statistic.norm, statistic.sensitivity, epsilon, self.terms.delta), len(kept)
        )
        assert release.key is not None
        self.outcomes[release.key] = Outcome(
            release, statistic.finish(total), total, noise, epsilon, tuple(kept)
        )
        for name in self.hospitals:
            if replayed and name not in kept:
                self.failures.setdefault(
                    name, f"{name} had not answered when this was asked; the answer is kept as it was."
                )
        self.receipts.extend(
            Receipt(
                release.name,
                release.span.line,
                name,
                charged[name],
                one.receipt.position,
                one.receipt.size,
                replayed,
            )
            for name, one in kept.items()
        )

    def _request(self, release: Released) -> messages.ReleaseRequest:
        assert release.key is not None
        written = write(release.aggregate.node, epsilon_of(release, self.terms))
        attachments = tuple(messages.Attachment(name, data) for name, data in written.attachments.items())
        return messages.ReleaseRequest(written.text, attachments, release.key.occurrence, self.draw)

    def _is_current(self, release: Released, kept: Mapping[str, Kept]) -> bool:
        """Whether no hospital of a kept roster has new data since; one that is not there is taken at its word."""
        table = release.aggregate.cohort.table.name
        return all(
            name in self.hospitals
            and (
                self.hospitals[name].state != "ready"
                or self.hospitals[name].snapshots.get(table) == one.snapshot
            )
            for name, one in kept.items()
        )

    def _count_charges(self, answers: Mapping[str, messages.Answers]) -> None:
        for name, reply in answers.items():
            for item in reply.items:
                if isinstance(item, messages.Answer):
                    price = Price(item.epsilon, item.delta, item.renyi)
                    self.charged[name] = self.charged[name] + price if name in self.charged else price

    def _spent_note(self) -> list[Diagnostic]:
        if not self.charged:
            return []
        spent = ", ".join(f"{name} epsilon {price.epsilon:.4g}" for name, price in self.charged.items())
        return [
            diagnose(
                "FF408",
                f"Charged before the refusal: {spent}. Those answers are stored and free.",
                severity="note",
            )
        ]

    def _interrupted(self) -> Diagnostic:
        """What an interrupt left behind, from what the hospitals say now."""
        before = {name: spent_by(info) for name, info in self.hospitals.items()}
        after = {name: spent_by(info) for name, info in self.contact.hello(list(self.hospitals)).items()}
        spent = ", ".join(f"{name} epsilon {max(0.0, after[name] - before[name]):.4g}" for name in before)
        message = f"You interrupted the cell. Charged by this cell: {spent}. That is not charged again."
        return diagnose("FF406", message)


class _Waiting:
    """Says after two seconds that hospitals are being waited for; silent for what is quicker."""

    def __init__(self, progress: Callable[[str], None] | None, hospitals: int) -> None:
        self._timer: threading.Timer | None = None
        if progress is not None:
            line = f"waiting for {hospitals} hospital{'s' if hospitals > 1 else ''} …"
            self._timer = threading.Timer(PROGRESS_AFTER_SECONDS, progress, [line])
            self._timer.daemon = True

    def __enter__(self) -> None:
        self.started = time.monotonic()
        if self._timer is not None:
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _refusals(name: str, reply: messages.Answers, wave: Sequence[Released]) -> Iterator[tuple[str, Diagnostic]]:
    """A hospital's findings on single releases, located where the release stands."""
    for release, item in zip(wave, reply.items, strict=True):
        if isinstance(item, messages.Refusal):
            for finding in item.findings:
                yield name, Diagnostic(finding.code, finding.message, finding.reason, finding.fix, release.span)
