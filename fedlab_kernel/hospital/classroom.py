"""Lessons: raw updates, which tell everything, of data that are no secret.

A hospital whose policy says `classroom = true` computes an update as hospitals do that trust whoever asks, and gives it
out as it is. The persons in it must ship with fedlab: exhibits are read from the package itself, and a table's file
must be, byte for byte, one that a built-in data set writes. So a real patient's row never gets here, whatever a
policy says.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from fedlab_kernel.datasets import ships
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.exhibits import built_in, order, titles
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.policy.policy import Policy
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.frames import FRAME_LIMIT
from fedlab_kernel.wire.updates import read_weights

from . import release
from .catalogue import TableSource
from .data import Rows
from .trainable import program_of, require_trainable
from .training import prepare

if TYPE_CHECKING:
    from torch import Tensor

    from fedlab_kernel.models.program import Program

_A_SECOND: Final = 10**9
"""Weights times persons times steps: of them a lesson computes about so many in a second, or more."""
_BESIDE: Final = 2**16  # bytes of a reply that are no numbers, or a few less


class Classroom:
    """What gives lessons at one hospital.

    Args:
        policy: of the hospital.
        tables: how they are declared, as their rows are on disk now; whether they ship with fedlab is found out here,
            so that files which are exchanged later change nothing.
        rows: of each.
        secret: the key of the splits.
    """

    def __init__(
        self, policy: Policy, tables: Mapping[str, TableSource], rows: Mapping[str, Rows], secret: bytes
    ) -> None:
        self.policy, self._rows, self._secret = policy, rows, secret
        self._shipped = frozenset(name for name, source in tables.items() if policy.classroom and _ships(source))
        self._teaching = threading.Lock()  # one at a time, as a lesson takes the memory of a whole batch

    def require_allowed(self) -> None:
        """Refuse where the policy gives no lessons.

        Raises:
            Refused: FP111.
        """
        if not self.policy.classroom:
            raise Refused(diagnose("FP111", "This hospital gives no raw updates: its policy is not for a classroom."))

    def taught(self, request: messages.Lesson, aggregate: Aggregate | None) -> messages.Taught:
        """The raw update of some persons, and who they are.

        Args:
            request: as received; the policy allows lessons.
            aggregate: the training it is about, admitted; None for an exhibit.

        Raises:
            Refused: FP111 for a table that did not come with fedlab; FP107 for what is too large; FH304 while others
                are taught; FW204 for an exhibit that there is not, too many persons, or weights that
                do not fit.
        """
        if not self._teaching.acquire(timeout=min(self.policy.deadline_seconds, threading.TIMEOUT_MAX)):
            raise Refused(diagnose("FH304", "Lessons are given one at a time, and others are being given."))
        try:
            return self._taught(request, aggregate)
        finally:
            self._teaching.release()

    def _taught(self, request: messages.Lesson, aggregate: Aggregate | None) -> messages.Taught:
        import torch

        from fedlab_kernel.models.clipping.microbatches import LEAST_CLIP, MOST_CLIP
        from fedlab_kernel.models.dense import dense_layers
        from fedlab_kernel.models.raw_update import noisy_mean, summed_gradients

        if aggregate is not None and request.exhibit:
            raise Refused(diagnose("FW204", "A lesson is about an exhibit or about a training, not about both."))
        if request.clip and not LEAST_CLIP <= request.clip <= MOST_CLIP:
            raise Refused(diagnose("FW204", f"Nobody can be clipped to the norm {request.clip:g}."))
        torch.set_num_threads(1)
        program, everybody = self._exhibit(request) if aggregate is None else self._table(aggregate)
        persons = len(everybody[0])
        drawn = order(persons, request.draw)[request.first :][: request.batch]
        if len(drawn) < request.batch:
            message = f"A batch of {request.batch} from {request.first} on was asked for of {persons} persons."
            raise Refused(diagnose("FW204", message))
        inputs = [one[torch.from_numpy(drawn)] for one in everybody]
        weights = torch.from_numpy(read_weights(request.weights, program.dimension))
        where = dense_layers(program)
        shown, labels = inputs[where.inputs].numpy(), inputs[where.target].numpy()
        self._require_small(program.dimension, request, shown.size + labels.size)
        if request.clip:
            if request.steps > 1:
                raise Refused(diagnose("FW204", "A lesson of several local steps clips nobody."))
            update = noisy_mean(program, weights, inputs, request.clip, request.noise)
        else:
            update = summed_gradients(program, weights, inputs, request.steps, request.rate)
        return release.taught(update.numpy(), shown, labels)

    def _require_small(self, dimension: int, request: messages.Lesson, shown: int) -> None:
        """Refuse what takes longer than a request may, or fills more than one reply."""
        seconds = dimension * request.batch * request.steps / _A_SECOND
        if seconds > self.policy.deadline_seconds:
            most = f"{self.policy.deadline_seconds:g} is the most here"
            message = f"This lesson takes some {seconds:,.0f} seconds; {most}."
            raise Refused(diagnose("FP107", message, fix="fewer steps, persons or neurons"))
        if 4 * (dimension + shown) > FRAME_LIMIT - _BESIDE:
            message = f"This lesson has {dimension + shown:,} numbers, which no reply can hold."
            raise Refused(diagnose("FP107", message, fix="fewer persons or neurons"))

    def _exhibit(self, request: messages.Lesson) -> tuple[Program, list[Tensor]]:
        import torch

        from fedlab_kernel.models.dense import classifier

        if request.exhibit not in titles():
            raise Refused(diagnose("FW204", f"There is no exhibit {request.exhibit!r:.60}."))
        shown = built_in(request.exhibit)
        weights = (shown.inputs.shape[1] + 1 + shown.classes) * request.neurons + shown.classes
        if weights > self.policy.max_weights:
            most = f"{self.policy.max_weights:,} is the most here"
            raise Refused(diagnose("FP107", f"This network has {weights:,} weights; {most}.", fix="fewer neurons"))
        program = classifier(shown.inputs.shape[1], request.neurons, shown.classes)
        return program, [torch.from_numpy(shown.inputs), torch.from_numpy(shown.labels.astype(np.float32))]

    def _table(self, aggregate: Aggregate) -> tuple[Program, list[Tensor]]:
        import torch

        from fedlab_kernel.models.dense import dense_layers

        table = aggregate.cohort.table
        if table.name not in self._shipped:
            raise Refused(diagnose("FP111", f"The table {table.name} holds rows that did not come with fedlab."))
        try:
            dense_layers(program_of(aggregate))
        except ValueError as fault:  # its words are about the text
            raise Refused(diagnose("FW204", f"A lesson cannot be given on this model: {fault}.")) from None
        require_trainable(aggregate, self._rows[table.name], self._secret)
        prepared = prepare(aggregate, self._rows[table.name], self._secret, table.size)
        member = torch.from_numpy(prepared.member)
        return prepared.program, [one[member] for one in prepared.inputs]


def _ships(described: TableSource) -> bool:
    return ships({source.file.name: source.file.read_bytes() for source in described.sources})
