"""Training from the researcher's side: weights out, noisy updates back, a strategy between them, round after round.

All of it is a function of public values and of what the hospitals released, so rounds that are in the journal are
replayed from there, and a run that was cut off goes on where it stood. Who answers the first round is the roster. Who
does not answer a later one in time drops out, and a reply that still comes is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np

from ..errors import Refused
from ..language.bill import Released
from ..language.learned import Model, Params, Recipe
from ..language.public import Counted, bounds
from ..language.training import Training, expected_persons
from ..privacy.accounting import Price
from ..wire import messages
from ..wire.updates import CHANGE_STEP, read_update, weights_bytes
from .contact import Contact, HospitalInfo, RoundInput, together
from .journal import Journal, KeptRound
from .strategies import State, Strategy, Update, strategy_of
from .training_account import TrainingAccount
from .training_report import FirstRound, Trained, charged_early, dropped_out, ended_early, interrupted_at_once, nobody
from .training_report import OnRound as OnRound
from .training_report import RoundReport as RoundReport
from .weights import start_weights, tensors


@dataclass(slots=True)
class TrainingRun:
    """One training of one cell; see `finish`.

    Attributes:
        release: as the interpreter met it.
        request: its slice, and what identifies it.
        hospitals: those to ask, by name.
        delta, cell, epsilon: as the hospitals are told; the price of all rounds.
        key: of the training in the journal.
        on_round: told how it goes.
        asked: whether any hospital was asked.
    """

    release: Released
    request: messages.ReleaseRequest
    hospitals: Mapping[str, HospitalInfo]
    delta: float
    cell: str
    epsilon: float
    key: str
    contact: Contact
    journal: Journal
    on_round: OnRound | None = None
    asked: bool = False
    _account: TrainingAccount = field(default_factory=TrainingAccount)
    _failures: dict[str, str] = field(default_factory=dict)
    _first: Mapping[str, KeptRound] = field(default_factory=dict)
    _sizes: Mapping[str, float] = field(default_factory=dict)  # of the roster; at first, of all that are there

    def finish(self) -> Trained:
        """Train until all rounds are done, or the researcher interrupts.

        Raises:
            Refused: FF401 where no hospital is left; FF406 after an interrupt before the first round was done; FU510
                where the weights ran away; a hospital's own refusal of the first round; FF405 or FF407 for an answer
                that is not what its log says, or not what was asked. A note says what was charged.
        """
        recipe = self._recipe
        strategy = strategy_of(recipe.strategy, recipe.options)
        kept = self._kept()
        state = self._started(strategy, kept[0] if kept else {})
        for number, answers in enumerate(kept):
            state = self._advanced(strategy, state, number, answers)
            self._tell(number + 1, answers, replayed=True)
        done = len(kept)
        if self.journal.ended(self.key) is not None:
            before = "That was charged then; nothing is charged for it again."
            return self._trained(state, done, "The training was interrupted when it first ran,", before)
        state, done, interrupted = self._go_on(strategy, state, done)
        why = "You interrupted the training" if interrupted else "No hospital was left"
        charged = charged_early(self._account.epsilon, self.epsilon)
        return self._trained(state, done, why, charged, interrupted=interrupted)

    def _go_on(self, strategy: Strategy[Any], state: State, done: int) -> tuple[State, int, bool]:
        """The state after the last round, how many are done, and whether the researcher interrupted."""
        interrupted = False
        try:
            try:
                while done < self.training.rounds and (answers := self._round(strategy, state, done)):
                    state = state if done else self._started(strategy, answers)
                    self.journal.keep_round(self.key, done, answers)
                    state, done = self._advanced(strategy, state, done, answers), done + 1
                    self._tell(done, answers, replayed=False)
            except KeyboardInterrupt:
                interrupted = True
                if done:  # first of all, as whoever is impatient may interrupt again
                    self.journal.keep_end(self.key, done)
            finally:
                self._settle()
            if not done:
                whys = (self._failures.get(name, info.message) for name, info in self.hospitals.items())
                raise Refused(interrupted_at_once(self.release) if interrupted else nobody(self.release, whys))
        except Refused as refusal:
            raise Refused(*refusal.diagnostics, *self._account.note()) from None
        return state, done, interrupted

    # A round --------------------------------------------------------------------------------------------

    def _started(self, strategy: Strategy[Any], first: Mapping[str, KeptRound]) -> State:
        """The state before the first round; those that answered that, if any has, are the roster."""
        sizes = {name: self._size(info) for name, info in self.hospitals.items() if info.state == "ready"}
        self._sizes = {name: one.size for name, one in first.items()} or sizes
        state: State = strategy.begin(start_weights(self._recipe), self._sizes)
        return state

    def _round(self, strategy: Strategy[Any], state: State, number: int) -> dict[str, KeptRound]:
        """The answers of the hospitals that are still there."""
        there = {name: info for name, info in self._ready().items() if name not in self._failures}
        if not there:
            return {}
        sent, rate = weights_bytes(state.sent()), self._rate(number)
        start = None if number else _start_message(self._recipe.start)
        inputs = {
            name: RoundInput(
                self._account.rounds.get(name, 0),
                sent,
                rate,
                strategy.proximal,
                _correction(strategy, state, name),
                start,
            )
            for name in there
        }
        self.asked = True
        replies = self.contact.go_on(
            there, self.request, self._table, self.delta, self.cell, inputs, self.training.dimension
        )
        refusals = {name: reply.diagnostics for name, reply in replies.items() if isinstance(reply, Refused)}
        if refusals and number == 0:
            located = [(name, replace(one, span=self.release.span)) for name, some in refusals.items() for one in some]
            raise Refused(*together(located))
        answers: dict[str, KeptRound] = {}
        for name, reply in replies.items():
            if isinstance(reply, messages.Progress):
                price = Price(reply.epsilon, reply.delta, reply.renyi)
                snapshot = there[name].snapshots[self._table]
                answers[name] = KeptRound(snapshot, self._sizes[name], reply.update, price, reply.receipt)
                if reply.stored:
                    self._account.paid(name, price)
            else:
                self._failures[name] = dropped_out(number, self.training.rounds, reply)
        return answers

    def _advanced(self, strategy: Strategy[Any], state: State, number: int, answers: Mapping[str, KeptRound]) -> State:
        """The state after a round's answers."""
        updates = {name: self._update(name, one, number) for name, one in answers.items()}
        if number == 0:
            self._first = answers
        following: State = strategy.advance(state, updates)
        self._account.add(answers)
        return following

    def _update(self, name: str, one: KeptRound, number: int) -> Update:
        """What a hospital proposes to add to the weights."""
        training, rate = self.training, self._rate(number)
        update = read_update(one.update, training.dimension).astype(np.float64)
        if training.steps > 1:
            return Update(update * CHANGE_STEP, training.steps * rate)
        batch = training.sample_rate * self._sizes[name]
        return Update(update * (-rate * training.step / batch), rate)

    def _tell(self, done: int, answers: Iterable[str], *, replayed: bool) -> None:
        if self.on_round is not None:
            self.on_round(
                RoundReport(
                    self.release.name, done, self.training.rounds, tuple(answers), dict(self._failures),
                    self._account.epsilon, self.epsilon, replayed,
                )
            )  # fmt: skip

    # The beginning and the end ----------------------------------------------------------------------------

    def _kept(self) -> list[dict[str, KeptRound]]:
        """The rounds that the journal has, as far as the training ended there; none if data changed since.

        A training that starts anew is another release to all hospitals, also to those whose data are the same: its
        rounds begin at other weights.
        """
        kept = self.journal.rounds(self.key)
        if any(self._has_changed(name, one) for answers in kept for name, one in answers.items()):
            self.journal.start_anew(self.key)
            kept = []
        if starts := self.journal.starts(self.key):
            public = sha256(f"{self.request.public} {starts}".encode()).hexdigest()
            self.request = msgspec.structs.replace(self.request, public=public)
        for answers in kept:
            for name, one in answers.items():
                self._account.paid(name, one.price)
        return kept[: self.journal.ended(self.key)]

    def _has_changed(self, name: str, one: KeptRound) -> bool:
        """Whether a hospital has other data now; one that is not there is taken at its word."""
        info = self.hospitals.get(name)
        return info is None or (info.state == "ready" and info.snapshots.get(self._table) != one.snapshot)

    def _settle(self) -> None:
        """Tell the hospitals of the roster that have rounds left that no further one comes."""
        done = self._account.rounds
        left = {name: info for name, info in self._ready().items() if done.get(name, 0) < self.training.rounds}
        if self.asked and left:
            for name, reply in self.contact.settle(left, self.request, self._table, self.delta).items():
                self._account.settle(name, Price(reply.epsilon, reply.delta, reply.renyi))

    def _trained(self, state: State, done: int, why: str, charged: str, *, interrupted: bool = False) -> Trained:
        rounds = {name: self._account.rounds.get(name, 0) for name in self.hospitals}
        for name, info in self.hospitals.items():
            if rounds[name] < done:
                took = f"took part in {rounds[name]} of {done} rounds; the model is kept as it was. {info.message}"
                self._failures.setdefault(name, took.rstrip())
        asked = self.training.rounds
        early = (ended_early(self.release, why, done, asked, charged),) if done < asked else ()
        return Trained(
            Model(self._recipe, tensors(self._recipe, state.sent()), done), round(sum(self._sizes.values())),
            tuple(name for name in rounds if rounds[name] >= done),
            self._account.receipts(self.release, replayed=not self.asked), dict(self._failures),
            self._account.charged, early, interrupted, self._first_round(),
        )  # fmt: skip

    def _first_round(self) -> FirstRound:
        updates = {name: self._update(name, one, 0).change / -self._rate(0) for name, one in self._first.items()}
        return FirstRound(self.release, self.request, start_weights(self._recipe), updates)

    # What it is about ---------------------------------------------------------------------------------------

    @property
    def training(self) -> Training:
        """What is trained."""
        training = self.release.aggregate.statistic
        assert isinstance(training, Training)
        return training

    @property
    def _recipe(self) -> Recipe:
        recipe = self.training.recipe
        assert recipe is not None
        return recipe

    @property
    def _table(self) -> str:
        return self.release.aggregate.cohort.table.name

    def _rate(self, number: int) -> float:
        return bounds(self._recipe.rates[number])[0]

    def _size(self, info: HospitalInfo) -> float:
        """The number of persons that a hospital is taken to train on: declared, or what it released; public."""
        counted = self._recipe.sizes
        if isinstance(counted, Counted) and info.name in counted.parts:
            return max(1.0, counted.parts[info.name])
        return expected_persons(self.release.aggregate.cohort, info.tables[self._table].size)

    def _ready(self) -> dict[str, HospitalInfo]:
        """The hospitals of the roster that are ready."""
        return {name: info for name, info in self.hospitals.items() if name in self._sizes and info.state == "ready"}


def _start_message(start: Params | Model) -> messages.Start | None:
    """Where start weights come from, for hospitals that draw them again; None where no seed gives them."""
    if isinstance(start, Model):
        return None
    return messages.Start(
        start.seed,
        {name: messages.StartArray(one.kind, one.shape, one.deviation) for name, one in start.weights.items()},
    )


def _correction(strategy: Strategy[Any], state: State, name: str) -> bytes:
    correction = strategy.correction(state, name)
    return b"" if correction is None else weights_bytes(correction)
