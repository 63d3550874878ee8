"""A hospital's side of training: each round admitted, begun on disk, computed, stored on disk, and then given out.

The order is that of every release; before a round is reserved or begun, its model is admitted. What is charged is the
whole training with its first round, and what has begun of it once it ends; `runs` keeps that. What a training needs of
its rows is computed once and kept for its next rounds.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.gate.provenance import digest
from fedlab_kernel.language.training import Training
from fedlab_kernel.policy.policy import Policy
from fedlab_kernel.privacy.accounting import price_of_rounds
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.identity import round_identity
from fedlab_kernel.wire.updates import read_weights, update_bytes

from . import release
from .admission import Admitted, admission_record
from .data import Rows
from .ledger import Ledger, Stored
from .model_admission import ModelAdmission
from .run_state import Round, Run
from .trainable import require_trainable
from .training import Local, Prepared, prepare, run_round

_KEPT = 2  # trainings whose rows are kept ready
_AWAITED = 900.0  # seconds until a training that does not go on is settled


class Rounds:
    """The trainings of one hospital; may be called from several threads.

    Args:
        ledger: of the hospital.
        policy: likewise.
        rows: by table.
        sizes: the declared number of persons of each table.
        secret: the key of the splits.
    """

    def __init__(
        self, ledger: Ledger, policy: Policy, rows: Mapping[str, Rows], sizes: Mapping[str, int], secret: bytes
    ) -> None:
        self._ledger, self._policy, self._rows, self._sizes, self._secret = ledger, policy, rows, sizes, secret
        self._models = ModelAdmission(policy)
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()
        self._keeping = threading.Lock()
        self._preparing = threading.Lock()  # one at a time, as preparing takes the memory of a whole table

    def answer(
        self,
        admitted: Admitted,
        request: messages.Round,
        researcher: str,
        deadline: float,
        cancelled: Callable[[], bool],
    ) -> messages.Progress:
        """One round of a training, computed or stored before.

        Args:
            admitted: the training; what the policy allows.
            request: the round.
            researcher: who asks.
            deadline: by the monotonic clock, when the round is to end.
            cancelled: whether it was called off.

        Raises:
            Refused: FW204 for what is no training, or weights that do not fit it; FH308 for a round that is not the
                next, or began with other inputs; FP107 for what needs too much memory; FP112 for a model that is not
                admitted; what the ledger says where the budget does not admit it; FH306.
        """
        training, event = _training_of(admitted)
        aggregate = admitted.reading.aggregate
        table = aggregate.cohort.table.name
        weights = read_weights(request.weights, training.dimension)
        correction = read_weights(request.correction, training.dimension) if request.correction else None
        local = Local(request.rate, request.proximal, correction)
        inputs = round_identity(request.weights, request.rate, request.proximal, request.correction)
        budgets, expires_at = self._policy.budgets(), time.time() + _AWAITED
        # What is prepared was reserved, and a stored round was both.
        stored = isinstance(self._ledger.runs.find_round(admitted.identity, request.number), Stored)
        new = not stored and admitted.identity not in self._prepared
        if new:
            require_trainable(aggregate, self._rows[table], self._secret)
        if not stored:
            self._models.require(aggregate, self._sizes[table], request, weights, deadline)
        if new:
            self._ledger.reserve(
                admitted.identity, researcher, admitted.population, aggregate.cohort.lineage, admitted.price,
                budgets, admission_record(admitted, request.release, researcher, request.cell),
                Run(training.rounds, expires_at),
            )  # fmt: skip
        begun = self._ledger.runs.begin_round(
            admitted.identity, request.number, inputs, budgets=budgets, expires_at=expires_at,
            price_of=lambda begun, order: price_of_rounds(event, begun, admitted.delta, order),
        )  # fmt: skip
        known = not isinstance(begun, Round)
        if isinstance(begun, Round):
            self._ledger.after_step("computing")
            update = run_round(
                self._ready(admitted), weights, event, local,
                deadline=lambda: time.monotonic() > deadline, cancelled=cancelled,
            )  # fmt: skip
            reply = update_bytes(update)
            record = {
                "reply": release.fingerprint(reply), "mechanism": release.MECHANISM, "model": digest(weights),
            }  # fmt: skip
            begun = self._ledger.runs.store_round(admitted.identity, request.number, reply, record)
        due = self._ledger.runs.due(admitted.identity, request.number)
        return release.progress(begun.reply, due, known, self._ledger.receipt(begun.position))

    def settle(self, admitted: Admitted) -> messages.Settled:
        """The end of a training: what is reserved for rounds that did not begin is free again.

        Raises:
            Refused: FW204 for what is no training, FH308 for one that never began.
        """
        _training_of(admitted)
        if self._ledger.find(admitted.identity) is None:
            raise Refused(diagnose("FH308", "This training never began here."))
        done = self._ledger.runs.settle(admitted.identity)
        return release.settled(done.begun, done.price)

    def _ready(self, admitted: Admitted) -> Prepared:
        """The training with its rows; who has them ready does not wait for another training's."""
        ready = self._kept(admitted.identity)
        if ready is not None:
            return ready
        with self._preparing:
            ready = self._kept(admitted.identity)  # it may be what was waited for
            if ready is None:
                aggregate = admitted.reading.aggregate
                table = aggregate.cohort.table.name
                ready = prepare(aggregate, self._rows[table], self._secret, self._sizes[table])
                with self._keeping:
                    self._prepared[admitted.identity] = ready
                    while len(self._prepared) > _KEPT:
                        self._prepared.popitem(last=False)
            return ready

    def _kept(self, identity: str) -> Prepared | None:
        with self._keeping:
            ready = self._prepared.get(identity)
            if ready is not None:
                self._prepared.move_to_end(identity)
            return ready


def _training_of(admitted: Admitted) -> tuple[Training, SampledGaussian]:
    statistic = admitted.reading.aggregate.statistic
    if not isinstance(statistic, Training) or not isinstance(admitted.event, SampledGaussian):
        raise Refused(diagnose("FW204", "Only a training is asked for in rounds."))
    return statistic, admitted.event
