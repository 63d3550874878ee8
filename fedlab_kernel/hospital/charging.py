"""What reserving a release and reopening a run share: how a price is kept, whose accounts it counts against, the check.

Everything here happens inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fedlab_kernel.errors import Refused
from fedlab_kernel.privacy.accounting import Budget, Price

from .lineage import Lineage, spent
from .statement import EVERYONE

PriceAt = Callable[[float], Price]
"""What a release costs at a Rényi order: the two budgets it is charged to each have their own."""

Refuse = Callable[[Price, Price, Budget, bool], Refused]
"""Words a refusal: (asked, spent so far, the budget it does not fit, whether that is the one of everyone)."""

Accounts = tuple[tuple[str, Budget], tuple[str, Budget]]
"""(holder, budget) of the researcher and of `EVERYONE`, each at the Rényi order its account was opened with."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A reply that is on disk: the only bytes that may be sent for its release, now and ever after.

    Attributes:
        reply: the bytes.
        position: of the release's leaf in the log.
    """

    reply: bytes
    position: int


@dataclass(frozen=True, slots=True)
class Charged:
    """A price as the ledger and the log keep it.

    Attributes:
        epsilon, delta: for the basic accounts; they do not depend on an order.
        renyi: at the order of the researcher's account.
        renyi_everyone: at the order of the account over all researchers.
    """

    epsilon: float = 0.0
    delta: float = 0.0
    renyi: float = 0.0
    renyi_everyone: float = 0.0

    @classmethod
    def at(cls, price: PriceAt, accounts: Accounts) -> Charged:
        """The price, asked at the order of each account."""
        own, everyone = (price(budget.order) for _, budget in accounts)
        return cls(own.epsilon, own.delta, own.renyi, everyone.renyi)

    def to(self, holder: str) -> Price:
        """What counts against the account of `EVERYONE`, or of the researcher."""
        return Price(self.epsilon, self.delta, self.renyi_everyone if holder == EVERYONE else self.renyi)

    def covers(self, other: Charged) -> bool:
        """Whether nothing in the other is larger."""
        return (
            other.epsilon <= self.epsilon
            and other.delta <= self.delta
            and other.renyi <= self.renyi
            and other.renyi_everyone <= self.renyi_everyone
        )


class DoesNotFit(Exception):
    """Undoes the transaction of a request over budget and carries the arguments of `Refuse` out."""

    def __init__(self, asked: Price, before: Price, budget: Budget, everyone: bool) -> None:
        self.facts = (asked, before, budget, everyone)


def check_fits(
    holder: str,
    budget: Budget,
    asked: Price,
    before: Sequence[tuple[Lineage, Price]],
    after: Sequence[tuple[Lineage, Price]],
) -> None:
    """Nothing if what will count against an account is within its budget.

    Args:
        holder: whose account.
        budget: its budget.
        asked: what comes to it, for the words of a refusal.
        before: what counts now.
        after: what will count, in the order in which it will be added up from then on.

    Raises:
        DoesNotFit: if it is not.
    """
    if not budget.admits(spent(after)):
        raise DoesNotFit(asked, spent(before), budget, holder == EVERYONE)


def open_accounts(
    connection: sqlite3.Connection, population: str, researcher: str, today: tuple[Budget, Budget]
) -> Accounts:
    """A researcher's account and everyone's, with the ε and δ of today's policy and the order of their first use."""
    own, everyone = today
    return (
        (researcher, _open_account(connection, population, researcher, own)),
        (EVERYONE, _open_account(connection, population, EVERYONE, everyone)),
    )


def _open_account(connection: sqlite3.Connection, population: str, holder: str, today: Budget) -> Budget:
    known = connection.execute(
        "SELECT terms FROM budget WHERE population = ? AND holder = ?", (population, holder)
    ).fetchone()
    terms = today.to_dict()
    if known is not None:
        terms["order"] = json.loads(known[0])["order"]
    written = json.dumps(terms)
    if known is None or known[0] != written:
        connection.execute(
            "INSERT OR REPLACE INTO budget (population, holder, terms) VALUES (?, ?, ?)",
            (population, holder, written),
        )
    return Budget.from_dict(terms)
