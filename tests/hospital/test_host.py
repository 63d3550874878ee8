from __future__ import annotations

import json
import os
import select
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from fedlab_kernel.hospital.host import DATA_FAULT, LOG_NAME, _report
from fedlab_kernel.hospital.server import SEATS
from fedlab_kernel.wire.codec import decode_reply
from fedlab_kernel.wire.frames import FRAME_LIMIT, receive_frame, send_frame
from fedlab_kernel.wire.messages import Refusal

ECHO = (sys.executable, str(Path(__file__).parents[1] / "wire" / "echo_hospital.py"))

PATIENCE = 60.0
"""Seconds that a busy machine may take for what is over in a moment."""


class Host:
    """A host process under test, spoken to by its control protocol."""

    def __init__(self, room: Path, *names: str) -> None:
        self.folders = {name: room / name for name in names}
        self.sockets = Path(tempfile.mkdtemp(prefix="fl-"))
        command = [
            *ECHO,
            *map(str, self.folders.values()),
            "--sockets",
            str(self.sockets),
        ]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def event(self) -> dict[str, Any]:
        """The next event that is not "starting"."""
        assert self.process.stdout is not None
        while True:
            event: dict[str, Any] = json.loads(self.process.stdout.readline())
            if event["event"] != "starting":
                return event

    def tell(self, line: str) -> None:
        """Send a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def restart(self, name: str) -> None:
        """Have a hospital started again, and wait until it is ready."""
        self.tell(json.dumps({"do": "restart", "hospital": name}))
        assert self.event() == {"event": "ready", "hospital": name}

    def connect(self, name: str) -> socket.socket:
        """A connection to a hospital."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(self.sockets / f"{name}.sock"))
        return connection

    def ask(self, name: str, frame: bytes) -> bytes | None:
        """A hospital's reply to a frame."""
        with self.connect(name) as connection:
            send_frame(connection, frame, PATIENCE)
            return receive_frame(connection, PATIENCE)


@contextmanager
def running(room: Path) -> Iterator[Host]:
    """A host with the hospitals north and south, ready."""
    for name in ("north", "south"):
        (room / name).mkdir()
    started = Host(room, "north", "south")
    with started.process:
        assert {started.event()["hospital"], started.event()["hospital"]} == {"north", "south"}
        yield started
        started.process.stdin.close()  # type: ignore[union-attr]
    shutil.rmtree(started.sockets, ignore_errors=True)  # a killed host leaves its sockets


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host that the tests of this module share; they leave it as it was."""
    with running(tmp_path_factory.mktemp("shared")) as started:
        yield started


@pytest.fixture
def own_host(tmp_path: Path) -> Iterator[Host]:
    """A host for a test that ends it."""
    with running(tmp_path) as started:
        yield started


def closed(connection: socket.socket) -> bool:
    """Whether the other side sends no more; what it did not read makes that a reset."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def codes(reply: bytes | None) -> list[str]:
    """The codes of a refusal."""
    assert reply is not None
    decoded = decode_reply(reply, FRAME_LIMIT)
    assert isinstance(decoded, Refusal)
    return [finding.code for finding in decoded.findings]


def test_hospitals_draw_different_random_numbers(host: Host) -> None:
    """Children forked from one seeded process share no draw of `random`, numpy or torch."""
    north, south = (json.loads(host.ask(name, b"draws") or b"") for name in ("north", "south"))
    assert len(north) == 3
    assert all(mine != theirs for mine, theirs in zip(north, south, strict=True))


def test_a_restart_is_reported_and_draws_anew(host: Host) -> None:
    """`restart` ends in another "ready", and the new process repeats no draw of the old one."""
    before = json.loads(host.ask("north", b"draws") or b"")
    host.tell('{"do": "restart", "hospital": "north"}')
    assert host.event() == {"event": "ready", "hospital": "north"}
    after = json.loads(host.ask("north", b"draws") or b"")
    assert all(new != old for new, old in zip(after, before, strict=True))


def test_a_dying_hospital_is_reported(own_host: Host) -> None:
    """The end of a child is an event, and the other hospital goes on."""
    assert own_host.ask("north", b"die") is None
    assert own_host.event() == {"event": "died", "hospital": "north"}
    assert own_host.ask("south", b"hello") == b"south:hello"
    own_host.restart("north")  # and the next event is that it is ready: it died once


def test_a_command_may_come_in_pieces(own_host: Host) -> None:
    """What is read of a line before its end is kept until the rest comes."""
    assert own_host.process.stdin is not None
    own_host.process.stdin.write('{"do": "restart", "hosp')
    own_host.process.stdin.flush()
    for name in ("south", "north"):  # when the second end is told, the host has read what came before the first
        assert own_host.ask(name, b"die") is None
        assert own_host.event() == {"event": "died", "hospital": name}
    own_host.tell('ital": "north"}')
    assert own_host.event() == {"event": "ready", "hospital": "north"}


def test_restarts_use_nothing_up(own_host: Host) -> None:
    """A host that has started hospitals again has as many files open, and as many children, as before."""
    process = psutil.Process(own_host.process.pid)
    before = process.num_fds(), len(process.children())
    for _ in range(2):
        own_host.restart("north")
    assert (process.num_fds(), len(process.children())) == before


def test_a_host_goes_on_when_nobody_listens_to_it(own_host: Host) -> None:
    """With its output closed, a host starts a hospital again that died."""
    assert own_host.process.stdout is not None
    own_host.process.stdout.close()
    assert own_host.ask("north", b"die") is None
    own_host.tell('{"do": "restart", "hospital": "north"}')
    until, reply = time.monotonic() + PATIENCE, None
    while reply != b"north:hello":
        assert time.monotonic() < until, "it did not start again"
        time.sleep(0.05)
        with suppress(OSError):  # not listening yet
            reply = own_host.ask("north", b"hello")
    assert own_host.process.poll() is None


@pytest.mark.parametrize("end", ["stop", "close"])
def test_told_to_stop_or_left_alone_it_ends_with_its_children(own_host: Host, end: str) -> None:
    """`stop` and the end of the standard input both end the host, exit code 0, its children and sockets."""
    children = psutil.Process(own_host.process.pid).children()
    assert len(children) == 2
    if end == "stop":
        own_host.tell('{"do": "stop"}')
    else:
        own_host.process.stdin.close()  # type: ignore[union-attr]
    assert own_host.process.wait(PATIENCE) == 0
    assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []
    assert not own_host.sockets.exists()


def test_a_killed_host_leaves_no_children(own_host: Host) -> None:
    """The end of the host, by kill -9, ends its children too."""
    children = psutil.Process(own_host.process.pid).children()
    own_host.process.kill()
    assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []


def test_nonsense_on_the_standard_input_is_passed_over(host: Host) -> None:
    """Lines that are no command, or name nobody, change nothing."""
    for line in ("", "[", "null", '{"do": "dance"}', '{"do": "restart", "hospital": "../north"}'):
        host.tell(line)
    assert host.ask("north", b"hello") == b"north:hello"


def test_what_goes_wrong_stays_in_the_hospital(tmp_path: Path) -> None:
    """A crash at the start reaches the log, which only the owner can read; the event is silent on it."""
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "crash").touch()
    host = Host(tmp_path, "north", "nowhere")
    with host.process:
        events = {event["hospital"]: event for event in (host.event(), host.event())}
        host.process.stdin.close()  # type: ignore[union-attr]
    assert events["north"]["code"] == "FH305"
    assert "row 17" not in json.dumps(events)
    assert events["nowhere"]["code"] == "FU501"
    log = tmp_path / "north" / LOG_NAME
    assert "row 17" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_fault_of_the_data_is_told_to_the_owner_only(tmp_path: Path) -> None:
    """The event of a hospital whose data do not fit says nothing of them; its log has the finding and no traceback."""
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "fault").touch()
    host = Host(tmp_path, "north")
    with host.process:
        event = host.event()
        host.process.stdin.close()  # type: ignore[union-attr]
    assert event == {"event": "failed", "hospital": "north", "code": "FH301", "message": DATA_FAULT}
    log = (tmp_path / "north" / LOG_NAME).read_text()
    assert log.startswith("error FH301: The column age has no unit.\n")
    assert "Traceback" not in log


def test_a_long_report_arrives_in_one_piece() -> None:
    """However long a message is, and however it is escaped, its report is read at once."""
    reading, writing = os.pipe()
    _report(writing, {"event": "failed", "code": "FH305", "message": "😀" * 2000})
    assert json.loads(os.read(reading, select.PIPE_BUF))["code"] == "FH305"
    os.close(reading)
    os.close(writing)


def test_what_a_hospital_prints_stays_in_its_log(host: Host) -> None:
    """Neither a stray print nor the traceback of a failed answer reaches the host's output or the asker."""
    host.ask("north", b"print")
    assert codes(host.ask("north", b"raise")) == ["FH305"]
    assert host.ask("north", b"input") == b"true"  # nor has it the host's input
    host.restart("south")
    host.restart("north")
    assert "row 17" in (host.folders["north"] / LOG_NAME).read_text()


@pytest.mark.parametrize("mode", [0o750, 0o705])
def test_sockets_are_private(host: Host, tmp_path: Path, mode: int) -> None:
    """The socket folder is its owner's alone, and a folder that others can enter is refused."""
    assert stat.S_IMODE(host.sockets.stat().st_mode) == 0o700
    open_room = tmp_path / "open"
    open_room.mkdir()
    open_room.chmod(mode)
    command = [*ECHO, str(tmp_path / "north"), "--sockets", str(open_room)]
    refused = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "chmod 700" in refused.stderr


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    """A name stands for one hospital."""
    command = [*ECHO, str(tmp_path / "a" / "x"), str(tmp_path / "b" / "x"), "--sockets", str(tmp_path / "s")]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 2


def test_a_connection_carries_several_questions(host: Host) -> None:
    """Frames of one connection are answered in turn."""
    with host.connect("north") as connection:
        for number in range(3):
            send_frame(connection, b"%d" % number, PATIENCE)
            assert receive_frame(connection, PATIENCE) == b"north:%d" % number


def test_connections_beyond_the_seats_are_turned_away(host: Host) -> None:
    """With every seat taken the next connection is told FH304 and closed; a freed seat serves again."""
    host.restart("north")  # what took seats in tests before may not have given all back yet
    seated = [host.connect("north") for _ in range(SEATS)]
    try:
        with host.connect("north") as extra:
            assert codes(receive_frame(extra, PATIENCE)) == ["FH304"]
            assert closed(extra)
        send_frame(seated[-1], b"hello", PATIENCE)
        assert receive_frame(seated[-1], PATIENCE) == b"north:hello"
    finally:
        for connection in seated:
            connection.close()
    until, reply = time.monotonic() + PATIENCE, None
    while reply != b"north:hello":  # the seats are given back by other threads
        assert time.monotonic() < until, "no seat was given back"
        time.sleep(0.05)
        with suppress(OSError):  # turned away before the question was sent
            reply = host.ask("north", b"hello")
    host.restart("north")


@pytest.mark.parametrize(
    "sent",
    [struct.pack(">I", FRAME_LIMIT + 1), struct.pack(">I", 2**32 - 1) + b"x", b"\0\0", b"\0\0\0\7half"],
)
def test_broken_frames_are_refused_and_the_connection_closed(host: Host, sent: bytes) -> None:
    """An announced length over the limit, or a stream that ends inside a frame, is handed to the hospital as FW201,
    and its connection is closed.
    """
    log = host.folders["north"] / LOG_NAME
    before = log.read_text().count("refused: FW201")
    with host.connect("north") as connection:
        connection.sendall(sent)
        if sent[:2] == b"\0\0":
            connection.shutdown(socket.SHUT_WR)
        assert codes(receive_frame(connection, PATIENCE)) == ["FW201"]
        assert closed(connection)
    assert log.read_text().count("refused: FW201") == before + 1
    assert host.ask("north", b"hello") == b"north:hello"


def test_a_reply_that_no_frame_can_carry_is_a_failure(host: Host) -> None:
    """An answer over the frame's limit is the hospital's failure, not a broken connection."""
    assert codes(host.ask("north", b"large %d" % (FRAME_LIMIT + 1))) == ["FH305"]
