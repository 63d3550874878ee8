from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlab_kernel.errors import Refused
from fedlab_kernel.wire.codec import decode_envelope, encode
from fedlab_kernel.wire.keys import load_or_create_key
from fedlab_kernel.wire.messages import PROTOCOL, Envelope, Hello
from fedlab_kernel.wire.signing import Signer, open_envelope

LIMIT = 2**16
ALICE = Signer(Ed25519PrivateKey.from_private_bytes(b"a" * 32))
MALLORY = Signer(Ed25519PrivateKey.from_private_bytes(b"m" * 32))
SEALED = ALICE.seal(Hello("north"))


def refusal_code(data: bytes) -> str:
    """The code with which an envelope is refused."""
    with pytest.raises(Refused) as raised:
        open_envelope(data, LIMIT)
    return raised.value.diagnostics[0].code


def changed(**fields: object) -> bytes:
    """Alice's envelope with other fields."""
    envelope: Envelope = msgspec.structs.replace(decode_envelope(SEALED, LIMIT), **fields)
    return encode(envelope)


def test_a_sealed_request_opens_to_its_signer_and_itself() -> None:
    """Who signed and what comes out of an envelope as they went in."""
    assert open_envelope(SEALED, LIMIT) == (ALICE.researcher, Hello("north"))


def test_changed_requests_and_borrowed_signatures_are_refused() -> None:
    """Another payload, another researcher, or another one's signature is FW202."""
    mallory = decode_envelope(MALLORY.seal(Hello("north")), LIMIT)
    assert refusal_code(changed(payload=encode(Hello("south")))) == "FW202"
    assert refusal_code(changed(researcher=mallory.researcher)) == "FW202"
    assert refusal_code(changed(signature=mallory.signature)) == "FW202"
    assert refusal_code(changed(signature=bytes(64))) == "FW202"
    assert refusal_code(changed(researcher=b"\xff" * 32)) == "FW202"


def test_a_signature_for_another_purpose_does_not_count() -> None:
    """The key's signature on the bare payload, as another protocol might ask for, is FW202."""
    key = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
    assert refusal_code(changed(signature=key.sign(encode(Hello("north"))))) == "FW202"


def test_the_request_is_not_looked_at_before_its_signature() -> None:
    """A payload that is no request is FW202 unsigned; only signed it is FW201."""
    assert refusal_code(changed(payload=b"nonsense")) == "FW202"


def test_version_and_size_are_refused_by_their_own_codes() -> None:
    """Another version is FW203, an envelope over the limit FW201."""
    assert refusal_code(changed(version=PROTOCOL + 1)) == "FW203"
    assert refusal_code(ALICE.seal(Hello("n" * 100)) + bytes(LIMIT)) == "FW201"


@settings(max_examples=200)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(place: int, difference: int) -> None:
    """An envelope with any one byte changed is refused, by a code of the wire."""
    forged = bytearray(SEALED)
    forged[place] ^= difference
    assert refusal_code(bytes(forged)) in {"FW201", "FW202", "FW203"}


def test_a_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    """The file is made with mode 0600 under any umask, read again the next time, and leaves no draft."""
    path = tmp_path / "keys" / "researcher.pem"
    before = os.umask(0)
    try:
        first = load_or_create_key(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Signer(load_or_create_key(path)).researcher == Signer(first).researcher
    assert list(path.parent.iterdir()) == [path]


def test_several_at_once_get_the_same_key(tmp_path: Path) -> None:
    """Whoever creates the file first, everybody ends with the key that is in it."""
    start = threading.Barrier(8)
    found: list[str] = []

    def load() -> None:
        start.wait()
        found.append(Signer(load_or_create_key(tmp_path / "key")).researcher)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_unusable_key_files_are_refused(tmp_path: Path) -> None:
    """A file that others can read, or that holds no Ed25519 key, is FU506 and stays as it is."""
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(0o640)
    with pytest.raises(Refused, match="FU506"):
        load_or_create_key(path)
    path.chmod(0o600)
    path.write_bytes(b"nonsense")
    with pytest.raises(Refused, match="FU506"):
        load_or_create_key(path)
    assert path.read_bytes() == b"nonsense"
