"""What a hospital signs about its log: a checkpoint in the C2SP format tlog-checkpoint, with Ed25519.

The text is a signed note (C2SP signed-note), so that tools made for other transparency logs can read it:

    fedlab.example/heart/cleveland
    3
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — fedlab.example/heart/cleveland Az3grlgt…

that is origin, number of leaves and root of the tree, a blank line, then signatures. The key has the name of
the log.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fedlab_kernel.errors import Refused, diagnose

_ED25519 = b"\x01"  # the signature type that signed-note assigns to Ed25519
_NAME = r"[^\s+\x00-\x1f\ud800-\udfff]+"
_NOTE = re.compile(
    rf"(?P<body>(?P<origin>{_NAME})\n(?P<size>0|[1-9][0-9]{{0,18}})\n(?P<root>[A-Za-z0-9+/]{{43}}=)\n)\n"
    rf"(?P<signatures>(?:— {_NAME} [A-Za-z0-9+/]+={{0,2}}\n){{1,16}})"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one moment, signature verified.

    Attributes:
        origin: the name of the log.
        size: its number of leaves.
        root: the root of the tree over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes


def sign(origin: str, size: int, root: bytes, private_key: Ed25519PrivateKey) -> str:
    """The text of a checkpoint.

    Args:
        origin: name of the log, by convention a URL without scheme; no spaces, control characters or "+".
        size: number of leaves.
        root: 32 bytes.
        private_key: the hospital's key.

    Raises:
        ValueError: the arguments do not make a well-formed checkpoint.
    """
    body = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    text = f"{body}\n{signature_line(origin, body, private_key)}"
    if not _NOTE.fullmatch(text):
        raise ValueError(f"not a checkpoint: origin {origin!r}, size {size}, root of {len(root)} bytes")
    return text


def signature_line(name: str, body: str, private_key: Ed25519PrivateKey) -> str:
    """The line by which the key called `name` signs the text `body` of a note; both end in a newline."""
    signature = _key_id(name, private_key.public_key()) + private_key.sign(body.encode())
    return f"— {name} {b64encode(signature).decode()}\n"


def open_checkpoint(text: str, public_key: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint that `text` states, if the log's own key signed it.

    Parsing is strict: three lines without extensions, one spelling for each number and hash, at most
    16 signatures. Signatures by other keys (witnesses) are ignored, as the format asks.

    Raises:
        Refused: FF405, the text is malformed or carries no valid signature of this key under the log's name.
    """
    note = _NOTE.fullmatch(text)
    if note is None:
        raise _refused("the checkpoint is not a well-formed signed note")
    checkpoint = Checkpoint(note["origin"], int(note["size"]), _decode(note["root"]))
    signed = False
    for line in note["signatures"].splitlines():
        _, name, encoded = line.split(" ")
        signature = _decode(encoded)
        if name == checkpoint.origin and signature[:4] == _key_id(name, public_key):
            try:
                public_key.verify(signature[4:], note["body"].encode())
            except InvalidSignature:
                raise _refused(f"the signature on the {_named(checkpoint)} does not match its text") from None
            signed = True
    if not signed:
        raise _refused(f"the {_named(checkpoint)} is not signed with the hospital's key")
    return checkpoint


def _named(checkpoint: Checkpoint) -> str:
    return f"checkpoint of {checkpoint.origin} at size {checkpoint.size}"


def _refused(message: str) -> Refused:
    return Refused(diagnose("FF405", message))


def _decode(encoded: str) -> bytes:
    """Base64 of RFC 4648, section 4, in its one canonical spelling."""
    try:
        decoded = b64decode(encoded, validate=True)
    except binascii.Error:
        decoded = b""
    if not decoded or b64encode(decoded).decode() != encoded:
        raise _refused("the checkpoint contains base64 that is not canonical")
    return decoded


def _key_id(name: str, public_key: Ed25519PublicKey) -> bytes:
    """A hint which key signed, no protection: 4 bytes of SHA-256(name ‖ newline ‖ type ‖ public key)."""
    return sha256(name.encode() + b"\n" + _ED25519 + public_key.public_bytes_raw()).digest()[:4]
