from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from fedlab_kernel.audit.log import Log
from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.ledger import Ledger, Reservation, Stored
from fedlab_kernel.hospital.lineage import Lineage
from fedlab_kernel.hospital.reconcile import reconcile
from fedlab_kernel.hospital.run_state import Round, Run
from fedlab_kernel.hospital.statement import EVERYONE, Rounds, balances, entries
from fedlab_kernel.hospital.store import Store, look_into
from fedlab_kernel.privacy.accounting import Budget, Price

from .test_ledger_crashes import KEY, ORIGIN, Hospital, Power, over_budget, read, verify

FULL = 0.5
"""What all three rounds of the run of the killed hospitals cost; the budget holds just this."""

# Hospitals in processes of their own, forked from one that has imported everything. Each trains: two rounds, settled
# early, reopened for the third. It kills itself at the n-th time that it reaches a step of the ledger or a statement
# that begins with the given words; what it could have sent by then is in the file `sent`.
HOSPITALS = """
import os, signal, sys
from hashlib import sha256
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fedlab_kernel.audit.log import Log
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.ledger import Ledger
from fedlab_kernel.hospital.run_state import Round, Run
from fedlab_kernel.hospital.store import Store
from fedlab_kernel.privacy.accounting import Budget, Price

def price_of(begun, order):
    return Price((begun + 1) / 8, 0.0, 1.0 * begun)

def train(folder, end_at, times):
    reached = []
    def step(name):
        reached.append(name)
        if name == end_at and reached.count(name) == times:
            os.kill(os.getpid(), signal.SIGKILL)
    store = Store(folder)
    log = Log(store.connection, "hospital.example/heart/one", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    ledger = Ledger(store, log, lambda *_: Refused(diagnose("FP106", "over budget")), step)
    store.connection.set_trace_callback(lambda sql: step(" ".join(sql.split()[:3])))
    budgets = Budget(0.5, 0.0), Budget(0.5, 0.0)
    price = lambda order: price_of(3, order)
    ledger.reserve("run", "r0", "patients", (), price, budgets, {}, Run(3, 1e12))
    for number in range(3):
        ledger.runs.begin_round("run", number, f"w{number}", price_of=price_of, budgets=budgets, expires_at=1e12)
        step("computing")
        reply = os.urandom(8)
        stored = ledger.runs.store_round("run", number, reply, {"reply": sha256(reply).hexdigest()})
        with (folder / "sent").open("a") as sent:
            sent.write(stored.reply.hex() + chr(10))
        if number == 1:
            ledger.runs.settle("run")

for place in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            name, times = Path(place).name.rsplit("-", 1)
            train(Path(place), name.replace("+", " "), int(times))
        finally:
            os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

# (step or statement, which time it is reached, begun rounds, stored rounds, open), as the disk has it afterwards.
KILLED = [
    ("reserving", 1, None, 0, False),
    ("INSERT INTO charge", 1, None, 0, False),
    ("INSERT INTO run", 1, None, 0, False),
    ("reserved", 1, 0, 0, True),
    ("beginning", 1, 0, 0, True),
    ("INSERT INTO round", 1, 0, 0, True),
    ("UPDATE run SET", 1, 0, 0, True),
    ("begun", 1, 1, 0, True),
    ("computing", 1, 1, 0, True),
    ("storing", 1, 1, 0, True),
    ("INSERT INTO round_reply", 1, 1, 0, True),
    ("stored", 1, 1, 1, True),
    ("UPDATE run SET", 2, 1, 1, True),
    ("begun", 2, 2, 1, True),
    ("stored", 2, 2, 2, True),
    ("settling", 1, 2, 2, True),
    ("INSERT INTO settlement", 1, 2, 2, True),
    ("settled", 1, 2, 2, False),
    ("beginning", 3, 2, 2, False),
    ("UPDATE settlement SET", 1, 2, 2, False),
    ("INSERT INTO round", 3, 2, 2, False),
    ("UPDATE run SET", 3, 2, 2, False),
    ("begun", 3, 3, 2, True),
    ("storing", 3, 3, 2, True),
    ("INSERT INTO round_reply", 3, 3, 2, True),
    ("INSERT INTO settlement", 2, 3, 2, True),
    ("stored", 3, 3, 3, False),
]


def place(root: Path, end_at: str, times: int) -> Path:
    """The folder of the hospital that is killed there."""
    return root / f"{end_at.replace(' ', '+')}-{times}"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of hospitals, each killed at another point."""
    root = tmp_path_factory.mktemp("killed")
    places = [place(root, end_at, times) for end_at, times, *_ in KILLED]
    arguments = [sys.executable, "-c", HOSPITALS, *map(str, places)]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.stdout.split() == ["-9"] * len(places), done.stderr
    return root


def price_of(begun: int, _: float) -> Price:
    """An eighth for starting and an eighth a round; the Rényi value lies beyond the caps, which are zero."""
    return Price((begun + 1) / 8, 0.0, 1.0 * begun)


@pytest.mark.parametrize(("end_at", "times", "begun", "stored", "is_open"), KILLED)
def test_killed_at_a_step(killed: Path, end_at: str, times: int, begun: int | None, stored: int, is_open: bool) -> None:
    """A hospital killed at any step has charged every round that had begun, lost none of what it may have sent, and
    ends the same run under the same charge: stored rounds as they were, begun ones for their own inputs only.
    """
    folder = place(killed, end_at, times)
    sent = (folder / "sent").read_text().split() if (folder / "sent").exists() else []
    made, total = read(folder)
    if begun is None:
        assert made == []
    else:
        [entry] = made
        assert entry.rounds == Rounds(begun, 3, is_open)
        assert entry.price.epsilon == total == (FULL if is_open else (begun + 1) / 8)
    with look_into(folder) as connection:
        assert reconcile(connection) == (len(made), stored)
    verify(folder)

    budgets = (Budget(FULL, 0.0), Budget(FULL, 0.0))
    with Store(folder) as file:
        ledger = Ledger(file, Log(file.connection, ORIGIN, KEY), over_budget)

        def begin(number: int, inputs: str) -> Round | Stored:
            return ledger.runs.begin_round("run", number, inputs, price_of=price_of, budgets=budgets, expires_at=1e12)

        again = ledger.reserve("run", "r0", "patients", (), lambda order: price_of(3, order), budgets, {}, Run(3, 1e12))
        assert isinstance(again, Reservation)
        assert again.charged_now == (begun is None)
        for number in range(3):
            if number < (begun or 0):
                with pytest.raises(Refused, match="FH308"):
                    begin(number, "forged")
            known = begin(number, f"w{number}")
            assert isinstance(known, Stored) == (number < stored)
            if isinstance(known, Round):
                assert known.begun_now == (number >= (begun or 0))
                reply = b"second attempt"
                known = ledger.runs.store_round("run", number, reply, {"reply": sha256(reply).hexdigest()})
            if number < len(sent):
                assert known.reply.hex() == sent[number]
            assert ledger.balances(EVERYONE)[0][2].epsilon <= FULL
        assert ledger.balances(EVERYONE)[0][2].epsilon == FULL
    with look_into(folder) as connection:
        assert reconcile(connection) == (1, 3)
    kinds = verify(folder).kinds
    assert (kinds["admission"], kinds["beginning"], kinds["release"]) == (1, 3, 3)
    assert kinds["settlement"] == 1 + kinds.get("reopening", 0)


Total = tuple[Fraction, Fraction]
"""Epsilon and Rényi value."""


@dataclass
class Model:
    """A charge as the rules have it: of a plain release, or of a run of so many rounds."""

    researcher: str
    lineage: Lineage
    rounds: int
    expires_at: float = 0.0
    open: bool = True
    inputs: list[str] = field(default_factory=list)
    replies: dict[int, bytes] = field(default_factory=dict)

    def counts(self, holder: str, *, reopened: bool = False) -> Total:
        """What counts against an account."""
        rounds = self.rounds if self.open or reopened else len(self.inputs)
        return cost(rounds, everyone=holder == EVERYONE)


def cost(rounds: int, *, everyone: bool) -> Total:
    """What so many rounds cost: numbers that floats add up exactly, another Rényi value at each order.

    Either account of a budget may be the one that admits.
    """
    return (
        (Fraction(rounds + 1, 4), Fraction(rounds * (7 if everyone else 6), 32)) if rounds else (Fraction(), Fraction())
    )


CAPS = {"r0": Budget(1.75, 1e-6), "r1": Budget(1.75, 1e-6), EVERYONE: Budget(2.25, 1e-6)}
LINEAGES: list[Lineage] = [(), (("s", 0),), (("s", 1),)]
LASTS = 20
STEPS = ["reserving", "reserved", "beginning", "begun", "storing", "stored", "settling", "settled"]
KINDS = ["admission", "beginning", "release", "settlement", "reopening"]
CRASHES = st.sampled_from([None] * 8 + STEPS + [f"appended {kind}" for kind in KINDS])


class Training(Hospital):
    """Any order of reserving, beginning, storing, settling, reopening and expiring runs among plain releases, of
    crashing at any step, and of opening again; compared with a model after every step.
    """

    def open(self) -> None:
        """Start the hospital, which settles what expired."""
        super().open()
        self.expire()

    def __init__(self) -> None:
        self.now = 1000.0
        self.made: dict[str, Model] = {}
        self.reached: list[str] = []
        super().__init__()

    def clock(self) -> float:
        """Time goes on when a rule says so."""
        return self.now

    def step(self, name: str) -> None:
        """Remember what was reached; crash, if it is to happen here."""
        self.reached.append(name)
        super().step(name)

    # The model -----------------------------------------------------------------------------------------

    def expire(self) -> None:
        """Close what expired."""
        for charge in self.made.values():
            charge.open = charge.open and not 0 < charge.expires_at <= self.now

    def spent(self, holder: str, more: Model | None = None, reopened: str = "") -> Total:
        """The sum by the rules: the two parts of the split side by side, all else added up."""
        parts = {lineage: (Fraction(), Fraction()) for lineage in LINEAGES}
        for identity, charge in [*self.made.items(), *([("", more)] if more else [])]:
            if holder in (charge.researcher, EVERYONE):
                old, new = parts[charge.lineage], charge.counts(holder, reopened=identity == reopened != "")
                parts[charge.lineage] = (old[0] + new[0], old[1] + new[1])
        own, first, second = (parts[lineage] for lineage in LINEAGES)
        return own[0] + max(first[0], second[0]), own[1] + max(first[1], second[1])

    def fits(self, researcher: str, more: Model | None = None, reopened: str = "") -> bool:
        """Whether both budgets would hold."""
        return all(
            CAPS[holder].admits(Price(float(total[0]), 0.0, float(total[1])))
            for holder in (researcher, EVERYONE)
            for total in [self.spent(holder, more, reopened)]
        )

    def attempt(self, crash_at: str | None, committed: str, action: Callable[[], object]) -> tuple[bool, object]:
        """Whether a step is on disk, and what came of it: what it returned, its refusal, or None from a crash."""
        self.crash_at, self.reached, crashed, result = crash_at, [], False, None
        try:
            result = action()
        except Refused as refusal:
            result = refusal
        except Power:
            crashed = True
        done = not isinstance(result, Refused) and committed in self.reached
        self.crash_at = None
        if crashed:
            self.hospital.close()
        if crashed or ("settled" in self.reached and committed != "settled"):
            self.expire()
        self.crashed = crashed
        return done, result

    def resume(self) -> None:
        """Start again after a crash."""
        if self.crashed:
            self.open()

    def price_of(self, rounds: int, order: float) -> Price:
        """The price at one of the two orders."""
        epsilon, renyi = cost(rounds, everyone=order == CAPS[EVERYONE].order)
        return Price(float(epsilon), 0.0, float(renyi))

    def reserve(self, identity: str, charge: Model, crash_at: str | None, run: Run | None) -> object:
        """Reserve something; whether it fits, if it is new, is foretold."""
        researcher = charge.researcher
        budgets = (CAPS[researcher], CAPS[EVERYONE])
        done, result = self.attempt(
            crash_at,
            "reserved",
            lambda: self.ledger.reserve(
                identity, researcher, "patients", charge.lineage,
                lambda order: self.price_of(charge.rounds, order), budgets, {}, run,
            ),
        )  # fmt: skip
        if identity not in self.made:
            if done:
                assert self.fits(researcher, charge)
                self.made[identity] = charge
            elif isinstance(result, Refused):
                assert not self.fits(researcher, charge)
        self.resume()
        return result

    # The steps -----------------------------------------------------------------------------------------

    @rule(what=st.integers(0, 7), crash_at=CRASHES)
    def ask(self, what: int, crash_at: str | None) -> None:
        """One plain release from reservation to reply, unless it crashes on the way."""
        identity = f"plain {what}"
        charge = Model(f"r{what % 2}", LINEAGES[what % 3], 1)
        result = self.reserve(identity, charge, crash_at, None)
        if isinstance(result, Reservation):
            reply = os.urandom(8)
            record = {"reply": sha256(reply).hexdigest()}
            done, _ = self.attempt(crash_at, "stored", lambda: self.ledger.store(identity, reply, record))
            self.resume()
            if done:
                self.made[identity].replies[0] = reply
        elif isinstance(result, Stored):
            assert result.reply == self.made[identity].replies[0]

    @rule(what=st.integers(0, 2), crash_at=CRASHES)
    def start(self, what: int, crash_at: str | None) -> None:
        """Reserve a run."""
        expires_at = self.now + LASTS
        charge = Model(f"r{what % 2}", LINEAGES[what % 3], 3 + what, expires_at)
        self.reserve(f"run {what}", charge, crash_at, Run(charge.rounds, expires_at))

    def some_run(self, which: int) -> str:
        """One of the runs there are."""
        runs = sorted(identity for identity, charge in self.made.items() if charge.expires_at)
        return runs[which % len(runs)]

    @precondition(lambda self: any(charge.expires_at for charge in self.made.values()))
    @rule(
        which=st.integers(0, 2), back=st.sampled_from([0, 0, 0, 0, 0, 1, 2, -1]), forged=st.booleans(),
        crash_at=CRASHES, compute=st.booleans(),
    )  # fmt: skip
    def train(self, which: int, back: int, forged: bool, crash_at: str | None, compute: bool) -> None:
        """The next round of a run, or one before or after it; its reply is stored, unless it crashes or is left."""
        identity = self.some_run(which)
        run = self.made[identity]
        number = len(run.inputs) - back
        inputs = f"weights {number}{' forged' if forged and back > 0 else ''}"
        known = 0 <= number < len(run.inputs)
        expires_at = self.now + LASTS
        done, result = self.attempt(
            crash_at,
            "begun",
            lambda: self.ledger.runs.begin_round(
                identity, number, inputs, price_of=self.price_of,
                budgets=(CAPS[run.researcher], CAPS[EVERYONE]), expires_at=expires_at,
            ),
        )  # fmt: skip
        if isinstance(result, Refused):
            if known:
                assert inputs != run.inputs[number]
            else:
                assert (
                    number != len(run.inputs) or number >= run.rounds or not self.fits(run.researcher, None, identity)
                )
        elif done and known:
            assert inputs == run.inputs[number]
        elif done:
            assert number == len(run.inputs) < run.rounds
            assert self.fits(run.researcher, None, identity)
            run.inputs.append(inputs)
            run.open, run.expires_at = True, expires_at
        self.resume()
        if isinstance(result, Stored):
            assert result.reply == run.replies[number]
        elif isinstance(result, Round) and compute:
            self.keep(identity, number, crash_at)

    def keep(self, identity: str, number: int, crash_at: str | None) -> None:
        """Store the reply of a begun round."""
        run, reply = self.made[identity], os.urandom(8)
        record = {"reply": sha256(reply).hexdigest()}
        done, result = self.attempt(
            crash_at, "stored", lambda: self.ledger.runs.store_round(identity, number, reply, record)
        )
        if done:
            assert run.replies.setdefault(number, reply) == reply
            run.open = run.open and number + 1 < run.rounds
        if isinstance(result, Stored):
            assert result.reply == reply
        self.resume()

    @precondition(lambda self: any(charge.expires_at for charge in self.made.values()))
    @rule(which=st.integers(0, 2), crash_at=CRASHES)
    def settle(self, which: int, crash_at: str | None) -> None:
        """Close a run."""
        identity = self.some_run(which)
        done, _ = self.attempt(crash_at, "settled", lambda: self.ledger.runs.settle(identity))
        if done:
            self.made[identity].open = False
        self.resume()

    @rule(seconds=st.integers(1, LASTS))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += seconds

    @rule()
    def look(self) -> None:
        """Balances are asked for, which settles what expired."""
        self.ledger.balances(EVERYONE)
        self.expire()

    @invariant()
    def budgets_hold(self) -> None:
        """What counts is the sum by the rules, in both units, and within every budget; every stored reply is there."""
        with look_into(self.folder) as connection:
            made = entries(connection)
            accounts = {holder: balances(connection, holder) for holder in CAPS}
        assert {entry.identity for entry in made} == self.made.keys()
        for entry in made:
            charge = self.made[entry.identity]
            assert (entry.price.epsilon, entry.price.renyi) == charge.counts(charge.researcher)
            assert entry.rounds == (Rounds(len(charge.inputs), charge.rounds, charge.open) if entry.rounds else None)
            assert (entry.release is not None) == bool(charge.replies)
        for holder, cap in CAPS.items():
            for _, _, total in accounts[holder]:
                assert (total.epsilon, total.renyi) == self.spent(holder)
                assert cap.admits(total)
        for identity, charge in self.made.items():
            for number, reply in charge.replies.items():
                plain = charge.expires_at == 0.0
                known = self.ledger.find(identity) if plain else self.ledger.runs.find_round(identity, number)
                assert isinstance(known, Stored)
                assert known.reply == reply

    def teardown(self) -> None:
        """The log of every history verifies, and holds whatever the ledger does."""
        self.hospital.close()
        verify(self.folder)
        with look_into(self.folder) as connection:
            replies = sum(len(charge.replies) for charge in self.made.values())
            assert reconcile(connection) == (len(self.made), replies)
        shutil.rmtree(self.folder)


TestAnyTraining = Training.TestCase
TestAnyTraining.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
