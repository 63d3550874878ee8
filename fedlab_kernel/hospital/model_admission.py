"""Whether a model is trained here at all: what the policy's `admission` asks of its weights, before every round.

Type: a gate, in front of the rows. Nothing here sees one. What honest networks are like, and what comes out of them,
is learned of networks that the hospital makes itself, on made-up persons; so a refusal tells a server nothing of
anybody. A refusal that a pending update decided would: a forged neuron that one person alone fires makes it say that
this person is there.

What a hospital makes for this is kept for the next trainings of the same shape. It comes of the system's randomness,
so that no server knows the persons on whom its model is tried.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

import numpy as np
import numpy.typing as npt

from fedlab_kernel.attacks.programs import network_of
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.gate.gate import Checks, Finding, judge_anomaly, judge_exposure, judge_start
from fedlab_kernel.gate.kind import TRIED, classifier_of, unmet
from fedlab_kernel.gate.synthetic import synthetic
from fedlab_kernel.language.learned import Initial, Params
from fedlab_kernel.language.training import Training, expected_persons
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.models.dense import dense_layers
from fedlab_kernel.policy.policy import Policy
from fedlab_kernel.wire import messages

_KEPT: Final = 4  # kinds of networks whose checks are kept
_PERSONS: Final = 600
_MOST_BATCH: Final = _PERSONS // 2  # larger batches are tried as batches of this size, of which more comes out
_WANDER: Final = 2.0
"""By how much noise may have moved the weights of honest networks, a standard deviation: as in ten rounds at a price of
0.3 and a learning rate of 2, with 150 persons in each. More noise protects by itself."""

Weights = npt.NDArray[np.float32]
_Shape = tuple[int, int, int, int, bool]
"""Neurons, inputs, classes, batch, and whether a condition is predicted."""


class ModelAdmission:
    """The checks of one hospital; may be called from several threads.

    Args:
        policy: of the hospital.
    """

    def __init__(self, policy: Policy) -> None:
        self._asked = policy.admission
        self._checks: OrderedDict[_Shape, Checks] = OrderedDict()
        self._keeping = threading.Lock()
        self._making = threading.Lock()  # one at a time: who waits for the same ones finds them made

    def require(
        self, aggregate: Aggregate, size: int, request: messages.Round, weights: Weights, deadline: float
    ) -> None:
        """Refuse a model that does not pass what the policy asks of it.

        Args:
            aggregate: the training, checked by this hospital.
            size: the declared number of persons of its table.
            request: the round, and where the researcher says that the weights of the first one come from.
            weights: that it would begin with, shape (D,).
            deadline: by the monotonic clock; checks that were not made by then are kept for whoever asks again.

        Raises:
            Refused: FP112, a finding for each check that fails, or after the deadline; FH304 where others
                were waited for until then; FW204 for a start that is none.
        """
        if not self._asked:
            return
        training, loss = aggregate.statistic, aggregate.node.operands[0]
        assert isinstance(training, Training)
        seeded = request.number > 0 or request.start is not None
        reasons = [*unmet(self._asked, loss, seeded=seeded)]
        if training.steps > 1 and request.correction:
            # Between its steps it moves the weights wherever the server wants them, after they were checked.
            reasons.append("A correction moves weights that were checked; `scaffold` needs `steps=1` here.")
        if reasons:
            raise Refused(*(diagnose("FP112", reason) for reason in reasons))
        found: list[Finding] = []
        if "start" in self._asked and request.number == 0:
            found.append(_judge_start(training, request.start, weights))
        if self._asked & TRIED:
            program = classifier_of(loss)
            network, condition = network_of(program, weights), dense_layers(program).condition
            batch = round(training.sample_rate * expected_persons(aggregate.cohort, size))
            shape = (*network.w1.shape, len(network.b2), min(max(1, batch), _MOST_BATCH), condition)
            checks = self._ready(shape, deadline)
            if time.monotonic() > deadline:
                message = "The checks of such networks were not made in the time of a round; they are now: ask again."
                raise Refused(diagnose("FP112", message))
            if "anomaly" in self._asked:
                found.append(judge_anomaly(network, checks))
            if "exposure" in self._asked:
                found.append(judge_exposure(network, checks))
        if failed := [one for one in found if not one.passed]:
            raise Refused(*(diagnose("FP112", one.reason) for one in failed))
        if time.monotonic() > deadline:  # or the round would be charged, and give noise only
            raise Refused(diagnose("FP112", "This model could not be checked in the time of a round."))

    def _ready(self, shape: _Shape, deadline: float) -> Checks:
        """The checks of networks of this shape; who has them ready does not wait for others that are made.

        Whoever waited for others until the deadline has none made: nobody would be there to be answered.
        """
        checks = self._kept(shape)
        if checks is not None:
            return checks
        patience = min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX)
        if not self._making.acquire(timeout=patience):
            raise Refused(diagnose("FH304", "Checks of models are made one after the other, and others are made."))
        try:
            checks = self._kept(shape)  # it may be what was waited for
            if checks is None:
                checks = _made(*shape)
                with self._keeping:
                    self._checks[shape] = checks
                    while len(self._checks) > _KEPT:
                        self._checks.popitem(last=False)
            return checks
        finally:
            self._making.release()

    def _kept(self, shape: _Shape) -> Checks | None:
        with self._keeping:
            checks = self._checks.get(shape)
            if checks is not None:
                self._checks.move_to_end(shape)
            return checks


def _made(neurons: int, inputs: int, classes: int, batch: int, condition: bool) -> Checks:
    """Checks from made-up persons, whose inputs run from -1 to 1 as those of trainings do."""
    random = _randomness()
    rows, labels = synthetic(_PERSONS, inputs, classes, random, -1.0, 1.0)
    return Checks.of(neurons, rows, labels, batch, random, condition=condition, wander=_WANDER)


def _randomness() -> np.random.Generator:
    """Of the system, so that nobody else can tell what is drawn."""
    return np.random.default_rng()


def _judge_start(training: Training, start: messages.Start | None, weights: Weights) -> Finding:
    assert start is not None
    arrays = {name: Initial(one.kind, one.shape, one.deviation) for name, one in start.arrays.items()}
    try:
        return judge_start(dict(training.shapes), Params(arrays, start.seed), weights)
    except ValueError as fault:  # its words are about the start
        raise Refused(diagnose("FW204", f"The start of this training is none: {fault}.")) from None
