from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.audit.checkpoint import Checkpoint, open_checkpoint, sign, signature_line
from fedlab_kernel.errors import Refused

ORIGIN = "fedlab.example/heart/cleveland"
ROOT = bytes(range(100, 132))


@pytest.fixture
def text(key: Ed25519PrivateKey) -> str:
    """A checkpoint of size 7."""
    return sign(ORIGIN, 7, ROOT, key)


def test_signature_line_is_that_of_the_signed_note_reference() -> None:
    """The published example note of golang.org/x/mod/sumdb/note is signed byte for byte."""
    secret = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")  # type byte, then the key
    note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = signature_line("PeterNeumann", note, Ed25519PrivateKey.from_private_bytes(secret[1:]))
    assert line == (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )


def test_a_signed_checkpoint_opens(key: Ed25519PrivateKey, text: str) -> None:
    """What was signed is what is read, and the text has the lines of tlog-checkpoint."""
    assert open_checkpoint(text, key.public_key()) == Checkpoint(ORIGIN, 7, ROOT)
    assert text.startswith(f"{ORIGIN}\n7\n{b64encode(ROOT).decode()}\n\n— {ORIGIN} ")
    assert open_checkpoint(sign(ORIGIN, 0, ROOT, key), key.public_key()).size == 0


def test_any_changed_bit_is_refused(key: Ed25519PrivateKey, text: str) -> None:
    """No single changed bit of the text, signature included, goes through."""
    raw = text.encode()
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refused, match="FF405"):
            open_checkpoint(changed.decode(errors="surrogateescape"), key.public_key())


def test_another_key_is_refused(text: str) -> None:
    """A checkpoint signed by somebody else under the same name is refused."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(Refused, match="is not signed with the hospital's key"):
        open_checkpoint(text, other.public_key())


def test_a_signature_under_the_right_key_id_is_verified(key: Ed25519PrivateKey, text: str) -> None:
    """Name and key hash alone, which anybody can copy, do not make a signature."""
    body, line = text.split("\n\n")
    forged = sign(ORIGIN, 8, ROOT, key).split("\n\n")[0]
    assert forged != body
    with pytest.raises(Refused, match=f"signature on the checkpoint of {ORIGIN} at size 8 does not match"):
        open_checkpoint(f"{forged}\n\n{line}", key.public_key())


def test_one_bad_signature_of_the_key_spoils_a_good_one(key: Ed25519PrivateKey, text: str) -> None:
    """A note that carries a false signature under the log's own key is refused whole."""
    bad = signature_line(ORIGIN, "something else\n", key)
    with pytest.raises(Refused, match="does not match its text"):
        open_checkpoint(text + bad, key.public_key())


def test_the_log_signs_under_its_own_name(key: Ed25519PrivateKey, text: str) -> None:
    """A signature by the right key under another name does not count."""
    body = text.split("\n\n")[0] + "\n"
    with pytest.raises(Refused, match="is not signed with the hospital's key"):
        open_checkpoint(f"{body}\n{signature_line('fedlab.example/other', body, key)}", key.public_key())


def test_witnesses_may_sign_too(key: Ed25519PrivateKey, text: str) -> None:
    """Up to 16 signatures are read and those of unknown keys ignored; more are refused."""
    witness = Ed25519PrivateKey.from_private_bytes(bytes(32))
    line = signature_line("witness.example/w1", text.split("\n\n")[0] + "\n", witness)
    assert open_checkpoint(text + 15 * line, key.public_key()).size == 7
    with pytest.raises(Refused, match="not a well-formed signed note"):
        open_checkpoint(text + 16 * line, key.public_key())


def resigned(body: str, key: Ed25519PrivateKey) -> str:
    """A note whose signature is right, whatever its text."""
    return f"{body}\n{signature_line(body.split(chr(10))[0], body, key)}"


SPELLED = b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"{ORIGIN}\n7\n",
        f"\n7\n{SPELLED}\n",
        f"{ORIGIN}\n07\n{SPELLED}\n",
        f"{ORIGIN}\n+7\n{SPELLED}\n",
        f"{ORIGIN}\n-7\n{SPELLED}\n",
        f"{ORIGIN}\n٧\n{SPELLED}\n",
        f"{ORIGIN}\n7_0\n{SPELLED}\n",
        f"{ORIGIN}\n{'9' * 20}\n{SPELLED}\n",
        f"{ORIGIN}\n7\n{b64encode(ROOT[:31]).decode()}\n",
        f"{ORIGIN}\n7\n{b64encode(ROOT + b'!').decode()}\n",
        f"{ORIGIN}\n7\n{SPELLED[:-2]}{chr(ord(SPELLED[-2]) + 1)}=\n",
        f"{ORIGIN}\n7\n{SPELLED}\nextension\n",
        f"{ORIGIN}\r\n7\r\n{SPELLED}\r\n",
        f"fedlab example\n7\n{SPELLED}\n",
        f"fedlab\u2003example\n7\n{SPELLED}\n",
        f"fedlab+example\n7\n{SPELLED}\n",
        f"fedlab\x00example\n7\n{SPELLED}\n",
        f" {ORIGIN}\n7\n{SPELLED}\n",
    ],
)
def test_loose_spellings_are_refused_even_when_signed(key: Ed25519PrivateKey, body: str) -> None:
    """There is one way to write a checkpoint; a right signature does not excuse another."""
    with pytest.raises(Refused, match=r"not a well-formed signed note|not canonical"):
        open_checkpoint(resigned(body, key), key.public_key())


@pytest.mark.parametrize("damage", [lambda t: t[:-1], lambda t: t + "\n", lambda t: "\n" + t, lambda t: t * 2])
def test_a_note_ends_with_its_signatures(key: Ed25519PrivateKey, text: str, damage: object) -> None:
    """Nothing may be missing or added around a checkpoint."""
    assert callable(damage)
    with pytest.raises(Refused, match="not a well-formed signed note"):
        open_checkpoint(damage(text), key.public_key())


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 1, ROOT),
        ("two words", 1, ROOT),
        ("a\n2", 1, ROOT),
        ("a+b", 1, ROOT),
        (ORIGIN, -1, ROOT),
        (ORIGIN, 1, ROOT[:31]),
    ],
)
def test_only_well_formed_checkpoints_are_signed(key: Ed25519PrivateKey, origin: str, size: int, root: bytes) -> None:
    """Signing refuses what opening would refuse."""
    with pytest.raises(ValueError, match="not a checkpoint"):
        sign(origin, size, root, key)
