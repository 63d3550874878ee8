"""What the journal has of a cell's releases: their requests, the keys these are kept under, and whether that is all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import Refused, diagnose
from ..language.bill import Released, ReleaseKey
from ..language.scan import MAX_BYTES
from ..language.slices import write
from ..language.training import Training, public_identity
from ..privacy.quote import epsilon_of
from ..wire import messages
from .journal import Journal, Kept
from .pricing import Published


@dataclass(frozen=True, slots=True)
class Replay:
    """The journal as a cell sees it.

    Attributes:
        journal: the researcher's.
        offer: the hospitals to ask, and what they publish.
        draw: the draw number.
    """

    journal: Journal
    offer: Published
    draw: int

    def request(self, release: Released) -> messages.ReleaseRequest:
        """A release whose key is known, as hospitals are asked for it.

        Raises:
            Refused: FQ301 where that is too long a text.
        """
        assert release.key is not None
        written = write(release.aggregate.node, epsilon_of(release, self.offer.terms))
        if len(written.text) > MAX_BYTES:
            message = "Worked out, this release is more text than a hospital reads: loops are unrolled in it."
            raise Refused(diagnose("FQ301", message, release.span, "use shorter loops, or vectors instead"))
        attachments = tuple(messages.Attachment(name, data) for name, data in written.attachments.items())
        public = public_identity(release.aggregate.statistic) or ""
        return messages.ReleaseRequest(written.text, attachments, release.key.occurrence, self.draw, public)

    def key(self, request: messages.ReleaseRequest) -> str:
        """What the journal keeps a release under."""
        return self.journal.answer_key(request, self.offer.terms.delta, tuple(self.offer.hospitals))

    def answers(self, release: Released, request: messages.ReleaseRequest) -> dict[str, Kept] | None:
        """The kept answers to a release that is no training; None where a hospital of that roster has new data."""
        kept = self.journal.answers(self.key(request))
        if kept is None or not self._is_current(release, {name: one.snapshot for name, one in kept.items()}):
            return None
        return kept

    def complete(self, releases: Iterable[Released]) -> frozenset[ReleaseKey]:
        """The keys of those that the journal has all of, as far as keys are known before running."""
        held = set()
        for release in releases:
            with contextlib.suppress(Refused):  # too long for any hospital, so nobody answered it
                if release.key is not None and self.is_complete(release):
                    held.add(release.key)
        return frozenset(held)

    def is_complete(self, release: Released) -> bool:
        """Whether the journal has all of a release's answer, so that it costs nothing; raises as `request`."""
        key, statistic = self.key(self.request(release)), release.aggregate.statistic
        snapshots = self.journal.snapshots(key)
        if snapshots is None or not self._is_current(release, snapshots):
            return False
        if not isinstance(statistic, Training) or self.journal.ended(key) is not None:
            return True
        return self.journal.round_count(key) == statistic.rounds

    def _is_current(self, release: Released, snapshots: Mapping[str, str]) -> bool:
        """Whether no hospital that answered has other data now; one that is not there is taken at its word."""
        table, hospitals = release.aggregate.cohort.table.name, self.offer.hospitals
        return all(
            name in hospitals and (hospitals[name].state != "ready" or hospitals[name].snapshots.get(table) == snapshot)
            for name, snapshot in snapshots.items()
        )
