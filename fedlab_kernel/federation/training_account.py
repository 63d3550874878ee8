"""What a training leaves at hospitals: how many of their rounds went into it, their receipts, and what they charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import Diagnostic, diagnose
from ..language.bill import Released
from ..privacy.accounting import Price
from ..privacy.numerals import spent
from .journal import KeptRound
from .naming import listed
from .result import Receipt


@dataclass(slots=True)
class TrainingAccount:
    """The account of one training so far.

    Attributes:
        rounds: of each hospital, how many went into the model.
    """

    rounds: dict[str, int] = field(default_factory=dict)
    _last: dict[str, KeptRound] = field(default_factory=dict)
    _spent: dict[str, Price] = field(default_factory=dict)
    _before: dict[str, Price] = field(default_factory=dict)

    def add(self, answers: Mapping[str, KeptRound]) -> None:
        """Count a round."""
        for name, one in answers.items():
            self.rounds[name] = self.rounds.get(name, 0) + 1
            self._last[name] = one
            self._spent[name] = one.price

    def settle(self, hospital: str, price: Price) -> None:
        """A hospital's own word for what the rounds that began there cost."""
        self._spent[hospital] = price

    def paid(self, hospital: str, price: Price) -> None:
        """So much had been charged there before."""
        self._before[hospital] = price

    @property
    def epsilon(self) -> float:
        """What is charged for the rounds so far, at the hospital that charges most."""
        return max((price.epsilon for price in self._spent.values()), default=0.0)

    @property
    def charged(self) -> dict[str, Price]:
        """What was charged now, by hospital; nothing where that is nothing."""
        now = {name: _less(price, self._before.get(name, Price())) for name, price in self._spent.items()}
        return {name: price for name, price in now.items() if price != Price()}

    def receipts(self, release: Released, *, replayed: bool) -> tuple[Receipt, ...]:
        """Of each hospital's last round."""
        charged = self.charged
        return tuple(
            Receipt(
                release.name, release.span.line, name, charged.get(name, Price()).epsilon, one.receipt.position,
                one.receipt.size, replayed,
            )
            for name, one in self._last.items()
        )  # fmt: skip

    def note(self) -> list[Diagnostic]:
        """What to tell beside a refusal, where anything was charged."""
        said = listed(f"{name} epsilon {spent(price.epsilon)}" for name, price in self.charged.items())
        message = f"Charged for the rounds that began: {said}. They are not charged again."
        return [diagnose("FF408", message, severity="note")] if said else []


def _less(now: Price, before: Price) -> Price:
    return Price(
        max(0.0, now.epsilon - before.epsilon), max(0.0, now.delta - before.delta), max(0.0, now.renyi - before.renyi)
    )
