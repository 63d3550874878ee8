from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fedlab_kernel.audit.checkpoint import open_checkpoint
from fedlab_kernel.audit.log import Log
from fedlab_kernel.audit.verify import LogSummary, verify_database
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.ledger import Ledger, Reservation, Stored
from fedlab_kernel.hospital.statement import EVERYONE, LedgerEntry, balances, entries
from fedlab_kernel.hospital.store import Store, look_into
from fedlab_kernel.privacy.accounting import Budget, Price

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "hospital.example/heart/one"
EACH = 0.25
FITS = 24
"""So many requests at EACH fit the budget over everyone; a researcher's own holds more."""

BUDGETS = (Budget(FITS * EACH * 2, 0.0), Budget(FITS * EACH, 0.0))

# A hospital in a process of its own. Its clients are threads that reserve and store under identities
# CLIENT-NUMBER; each durable step is reported on standard output once it was taken. It kills itself at a
# step of the ledger, or just before the first statement that begins with the given words.
HOSPITAL = """
import os, signal, sys, threading
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fedlab_kernel.audit.log import Log
from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.hospital.ledger import Ledger, Reservation
from fedlab_kernel.hospital.store import Store
from fedlab_kernel.privacy.accounting import Budget, Price

folder, end_at, clients, requests, each, everyone = sys.argv[1:]

def step(name):
    if name == end_at:
        os.kill(os.getpid(), signal.SIGKILL)

store = Store(Path(folder))
key = Ed25519PrivateKey.from_private_bytes(bytes(32))
log = Log(store.connection, "hospital.example/heart/one", key)
ledger = Ledger(store, log, lambda *_: Refused(diagnose("FP106", "over budget")), step)
store.connection.set_trace_callback(lambda sql: step(" ".join(sql.split()[:3])))
budgets = Budget(2 * float(everyone), 0.0), Budget(float(everyone), 0.0)

def say(*words):
    os.write(1, (" ".join(words) + chr(10)).encode())

def client(name):
    for number in range(int(requests)):
        identity = f"{name}-{number}"
        price = lambda order: Price(float(each), 0.0, 1.0)
        try:
            known = ledger.reserve(identity, f"r{name}", "patients", (), price, budgets, {})
        except Refused:
            ledger.log_refusal({"identity": identity})
            say("refused", identity)
            continue
        if isinstance(known, Reservation):
            say("reserved", identity)
            ledger.after_step("computing")
            known = ledger.store(identity, os.urandom(8), {})
        say("stored", identity, known.reply.hex())

threads = [threading.Thread(target=client, args=(name,)) for name in range(int(clients))]
say("open")
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.stdin.read()
"""


def start(folder: Path, end_at: str = "", clients: int = 1, requests: int = 1) -> subprocess.Popen[str]:
    """A hospital process that kills itself at `end_at`."""
    arguments = [str(folder), end_at, str(clients), str(requests), str(EACH), str(FITS * EACH)]
    return subprocess.Popen(
        [sys.executable, "-c", HOSPITAL, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def over_budget(*_: object) -> Refused:
    """The least that a refusal says."""
    return Refused(diagnose("FP106", "over budget"))


@contextmanager
def hospital(folder: Path) -> Iterator[Ledger]:
    """The ledger of a hospital that is stopped in peace at the end."""
    with Store(folder) as store:
        yield Ledger(store, Log(store.connection, ORIGIN, KEY), over_budget)


def ask(ledger: Ledger, identity: str, researcher: str = "r0") -> Reservation | Stored:
    """Reserve one release."""
    return ledger.reserve(identity, researcher, "patients", (), lambda _: Price(EACH, 0.0, 1.0), BUDGETS, {})


def read(folder: Path) -> tuple[list[LedgerEntry], float]:
    """All entries, and what everyone spent."""
    with look_into(folder) as connection:
        accounts = balances(connection, EVERYONE)
        return entries(connection), accounts[0][2].epsilon if accounts else 0.0


def verify(folder: Path) -> LogSummary:
    """What the log holds, every leaf and checkpoint checked."""
    return verify_database(folder / "state" / "hospital.sqlite", KEY.public_key())


def code(refusal: pytest.ExceptionInfo[Refused]) -> str:
    """What it was refused for."""
    return refusal.value.diagnostics[0].code


@pytest.mark.parametrize(
    ("end_at", "admissions", "releases"),
    [
        ("reserving", 0, 0),
        ("INSERT INTO leaves", 0, 0),
        ("INSERT INTO charge", 0, 0),
        ("COMMIT", 0, 0),
        ("reserved", 1, 0),
        ("computing", 1, 0),
        ("storing", 1, 0),
        ("INSERT INTO reply", 1, 0),
        ("stored", 1, 1),
    ],
)
def test_killed_at_a_step(tmp_path: Path, end_at: str, admissions: int, releases: int) -> None:
    """A hospital killed at any step keeps exactly the charges, replies and leaves of the steps before it."""
    with start(tmp_path, end_at) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL

    made, total = read(tmp_path)
    assert [entry.identity for entry in made] == ["0-0"] * admissions
    assert [entry.release for entry in made] == ([1] if releases else [None]) * admissions
    assert total == EACH * admissions
    kinds = verify(tmp_path).kinds
    assert (kinds.get("admission", 0), kinds.get("release", 0)) == (admissions, releases)

    with hospital(tmp_path) as ledger:
        known = ask(ledger, "0-0")
        if releases:
            assert isinstance(known, Stored)
        else:
            assert isinstance(known, Reservation)
            assert known.charged_now == (admissions == 0)
            known = ledger.store("0-0", b"second attempt", {})
        assert ask(ledger, "0-0") == known
    assert read(tmp_path)[1] == EACH
    assert verify(tmp_path).kinds == {"admission": 1, "release": 1}


def test_killed_at_random(tmp_path: Path, seed: int) -> None:
    """Killed again and again under sixteen clients, a hospital loses nothing it reported or overspends."""
    chance = random.Random(seed)
    reserved: set[str] = set()
    stored: dict[str, str] = {}
    refused = 0
    kept = []
    for _ in range(4):
        with start(tmp_path, clients=16, requests=3) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            reports = [process.stdout.readline() for _ in range(chance.randrange(1, 48))]
            process.kill()
            reports += process.stdout.readlines()
        for report in reports:
            what, identity, *reply = report.split()
            if what == "refused":
                refused += 1
            else:
                reserved.add(identity)
            if what == "stored":
                assert stored.setdefault(identity, reply[0]) == reply[0]
        made, total = read(tmp_path)
        assert reserved <= {entry.identity for entry in made}
        assert stored.keys() <= {entry.identity for entry in made if entry.release is not None}
        assert total == EACH * len(made) <= EACH * FITS
        summary = verify_database(tmp_path / "state" / "hospital.sqlite", KEY.public_key(), kept)
        assert summary.kinds["admission"] == len(made)
        assert summary.kinds.get("refusal", 0) >= refused
        with Store(tmp_path) as store:
            kept.append(open_checkpoint(Log(store.connection, ORIGIN, KEY).checkpoint(), KEY.public_key()))
    with hospital(tmp_path) as ledger:
        for number in range(FITS):
            with suppress(Refused):
                ask(ledger, f"more {number}")
        assert len(ledger.entries()) == FITS
        for identity, reply in stored.items():
            known = ledger.find(identity)
            assert isinstance(known, Stored)
            assert known.reply.hex() == reply


def test_lock_lives_as_long_as_the_process(tmp_path: Path) -> None:
    """A second process is refused while the first lives, and let in as soon as the first is killed."""
    with start(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(Refused) as refusal:
            Store(tmp_path)
        assert code(refusal) == "FH307"
        process.kill()
        process.wait()
        with hospital(tmp_path) as ledger:
            assert len(ledger.entries()) <= 1


# A client in a process of its own: asks for four releases over the socket it inherits, one line each.
CLIENT = """
import socket, sys
with socket.socket(fileno=int(sys.argv[1])) as wire, wire.makefile("rw") as lines:
    for number in range(4):
        lines.write(f"{sys.argv[2]}-{number}" + chr(10))
        lines.flush()
        print(lines.readline().strip())
"""


def test_sixteen_client_processes(tmp_path: Path) -> None:
    """Sixteen processes that ask one hospital at once get exactly what its budget holds."""

    def serve(wire: socket.socket, ledger: Ledger) -> None:
        with wire, wire.makefile("rw") as lines:
            for line in lines:
                try:
                    known = ask(ledger, line.strip(), line.split("-")[0])
                    lines.write("admitted\n" if isinstance(known, Reservation) else "again\n")
                except Refused as refusal:
                    lines.write(refusal.diagnostics[0].code + "\n")
                lines.flush()

    with hospital(tmp_path) as ledger, ExitStack() as ends:
        clients, servers = [], []
        for number in range(16):
            here, there = socket.socketpair()
            with there:
                arguments = [sys.executable, "-I", "-S", "-c", CLIENT, str(there.fileno()), str(number)]
                client = subprocess.Popen(arguments, pass_fds=[there.fileno()], stdout=subprocess.PIPE, text=True)
            clients.append(ends.enter_context(client))
            servers.append(threading.Thread(target=serve, args=(here, ledger)))
        for server in servers:
            server.start()
        outcomes = Counter(word for client in clients for word in client.communicate()[0].split())
        for server in servers:
            server.join()
        assert outcomes == {"admitted": FITS, "FP106": 64 - FITS}
    assert read(tmp_path)[1] == FITS * EACH
    assert verify(tmp_path).kinds == {"admission": FITS}


@contextmanager
def no_pages_left(store: Store) -> Iterator[None]:
    """The database may not grow by a single page."""
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        store.connection.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def no_bytes_left(store: Store) -> Iterator[None]:
    """The operating system lets no file grow beyond the size of the write-ahead log."""
    (file,) = store.connection.execute("PRAGMA database_list").fetchall()
    with files_up_to(Path(f"{file[2]}-wal").stat().st_size):
        yield


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def repeat(times: int, attempt: Callable[[int], object]) -> None:
    """Try so often that more room is needed than happens to be free in the last page."""
    for number in range(times):
        attempt(number)


@pytest.mark.parametrize("full", [no_pages_left, no_bytes_left])
def test_full_disk(tmp_path: Path, full: Callable[[Store], AbstractContextManager[None]]) -> None:
    """On a full disk nothing is charged, logged or sent; a charge made before covers the attempt after it."""
    with Store(tmp_path) as store:
        ledger = Ledger(store, Log(store.connection, ORIGIN, KEY), over_budget)
        ask(ledger, "a")
        with full(store):
            with pytest.raises(Refused) as refusal:
                repeat(FITS, lambda number: ask(ledger, f"b{number}"))
            assert code(refusal) == "FH302"
            made = ledger.entries()
            assert len(made) < FITS
            with pytest.raises(Refused) as refusal:
                ledger.store("a", bytes(100_000), {})
            assert code(refusal) == "FH302"
            assert ledger.entries() == made
            with pytest.raises(Refused) as refusal:
                repeat(100, lambda number: ledger.log_refusal({"number": number}))
            assert code(refusal) == "FH302"
        before = verify(tmp_path).kinds
        assert before["admission"] == len(made)
        assert "release" not in before
        again = ask(ledger, "a")
        assert isinstance(again, Reservation)
        assert not again.charged_now
        ledger.store("a", bytes(100_000), {})
        assert ledger.receipt(ask(ledger, "c").position).size == sum(before.values()) + 2
    assert read(tmp_path)[1] == EACH * (len(made) + 1)
    assert verify(tmp_path).kinds == before | {"admission": len(made) + 1, "release": 1}


def test_full_disk_at_opening(tmp_path: Path) -> None:
    """A hospital that cannot write its file does not open, and opens when it can."""
    with files_up_to(0), pytest.raises(Refused) as refusal:
        Store(tmp_path)
    assert code(refusal) == "FH302"
    with hospital(tmp_path) as ledger:
        assert isinstance(ask(ledger, "a"), Reservation)


class Power(BaseException):
    """The lights went out."""


class Hospital(RuleBasedStateMachine):
    """Any order of asking, storing, crashing at any step and opening again."""

    clock = staticmethod(time.time)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.asked: dict[str, float] = {}
        self.replies: dict[str, bytes] = {}
        self.crash_at: str | None = None
        self.open()

    def open(self) -> None:
        """Start the hospital."""
        self.hospital = Store(self.folder)
        machine = self

        class DyingLog(Log):
            def append(self, record: dict[str, str]) -> int:
                position = super().append(record)
                machine.step(f"appended {record['kind']}")
                return position

        log = DyingLog(self.hospital.connection, ORIGIN, KEY)
        self.ledger = Ledger(self.hospital, log, over_budget, self.step, self.clock)

    def step(self, name: str) -> None:
        """Crash, if it is to happen here."""
        if name == self.crash_at:
            raise Power

    @rule(
        what=st.integers(0, 9),
        crash_at=st.sampled_from(
            [
                None,
                None,
                None,
                "reserving",
                "appended admission",
                "reserved",
                "storing",
                "appended release",
                "stored",
            ]
        ),
    )
    def ask(self, what: int, crash_at: str | None) -> None:
        """One release from reservation to reply, unless it crashes on the way."""
        identity, price = f"identity {what}", Price((what + 1) / 4, 0.0, 1.0)
        self.crash_at = crash_at
        budgets = (Budget(3.0, 0.0), Budget(4.0, 0.0))
        researcher = f"r{what % 2}"
        self.asked[identity] = price.epsilon
        try:
            known = self.ledger.reserve(identity, researcher, "patients", (), lambda _: price, budgets, {})
            if isinstance(known, Reservation):
                known = self.ledger.store(identity, os.urandom(8), {})
            assert self.replies.setdefault(identity, known.reply) == known.reply
        except Refused:
            assert identity not in self.replies
        except Power:
            self.hospital.close()
            self.open()

    @rule()
    def reopen(self) -> None:
        """The hospital is stopped in peace and started."""
        self.hospital.close()
        self.open()

    @invariant()
    def budgets_hold(self) -> None:
        """What is charged was asked, once, and is within both budgets; every reply given is still there."""
        made = self.ledger.entries()
        paid = {entry.identity: entry.price.epsilon for entry in made}
        assert len(paid) == len(made)
        assert paid.items() <= self.asked.items()
        assert self.replies.keys() <= {entry.identity for entry in made if entry.release is not None}
        for holder, cap in (("r0", 3.0), ("r1", 3.0), (EVERYONE, 4.0)):
            spent = sum(entry.price.epsilon for entry in made if holder in (entry.researcher, EVERYONE))
            assert spent <= cap
            assert [total.epsilon for _, _, total in self.ledger.balances(holder)] in ([spent], [])

    def teardown(self) -> None:
        """The log of every history verifies and has a leaf for each charge and each reply."""
        self.hospital.close()
        made, _ = read(self.folder)
        kinds = verify(self.folder).kinds
        assert kinds.get("admission", 0) == len(made)
        assert kinds.get("release", 0) == sum(entry.release is not None for entry in made)
        shutil.rmtree(self.folder)


TestAnyHistory = Hospital.TestCase
TestAnyHistory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
