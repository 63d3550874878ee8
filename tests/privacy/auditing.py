"""Trainings whose data the attacker knows but for some persons: canaries, each the only one of their ward.

Nobody else has a gradient where a canary has theirs, which is longer than the clipping norm. So the best test of a
canary's presence depends on what was released in one coordinate, and canaries of one run are independent experiments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from fedlab_kernel.attacks.membership import Mechanism, SeenRound, audited_epsilon, scores
from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.training import Local, prepare, run_round
from fedlab_kernel.language import Catalogue, Column, Table, check, slices
from fedlab_kernel.language.training import Training
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.models.program import Program
from fedlab_kernel.privacy.accounting import price
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.privacy.noise_for import event_for
from fedlab_kernel.wire.updates import CHANGE_STEP

SECRET = b"0123456789abcdef"
OTHERS = 20  # persons of one further ward, whose presence is known
CLIP = 0.1  # a canary's gradient is about five times as long
_RATE = 0.05  # of learning, for sums and not for means

Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]

QUERY = """
p = table("study")
def predict(w, x):
    return sigmoid(x @ w.W)
model = release(train(predict, params(W=zeros({width})), loss=bce, on=p, inputs=["ward", "a", "b"], target="ill",
                      rounds={rounds}, steps={steps}, sample_rate={sample_rate}, clip={clip}), epsilon={epsilon})
"""


@dataclass(frozen=True, slots=True)
class Study:
    """A logistic regression on the ward and two numbers, and its price.

    Attributes:
        canaries: how many persons may or may not be there.
        sample_rate, rounds, steps: of the training.
        epsilon, delta: that the noise is calibrated for.
    """

    canaries: int
    sample_rate: float = 1.0
    rounds: int = 3
    steps: int = 1
    epsilon: float = 2.0
    delta: float = 0.05

    @property
    def persons(self) -> int:
        """The declared number of persons, and the capacity."""
        return self.canaries + OTHERS

    def aggregate(self) -> Aggregate:
        """The training as a hospital reads it."""
        text = QUERY.format(
            width=self.canaries + 4, rounds=self.rounds, steps=self.steps, sample_rate=self.sample_rate,
            clip=CLIP, epsilon=self.epsilon,
        )  # fmt: skip
        checked = check(text, self.catalogue())
        assert checked.ok, [(found.code, found.message) for found in checked.findings]
        (release,) = checked.releases
        travelling = slices.write(release.aggregate.node, self.epsilon)
        return slices.read(travelling.text, self.catalogue(), {}).aggregate

    def catalogue(self) -> Catalogue:
        """One table; the last ward is nobody's: two wards would be one coordinate, three or more are one each."""
        wards = (*(f"ward {number}" for number in range(self.canaries)), "large ward", "closed ward")
        columns = (
            Column("ward", "category", 0, len(wards) - 1, wards), Column("a", "float", -1, 1),
            Column("b", "float", -1, 1), Column("ill", "bool", 0, 1),
        )  # fmt: skip
        return {"study": Table("study", "study", {one.name: one for one in columns}, self.persons, self.persons)}

    def rows(self, included: Bools, draw: np.random.Generator) -> Rows:
        """The canaries who are included, then the others, whose illness depends on `a`."""
        a, b = (np.concatenate([np.zeros(self.canaries), draw.uniform(-1, 1, OTHERS)]) for _ in range(2))
        ill = np.concatenate([np.ones(self.canaries), a[self.canaries :] > 0])
        values = {"ward": np.minimum(np.arange(float(self.persons)), self.canaries), "a": a, "b": b, "ill": ill}
        present = np.concatenate([included, np.ones(OTHERS, np.bool_)])
        return Rows(values, {name: np.zeros(self.persons, np.bool_) for name in values}, present, [], {})


class Audit:
    """Runs of a study and the attack on them.

    Attributes:
        study: what is trained.
        claim: the epsilon that the ledger charges for a run, at the study's delta.
        deviation: of the noise in each coordinate of a step's sum, as claimed, in the gradient's unit.
    """

    def __init__(self, study: Study, seed: int) -> None:
        self.study = study
        self._aggregate = study.aggregate()
        assert isinstance(self._aggregate.statistic, Training)
        self._training = self._aggregate.statistic
        event = event_for(self._training, study.epsilon, study.delta)
        assert isinstance(event, SampledGaussian)
        self._event = event
        self._program = Program.of(self._aggregate.node.operands[0])
        self._draw = np.random.default_rng(seed)
        self.claim = price(event, study.delta, 2.0).epsilon
        self.deviation = event.sigma * self._training.step
        self._mechanism = Mechanism(CLIP, self.deviation, study.sample_rate, study.steps)
        self._canaries = [torch.eye(study.canaries, self._training.dimension), torch.ones(study.canaries)]

    def one_run(self) -> float:
        """What one training proves about its epsilon, in which every canary takes part by a coin."""
        included = self._coins()
        seen = self._trained(included)
        return audited_epsilon(self._program, seen, self._mechanism, self._canaries, included, self.study.delta)

    def runs(self, number: int) -> tuple[Scores, Scores]:
        """The scores of canaries who took part in so many trainings, and of those who did not."""
        present, absent = [], []
        for _ in range(number):
            included = self._coins()
            found = scores(self._program, self._trained(included), self._mechanism, self._canaries)
            present.append(found[included])
            absent.append(found[~included])
        return np.concatenate(present), np.concatenate(absent)

    def rounds_without_canaries(self) -> list[SeenRound]:
        """What one training shows in which no canary takes part, nor anybody else."""
        return self._trained(np.zeros(self.study.canaries, np.bool_), others=False)

    def _coins(self) -> Bools:
        return self._draw.random(self.study.canaries) < 0.5

    def _trained(self, included: Bools, *, others: bool = True) -> list[SeenRound]:
        """What a researcher sees who trains by plain steps against the mean gradient."""
        rows = self.study.rows(included, self._draw)
        if not others:
            rows = replace(rows, present=np.zeros(self.study.persons, np.bool_))
        prepared = prepare(self._aggregate, rows, SECRET, self.study.persons)
        weights = np.zeros(self._training.dimension, np.float32)
        seen = []
        for _ in range(self.study.rounds):
            update = run_round(
                prepared, weights, self._event, Local(_RATE * prepared.batch, 0.0, None),
                deadline=lambda: False, cancelled=lambda: False,
            )  # fmt: skip
            total = update * self._training.step if self.study.steps == 1 else -update * CHANGE_STEP / _RATE
            seen.append(SeenRound(weights, total))
            weights = (weights - _RATE * total).astype(np.float32)
        return seen
