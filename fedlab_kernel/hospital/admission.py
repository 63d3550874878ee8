"""Admission: a stranger's request read, checked, priced and judged again; nothing of the client's view is believed."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import Refused, diagnose
from ..language.attachments import unpack
from ..language.catalogue import Catalogue
from ..language.slices import Reading, read
from ..policy.judge import Question, judge, weights_of
from ..policy.policy import Policy
from ..privacy.accounting import Price, price
from ..privacy.events import Event
from ..privacy.noise_for import event_for
from ..wire.identity import release_identity
from ..wire.messages import ReleaseRequest
from .release import MECHANISM

_KEPT = 4


class Readings:
    """What this hospital made of the last few slices: the rounds of a training all bring the same text.

    Args:
        catalogue: the hospital's own tables.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], Reading] = OrderedDict()

    def read(self, request: ReleaseRequest) -> Reading:
        """The slice of a request, checked against the catalogue.

        Raises:
            Refused: with every finding of the checker, FW204 for attachments that are not what they say.
        """
        names = tuple(attachment.hash for attachment in request.attachments)
        if len(set(names)) < len(names):
            raise Refused(diagnose("FW204", "An attachment is given twice."))
        attachments = {given.hash: unpack(given.hash, given.data) for given in request.attachments}
        reading = self._kept.pop((request.text, names), None)
        if reading is None:
            reading = read(request.text, self._catalogue, attachments)
        self._kept[request.text, names] = reading
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return reading


@dataclass(frozen=True, slots=True)
class Admitted:
    """A release that the policy allows; whether the budget does is the ledger's to say.

    Attributes:
        identity: see `wire.identity.release_identity`.
        reading: what is asked.
        event: the noise it gets.
        delta: the delta of a Gaussian release.
        population: whose budget it is charged to.
    """

    identity: str
    reading: Reading
    event: Event
    delta: float
    population: str

    def price(self, order: float) -> Price:
        """What it costs, with the Rényi value at this order."""
        return price(self.event, self.delta, order)


def admit(
    request: ReleaseRequest,
    *,
    researcher: str,
    delta: float,
    size: int,
    readings: Readings,
    policy: Policy,
    snapshots: Mapping[str, str],
) -> Admitted:
    """The release as this hospital understands it.

    Args:
        request: as received.
        researcher: who signed it.
        delta: what the request asks the noise to be calibrated with.
        size: bytes of the whole request.
        readings: the hospital's own reader of slices.
        policy: the hospital's own rules.
        snapshots: the hospital's names for the present states of its tables.

    Raises:
        Refused: with every finding of the checker, or of the policy.
    """
    reading = readings.read(request)
    statistic, table = reading.aggregate.statistic, reading.aggregate.cohort.table
    question = Question(
        researcher, size, reading.tables, reading.columns, reading.primitives, reading.epsilon, delta,
        weights_of(statistic),
    )  # fmt: skip
    findings = judge(policy, question)
    if findings:
        raise Refused(*findings)
    event = event_for(statistic, reading.epsilon, delta)
    identity = release_identity(
        researcher,
        request.text,
        [attachment.hash for attachment in request.attachments],
        request.occurrence,
        request.draw,
        snapshots[table.name],
        MECHANISM,
        delta,
        request.public,
    )
    return Admitted(identity, reading, event, delta, table.population)


def admission_record(
    admitted: Admitted, request: ReleaseRequest, researcher: str, cell: str
) -> dict[str, str | int | float]:
    """What the log keeps of an admission; the cell is the client's word for what the slice came from."""
    return {
        "researcher": researcher,
        "slice": request.text,
        "attachments": json.dumps(sorted(given.hash for given in request.attachments)),
        "occurrence": request.occurrence,
        "draw": request.draw,
        "public": request.public,
        "mechanism": MECHANISM,
        "event": repr(admitted.event),
        "cell_unverified": cell,
    }
