from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.audit.log import Log
from fedlab_kernel.audit.verify import verify_database, verify_receipt
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.ledger import Ledger, Reservation, Stored
from fedlab_kernel.hospital.lineage import Lineage
from fedlab_kernel.hospital.statement import EVERYONE, LedgerEntry, balances, entries
from fedlab_kernel.hospital.store import Store, look_into
from fedlab_kernel.privacy.accounting import Budget, Price

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "hospital.example/heart/one"
POPULATION = "patients"


told: list[tuple[Price, Price, Budget, bool]] = []
"""What the ledger said about the requests it refused, for wording the refusal."""


def refuse(asked: Price, before: Price, budget: Budget, everyone: bool) -> Refused:
    """A refusal without words; the arguments are kept in `told`."""
    told.append((asked, before, budget, everyone))
    return Refused(diagnose("FP106", "over budget"))


@contextmanager
def hospital(folder: Path) -> Iterator[tuple[Ledger, Store]]:
    """The ledger of a hospital that is stopped in peace at the end."""
    with Store(folder) as store:
        yield Ledger(store, Log(store.connection, ORIGIN, KEY), refuse), store


def cost(epsilon: float, delta: float = 0.0) -> Callable[[float], Price]:
    """A price whose Rényi value tells the order it was asked at, and is far beyond what the cap allows."""
    return lambda order: Price(epsilon, delta, 1e6 * order)


def caps(mine: float, everyone: float | None = None) -> tuple[Budget, Budget]:
    """Budgets of which only the basic account is ever inside, with these epsilons."""
    return Budget(mine, 1e-6), Budget(2 * mine if everyone is None else everyone, 1e-6)


def ask(
    ledger: Ledger,
    identity: str,
    epsilon: float = 0.25,
    *,
    researcher: str = "ada",
    budgets: tuple[Budget, Budget] = caps(1.0),
    lineage: Lineage = (),
    population: str = POPULATION,
) -> Reservation | Stored:
    """Reserve one release."""
    return ledger.reserve(identity, researcher, population, lineage, cost(epsilon), budgets, {"text": "count"})


def code(refusal: pytest.ExceptionInfo[Refused]) -> str:
    """What it was refused for."""
    return refusal.value.diagnostics[0].code


def kinds(folder: Path) -> dict[str, int]:
    """How many leaves of each kind the log has, after it was verified."""
    return verify_database(folder / "state" / "hospital.sqlite", KEY.public_key()).kinds


def test_charge_and_reply(tmp_path: Path) -> None:
    """A release is charged once, stored once, logged twice, and then is free for ever with the same bytes."""
    with hospital(tmp_path) as (ledger, _):
        assert ledger.find("a") is None
        reservation = ask(ledger, "a")
        assert isinstance(reservation, Reservation)
        assert reservation.charged_now
        assert ledger.find("a") == Reservation("a", reservation.price, reservation.position, charged_now=False)
        stored = ledger.store("a", b"\x00answer", {"bytes": 7})
        assert stored == Stored(b"\x00answer", reservation.position + 1)
        assert ask(ledger, "a") == stored == ledger.find("a")
        receipt = ledger.receipt(stored.position)
        verify_receipt(receipt, KEY.public_key())
        assert receipt.record == b'{"bytes":7,"identity":"a","kind":"release"}'
        assert b'"epsilon":0.25' in ledger.receipt(reservation.position).record
    with hospital(tmp_path) as (ledger, _):
        assert ask(ledger, "a", budgets=caps(0.01)) == stored
        [(_, _, total)] = ledger.balances("ada")
        assert total.epsilon == 0.25
    assert kinds(tmp_path) == {"admission": 1, "release": 1}


def test_caller_cannot_rewrite_the_leaf(tmp_path: Path) -> None:
    """What the ledger knows of a charge goes into the log whatever the caller's record says."""
    with hospital(tmp_path) as (ledger, _):
        record = {"kind": "refusal", "epsilon": 0.0, "identity": "other"}
        made = ledger.reserve("a", "ada", POPULATION, (), cost(0.5), caps(1.0), record)
        leaf = ledger.receipt(made.position).record
    assert b'"kind":"admission"' in leaf
    assert b'"epsilon":0.5' in leaf
    assert b'"identity":"a"' in leaf


def test_own_budget_refuses(tmp_path: Path) -> None:
    """What a researcher asks beyond their budget is refused, charges and logs nothing, and says what fits."""
    with hospital(tmp_path) as (ledger, _):
        ask(ledger, "a", 0.75)
        with pytest.raises(Refused, match="FP106"):
            ask(ledger, "b", 0.5)
        asked, before, budget, everyone = told[-1]
        assert (asked.epsilon, before.epsilon, budget.epsilon, everyone) == (0.5, 0.75, 1.0, False)
        assert ledger.find("b") is None
        assert isinstance(ask(ledger, "c", 0.25), Reservation)
        assert ledger.log_refusal({"code": "FP106"}) == 2
    assert kinds(tmp_path) == {"admission": 2, "refusal": 1}


def test_everyone_s_budget_refuses(tmp_path: Path) -> None:
    """Researchers who might collude cannot together spend more than the budget over all of them."""
    with hospital(tmp_path) as (ledger, _):
        for researcher in ("ada", "bob"):
            ask(ledger, researcher, 0.75, researcher=researcher, budgets=caps(1.0, 1.5))
        with pytest.raises(Refused, match="FP106"):
            ask(ledger, "c", 0.25, researcher="eve", budgets=caps(1.0, 1.5))
        _, before, budget, everyone = told[-1]
        assert (before.epsilon, budget.epsilon, everyone) == (1.5, 1.5, True)
        assert ledger.balances("eve") == []
        [(_, _, total)] = ledger.balances(EVERYONE)
        assert total.epsilon == 1.5


def test_populations_are_apart(tmp_path: Path) -> None:
    """Each population has its own budgets."""
    with hospital(tmp_path) as (ledger, _):
        ask(ledger, "a", 1.0)
        assert isinstance(ask(ledger, "b", 1.0, population="newborns"), Reservation)
        assert [(name, total.epsilon) for name, _, total in ledger.balances("ada")] == [
            ("newborns", 1.0),
            (POPULATION, 1.0),
        ]


def test_renyi_account_admits(tmp_path: Path) -> None:
    """What is outside the basic account is admitted while the Rényi account at its order is inside."""
    budget = Budget(1.0, 1e-6)
    budgets = (budget, Budget(4.0, 1e-6, order=budget.order))
    with hospital(tmp_path) as (ledger, _):

        def reserve(identity: str, renyi: float) -> Reservation | Stored:
            return ledger.reserve(identity, "ada", POPULATION, (), lambda _: Price(0.75, 0.0, renyi), budgets, {})

        reserve("a", budget.renyi_cap / 2)
        reserve("b", budget.renyi_cap / 2)
        with pytest.raises(Refused, match="FP106"):
            reserve("c", budget.renyi_cap / 1000)


def test_order_is_kept(tmp_path: Path) -> None:
    """A changed policy moves the caps and not the Rényi order, which earlier charges refer to."""
    first, later = caps(1.0, 2.0), caps(4.0, 8.0)
    assert first[0].order != first[1].order != later[1].order
    with hospital(tmp_path) as (ledger, _):
        ask(ledger, "a", budgets=first)
        reservation = ask(ledger, "b", 3.0, budgets=later)
        assert isinstance(reservation, Reservation)
        assert reservation.price.renyi == 1e6 * first[0].order
        [(_, mine, total)] = ledger.balances("ada")
        assert (mine.epsilon, mine.order) == (4.0, first[0].order)
        assert total.renyi >= 2e6 * first[0].order
        [(_, everyone, total)] = ledger.balances(EVERYONE)
        assert (everyone.epsilon, everyone.order) == (8.0, first[1].order)
        assert total.renyi == pytest.approx(2e6 * first[1].order)
        with pytest.raises(Refused, match="FP106"):
            ask(ledger, "c", budgets=caps(0.5))


def test_unfinished_reservation_is_free(tmp_path: Path) -> None:
    """A charge without a reply is not made again, and covers only the very request it was made for."""
    with hospital(tmp_path) as (ledger, _):
        first = ask(ledger, "a", 1.0)
        again = ask(ledger, "a", 1.0)
        assert again == Reservation("a", first.price, first.position, charged_now=False)
        for other in ({"epsilon": 0.5}, {"researcher": "bob"}, {"lineage": (("s", 0),)}, {"population": "x"}):
            with pytest.raises(ValueError, match="another"):
                ask(ledger, "a", **({"epsilon": 1.0} | other))
        assert len(ledger.entries()) == 1
    assert kinds(tmp_path) == {"admission": 1}


def test_first_reply_wins(tmp_path: Path) -> None:
    """Two attempts under one charge yield one reply: a second would be new noise for nothing."""
    with hospital(tmp_path) as (ledger, _):
        ask(ledger, "a")
        ask(ledger, "a")
        first = ledger.store("a", b"one", {})
        assert ledger.store("a", b"two", {}) == first
        assert ask(ledger, "a") == first
    assert kinds(tmp_path) == {"admission": 1, "release": 1}


def test_nothing_is_stored_unreserved(tmp_path: Path) -> None:
    """A reply that was never charged is not stored, and nobody can pose as everyone."""
    with hospital(tmp_path) as (ledger, _):
        with pytest.raises(ValueError, match="nothing is reserved"):
            ledger.store("a", b"answer", {})
        with pytest.raises(ValueError, match="called"):
            ask(ledger, "a", researcher=EVERYONE)


def test_price_that_is_not_finite(tmp_path: Path) -> None:
    """A price that says nothing is never charged as nothing."""
    with hospital(tmp_path) as (ledger, _):
        with pytest.raises(ValueError, match="price"):
            ask(ledger, "a", float("nan"))
        with pytest.raises(Refused, match="FP106"):
            ask(ledger, "a", float("inf"))
        assert ledger.entries() == []


def test_split_budget(tmp_path: Path) -> None:
    """The two parts of a split share a charge in both accounts, and their sum still stops at the budget."""
    train, test = (("s", 0),), (("s", 1),)
    with hospital(tmp_path) as (ledger, _):
        ask(ledger, "a", 0.75, lineage=train)
        ask(ledger, "b", 0.75, lineage=test)
        [(_, _, total)] = ledger.balances("ada")
        assert total.epsilon == 0.75
        with pytest.raises(Refused, match="FP106"):
            ask(ledger, "c", 0.5, lineage=test)
        ask(ledger, "d", 0.25)
        with pytest.raises(Refused, match="FP106"):
            ask(ledger, "e", 0.25, lineage=train)
        assert ledger.entries()[0].lineage == train


def test_reading_from_outside(tmp_path: Path) -> None:
    """The ledger can be read while the hospital runs and after it stopped, and not be written."""

    def read() -> tuple[list[LedgerEntry], float]:
        with look_into(tmp_path) as connection:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                connection.execute("DELETE FROM charge")
            return entries(connection), balances(connection, "ada")[0][2].epsilon

    with hospital(tmp_path) as (ledger, _):
        ask(ledger, "a")
        made = ledger.entries()
        assert read() == (made, 0.25)
        assert [entry.release for entry in made] == [None]
        ledger.store("a", b"answer", {})
        made = ledger.entries()
        assert [(entry.admission, entry.release) for entry in made] == [(0, 1)]
    assert read() == (made, 0.25)


def test_sixteen_threads(tmp_path: Path) -> None:
    """Of sixteen clients that ask at once, exactly as many are admitted as the budget holds."""
    fits, outcomes, start = 20, [], threading.Barrier(16)
    with hospital(tmp_path) as (ledger, _):

        def client(number: int) -> None:
            start.wait()
            for request in range(4):
                try:
                    ask(ledger, f"{number}-{request}", researcher=f"r{number}", budgets=caps(1.0, fits / 4))
                    ledger.store(f"{number}-{request}", b"answer", {})
                    outcomes.append("admitted")
                except Refused:
                    ledger.log_refusal({"number": number})
                    outcomes.append("refused")

        threads = [threading.Thread(target=client, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Counter(outcomes) == {"admitted": fits, "refused": 64 - fits}
        [(_, _, total)] = ledger.balances(EVERYONE)
        assert total.epsilon == fits / 4
        assert len(ledger.entries()) == fits
    assert kinds(tmp_path) == {"admission": fits, "release": fits, "refusal": 64 - fits}


def test_same_question_from_sixteen_threads(tmp_path: Path) -> None:
    """One identity asked by sixteen threads at once is charged once and has one reply."""
    replies, start = [], threading.Barrier(16)
    with hospital(tmp_path) as (ledger, _):

        def client(number: int) -> None:
            start.wait()
            known = ask(ledger, "a")
            if isinstance(known, Reservation):
                known = ledger.store("a", f"noise {number}".encode(), {})
            replies.append(known)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(replies) == 16
        assert len(set(replies)) == 1
    assert kinds(tmp_path) == {"admission": 1, "release": 1}
