from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.wire.frames import receive_frame, send_frame


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets."""
    left, right = socket.socketpair()
    with left, right:
        yield left, right


Pair = tuple[socket.socket, socket.socket]


def test_frames_arrive_as_they_were_sent(pair: Pair) -> None:
    """Payloads of any length, the empty one included, arrive one by one, then the end is None."""
    payloads = [b"", b"x", bytes(300_000), b"end"]

    def send() -> None:
        for payload in payloads:
            send_frame(pair[0], payload, 60)
        pair[0].shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    assert [receive_frame(pair[1], 60) for _ in payloads] == payloads
    assert receive_frame(pair[1], 60) is None
    sender.join()


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=50), cuts=st.lists(st.integers(0, 54), max_size=6))
def test_a_frame_may_arrive_in_pieces(pair: Pair, payload: bytes, cuts: list[int]) -> None:
    """However the stream is cut, header included, the frame is the same."""
    stream = struct.pack(">I", len(payload)) + payload
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(bounds):
        pair[0].send(stream[start:end])
    assert receive_frame(pair[1], 10) == payload


def test_a_frame_over_the_limit_is_refused_on_both_sides(pair: Pair) -> None:
    """FW201 before anything is sent, and before anything after the header is read."""
    with pytest.raises(Refused, match="FW201"):
        send_frame(pair[0], bytes(11), 10, limit=10)
    pair[0].sendall(struct.pack(">I", 11) + b"unread")
    with pytest.raises(Refused, match="FW201"):
        receive_frame(pair[1], 10, limit=10)
    assert pair[1].recv(100) == b"unread"


@pytest.mark.parametrize("cut", [b"\0", b"\0\0\0", b"\0\0\0\5", b"\0\0\0\5four"])
def test_a_stream_that_ends_inside_a_frame_is_refused(pair: Pair, cut: bytes) -> None:
    """An end after some of the header or the payload is FW201."""
    pair[0].sendall(cut)
    pair[0].shutdown(socket.SHUT_WR)
    with pytest.raises(Refused, match="FW201"):
        receive_frame(pair[1], 10)


def test_drips_do_not_extend_the_time(pair: Pair) -> None:
    """The limit is for the whole frame: a sender that sends a byte now and then runs into it."""
    done = threading.Event()

    def drip() -> None:
        pair[0].sendall(struct.pack(">I", 10_000))
        while not done.wait(0.02):
            pair[0].sendall(b"x")

    sender = threading.Thread(target=drip)
    sender.start()
    try:
        with pytest.raises(TimeoutError):
            receive_frame(pair[1], 0.3)
    finally:
        done.set()
        sender.join()


def test_a_reader_who_does_not_read_does_not_hold_the_sender(pair: Pair) -> None:
    """Sending into a full buffer ends with the time-out."""
    with pytest.raises(TimeoutError):
        send_frame(pair[0], bytes(8_000_000), 0.2)
