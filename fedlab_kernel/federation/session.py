"""A federation as a researcher uses it: hospitals, one catalogue, names remembered across cells, and running cells."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import Diagnostic, Refused, diagnose
from ..language.bill import ReleaseKey
from ..language.catalogue import Catalogue
from ..language.values import Value
from ..wire.keys import load_or_create_key
from ..wire.messages import Taught
from ..wire.signing import Signer
from . import places, proofs
from .aggregation import Aggregation, PlainSum
from .contact import HELLO_SECONDS, STOPPED_SECONDS, Contact, HospitalInfo, LessonInput
from .harmonise import harmonise
from .journal import Journal
from .outcome import cell_result
from .pricing import Priced, Published, chosen, priced, published
from .processes import HospitalState, LocalHospitals
from .replay import Replay
from .result import CellResult
from .run import Run
from .training import OnRound
from .training_report import FirstRound
from .transport import SocketTransport, Transport
from .turns import Turns


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What the researcher could verify of one hospital's log."""

    hospital: str
    size: int
    verified: bool
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What the hospitals said last, and what they publish together by who is asked; replaced as a whole."""

    hospitals: Mapping[str, HospitalInfo]
    catalogue: Catalogue
    notes: Sequence[Diagnostic]
    offers: dict[frozenset[str], Published] = field(default_factory=dict)


class Federation:
    """Hospitals that answer one researcher; its methods may be called from several threads.

    Args:
        contact: how they are reached.
        journal: the researcher's journal.
        names: the hospitals.
        processes: the processes to stop at the end, where this federation started them.
        aggregation: how their answers are added up.
    """

    def __init__(
        self,
        contact: Contact,
        journal: Journal,
        names: Sequence[str],
        researcher: str,
        processes: LocalHospitals | None = None,
        aggregation: Aggregation | None = None,
    ) -> None:
        self.researcher = researcher
        self._contact, self._journal, self._names = contact, journal, tuple(names)
        self._processes = processes
        self._aggregation = aggregation or PlainSum()
        self._session: Mapping[str, Value] = {}
        self._first_round: FirstRound | None = None
        self._cells = Turns()
        self._greetings, self._newest, self._turn = itertools.count(1), 0, threading.Lock()
        self._seen = _Seen({}, {}, ())
        self.refresh()

    @classmethod
    def start(
        cls, data: str | Path, state: Path | None = None, *, hospitals: int | None = None, new: bool = False
    ) -> Federation:
        """Start the hospitals of a data set as processes of their own, and connect to them.

        Args:
            data: a built-in name, a folder of hospital folders, or a folder with UCI's heart-disease files.
            state: where the researcher's key and journal are kept; by default the user's own data folder.
            hospitals: how many, for built-in data.
            new: forget an earlier demonstration with these data, ledgers included; never for hospital folders.

        Raises:
            Refused: FU501, FU502 or FU507 for the data; FF401 where no hospital can start.
        """
        state = state or places.default_state()
        if new:
            places.forget(data, state, hospitals)
        folders = places.folders_for(data, state, hospitals)
        place = places.place_of(folders[0], state)
        processes = LocalHospitals(folders)
        processes.start()
        try:
            transport = SocketTransport(processes.sockets)
            federation = cls.connect(transport, list(processes.sockets), state, place=place, processes=processes)
            for name, info in federation.hospitals.items():
                if info.state == "died" and not processes.states[name].own:  # it ended just when it was found
                    federation.restart(name)
            return federation
        except BaseException:
            processes.stop()
            raise

    @classmethod
    def connect(
        cls,
        transport: Transport,
        names: Sequence[str],
        state: Path,
        *,
        place: str = "",
        processes: LocalHospitals | None = None,
    ) -> Federation:
        """Connect to hospitals that run already.

        Args:
            transport: how they are reached.
            names: the hospitals.
            state: where the researcher's key and journal are kept.
            place: tells these hospitals from others of the same names that the researcher knows.
            processes: the processes to stop at the end, where they were started for this federation.
        """
        signer = Signer(load_or_create_key(state / places.KEY))
        journal = Journal(state / places.JOURNAL, place)
        return cls(Contact(transport, signer, journal), journal, names, signer.researcher, processes)

    def __enter__(self) -> Self:
        """The federation itself; it is closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the federation."""
        self.close()

    def close(self) -> None:
        """Stop the hospitals that were started here, and close the journal."""
        if self._processes is not None:
            self._processes.stop()
        self._journal.close()

    # What is there ---------------------------------------------------------------------------------

    def refresh(self, patience: float = HELLO_SECONDS) -> None:
        """Ask every hospital what it has now, and verify that its log continues the one seen before.

        Nothing is charged for it, nor written into a log. Of several that ask at once, who
        began last is believed.

        Args:
            patience: seconds after which a hospital counts as one that does not answer.
        """
        number = next(self._greetings)
        said = self._contact.hello(self._names, patience)
        with self._turn:
            if number < self._newest:
                return
            self._newest = number
            if self._processes is not None:
                self._processes.answered(name for name, info in said.items() if info.state == "ready")
            before = self._seen.hospitals
            hospitals = {name: _with_last_facts(info, before.get(name)) for name, info in self._explained(said).items()}
            if hospitals != self._seen.hospitals:  # else all that was made of them still holds
                ready = {name: info.tables for name, info in hospitals.items() if info.state == "ready"}
                self._seen = _Seen(hospitals, *(harmonise(ready) if ready else ({}, ())))

    @property
    def hospitals(self) -> Mapping[str, HospitalInfo]:
        """The hospitals, as they were when they were last asked."""
        return self._seen.hospitals

    @property
    def catalogue(self) -> Catalogue:
        """The tables that those which are ready share."""
        return self._seen.catalogue

    @property
    def notes(self) -> Sequence[Diagnostic]:
        """What differs between their catalogues."""
        return self._seen.notes

    @property
    def states(self) -> Mapping[str, HospitalState]:
        """How the hospitals' processes are at this moment, as far as that shows here; nobody is asked."""
        return self._processes.states if self._processes is not None else {}

    @property
    def own(self) -> bool:
        """Whether all hospitals are processes of this federation, rather than of another notebook."""
        return self._processes is not None and all(state.own for state in self.states.values())

    def restart(self, name: str) -> HospitalInfo:
        """Start a hospital's process again; see `LocalHospitals.restart`.

        Raises:
            Refused: FU503 for an unknown name, or a hospital that was not started here.
        """
        if self._processes is None:
            raise Refused(diagnose("FU503", f"{name} was not started here; ask its owner to restart it."))
        self._processes.restart(name)
        self.refresh()
        return self.hospitals[name]

    def forget(self) -> None:
        """Forget the names of earlier cells."""
        self._session = {}

    @property
    def names(self) -> Mapping[str, Value]:
        """The names that earlier cells left."""
        return self._session

    @property
    def first_round(self) -> FirstRound | None:
        """What the first round of the last training showed to whoever saw its messages; None before any."""
        return self._first_round

    def audit(self) -> list[AuditLine]:
        """What can be verified of every hospital's log now; heads are compared with those kept from before."""
        lines = []
        for name in self._names:
            info = self._contact.hello([name])[name]
            if info.state == "ready":
                head = proofs.open_head(info.key, info.checkpoint)
                lines.append(AuditLine(name, head.size, True, "signed, and contains every entry seen before"))
            else:
                lines.append(AuditLine(name, 0, False, info.message))
        return lines

    # Cells -----------------------------------------------------------------------------------------

    def offer(self, sites: Sequence[str] | None = None) -> Published:
        """What these hospitals publish together; all of them where none is named.

        Raises:
            Refused: FU503 for an unknown hospital, FF401 where none is ready.
        """
        seen, asked = self._seen, frozenset(sites or ())
        if asked not in seen.offers:
            seen.offers[asked] = published(chosen(seen.hospitals, asked))
        return seen.offers[asked]

    def check(self, text: str, sites: Sequence[str] | None = None, *, cap: float | None = None) -> Priced:
        """Check and price a cell without asking anybody, as the hospitals will; the cap is that of `run`.

        Raises:
            Refused: as `offer`.
        """
        return priced(text, self.offer(sites), self._session, self.researcher, cap)

    def paid(self, cell: Priced, offer: Published, draw: int = 0) -> frozenset[ReleaseKey]:
        """The releases of a checked cell that the journal holds, so that they are free; nobody is asked.

        Args:
            cell: checked, without errors of the language.
            offer: the hospitals that would be asked.
            draw: the draw number.
        """
        return Replay(self._journal, offer, draw).complete(cell.checked.releases)

    def run(
        self,
        text: str,
        *,
        sites: Sequence[str] | None = None,
        cap: float | None = None,
        allowance: Fraction | None = None,
        draw: int = 0,
        progress: Callable[[str], None] | None = None,
        on_round: OnRound | None = None,
        stop: threading.Event | None = None,
    ) -> CellResult:
        """Run a cell and remember its names; one that another thread runs is waited for.

        Args:
            text: the cell.
            sites: the hospitals to ask; all by default.
            cap: the most epsilon that the cell may be quoted; releases without a price share what it leaves.
            allowance: the share of a release of weight 1, where the cap was split over more than this cell.
            draw: another number pays for fresh noise.
            progress: told lines for people, only when something takes longer than two seconds.
            on_round: told after each round of a training how it stands.
            stop: once it is set, by whatever thread, the cell ends as if the researcher had interrupted it: the
                hospitals are told, FF406 says what was spent, and a training keeps its model so far.

        Raises:
            Refused: located where the fault is in the text; nothing was charged unless a finding says so.
        """
        stop = stop or threading.Event()
        with self._cells.one(progress or (lambda _: None), stop):
            try:
                return self._run(text, sites, cap, allowance, draw, progress, on_round, stop)
            except KeyboardInterrupt:
                if not stop.is_set():
                    raise
                message = "You interrupted the cell before anything was asked for; nothing was charged."
                raise Refused(diagnose("FF406", message)) from None

    def _run(
        self,
        text: str,
        sites: Sequence[str] | None,
        cap: float | None,
        allowance: Fraction | None,
        draw: int,
        progress: Callable[[str], None] | None,
        on_round: OnRound | None,
        stop: threading.Event,
    ) -> CellResult:
        started = time.monotonic()
        offer = self.offer(sites)
        cell = priced(text, offer, self._session, self.researcher, cap, allowance)
        if not cell.ok or cell.quote is None or cell.checked.source is None:
            raise Refused(*cell.findings)
        run = Run(
            cell.checked.source, offer, self._session, draw, self._contact.until(stop), self._journal,
            self._aggregation, progress, cell.allowance, on_round=on_round,
        )  # fmt: skip
        run.require_budget(cell.checked.releases)
        try:
            checked = run.finish()
        finally:
            if run.asked:
                self.refresh(STOPPED_SECONDS if stop.is_set() else HELLO_SECONDS)
        self._session = checked.names
        trained = [one.trained.first for one in run.outcomes.values() if one.trained is not None]
        self._first_round = trained[-1] if trained else self._first_round
        return cell_result(text, checked, run, cell, time.monotonic() - started)

    def learn(self, hospital: str, lesson: LessonInput) -> Taught:
        """A raw update of one hospital, which only one for lessons gives.

        Raises:
            Refused: as `Contact.learn`.
        """
        return self._contact.learn(self.hospitals[hospital], lesson)

    def _explained(self, known: dict[str, HospitalInfo]) -> dict[str, HospitalInfo]:
        """The states as the processes know them, where they were started here."""
        states = self.states
        return {
            name: replace(info, state=states[name].status, message=states[name].message or info.message)
            if name in states and info.state != "ready" and states[name].status in ("failed", "died")
            else info
            for name, info in known.items()
        }


def _with_last_facts(info: HospitalInfo, before: HospitalInfo | None) -> HospitalInfo:
    """A hospital that does not answer, with what it published last for people to see; nothing is asked by it."""
    if info.state == "ready" or before is None:
        return info
    return replace(
        info, title=before.title, tables=before.tables, balances=before.balances, key=before.key,
        checkpoint=before.checkpoint,
    )  # fmt: skip
