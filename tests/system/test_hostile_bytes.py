from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.federation.processes import LocalHospitals
from fedlab_kernel.wire.codec import decode_reply
from fedlab_kernel.wire.frames import FRAME_LIMIT, receive_frame, send_frame
from fedlab_kernel.wire.messages import Ask, Hello, Refusal, ReleaseRequest, Welcome
from fedlab_kernel.wire.signing import Signer

from .conftest import Room, make_room

SIGNER = Signer(Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, Path]]:
    """A room with one hospital that runs, and its socket."""
    room = make_room(tmp_path_factory.mktemp("hostile"))
    with LocalHospitals([room.hospitals / "cleveland"]) as hospitals:
        assert hospitals.states["cleveland"].status == "ready"
        yield room, hospitals.sockets["cleveland"]


def ask(door: Path, frame: bytes) -> object:
    """The decoded reply to a frame."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(door))
        send_frame(connection, frame, 60)
        reply = receive_frame(connection, 60)
    assert reply is not None
    return decode_reply(reply, FRAME_LIMIT)


def codes(reply: object) -> list[str]:
    """The codes of a refusal."""
    assert isinstance(reply, Refusal)
    return [finding.code for finding in reply.findings]


def refusals(room: Room) -> int:
    """How many refusals the hospital's verified log holds."""
    done = room.fedlab("audit", "verify", room.hospitals / "cleveland")
    assert done.returncode == 0, done.stdout
    counted = [
        word.split()[0] for word in done.stdout.replace("(", ", ").replace(")", ",").split(",") if "refusal" in word
    ]
    return int(counted[0]) if counted else 0


def forged(hospital: str) -> bytes:
    """A request in another researcher's name, signed with the own key."""
    envelope = msgspec.msgpack.decode(SIGNER.seal(Hello(hospital)))
    victim = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    return msgspec.msgpack.encode({**envelope, "researcher": victim})


def altered(hospital: str) -> bytes:
    """A request whose content was changed after it was signed."""
    envelope = msgspec.msgpack.decode(SIGNER.seal(Hello(hospital)))
    return msgspec.msgpack.encode({**envelope, "payload": envelope["payload"].replace(b"Hello", b"Cancl")})


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "FW201"),
        (b"\x80", "FW201"),
        (b"\xc1" * 100, "FW201"),
        (b"\xdd\xff\xff\xff\xff", "FW201"),
        (b"\x91" * 100_000, "FW201"),
        (b"cos\nsystem\n(S'true'\ntR.", "FW201"),
        (forged("cleveland"), "FW202"),
        (altered("cleveland"), "FW202"),
        (SIGNER.seal(Hello("hungary")), "FW205"),
    ],
    ids=["empty", "map", "reserved", "announced", "nested", "pickle", "forged", "altered", "misaddressed"],
)
def test_hostile_bytes_are_refused_and_logged(running: tuple[Room, Path], frame: bytes, code: str) -> None:
    """What is not exactly a message signed by its sender for this hospital is refused, leaves a leaf in the log, and
    the hospital goes on answering.
    """
    room, door = running
    before = refusals(room)
    assert codes(ask(door, frame)) == [code]
    assert refusals(room) == before + 1
    assert isinstance(ask(door, SIGNER.seal(Hello("cleveland"))), Welcome)


def test_random_bytes_are_refused(running: tuple[Room, Path], seed: int) -> None:
    """A real request with a byte changed, or cut off, never gets anything but a refusal."""
    _, door = running
    source = random.Random(seed)
    good = SIGNER.seal(Hello("cleveland"))
    for _ in range(40):
        at = source.randrange(len(good))
        changed = bytes([good[at] ^ source.randrange(1, 256)])
        for frame in (good[:at] + changed + good[at + 1 :], good[:at]):
            assert set(codes(ask(door, frame))) <= {"FW201", "FW202", "FW203"}


@pytest.mark.parametrize(
    "sent", [struct.pack(">I", FRAME_LIMIT + 1), b"\0\0", struct.pack(">I", 7) + b"half"],
    ids=["oversized", "cut off in its length", "cut off in its content"],
)  # fmt: skip
def test_a_broken_frame_is_refused_and_logged(running: tuple[Room, Path], sent: bytes) -> None:
    """An announced length over the limit, or a stream that ends inside a frame, is refused at once and leaves a leaf
    in the log, and the hospital goes on answering.
    """
    room, door = running
    before = refusals(room)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(door))
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        reply = receive_frame(connection, 60)
    assert reply is not None
    assert codes(decode_reply(reply, FRAME_LIMIT)) == ["FW201"]
    assert refusals(room) == before + 1
    assert isinstance(ask(door, SIGNER.seal(Hello("cleveland"))), Welcome)


@pytest.mark.parametrize(
    "text",
    [
        'v0 = table("heart")\nv1 = count(v0)\nrelease(v1, epsilon=1)\n',  # an int where a float is written
        'v0 = table("heart")\nrelease(v0, epsilon=1.0)\n',
        "import os\n",
        'v0 = table("heart")\nv1 = count(v0)\nrelease(v1, epsilon=1.0)\nrelease(v1, epsilon=1.0)\n',
    ],
    ids=["not canonical", "a table", "python", "two releases"],
)
def test_a_signed_slice_is_believed_no_more_than_its_text(running: tuple[Room, Path], text: str) -> None:
    """A request with a good signature whose slice is not a canonical release is refused, logged and not charged."""
    room, door = running
    before = refusals(room)
    key = ask(door, SIGNER.seal(Hello("cleveland"))).key  # type: ignore[attr-defined]
    reply = ask(door, SIGNER.seal(Ask("cleveland", bytes(16), (ReleaseRequest(text, (), 0, 0),), 1e-8, text, key, {})))
    (item,) = reply.items  # type: ignore[attr-defined]
    assert codes(item)
    assert refusals(room) == before + 1
    assert not room.ledgers()["cleveland"]["entries"]
