"""What running a cell gives: values with error bars and prices, and who answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import Diagnostic
from ..language.statistics.statistic import HalfWidth
from ..privacy.quote import Quote

Shape = str
"""What kind of value it is: "number", "list", "text", "model", or the kind of a released record ("histogram", …)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One public value of a cell.

    Attributes:
        name: as in the cell; "" for a last bare expression.
        value: plain Python: a number, a list, a string, or a dict of a record's parts; or a `FittedModel`.
        shape: what kind of value it is.
        half_width: of the privacy noise, 95 %; None for a value that was computed from released ones.
        sampling: half-width of noise and sampling together, 95 %, in the value's shape; None where not known.
        used: the noisy number of persons behind it; None where the release does not tell.
        epsilon, delta: what the release cost when it was first asked; 0 for a computed value.
        unit: for people.
        statistic: "count", "mean", …; "" for a computed value.
        line: of the release, from 1; 0 for a computed value.
        sampling_at_most: whether `sampling` is an upper bound, because what was released does not tell the spread.
        main: of a value with parts, the part that the error bars belong to.
    """

    name: str
    value: object
    shape: Shape
    half_width: HalfWidth = None
    sampling: HalfWidth = None
    used: float | None = None
    epsilon: float = 0.0
    delta: float = 0.0
    unit: str = ""
    statistic: str = ""
    line: int = 0
    sampling_at_most: bool = False
    main: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one release left at one hospital.

    Attributes:
        name, line: of the release in the cell.
        hospital: who answered.
        epsilon: charged now; 0 where the answer was stored or replayed.
        position, size: the leaf in the hospital's log, and the log's size then.
        replayed: whether it came from the journal, without asking.
    """

    name: str
    line: int
    hospital: str
    epsilon: float
    position: int
    size: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class CellResult:
    """The outcome of a cell.

    Attributes:
        answers: every public top-level name that the cell set, in order of the text.
        last: the value of a last bare expression, or None.
        absent: names of branches that were not taken, and why they have no value.
        quote: what the cell was quoted.
        epsilon, delta: what its releases cost when they were first asked, at a single hospital.
        charged: what was charged now, at the hospital that was charged most.
        asked, answered: hospitals.
        failures: why a hospital did not answer, by hospital.
        receipts: the proofs, one a release and hospital; all were verified.
        notes: what was remarked on the text, such as a release that is not kept.
        cell: the text.
        draw: the draw number.
        seconds: how long it took.
        interrupted: whether the researcher interrupted a training of it, whose model so far is kept.
        unfinished: whether something is not released that the text asks for.
    """

    answers: Mapping[str, Answer]
    last: Answer | None
    absent: Mapping[str, str]
    quote: Quote
    epsilon: float
    delta: float
    charged: float
    asked: tuple[str, ...]
    answered: tuple[str, ...]
    failures: Mapping[str, str]
    receipts: tuple[Receipt, ...]
    cell: str
    notes: tuple[Diagnostic, ...] = ()
    draw: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    unfinished: bool = False
    audit: str = field(default="verified")
