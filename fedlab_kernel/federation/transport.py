"""How a frame reaches a hospital and its answer comes back: over a Unix socket, or within the process."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ..errors import Diagnostic, Refused, diagnose
from ..wire.codec import encode
from ..wire.frames import receive_frame, send_frame
from ..wire.refusals import refusal_of

_WAKE_SECONDS = 0.1
_AT_ONCE = 4 * (os.cpu_count() or 1)
"""So many of a crowd are asked at a time: they may share this machine's processors, and all would be late together."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer from a hospital: its process "died" (FF402), or the answer is "late" (FF403)."""

    kind: Literal["died", "late"]
    hospital: str

    @property
    def diagnostic(self) -> Diagnostic:
        """What to tell the researcher."""
        if self.kind == "died":
            return diagnose("FF402", f"The hospital {self.hospital} stopped or cannot be reached.")
        return diagnose("FF403", f"The hospital {self.hospital} did not answer in time.")


class Unanswered(Refused):
    """Raised by a transport when there is no answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.diagnostic)
        self.failure = failure


class Transport(Protocol):
    """A way to ask hospitals. Its methods may be called from several threads at a time."""

    def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
        """The hospital's encoded reply to an encoded envelope.

        Returns or raises within about `timeout` seconds. Raises Unanswered when the hospital does not
        run or stopped while it was asked, or when the time is over.
        """
        ...


class SocketTransport:
    """Hospitals on this machine: a Unix socket each, a connection for each question."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths

    def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
        """See `Transport.ask`. Raises Refused FW201 for a frame over the limit, or one that is cut off."""
        deadline = time.monotonic() + timeout
        reply = None
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(timeout)
                connection.connect(str(self._paths[hospital]))
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    # A hospital that refuses at the door answers without listening.
                    send_frame(connection, frame, _left(deadline))
                reply = receive_frame(connection, _left(deadline))
        except (TimeoutError, BlockingIOError):  # BlockingIOError: its queue of connections is full
            raise Unanswered(Failure("late", hospital)) from None
        except (KeyError, OSError):
            raise Unanswered(Failure("died", hospital)) from None
        if reply is None:
            raise Unanswered(Failure("died", hospital))
        return reply


class Answerer(Protocol):
    """Whatever answers frames: a hospital, seen from outside."""

    def answer(self, frame: bytes) -> bytes:
        """The encoded reply to an encoded envelope."""
        ...


class InThread:
    """Hospitals within this process, each question in a thread of its own; for tests."""

    def __init__(self, answerers: Mapping[str, Answerer]) -> None:
        self._answerers = answerers

    def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
        """See `Transport.ask`. A hospital that is not there counts as stopped."""
        if hospital not in self._answerers:
            raise Unanswered(Failure("died", hospital))
        replies: queue.SimpleQueue[bytes] = queue.SimpleQueue()

        def answer() -> None:
            try:
                replies.put(self._answerers[hospital].answer(frame))
            except Exception:  # as behind a socket: it is logged there and says nothing here
                traceback.print_exc(file=sys.stderr)
                replies.put(encode(refusal_of("FH305", "The hospital failed on this request.")))

        threading.Thread(target=answer, daemon=True).start()
        try:
            return replies.get(timeout=timeout)
        except queue.Empty:
            raise Unanswered(Failure("late", hospital)) from None


def ask_all(
    transport: Transport,
    frames: Mapping[str, bytes],
    timeout: float,
    on_interrupt: Callable[[], None] = lambda: None,
    on_reply: Callable[[str, bool], None] = lambda _hospital, _answered: None,
    stop: threading.Event | None = None,
) -> dict[str, bytes | Failure]:
    """Ask all hospitals at once, each in a thread of its own; reply or failure by hospital.

    The result has the order of `frames`. Takes about `timeout` seconds at most; of a crowd each is asked when it is
    its turn, and has that time from then on. On KeyboardInterrupt, which is raised here too once `stop` is set, calls
    `on_interrupt` (it tells the hospitals) and raises it again at once, without waiting for the replies; whose turn
    has not come is not asked any more. `on_reply` is told of each hospital whether it answered, as soon as that is
    known, in the caller's thread.

    Raises what a transport raises that is no `Unanswered`.
    """
    if stop is not None and stop.is_set():
        raise KeyboardInterrupt
    outcomes: queue.SimpleQueue[tuple[str, bytes | Exception]] = queue.SimpleQueue()
    turns, given_up = threading.BoundedSemaphore(_AT_ONCE), threading.Event()

    def ask(hospital: str, frame: bytes) -> None:
        with turns:
            if given_up.is_set():
                return
            try:
                outcomes.put((hospital, transport.ask(hospital, frame, timeout)))
            except Exception as error:  # raised again below, in the caller's thread
                outcomes.put((hospital, error))

    replies: dict[str, bytes | Failure] = {}
    try:
        for hospital, frame in frames.items():  # inside: who is asked already must be told of an interrupt
            threading.Thread(target=ask, args=(hospital, frame), daemon=True).start()
        while len(replies) < len(frames):
            if stop is not None and stop.is_set():
                raise KeyboardInterrupt
            try:
                # Wakes now and then: a signal that another thread took raises KeyboardInterrupt only then.
                hospital, outcome = outcomes.get(timeout=_WAKE_SECONDS)
            except queue.Empty:
                continue
            if isinstance(outcome, Unanswered):
                replies[hospital] = outcome.failure
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                replies[hospital] = outcome
            on_reply(hospital, isinstance(outcome, bytes))
    except KeyboardInterrupt:
        given_up.set()  # first of all, or somebody could still be asked who was told to stop
        on_interrupt()
        raise
    finally:
        given_up.set()
    return {hospital: replies[hospital] for hospital in frames}


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
