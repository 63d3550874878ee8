"""What is told of a training: how it stands after each round, and what it left at the end; all of it is public."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import Diagnostic
from ..language.learned import Model
from ..privacy.accounting import Price
from .result import Receipt

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


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left.

    Attributes:
        model: trained as far as it went.
        roster: the hospitals that took part in every round.
        receipts: of each hospital's last round.
        failures: why others did not.
        charged: what was charged now.
        notes: what the researcher should know, such as that it was interrupted.
    """

    model: Model
    roster: tuple[str, ...]
    receipts: tuple[Receipt, ...]
    failures: Mapping[str, str]
    charged: Mapping[str, Price]
    notes: tuple[Diagnostic, ...]
