from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.processes import LocalHospitals
from fedlab_kernel.federation.transport import (
    Failure,
    InThread,
    SocketTransport,
    Transport,
    Unanswered,
    ask_all,
)
from fedlab_kernel.wire.codec import decode_reply
from fedlab_kernel.wire.frames import FRAME_LIMIT, send_frame
from fedlab_kernel.wire.messages import Refusal

ECHO = (sys.executable, str(Path(__file__).parents[1] / "wire" / "echo_hospital.py"))


class Echo:
    """What `echo_hospital` does, within this process."""

    def __init__(self, name: str) -> None:
        self._name = name

    def answer(self, frame: bytes) -> bytes:
        """Echo the frame, or do what it says."""
        if frame == b"raise":
            raise RuntimeError("the patient in row 17")
        if frame.startswith(b"sleep"):
            time.sleep(float(frame.split()[1]))
        return self._name.encode() + b":" + frame


class Hurried:
    """A transport that gives a minute to whoever answers, and hardly any time to whoever sleeps."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
        """The reply."""
        assert timeout == 60
        return self._transport.ask(hospital, frame, 0.2 if frame.startswith(b"sleep") else timeout)


class TransportConformance(ABC):
    """What every transport does; hospitals `north` and `south` are there, `east` is not."""

    @pytest.fixture
    @abstractmethod
    def transport(self) -> Transport:
        """The transport under test."""

    def test_the_reply_is_of_the_hospital_asked(self, transport: Transport) -> None:
        """A frame reaches the named hospital unchanged, and its reply comes back unchanged."""
        every_byte = bytes(range(256)) * 1000
        assert transport.ask("north", every_byte, 60) == b"north:" + every_byte
        assert transport.ask("south", b"", 60) == b"south:"

    def test_questions_at_the_same_time_do_not_mix(self, transport: Transport) -> None:
        """Forty questions from eight threads each get their own reply."""
        frames = [b"%d" % number for number in range(40)]
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda frame: transport.ask("north", frame, 60), frames))
        assert replies == [b"north:" + frame for frame in frames]

    def test_a_hospital_that_is_not_there_counts_as_died(self, transport: Transport) -> None:
        """Asking nobody raises FF402."""
        with pytest.raises(Unanswered, match="FF402") as raised:
            transport.ask("east", b"hello", 60)
        assert raised.value.failure == Failure("died", "east")

    def test_waiting_has_a_limit(self, transport: Transport) -> None:
        """A reply that is not there in time raises FF403."""
        with pytest.raises(Unanswered, match="FF403") as raised:
            transport.ask("north", b"sleep 60", 0.2)
        assert raised.value.failure == Failure("late", "north")

    def test_a_failure_at_the_hospital_says_nothing(self, transport: Transport) -> None:
        """An answerer that raises is answered by FH305, without a word of its error."""
        reply = transport.ask("north", b"raise", 60)
        assert b"row 17" not in reply
        decoded = decode_reply(reply, FRAME_LIMIT)
        assert isinstance(decoded, Refusal)
        assert [finding.code for finding in decoded.findings] == ["FH305"]

    def test_all_are_asked_and_each_outcome_is_named(self, transport: Transport) -> None:
        """Replies and failures come back by hospital, in the order of the question."""
        frames = {"south": b"a", "east": b"b", "north": b"sleep 60"}
        outcome = ask_all(Hurried(transport), frames, timeout=60)
        assert list(outcome) == ["south", "east", "north"]
        assert outcome == {
            "south": b"south:a",
            "east": Failure("died", "east"),
            "north": Failure("late", "north"),
        }


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHospitals]:
    """Two hospitals in processes of their own, which answer without padding."""
    room = tmp_path_factory.mktemp("hospitals")
    folders = [room / "north", room / "south"]
    for folder in folders:
        folder.mkdir()
    with LocalHospitals(folders, command=ECHO) as running:
        yield running


class TestInThread(TransportConformance):
    """The transport for tests."""

    @pytest.fixture
    def transport(self) -> Transport:
        """Two hospitals in this process."""
        return InThread({"north": Echo("north"), "south": Echo("south")})


class TestSocketTransport(TransportConformance):
    """The transport to hospitals on this machine."""

    @pytest.fixture
    def transport(self, hospitals: LocalHospitals) -> Transport:
        """Two hospitals in processes of their own."""
        return SocketTransport(hospitals.sockets)

    def test_a_frame_over_the_limit_is_not_sent(self, transport: Transport) -> None:
        """The client's side refuses what the hospital would not read."""
        with pytest.raises(Refused, match="FW201"):
            transport.ask("north", bytes(FRAME_LIMIT + 1), 60)

    def test_a_hospital_that_dies_while_it_is_asked(self, transport: Transport) -> None:
        """A process that ends before its reply counts as died; named last, since it stays dead."""
        with pytest.raises(Unanswered, match="FF402"):
            transport.ask("south", b"die", 60)


@pytest.fixture
def door() -> Iterator[tuple[Path, socket.socket]]:
    """A socket at which somebody listens who has not answered yet, and the end that listens."""
    room = Path(tempfile.mkdtemp(prefix="fl-"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(room / "north.sock"))
        listening.listen(0)
        yield room / "north.sock", listening
    shutil.rmtree(room)


def test_a_queue_that_is_full_is_late(door: tuple[Path, socket.socket]) -> None:
    """A hospital to which nobody can connect any more, as too many wait, is there, but does not answer in time."""
    knocks = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(3)]
    for knock in knocks:
        knock.setblocking(False)
        knock.connect_ex(str(door[0]))
    with pytest.raises(Unanswered, match="FF403"):
        SocketTransport({"north": door[0]}).ask("north", b"hello", 0.5)
    for knock in knocks:
        knock.close()


def test_who_is_turned_away_before_the_question_is_sent_hears_why(door: tuple[Path, socket.socket]) -> None:
    """The answer of a hospital that hangs up without reading the question is the reply."""

    def turn_away() -> None:
        connection, _ = door[1].accept()
        with connection:
            send_frame(connection, b"no seat", 60)

    thread = threading.Thread(target=turn_away, daemon=True)
    thread.start()
    question = bytes(FRAME_LIMIT // 2)  # more than fits into the buffers between the two
    assert SocketTransport({"north": door[0]}).ask("north", question, 60) == b"no seat"
    thread.join(60)


class Broken:
    """A transport with a fault of its own."""

    def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:  # noqa: ARG002 - the protocol's
        """Fail."""
        raise ZeroDivisionError


def test_a_fault_of_the_transport_is_not_swallowed() -> None:
    """What is no `Unanswered` is raised in the caller, who neither hangs nor takes it for a dead hospital."""
    with pytest.raises(ZeroDivisionError):
        ask_all(Broken(), {"north": b""}, timeout=60)


def test_an_interrupt_tells_the_hospitals_and_returns_control() -> None:
    """Ctrl-C while waiting calls `on_interrupt` once and is raised without waiting for the reply."""
    reached, released = threading.Event(), threading.Event()

    class Waiting:
        def answer(self, frame: bytes) -> bytes:
            reached.set()
            released.wait(60)
            return frame

    def press_ctrl_c() -> None:
        reached.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    told: list[bool] = []
    threading.Thread(target=press_ctrl_c).start()
    with pytest.raises(KeyboardInterrupt):
        ask_all(InThread({"north": Waiting()}), {"north": b""}, 60, lambda: told.append(released.is_set()))
    released.set()
    assert told == [False]


def test_each_reply_is_told_as_it_comes() -> None:
    """`on_reply` hears of the first hospital while another still works, and of one that does not answer."""
    told: list[tuple[str, bool]] = []
    released = threading.Event()

    class Waiting:
        def answer(self, frame: bytes) -> bytes:
            released.wait(60)
            return frame

    def tell(hospital: str, answered: bool) -> None:
        told.append((hospital, answered))
        if len(told) == 2:
            released.set()

    hospitals = InThread({"north": Waiting(), "south": Echo("south")})
    ask_all(hospitals, {"north": b"", "south": b"", "east": b""}, 60, on_reply=tell)
    assert sorted(told[:2]) == [("east", False), ("south", True)]
    assert told[2:] == [("north", True)]
