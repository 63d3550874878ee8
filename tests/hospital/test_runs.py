from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from fedlab_kernel.audit.log import Log
from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.ledger import Ledger, Reservation, Stored
from fedlab_kernel.hospital.reconcile import reconcile
from fedlab_kernel.hospital.run_state import Round, Run
from fedlab_kernel.hospital.statement import EVERYONE, Rounds, balances, entries
from fedlab_kernel.hospital.store import Store, look_into
from fedlab_kernel.privacy.accounting import Budget, Price

from .test_ledger import KEY, ORIGIN, POPULATION, ask, caps, code, hospital, kinds, refuse, told

ROUNDS = 4
LASTS = 100.0
"""Seconds until a run expires after its last begun round."""


class Clock:
    """Time that goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Unix time, seconds."""
        return self.now


@contextmanager
def training(folder: Path, clock: Clock | None = None) -> Iterator[Ledger]:
    """A ledger whose time is the test's."""
    with Store(folder) as store:
        yield Ledger(store, Log(store.connection, ORIGIN, KEY), refuse, clock=clock or Clock())


def price_of(begun: int, order: float) -> Price:
    """An eighth for starting and an eighth a round; the Rényi value tells number and order, and is beyond any cap."""
    return Price((begun + 1) / 8, 0.0, 1e6 * begun * order)


def start(ledger: Ledger, identity: str = "run", rounds: int = ROUNDS, *, budgets: tuple[Budget, Budget] = caps(1.0),
          researcher: str = "ada", now: float = 1000.0) -> Reservation | Stored:  # fmt: skip
    """Reserve a run."""
    return ledger.reserve(
        identity,
        researcher,
        POPULATION,
        (),
        lambda order: price_of(rounds, order),
        budgets,
        {},
        Run(rounds, now + LASTS),
    )


def begin(ledger: Ledger, number: int, inputs: str = "", identity: str = "run", *,
          budgets: tuple[Budget, Budget] = caps(1.0), now: float = 1000.0) -> Round | Stored:  # fmt: skip
    """Begin a round, at inputs that its number tells unless said otherwise."""
    return ledger.runs.begin_round(
        identity, number, inputs or f"weights {number}", price_of=price_of, budgets=budgets, expires_at=now + LASTS
    )


def store(ledger: Ledger, number: int, reply: bytes = b"sum", identity: str = "run") -> Stored:
    """Store the reply of a round, with its hash in the log."""
    return ledger.runs.store_round(identity, number, reply, {"reply": sha256(reply).hexdigest()})


def spent(ledger: Ledger, holder: str = "ada") -> float:
    """The epsilon that counts against an account."""
    [(_, _, total)] = ledger.balances(holder)
    return total.epsilon


def rounds(ledger: Ledger) -> Rounds | None:
    """How far the first entry is."""
    return ledger.entries()[0].rounds


def test_a_run_from_admission_to_its_last_reply(tmp_path: Path) -> None:
    """A run is charged once for all rounds, is one entry that says how far it is, and closes with its last reply."""
    with training(tmp_path) as ledger:
        reservation = start(ledger)
        assert isinstance(reservation, Reservation)
        assert (reservation.price.epsilon, reservation.charged_now) == (5 / 8, True)
        assert rounds(ledger) == Rounds(0, ROUNDS, open=True)
        for number in range(ROUNDS):
            permission = begin(ledger, number)
            assert isinstance(permission, Round)
            assert (permission.price.epsilon, permission.begun_now) == ((number + 2) / 8, True)
            assert spent(ledger) == spent(ledger, EVERYONE) == 5 / 8
            stored = store(ledger, number, b"sum %d" % number)
            assert begin(ledger, number) == stored == ledger.runs.find_round("run", number)
        assert rounds(ledger) == Rounds(ROUNDS, ROUNDS, open=False)
        assert spent(ledger) == 5 / 8
        record = ledger.receipt(stored.position).record
        assert b'"inputs":"weights 3"' in record
        assert b'"number":3' in record
    with training(tmp_path) as ledger:
        assert begin(ledger, 0) == Stored(b"sum 0", 2)
        assert not start(ledger).charged_now  # type: ignore[union-attr]
        assert len(ledger.entries()) == 1
    assert kinds(tmp_path) == {"admission": 1, "beginning": ROUNDS, "release": ROUNDS, "settlement": 1}


@pytest.mark.parametrize("stored", [False, True])
def test_other_weights_are_refused(tmp_path: Path, stored: bool) -> None:
    """A round that has begun is computed, and its reply returned, for the inputs it began with and no others."""
    with training(tmp_path) as ledger:
        start(ledger)
        begin(ledger, 0)
        if stored:
            store(ledger, 0)
        before = kinds(tmp_path)
        with pytest.raises(Refused) as refusal:
            begin(ledger, 0, "forged")
        assert code(refusal) == "FH308"
        again = begin(ledger, 0)
        assert isinstance(again, Stored) if stored else again.begun_now is False  # type: ignore[union-attr]
    assert kinds(tmp_path) == before


@pytest.mark.parametrize("number", [-1, 2, ROUNDS, ROUNDS + 1])
def test_rounds_begin_in_order(tmp_path: Path, number: int) -> None:
    """No round begins before the one before it, nor beyond the last."""
    with training(tmp_path) as ledger:
        start(ledger)
        begin(ledger, 0)
        with pytest.raises(Refused) as refusal:
            begin(ledger, number)
        assert code(refusal) == "FH308"
        for each in range(1, ROUNDS):
            begin(ledger, each)
        with pytest.raises(Refused) as refusal:
            begin(ledger, ROUNDS)
        assert code(refusal) == "FH308"
        assert rounds(ledger) == Rounds(ROUNDS, ROUNDS, open=True)


def test_first_reply_of_a_round_wins(tmp_path: Path) -> None:
    """Two attempts at one round yield one reply, of one leaf."""
    with training(tmp_path) as ledger:
        start(ledger)
        assert begin(ledger, 0) != begin(ledger, 0)
        first = store(ledger, 0, b"one")
        assert store(ledger, 0, b"two") == first
    assert kinds(tmp_path)["release"] == 1


def test_settling_frees_what_has_not_begun(tmp_path: Path) -> None:
    """A settled run counts its begun rounds, at each account's order, stored or not; settled again it stays so."""
    own, shared = budgets = caps(1.0, 2.0)
    assert own.order != shared.order
    with training(tmp_path) as ledger:
        start(ledger, budgets=budgets)
        begin(ledger, 0, budgets=budgets)
        store(ledger, 0)
        begin(ledger, 1, budgets=budgets)
        settled = ledger.runs.settle("run")
        assert (settled.begun, settled.price.epsilon) == (2, 3 / 8)
        assert ledger.runs.settle("run") == settled
        for holder, order in (("ada", own.order), (EVERYONE, shared.order)):
            [(_, _, total)] = ledger.balances(holder)
            assert (total.epsilon, total.renyi) == (3 / 8, 2e6 * order)
        assert rounds(ledger) == Rounds(2, ROUNDS, open=False)
        assert ledger.entries()[0].price.epsilon == 3 / 8
        ask(ledger, "other", 5 / 8)
        assert begin(ledger, 1) == Round("run", 1, "weights 1", settled.price, begun_now=False)
        store(ledger, 1, b"late")
        assert spent(ledger) == 1.0
    assert kinds(tmp_path)["settlement"] == 1


@pytest.mark.parametrize(("at_own", "at_shared", "fits"), [(1e9, 0.5, True), (0.0, 1.5, False)])
def test_each_account_is_judged_at_its_own_order(tmp_path: Path, at_own: float, at_shared: float, fits: bool) -> None:
    """A run beyond everyone's basic account is admitted, and reopened, by the Rényi value at that account's order."""
    own, shared = budgets = Budget(4.0, 1e-6), Budget(1.0, 1e-6)

    def price(begun: int, order: float) -> Price:
        share = {own.order: at_own, shared.order: at_shared if begun == 2 else 0.5}[order]
        return Price(float(begun), 0.0, share * shared.renyi_cap)

    def reserve(identity: str, rounds: int) -> object:
        run = Run(rounds, 2000.0)
        return ledger.reserve(identity, "ada", POPULATION, (), lambda order: price(rounds, order), budgets, {}, run)

    with training(tmp_path) as ledger:
        if not fits:
            with pytest.raises(Refused, match="FP106"):
                reserve("run", 2)
            return
        reserve("run", 2)
        for number in range(2):
            ledger.runs.begin_round("run", number, "w", price_of=price, budgets=budgets, expires_at=2000.0)
            ledger.runs.settle("run")
        [(_, _, total)] = ledger.balances(EVERYONE)
        assert total.renyi == 0.5 * shared.renyi_cap


def test_a_run_of_which_nothing_began_costs_nothing(tmp_path: Path) -> None:
    """Settled before its first round, a run frees everything."""
    with training(tmp_path) as ledger:
        start(ledger)
        assert ledger.runs.settle("run").price == Price()
        assert spent(ledger) == spent(ledger, EVERYONE) == 0.0
        ask(ledger, "other", 1.0)


@pytest.mark.parametrize("shared", [False, True])
def test_reopening_has_to_fit(tmp_path: Path, shared: bool) -> None:
    """The next round of a closed run reserves the rest again; where that does not fit, nothing begins."""
    budgets = caps(4.0, 1.0) if shared else caps(1.0, 4.0)
    with training(tmp_path) as ledger:
        start(ledger, budgets=budgets)
        begin(ledger, 0, budgets=budgets)
        ledger.runs.settle("run")
        ask(ledger, "other", 3 / 8, researcher="bob" if shared else "ada", budgets=budgets)
        assert spent(ledger, EVERYONE) == 5 / 8
        begin(ledger, 1, budgets=budgets)
        assert spent(ledger, EVERYONE) == 1.0
        assert rounds(ledger) == Rounds(2, ROUNDS, open=True)
        ledger.runs.settle("run")
        ask(ledger, "more", 1 / 8, researcher="bob" if shared else "ada", budgets=budgets)
        with pytest.raises(Refused) as refusal:
            begin(ledger, 2, budgets=budgets)
        assert code(refusal) == "FP106"
        asked, before, budget, everyone = told[-1]
        assert (asked.epsilon, before.epsilon, budget.epsilon, everyone) == (2 / 8, 7 / 8, 1.0, shared)
        assert ledger.runs.find_round("run", 2) is None
        assert rounds(ledger) == Rounds(2, ROUNDS, open=False)
    assert kinds(tmp_path) == {"admission": 3, "beginning": 2, "settlement": 2, "reopening": 1}


def test_a_finished_run_is_not_reopened(tmp_path: Path) -> None:
    """A run of which all rounds have begun counts the same for ever, and closes once."""
    with training(tmp_path) as ledger:
        start(ledger, rounds=1)
        begin(ledger, 0)
        ledger.runs.settle("run")
        store(ledger, 0)
        ledger.runs.settle("run")
        assert spent(ledger) == 2 / 8
    assert kinds(tmp_path) == {"admission": 1, "beginning": 1, "settlement": 1, "release": 1}


@pytest.mark.parametrize("when", ["reserving", "reading balances", "starting", "beginning"])
def test_an_expired_run_is_settled(tmp_path: Path, when: str) -> None:
    """What an abandoned run reserved is free as soon as anybody needs it, counted from the last begun round."""
    clock = Clock()
    with training(tmp_path, clock) as ledger:
        start(ledger)
        clock.now += LASTS - 1
        assert spent(ledger) == 5 / 8
        begin(ledger, 0, now=clock.now)
        clock.now += LASTS - 1
        begin(ledger, 0, now=clock.now)  # the same round again puts nothing off
        assert rounds(ledger) == Rounds(1, ROUNDS, open=True)
        clock.now += 1
        if when == "reserving":
            ask(ledger, "other", 6 / 8)
        elif when == "reading balances":
            assert spent(ledger) == 2 / 8
        elif when == "beginning":
            begin(ledger, 1, now=clock.now)
    with training(tmp_path, clock) as ledger:
        assert rounds(ledger) == (
            Rounds(2, ROUNDS, open=True) if when == "beginning" else Rounds(1, ROUNDS, open=False)
        )
        if when == "reserving":
            with pytest.raises(Refused, match="FP106"):
                begin(ledger, 1, now=clock.now)
    assert kinds(tmp_path)["settlement"] == 1
    assert kinds(tmp_path).get("reopening", 0) == (when == "beginning")


def test_a_settlement_never_raises_what_counts(tmp_path: Path) -> None:
    """Fewer rounds that are said to cost more than all of them count as all of them, and never as more."""
    with training(tmp_path) as ledger:
        start(ledger)
        ask(ledger, "other", 3 / 8)
        for price in (Price(7 / 8), Price(1 / 8, 1e-9), Price(1 / 8, 0.0, 1e12)):
            ledger.runs.begin_round(
                "run", rounds(ledger).begun, "w", price_of=lambda *_, price=price: price, budgets=caps(1.0),
                expires_at=2000.0,
            )  # fmt: skip
            ledger.runs.settle("run")
            assert spent(ledger) == 1.0


def test_callers_are_told_their_errors(tmp_path: Path) -> None:
    """A run and a plain release are not taken for each other, and nothing is stored that has not begun."""
    with training(tmp_path) as ledger:
        start(ledger)
        ask(ledger, "plain")
        for wrong in (
            lambda: begin(ledger, 0, identity="plain"),
            lambda: begin(ledger, 0, identity="nothing"),
            lambda: ledger.runs.settle("plain"),
            lambda: store(ledger, 0),
            lambda: store(ledger, 0, identity="plain"),
            lambda: ledger.store("run", b"sum", {}),
            lambda: ask(ledger, "run", 5 / 8),
            lambda: ledger.reserve(
                "run", "ada", POPULATION, (), lambda order: price_of(ROUNDS, order), caps(1.0), {}, Run(9, 1.0)
            ),
            lambda: Run(0, 1.0),
        ):
            with pytest.raises(ValueError, match=r"run|begun|reserved"):
                wrong()
    assert kinds(tmp_path) == {"admission": 2}


def test_a_full_disk_begins_nothing(tmp_path: Path) -> None:
    """A beginning that cannot be written permits nothing, and the round begins when there is room."""
    with Store(tmp_path) as file:
        ledger = Ledger(file, Log(file.connection, ORIGIN, KEY), refuse, clock=Clock())
        start(ledger)
        pages = file.connection.execute("PRAGMA page_count").fetchone()[0]
        file.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Refused) as refusal:
            begin(ledger, 0, "w" * 100_000)
        assert code(refusal) == "FH302"
        file.connection.execute("PRAGMA max_page_count = 1000000")
        assert ledger.runs.find_round("run", 0) is None
        assert begin(ledger, 0).begun_now  # type: ignore[union-attr]


def test_a_file_without_runs_opens(tmp_path: Path) -> None:
    """A file of schema version 1 can be read as it is, and opened: it gets its new tables and keeps its charges."""
    with hospital(tmp_path) as (ledger, file):
        ask(ledger, "a", 0.5)
        kept = ledger.store("a", b"answer", {"reply": sha256(b"answer").hexdigest()})
        for table in ("settlement", "round_reply", "round", "run"):
            file.connection.execute(f"DROP TABLE {table}")
        file.connection.execute("PRAGMA user_version = 1")
    with look_into(tmp_path) as connection:
        assert [(entry.identity, entry.price.epsilon, entry.rounds) for entry in entries(connection)] == [
            ("a", 0.5, None)
        ]
        assert balances(connection, "ada")[0][2].epsilon == 0.5
        assert reconcile(connection) == (1, 1)
    with training(tmp_path) as ledger:
        assert ledger.find("a") == kept
        with pytest.raises(Refused, match="FP106"):
            start(ledger)
        start(ledger, rounds=2)
        begin(ledger, 0)
        assert spent(ledger) == 7 / 8


TAMPERED = {
    "a cheaper settlement": "UPDATE settlement SET epsilon = 0 WHERE reopening IS NULL",
    "a cheaper round": "UPDATE round SET renyi = 0 WHERE number = 1",
    "other weights": "UPDATE round SET inputs = 'forged' WHERE number = 1",
    "another reply": "UPDATE round_reply SET content = x'00'",
    "a forgotten reply": "DELETE FROM round_reply",
    "a forgotten round": "DELETE FROM round WHERE number = 1",
    "a forgotten settlement": "DELETE FROM settlement WHERE reopening IS NULL",
    "an invented settlement": "INSERT INTO settlement SELECT 77, identity, 0, 0, 0, 0, 0, 99 FROM run",
    "a forgotten reopening": "UPDATE settlement SET reopening = NULL WHERE begun = 1",
    "a longer run": "UPDATE run SET rounds = rounds + 1",
    "no run at all": "DELETE FROM run",
}


def test_what_is_changed_is_found(tmp_path: Path) -> None:
    """A run, a round, its reply, a settlement or a reopening that is not as the log says is found."""
    with training(tmp_path) as ledger:
        start(ledger)
        begin(ledger, 0)
        store(ledger, 0)
        ledger.runs.settle("run")
        begin(ledger, 1)
        ledger.runs.settle("run")
    with look_into(tmp_path) as connection:
        assert reconcile(connection) == (1, 1)
    for change in TAMPERED.values():
        with Store(tmp_path) as file, closing(file.connection.cursor()) as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("DROP INDEX closed_run")
            cursor.execute("BEGIN")
            assert cursor.execute(change).rowcount > 0
            with pytest.raises(Refused) as refusal:
                reconcile(file.connection)
            assert code(refusal) == "FF405", change
            cursor.execute("ROLLBACK")
            cursor.execute("CREATE UNIQUE INDEX closed_run ON settlement (identity) WHERE reopening IS NULL")


def test_one_round_from_sixteen_threads(tmp_path: Path) -> None:
    """A round that sixteen threads begin at once begins once, and has one reply."""
    permissions: list[Round | Stored] = []
    replies: list[Stored] = []
    gate = threading.Barrier(16)
    with training(tmp_path) as ledger:
        start(ledger)

        def client(number: int) -> None:
            gate.wait()
            permissions.append(begin(ledger, 0))
            replies.append(store(ledger, 0, b"noise %d" % number))

        run_together([threading.Thread(target=client, args=(number,)) for number in range(16)])
    assert sum(isinstance(each, Round) and each.begun_now for each in permissions) == 1
    assert len(replies) == 16
    assert len(set(replies)) == 1
    assert kinds(tmp_path) == {"admission": 1, "beginning": 1, "release": 1}


def test_runs_of_eight_threads_stay_within_the_budget(tmp_path: Path) -> None:
    """Whatever runs reserve, free and reopen at once, what counts is within the budget after every step."""
    budgets = caps(2.0, 3.0)
    totals: list[float] = []
    begun: list[int] = []
    gate = threading.Barrier(8)
    with Store(tmp_path) as file:

        def look(_: str) -> None:
            with file.reading() as connection:
                totals.extend(total.epsilon for _, _, total in balances(connection, EVERYONE))

        ledger = Ledger(file, Log(file.connection, ORIGIN, KEY), refuse, look, Clock())

        def client(name: str) -> None:
            gate.wait()
            with suppress(Refused):
                start(ledger, name, rounds=7, budgets=budgets, researcher=name)
                for number in range(4):
                    begin(ledger, number, identity=name, budgets=budgets)
                    begun.append(1)
                    ledger.runs.settle(name)

        run_together([threading.Thread(target=client, args=(f"r{number}",)) for number in range(8)])
        assert max(totals) <= 3.0
        runs = [entry.rounds for entry in ledger.entries() if entry.rounds is not None]
        assert sum(run.begun for run in runs) == len(begun) > 0
        assert spent(ledger, EVERYONE) == sum((run.begun + 1) / 8 for run in runs if run.begun)


def run_together(threads: list[threading.Thread]) -> None:
    """Start all, wait for all."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
