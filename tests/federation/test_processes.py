from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation import processes
from fedlab_kernel.federation.processes import LocalHospitals
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import SocketTransport, Unanswered
from fedlab_kernel.hospital.host import DATA_FAULT

ECHO = (sys.executable, str(Path(__file__).parents[1] / "wire" / "echo_hospital.py"))


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fails when it does not within a minute."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen within a minute")


def children(folder: Path) -> list[psutil.Process]:
    """The processes that this one started, and that are told of a folder; others, which may just end, are none."""
    found = []
    for one in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # also of one that has ended and was not waited for
            if str(folder) in " ".join(one.cmdline()):
                found.append(one)
    return found


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two hospital folders."""
    made = [tmp_path / "north", tmp_path / "south"]
    for folder in made:
        folder.mkdir()
    return made


def pid(hospitals: LocalHospitals, name: str) -> int:
    """The process of a hospital."""
    return int(SocketTransport(hospitals.sockets).ask(name, b"pid", 60))


def test_every_folder_becomes_a_process_that_answers(folders: list[Path]) -> None:
    """Each hospital is ready, answers under the name of its folder, and is gone after the context."""
    with LocalHospitals(folders, command=ECHO) as hospitals:
        assert {name: state.status for name, state in hospitals.states.items()} == {
            "north": "ready",
            "south": "ready",
        }
        pids = {pid(hospitals, "north"), pid(hospitals, "south"), os.getpid()}
        assert len(pids) == 3
        assert SocketTransport(hospitals.sockets).ask("south", b"hello", 60) == b"south:hello"
        room = hospitals.sockets["north"].parent
    assert not room.exists()
    assert not any(psutil.pid_exists(p) for p in pids - {os.getpid()})
    assert {state.status for state in hospitals.states.values()} == {"stopped"}


def test_a_faulty_hospital_does_not_keep_the_others_from_starting(folders: list[Path]) -> None:
    """A schema fault is reported with its code and message for that hospital only."""
    (folders[0] / "fault").touch()
    with LocalHospitals(folders, command=ECHO) as hospitals:
        north = hospitals.states["north"]
        assert (north.status, north.code, north.message) == ("failed", "FH301", DATA_FAULT)
        assert hospitals.states["south"].status == "ready"


def test_a_dead_hospital_is_noticed_and_can_be_restarted(folders: list[Path]) -> None:
    """A killed hospital becomes "died" while the other goes on, and answers again after `restart`."""
    with LocalHospitals(folders, command=ECHO) as hospitals:
        transport = SocketTransport(hospitals.sockets)
        os.kill(pid(hospitals, "north"), signal.SIGKILL)
        eventually(lambda: hospitals.states["north"].status == "died")
        with pytest.raises(Unanswered, match="FF402"):
            transport.ask("north", b"hello", 60)
        assert transport.ask("south", b"hello", 60) == b"south:hello"
        assert hospitals.restart("north").status == "ready"
        assert transport.ask("north", b"hello", 60) == b"north:hello"


def test_a_running_hospital_can_be_restarted(folders: list[Path]) -> None:
    """`restart` of a hospital that runs gives another process."""
    with LocalHospitals(folders, command=ECHO) as hospitals:
        before = pid(hospitals, "north")
        assert hospitals.restart("north").status == "ready"
        assert pid(hospitals, "north") != before


def test_restart_brings_back_a_killed_host(folders: list[Path]) -> None:
    """After kill -9 of the host every hospital counts as died, and `restart` starts them again."""
    with LocalHospitals(folders, command=ECHO) as hospitals:
        child = psutil.Process(pid(hospitals, "north"))
        child.parent().kill()
        eventually(lambda: {state.status for state in hospitals.states.values()} == {"died"})
        eventually(lambda: not child.is_running())
        assert hospitals.restart("north").status == "ready"
        assert {state.starts for state in hospitals.states.values()} == {2}
        assert SocketTransport(hospitals.sockets).ask("south", b"hello", 60) == b"south:hello"


def test_a_host_that_cannot_run_is_an_error_with_its_last_words(folders: list[Path]) -> None:
    """Where the host ends at once, starting raises FF401 and quotes what it said."""
    command = (sys.executable, "-c", "raise SystemExit('no such command')")
    hospitals = LocalHospitals(folders, command=command)
    with pytest.raises(Refused, match=r"FF401.*no such command"):
        hospitals.start()
    assert {state.status for state in hospitals.states.values()} == {"stopped"}
    assert not hospitals.sockets["north"].parent.exists()


def test_a_host_that_neither_starts_nor_stops_is_killed(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Hospitals that are not ready in time stay "starting", and a host that does not listen is ended all the same."""
    monkeypatch.setattr(processes, "_STOP_SECONDS", 0.2)
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    with LocalHospitals(folders, command=command, timeout=0.2) as hospitals:
        assert {state.status for state in hospitals.states.values()} == {"starting"}
        (host,) = children(folders[0])
    assert not host.is_running()
    assert {state.status for state in hospitals.states.values()} == {"stopped"}


def test_folders_of_the_same_name_are_refused(tmp_path: Path) -> None:
    """Hospitals are told apart by name, so two folders with one name are refused before anything starts."""
    with pytest.raises(Refused, match="FU502"):
        LocalHospitals([tmp_path / "a" / "north", tmp_path / "b" / "north"], command=ECHO)


def test_an_unknown_hospital_cannot_be_restarted(folders: list[Path]) -> None:
    """`restart` of a name that is not there is refused."""
    with pytest.raises(Refused, match="FU503"):
        LocalHospitals(folders, command=ECHO).restart("east")


def test_an_interrupt_of_the_notebook_does_not_reach_the_hospitals(folders: list[Path]) -> None:
    """SIGINT sent to the host and to a hospital kills neither."""
    with LocalHospitals(folders, command=ECHO) as hospitals:
        child = psutil.Process(pid(hospitals, "north"))
        for process in (child.parent(), child):
            process.send_signal(signal.SIGINT)
        assert pid(hospitals, "north") == child.pid
        assert hospitals.restart("south").status == "ready"


def test_killing_the_client_leaves_no_orphans(folders: list[Path]) -> None:
    """The end of the client, by kill -9, ends the host and every hospital and takes the sockets away."""
    client = (
        "import sys, time; from pathlib import Path\n"
        "from fedlab_kernel.federation.processes import LocalHospitals\n"
        "hospitals = LocalHospitals([Path(p) for p in sys.argv[3:]], command=sys.argv[1:3])\n"
        "hospitals.start(); print(hospitals.sockets['north'].parent, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", client, *ECHO, *map(str, folders)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        room = Path(process.stdout.readline().strip())
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) == 3  # the host and two hospitals
        process.kill()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    assert not room.exists()


def test_what_a_library_prints_is_no_event(folders: list[Path], tmp_path: Path) -> None:
    """Lines of the host that are no events are passed over, and hospitals become ready all the same."""
    noisy = tmp_path / "noisy.py"
    noisy.write_text(f"import runpy, sys\nprint('hello from a library', flush=True)\nsys.argv[0] = {ECHO[1]!r}\n"
                     f"runpy.run_path({ECHO[1]!r}, run_name='__main__')\n")  # fmt: skip
    with LocalHospitals(folders, command=(sys.executable, str(noisy))) as hospitals:
        assert [state.status for state in hospitals.states.values()] == ["ready", "ready"]


@pytest.mark.long
def test_files_beside_the_notebook_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hospitals start in the folder of a notebook without importing what lies there under the name of a library."""
    for name in ("random", "msgspec", "numpy", "torch"):
        (tmp_path / f"{name}.py").write_text("open('was-run', 'a').close()\n")
    monkeypatch.chdir(tmp_path)
    with Federation.start("heart", tmp_path / "state") as running:
        assert {info.state for info in running.hospitals.values()} == {"ready"}
    assert not (tmp_path / "was-run").exists()
