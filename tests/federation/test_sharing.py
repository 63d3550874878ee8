"""Two notebooks on the same hospitals: whoever comes second uses those that run, and takes over when they end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.processes import LocalHospitals
from fedlab_kernel.federation.result import Receipt
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import SocketTransport

from .conftest import World
from .test_processes import ECHO, children, eventually, folders, pid

__all__ = ["folders"]

COUNT = 'n = release(count(table("heart")), epsilon={})\n'


def statuses(hospitals: LocalHospitals) -> list[tuple[str, bool]]:
    """State and ownership of each hospital."""
    return [(state.status, state.own) for state in hospitals.states.values()]


def test_hospitals_that_run_already_are_used(folders: list[Path]) -> None:
    """The second host finds the first one's hospitals, asks the same processes, and leaves them alone when it ends."""
    with LocalHospitals(folders, command=ECHO) as first:
        with LocalHospitals(folders, command=ECHO) as second:
            assert statuses(first) == [("ready", True)] * 2
            assert statuses(second) == [("ready", False)] * 2
            assert pid(second, "north") == pid(first, "north")
            assert second.restart("north").status == "ready"
            assert pid(second, "north") == pid(first, "north")
        assert statuses(first) == [("ready", True)] * 2
        assert SocketTransport(first.sockets).ask("north", b"hello", 60) == b"north:hello"


@pytest.mark.long
def test_a_hospital_whose_notebook_ends_is_taken_over(folders: list[Path]) -> None:
    """When the first ends, the second hears of it without asking; `restart` makes the hospital its own."""
    first = LocalHospitals(folders, command=ECHO)
    with first, LocalHospitals(folders, command=ECHO) as second:
        transport = SocketTransport(second.sockets)
        first.stop()
        eventually(lambda: statuses(second) == [("died", False)] * 2)
        state = second.restart("north")
        assert (state.status, state.own) == ("ready", True)
        assert transport.ask("north", b"hello", 60) == b"north:hello"
        assert statuses(second) == [("ready", True), ("died", False)]


@pytest.mark.long
def test_a_hospital_that_its_notebook_starts_again_is_used_again(folders: list[Path]) -> None:
    """A restart in the first leaves the second with a hospital that died until it is reached again."""
    with LocalHospitals(folders, command=ECHO) as first, LocalHospitals(folders, command=ECHO) as second:
        assert first.restart("north").status == "ready"
        eventually(lambda: second.states["north"].status == "died")
        assert pid(second, "north") == pid(first, "north")
        second.answered(["north"])
        assert second.states["north"].status == "ready"
        os.kill(pid(first, "south"), signal.SIGKILL)
        eventually(lambda: first.states["south"].status == "died")
        first.answered(["south"])  # its own process it knows better
        assert first.states["south"].status == "died"


@pytest.mark.long
def test_two_that_start_at_once_share(folders: list[Path]) -> None:
    """Of two hosts that start at the same moment each hospital is run by one, and both reach all."""
    both = [LocalHospitals(folders, command=ECHO) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(LocalHospitals.start, both))
    try:
        assert [{status for status, _ in statuses(one)} for one in both] == [{"ready"}] * 2
        for name in ("north", "south"):
            assert sorted(one.states[name].own for one in both) == [False, True]
            assert pid(both[0], name) == pid(both[1], name)
    finally:
        for one in both:
            one.stop()


SECOND = """
import sys, time
from pathlib import Path
from fedlab_kernel.federation.session import Federation
with Federation.start("heart", Path(sys.argv[1]), hospitals=1) as federation:
    print([info.state for info in federation.hospitals.values()], flush=True)
    input()
    for epsilon in (0.1, 0.2, 0.3, 0.4):
        result = federation.run(f'n = release(count(table("heart")), epsilon={epsilon})')
        print(result.answers["n"].value, flush=True)
"""


def test_two_notebooks_share_hospitals_answers_and_budget(tmp_path: Path) -> None:
    """Two processes that start and ask at once get one answer to one question, paid for once; the survivor goes on."""
    command = [sys.executable, "-c", SECOND, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        with Federation.start("heart", tmp_path, hospitals=1) as federation:
            assert other.stdout.readline() == "['ready']\n"
            other.stdin.write("\n")
            other.stdin.flush()
            results = [federation.run(COUNT.format(epsilon)) for epsilon in (0.1, 0.2, 0.3, 0.4)]
            theirs = [int(line) for line in other.stdout]
            assert [result.answers["n"].value for result in results] == theirs
            assert other.wait(60) == 0
            federation.refresh()
            ((name, info),) = federation.hospitals.items()
            if info.state != "ready":  # the other one's, and gone with it
                assert info.state == "died"
                assert not federation.own
                assert federation.restart(name).state == "ready"
            assert federation.own
            (spent,) = [one.spent_epsilon for one in federation.hospitals[name].balances if not one.shared]
            assert spent == pytest.approx(1.0, rel=1e-6)
            assert federation.run(COUNT.format(0.1)).charged == 0
            assert federation.run(COUNT.format(0.5)).charged == pytest.approx(0.5, rel=1e-6)
            assert [line.verified for line in federation.audit()] == [True]


def test_hospitals_of_another_notebook_are_not_made_anew(tmp_path: Path) -> None:
    """A new demonstration is refused while another notebook's hospitals run, whose ledgers it would delete."""
    with Federation.start("heart", tmp_path, hospitals=1) as federation:
        with pytest.raises(Refused, match=r"FH307.*another notebook"):
            Federation.start("heart", tmp_path, hospitals=1, new=True)
        assert federation.run(COUNT.format(0.1)).answers["n"].value


@pytest.mark.long
def test_a_refused_new_demonstration_deletes_nothing(tmp_path: Path) -> None:
    """Where one of the hospitals runs elsewhere, no ledger goes, also not those of hospitals that do not run."""
    with Federation.start("heart", tmp_path) as first:
        first.run(COUNT.format(0.5))
        ledgers = sorted(tmp_path.glob("hospitals/heart/*/state/hospital.sqlite"))
        assert len(ledgers) == 4
        (host,) = [one for one in psutil.Process().children() if "host" in one.cmdline()]
        host.children()[0].kill()  # of the first folder, which would be deleted before the others are asked
        eventually(lambda: sorted(one.status for one in first.states.values())[0] == "died")
        with pytest.raises(Refused, match="FH307"):
            Federation.start("heart", tmp_path, new=True)
        assert sorted(tmp_path.glob("hospitals/heart/*/state/hospital.sqlite")) == ledgers


def test_hospitals_that_end_while_they_are_found_are_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the other notebook ends between the answer and the connection, the hospitals are started here."""
    first = Federation.start("heart", tmp_path, hospitals=1)
    real = LocalHospitals.start

    def start(hospitals: LocalHospitals) -> None:
        real(hospitals)
        assert statuses(hospitals) == [("ready", False)]
        first.close()

    monkeypatch.setattr(LocalHospitals, "start", start)
    with Federation.start("heart", tmp_path, hospitals=1) as second:
        monkeypatch.undo()
        assert second.own
        assert second.run(COUNT.format(0.1)).answers["n"].value


@pytest.mark.long
def test_no_process_is_left(tmp_path: Path) -> None:
    """When both notebooks end, in whichever order, no process of theirs is left, those that only watched included."""
    first = Federation.start("heart", tmp_path, hospitals=1)
    second = Federation.start("heart", tmp_path, hospitals=1)
    hosts = children(tmp_path)  # tests in a browser leave others running in the same process
    family = [*hosts, *(child for host in hosts for child in host.children(recursive=True))]
    assert len(family) == 4
    first.close()
    second.close()
    assert psutil.wait_procs(family, timeout=60)[1] == []


def test_questions_at_once_keep_budget_and_trust(world: World, seed: int) -> None:
    """Many cells of two notebooks at once spend no more than the budget, and no log is taken for a rewritten one."""
    notebooks, codes, refused_after = [world.connect(), world.connect()], set[str](), list[tuple[str, float]]()

    def ask(number: int) -> tuple[Receipt, ...]:
        epsilon = 0.4 + (seed + number // 2) % 50 / 100  # each price twice, in either notebook
        try:
            return notebooks[number % 2].run(COUNT.format(epsilon)).receipts
        except Refused as refused:
            codes.update(found.code for found in refused.diagnostics if found.severity == "error")
            said = " ".join(found.message for found in refused.diagnostics if found.code == "FF408")
            refused_after.extend((name, float(paid)) for name, paid in re.findall(r"(\w+) epsilon (\d+\.?\d*)", said))
            return ()

    asking = threading.Event()

    def watch() -> None:
        while not asking.wait(0.01):
            for one in notebooks:
                one.refresh()
                assert all(line.verified for line in one.audit())

    with ThreadPoolExecutor(9) as pool:
        watcher = pool.submit(watch)
        receipts = [one for some in pool.map(ask, range(48)) for one in some]
        asking.set()
        watcher.result()
    assert codes == {"FP106"}
    for one in notebooks:
        one.refresh()
        assert {info.state for info in one.hospitals.values()} == {"ready"}
        for info in one.hospitals.values():
            (own,) = [balance for balance in info.balances if not balance.shared]
            assert own.reserved <= 1
            assert own.spent_epsilon >= 8.5
            # Of two that ask the same at once, one may be charged here and the other there; where the budget holds one
            # of two more, a hospital may admit the first and another one the second, and both cells are refused.
            charged = sum(receipt.epsilon for receipt in receipts if receipt.hospital == info.name)
            charged += sum(paid for name, paid in refused_after if name == info.name)
            assert own.spent_epsilon == pytest.approx(charged, rel=1e-6)
        one.close()


def test_a_head_that_another_kept_meanwhile_is_not_replaced_by_an_older_one(world: World) -> None:
    """Of two heads that were asked for at once the newer is kept, whichever comes last; and both are one log's."""
    with world.connect() as federation:
        journal = federation._journal
        before = journal.head("hungary")
        federation.run(COUNT.format(0.1))
        middle = journal.head("hungary")
        federation.run(COUNT.format(0.2))
        newest = journal.head("hungary")
        assert middle is not None
        federation._contact._keep_head("hungary", middle, before)
        assert journal.head("hungary") == newest


@pytest.mark.parametrize(("kept_releases", "forked_releases"), [(1, 2), (2, 1)])
def test_two_logs_that_both_continue_an_old_head_are_noticed(
    world: World, kept_releases: int, forked_releases: int
) -> None:
    """A hospital that shows two notebooks two logs is found out when the second wants to keep its own."""
    state, backup = world.folders["hungary"] / "state", world.room / "backup"
    with world.connect() as federation:
        contact, journal = federation._contact, federation._journal
        before = journal.head("hungary")
        world.kill("hungary")
        shutil.copytree(state, backup)
        world.start("hungary")
        for number in range(kept_releases):
            federation.run(COUNT.format(0.1), draw=number)
        kept = journal.head("hungary")
        world.kill("hungary")
        shutil.rmtree(state)
        shutil.copytree(backup, state)
        world.start("hungary")
        with world.connect("bob") as other:  # another log, which continues the old head as well
            for number in range(forked_releases):
                other.run(COUNT.format(0.2), draw=number)
            forked = other._journal.head("hungary")
        assert before is not None
        assert forked is not None
        with pytest.raises(Refused, match="FF405"):
            contact._keep_head("hungary", forked, before)
        assert journal.head("hungary") == kept


def test_what_did_not_change_is_not_written(world: World) -> None:
    """Asking hospitals what they have changes neither their logs nor the journal, and charges nothing."""
    with world.connect() as federation:
        federation.run(COUNT.format(0.1))
        hospitals, version = federation.hospitals, federation._journal._connection.total_changes
        for _ in range(3):
            federation.refresh()
        assert federation.hospitals is hospitals
        assert federation._journal._connection.total_changes == version


def test_a_federation_that_was_closed_says_so(world: World) -> None:
    """Whoever still watches a federation that was closed is refused, with a code and no traceback of a library."""
    federation = world.connect()
    federation.close()
    federation.close()
    for ask in (federation.refresh, federation.audit, lambda: federation.run(COUNT.format(0.1))):
        with pytest.raises(Refused, match=r"FF401.*closed"):
            ask()
