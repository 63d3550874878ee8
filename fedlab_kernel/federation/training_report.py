"""What is told of a training: how it stands after each round, and what it left at the end; all of it is public."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import Diagnostic, Refused, diagnose
from ..language.bill import Released
from ..language.learned import Model
from ..privacy.accounting import Price
from ..privacy.numerals import spent
from ..wire.messages import ReleaseRequest
from .naming import listed
from .result import Receipt
from .transport import Failure

OnRound = Callable[["RoundReport"], None]


@dataclass(frozen=True, slots=True)
class RoundReport:
    """How a training stands after a round; all of it is public.

    Attributes:
        name: that the cell gives the model.
        number, rounds: how many rounds are done, and how many there are to be.
        answered: the hospitals whose updates went into this round.
        failures: why others did not, by hospital.
        epsilon: what is charged for the rounds so far, at the hospital that charges most.
        price: of all rounds.
        replayed: whether the round came from the journal.
    """

    name: str
    number: int
    rounds: int
    answered: tuple[str, ...]
    failures: Mapping[str, str]
    epsilon: float
    price: float
    replayed: bool


@dataclass(frozen=True, slots=True, eq=False)
class FirstRound:
    """What whoever sees the messages has of a training's first round.

    Attributes:
        release: as the interpreter met it.
        request: its slice, as hospitals get it.
        weights: that they got, shape (D,).
        updates: the released gradient of each hospital that answered, of the mean over the persons expected in a step,
            shape (D,); of several steps their gradients' sum.
    """

    release: Released
    request: ReleaseRequest
    weights: npt.NDArray[np.float32]
    updates: Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left.

    Attributes:
        model: trained as far as it went.
        persons: that were trained on, by what the hospitals of the roster declared or released.
        roster: the hospitals that took part in every round.
        receipts: of each hospital's last round.
        failures: why others did not.
        charged: what was charged now.
        notes: what the researcher should know, such as that it was interrupted.
        interrupted: whether it was just now; what comes after it is not wanted then.
        first: what its first round showed.
    """

    model: Model
    persons: int
    roster: tuple[str, ...]
    receipts: tuple[Receipt, ...]
    failures: Mapping[str, str]
    charged: Mapping[str, Price]
    notes: tuple[Diagnostic, ...]
    interrupted: bool
    first: FirstRound


def ended_early(release: Released, why: str, done: int, rounds: int, charged: str) -> Diagnostic:
    """That a model is of fewer rounds than were asked for.

    Args:
        release: the training.
        why: the beginning of the sentence.
        done: so many rounds.
        rounds: that were asked for.
        charged: a sentence about the price.
    """
    name = release.name or "the model"
    message = f"{why} after {done} of {rounds} rounds: `{name}` is the model so far. {charged}"
    fix = f"to go on, train again with `start={release.name or 'model'}`"
    return diagnose("FF409", message, release.span, fix, severity="warning")


def charged_early(charged: float, reserved: float) -> str:
    """What a training that ended early cost, just now."""
    return f"Charged for them: epsilon {spent(charged)} of the {spent(reserved)} reserved; the rest is free again."


def nobody(release: Released, whys: Iterable[str]) -> Diagnostic:
    """That no hospital was there for the first round."""
    return diagnose("FF401", f"No hospital answered: {listed(whys, ' ')}", release.span)


def interrupted_at_once(release: Released) -> Diagnostic:
    """That there is no model, as the first round was not done."""
    return diagnose("FF406", "You interrupted the training before its first round was done.", release.span)


def dropped_out(done: int, rounds: int, reply: Failure | Refused) -> str:
    """Why a hospital's updates are missing from some round on."""
    if isinstance(reply, Refused):
        why = reply.diagnostics[0].message
    else:
        why = reply.diagnostic.message + (" A later reply is not used." if reply.kind == "late" else "")
    return f"dropped out after {done} of {rounds} rounds: {why}"
