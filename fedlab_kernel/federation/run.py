"""Running a cell: wave after wave of releases, replayed from the journal or asked, added up, until nothing is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from ..errors import Diagnostic, Refused, diagnose
from ..language.bill import Released, ReleaseKey
from ..language.check import Checked, advance, unreleased
from ..language.parse import Source
from ..language.public import Counted
from ..language.statistics.statistic import Statistic
from ..language.training import Training
from ..language.unknowns import is_count
from ..language.values import Value
from ..privacy.accounting import Price
from ..privacy.events import SampledGaussian
from ..privacy.half_width import LinearNoise
from ..privacy.noise_for import event_for
from ..privacy.numerals import spent
from ..privacy.quote import epsilon_of
from ..privacy.sampled_gaussian import epsilon_of_rounds
from ..wire import messages
from .aggregation import Aggregation
from .contact import STOPPED_SECONDS, Contact, HospitalInfo, spent_by, together
from .journal import Journal, Kept
from .judgement import Reckoning
from .naming import listed
from .pricing import Published
from .replay import Replay
from .result import Receipt
from .training import OnRound, TrainingRun
from .training_report import Trained
from .transport import Failure
from .waiting import Waiting

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One release, answered.

    Attributes:
        release: as the interpreter met it.
        value: the public value.
        total: the noisy sum over the hospitals that answered; empty for a training.
        noise: the noise on it; None for a training.
        epsilon: its price; of a training that ended early, that of the rounds done.
        roster: who answered.
        trained: what a training left.
    """

    release: Released
    value: Value
    total: list[int]
    noise: LinearNoise | None
    epsilon: float
    roster: tuple[str, ...]
    trained: Trained | None = None


@dataclass(slots=True)
class Run:
    """One run of one cell; see `finish`.

    Attributes:
        source, session: what is run, and the names of earlier cells.
        offer: the hospitals to ask, and what they publish.
        draw: the draw number.
        allowance: as the cell was priced with.
        outcomes: what was released so far, by key.
        receipts, failures, charged: what it left at the hospitals.
        on_round: told after each round of a training.
        notes: what became of trainings, such as that one was interrupted.
        stopped: whether the researcher interrupted a training whose model was kept; then nothing more is asked.
    """

    source: Source
    offer: Published
    session: Mapping[str, Value]
    draw: int
    contact: Contact
    journal: Journal
    aggregation: Aggregation
    progress: Callable[[str], None] | None = None
    allowance: Fraction | None = None
    outcomes: dict[ReleaseKey, Outcome] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    charged: dict[str, Price] = field(default_factory=dict)
    asked: bool = False
    on_round: OnRound | None = None
    notes: list[Diagnostic] = field(default_factory=list)
    stopped: bool = False

    @property
    def _replay(self) -> Replay:
        return Replay(self.journal, self.offer, self.draw)

    def finish(self) -> Checked:
        """Run until nothing is left to ask, or the researcher stops it; names without a value are absent then.

        Raises:
            Refused: located where the fault is in the text; FF401 where no hospital answered; FF406 after an
                interrupt, saying what was spent.
        """
        while True:
            known = {key: outcome.value for key, outcome in self.outcomes.items()}
            checked = advance(self.source, self.offer.catalogue, self.session, known, self.allowance)
            if not checked.ok:
                raise Refused(*checked.findings, *self._spent_note())
            wave = [
                release for release in checked.releases if release.key is not None and release.key not in self.outcomes
            ]
            if not wave:
                return checked
            if self.stopped:
                return unreleased(checked, self.session, "you interrupted the cell before it was released")
            self._answer(wave)

    def require_budget(self, releases: Sequence[Released]) -> None:
        """Refuse before anything is asked where what is new in a checked cell does not fit a hospital's budget.

        Raises:
            Refused: FP106, located at the releases.
        """
        # What waits for the answer to another release has no key yet, and counts as new.
        new = [one for one in releases if one.key is None or not self._replay.is_complete(one)]
        if not new:
            return
        reckoning = Reckoning(self.offer.terms)
        findings = together(
            finding
            for name, info in self.offer.hospitals.items()
            if info.state == "ready"
            for finding in reckoning.over_budget(name, info, self._not_stored(info, new))
        )
        if findings:
            raise Refused(*findings)

    def _not_stored(self, hospital: HospitalInfo, releases: Sequence[Released]) -> list[Released]:
        """Those that a hospital has no stored reply for."""
        ready = [release for release in releases if release.key is not None]
        stored: set[int] = set()
        for some in _batches(ready):
            answer = self.contact.stored(hospital, [self._replay.request(release) for release in some], _tables(some))
            stored.update(id(release) for release, known in zip(some, answer, strict=False) if known)
        return [release for release in releases if id(release) not in stored]

    def _answer(self, wave: Sequence[Released]) -> None:
        """Answer a wave: what the journal has from there, the rest from the hospitals, all in one request each.

        Trainings are the last of it, as they take long and may be interrupted.
        """
        to_ask: list[tuple[Released, messages.ReleaseRequest]] = []
        trainings: list[tuple[Released, messages.ReleaseRequest]] = []
        for release in wave:
            request = self._replay.request(release)
            if isinstance(release.aggregate.statistic, Training):
                trainings.append((release, request))
                continue
            kept = self._replay.answers(release, request)
            if kept is None:
                to_ask.append((release, request))
            else:
                self._settle(release, kept, dict.fromkeys(kept, 0.0), replayed=True)
        for some in _batches(to_ask):
            self._ask([release for release, _ in some], [request for _, request in some])
        for release, request in trainings:
            if not self.stopped:
                self._train(release, request)

    def _train(self, release: Released, request: messages.ReleaseRequest) -> None:
        """All rounds of a training, or as many as there are until it is interrupted."""
        price, delta = epsilon_of(release, self.offer.terms), self.offer.terms.delta
        run = TrainingRun(
            release, request, self.offer.hospitals, delta, self.source.text, price, self._replay.key(request),
            self.contact, self.journal, self.on_round,
        )  # fmt: skip
        try:
            trained = run.finish()
        except Refused as refusal:
            raise Refused(*refusal.diagnostics, *self._spent_note()) from None
        finally:
            self.asked |= run.asked
        self.stopped = trained.interrupted
        event = event_for(run.training, price, delta)
        assert isinstance(event, SampledGaussian)
        done = trained.model.rounds
        epsilon = price if done == event.rounds else epsilon_of_rounds(event, done, delta)
        assert release.key is not None
        self.outcomes[release.key] = Outcome(release, trained.model, [], None, epsilon, trained.roster, trained)
        self.failures.update(trained.failures)
        self.receipts.extend(trained.receipts)
        self.notes.extend(trained.notes)
        self._count(trained.charged)

    def _ask(self, wave: Sequence[Released], requests: Sequence[messages.ReleaseRequest]) -> None:
        alive = {name: info for name, info in self.offer.hospitals.items() if info.state == "ready"}
        for name, info in self.offer.hospitals.items():
            if info.state != "ready":
                self.failures[name] = info.message
        self.asked = True
        with Waiting(self.progress, len(alive)) as heard:
            try:
                delta, text = self.offer.terms.delta, self.source.text
                replies = self.contact.ask(alive, requests, _tables(wave), delta, text, heard)
            except KeyboardInterrupt:
                raise Refused(self._interrupted()) from None
        answers: dict[str, messages.Answers] = {}
        for name, reply in replies.items():
            if isinstance(reply, Failure):
                self.failures[name] = reply.diagnostic.message
            else:
                answers[name] = reply
        if not answers:
            raise Refused(diagnose("FF401", "No hospital answered: " + listed(self.failures.values(), " ")))
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
                snapshot = self.offer.hospitals[name].snapshots[release.aggregate.cohort.table.name]
                kept[name] = Kept(snapshot, item.total, item.receipt)
                charged[name] = item.epsilon
            self._settle(release, kept, charged, replayed=False)
            self.journal.keep_answers(self._replay.key(request), kept)

    def _settle(
        self, release: Released, kept: Mapping[str, Kept], charged: Mapping[str, float], *, replayed: bool
    ) -> None:
        """Add up what the roster answered, and note what it left in their logs."""
        statistic = release.aggregate.statistic
        assert isinstance(statistic, Statistic)
        epsilon = epsilon_of(release, self.offer.terms)
        total = self.aggregation.combine({name: one.total for name, one in kept.items()}, statistic.dimension)
        noise = LinearNoise(event_for(statistic, epsilon, self.offer.terms.delta), len(kept))
        value = statistic.finish(total, noise)
        if is_count(release.aggregate, value):
            value = Counted.of(total[0], {name: one.total[0] for name, one in kept.items()})
        assert release.key is not None
        self.outcomes[release.key] = Outcome(release, value, total, noise, epsilon, tuple(kept))
        for name in self.offer.hospitals:
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

    def _count_charges(self, answers: Mapping[str, messages.Answers]) -> None:
        for name, reply in answers.items():
            for item in reply.items:
                if isinstance(item, messages.Answer):
                    self._count({name: Price(item.epsilon, item.delta, item.renyi)})

    def _count(self, charged: Mapping[str, Price]) -> None:
        for name, price in charged.items():
            self.charged[name] = self.charged[name] + price if name in self.charged else price

    def _spent_note(self) -> list[Diagnostic]:
        if not self.charged:
            return []
        said = listed(f"{name} epsilon {spent(price.epsilon)}" for name, price in self.charged.items())
        return [
            diagnose(
                "FF408",
                f"Charged before the refusal: {said}. Those answers are stored and free.",
                severity="note",
            )
        ]

    def _interrupted(self) -> Diagnostic:
        """What an interrupt left behind, from what the hospitals say now."""
        before = {name: info for name, info in self.offer.hospitals.items() if info.state == "ready"}
        after = self.contact.hello(list(before), STOPPED_SECONDS)
        said = listed(
            f"{name} epsilon {spent(max(0.0, spent_by(after[name]) - spent_by(info)))}"
            if after[name].state == "ready"
            else f"{name} does not say"
            for name, info in before.items()
        )
        message = f"You interrupted the cell. Charged by this cell: {said}. That is not charged again."
        return diagnose("FF406", message)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as one request may hold."""
    for start in range(0, len(items), messages.MOST_RELEASES):
        yield items[start : start + messages.MOST_RELEASES]


def _tables(releases: Sequence[Released]) -> list[str]:
    return [release.aggregate.cohort.table.name for release in releases]


def _refusals(name: str, reply: messages.Answers, wave: Sequence[Released]) -> Iterator[tuple[str, Diagnostic]]:
    """A hospital's findings on single releases, located where the release stands."""
    for release, item in zip(wave, reply.items, strict=True):
        if isinstance(item, messages.Refusal):
            for finding in item.findings:
                yield name, Diagnostic(finding.code, finding.message, finding.reason, finding.fix, release.span)
