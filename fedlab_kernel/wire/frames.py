"""Frames on a stream socket: a 4-byte big-endian length, then that many bytes."""

from __future__ import annotations

import socket
import struct
import time

from ..errors import Refused, diagnose

FRAME_LIMIT = 16 * 2**20
"""The most bytes a frame may carry, on both sides."""

_HEADER = struct.Struct(">I")
_PIECE = 2**16


def send_frame(connection: socket.socket, payload: bytes, timeout: float, limit: int = FRAME_LIMIT) -> None:
    """Send one frame within `timeout` seconds.

    Raises Refused FW201 when the payload is over `limit` bytes, TimeoutError when the time is over,
    OSError when the connection is gone.
    """
    if len(payload) > limit:
        raise _too_long(len(payload), limit)
    connection.settimeout(timeout)
    connection.sendall(_HEADER.pack(len(payload)) + payload)  # its time limit is for the whole


def receive_frame(connection: socket.socket, timeout: float, limit: int = FRAME_LIMIT) -> bytes | None:
    """The payload of the next frame; None where the other side ended properly, between two frames.

    Raises Refused FW201 when the announced length is over `limit` (no byte of it is read) or the stream
    ends inside a frame, TimeoutError when the whole frame has not arrived after `timeout` seconds, OSError
    when the connection is gone.
    """
    deadline = time.monotonic() + timeout
    header = _receive(connection, _HEADER.size, deadline)
    if not header:
        return None
    if len(header) < _HEADER.size:
        raise _cut_off()
    (length,) = _HEADER.unpack(header)
    if length > limit:
        raise _too_long(length, limit)
    payload = _receive(connection, length, deadline)
    if len(payload) < length:
        raise _cut_off()
    return payload


def _receive(connection: socket.socket, length: int, deadline: float) -> bytes:
    """`length` bytes, or what there was when the stream ended."""
    received = bytearray()  # grows with what arrives, not with what is announced
    while len(received) < length:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the frame did not arrive in time")
        connection.settimeout(left)
        piece = connection.recv(min(_PIECE, length - len(received)))
        if not piece:
            break
        received += piece
    return bytes(received)


def _too_long(length: int, limit: int) -> Refused:
    return Refused(diagnose("FW201", f"The frame has {length} bytes; at most {limit} are read."))


def _cut_off() -> Refused:
    return Refused(diagnose("FW201", "The connection ended inside a message."))
