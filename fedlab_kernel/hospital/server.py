"""A hospital's door: frames in from a Unix socket, answers out."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn, Protocol

from ..errors import Refused
from ..wire.frames import FRAME_LIMIT, receive_frame, send_frame
from . import release

SEATS = 64
"""Connections served at a time, each by a thread of its own."""

PATIENCE_SECONDS = 30.0
"""How long a connection may take to deliver its next frame, or to take its answer."""


class Answerer(Protocol):
    """What stands behind the door: a hospital."""

    def answer(self, frame: bytes) -> bytes:
        """The encoded reply to an encoded envelope; called from several threads at a time."""
        ...

    def refuse(self, reason: Refused) -> bytes:
        """The encoded refusal of bytes that were no frame, once it is logged; called like `answer`."""
        ...


def serve(answerer: Answerer, socket_path: Path, *, ready: Callable[[], None]) -> NoReturn:
    """Answer on the Unix socket `socket_path` until the process ends.

    `ready` is called when the socket accepts.
    A connection beyond `SEATS` is told FH304 and closed; a frame that is oversized or cut off is handed to
    `answerer.refuse`, and its connection closed; when `answerer` raises, the reply is FH305 and the traceback
    goes to stderr.

    Raises OSError when the socket cannot be made.
    """
    socket_path.unlink(missing_ok=True)  # left by a hospital that was killed
    seats = threading.Semaphore(SEATS)

    def converse(connection: socket.socket) -> None:
        try:
            _converse(answerer, connection)
        finally:
            connection.close()
            seats.release()

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(socket_path))
        door.listen(SEATS)
        ready()
        while True:
            connection, _ = door.accept()
            if seats.acquire(blocking=False):
                threading.Thread(target=converse, args=(connection,), daemon=True).start()
            else:
                with connection:
                    busy = release.reply(release.busy(SEATS))
                    _send(connection, busy, timeout=0.1)


def _converse(answerer: Answerer, connection: socket.socket) -> None:
    while True:
        try:
            frame = receive_frame(connection, PATIENCE_SECONDS)
        except Refused as reason:
            _send(connection, _reply(partial(answerer.refuse, reason)), PATIENCE_SECONDS)
            return
        except OSError:  # gone, or too slow: nobody is left to be told
            return
        if frame is None:
            return
        if not _send(connection, _reply(partial(answerer.answer, frame)), PATIENCE_SECONDS):
            return


def _reply(made: Callable[[], bytes]) -> bytes:
    """The reply that is made, or FH305 where it cannot be made or sent."""
    try:
        reply = made()
        if len(reply) > FRAME_LIMIT:
            raise ValueError(f"a reply of {len(reply)} bytes is over the limit of a frame")
        return reply
    except Exception:  # whatever it is, the asker may not learn it
        traceback.print_exc(file=sys.stderr)
        return release.reply(release.failed())


def _send(connection: socket.socket, reply: bytes, timeout: float) -> bool:
    """Whether the reply went out; an asker who left does not stop the hospital."""
    with contextlib.suppress(OSError):
        send_frame(connection, reply, timeout)
        return True
    return False
