"""Lessons: raw updates, which tell everything, of data that are no secret.

A hospital whose policy says `classroom = true` computes an update as hospitals do that trust whoever asks, and gives it
out as it is. The persons in it must ship with fedlab: exhibits are read from the package itself, and a table's file
must be, byte for byte, one that a built-in data set writes. So a real patient's row never gets here, whatever a
policy says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from fedlab_kernel.datasets import ships
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.exhibits import built_in, order, titles
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.policy.policy import Policy
from fedlab_kernel.wire import messages
from fedlab_kernel.wire.updates import read_weights

from . import release
from .catalogue import TableSource
from .data import Rows
from .trainable import program_of
from .training import prepare

if TYPE_CHECKING:
    from torch import Tensor

    from fedlab_kernel.models.program import Program


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
            Refused: FP111 for a table that did not come with fedlab; FP107 for a network that is too large; FW204 for
                an exhibit that there is not, too many persons, or weights that do not fit.
        """
        import torch

        from fedlab_kernel.models.dense import dense_layers
        from fedlab_kernel.models.raw_update import noisy_mean, summed_gradients

        torch.set_num_threads(1)
        program, everybody = self._exhibit(request) if aggregate is None else self._table(aggregate)
        persons = len(everybody[0])
        drawn = order(persons, request.draw)[request.first :][: request.batch]
        if len(drawn) < request.batch:
            message = f"A batch of {request.batch} from {request.first} on was asked for of {persons} persons."
            raise Refused(diagnose("FW204", message))
        inputs = [one[torch.from_numpy(drawn)] for one in everybody]
        weights = torch.from_numpy(read_weights(request.weights, program.dimension))
        if request.clip:
            if request.steps > 1:
                raise Refused(diagnose("FW204", "A lesson of several local steps clips nobody."))
            update = noisy_mean(program, weights, inputs, request.clip, request.noise)
        else:
            update = summed_gradients(program, weights, inputs, request.steps, request.rate)
        where = dense_layers(program)
        return release.taught(update.numpy(), inputs[where.inputs].numpy(), inputs[where.target].numpy())

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
        prepared = prepare(aggregate, self._rows[table.name], self._secret, table.size)
        member = torch.from_numpy(prepared.member)
        return prepared.program, [one[member] for one in prepared.inputs]


def _ships(described: TableSource) -> bool:
    return ships({source.file.name: source.file.read_bytes() for source in described.sources})
