"""Signed requests: a researcher is an Ed25519 key (RFC 8032), and only its holder can spend its budget."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ..errors import Refused, diagnose
from .codec import decode_envelope, decode_request, encode
from .messages import PROTOCOL, Envelope, Request

# What the key signs begins with its purpose, so that no signature can be passed off for another one.
_PURPOSE = b"fedlab request\x00"


class Signer:
    """Signs requests with a researcher's private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = key.public_key().public_bytes_raw()

    @property
    def researcher(self) -> str:
        """The public key in hexadecimal: the name by which hospitals know the researcher."""
        return self._public.hex()

    def seal(self, request: Request) -> bytes:
        """The encoded envelope with the request in it."""
        payload = encode(request)
        signature = self._key.sign(_signed(PROTOCOL, self._public, payload))
        return encode(Envelope(PROTOCOL, self._public, payload, signature))


def open_envelope(data: bytes, limit: int) -> tuple[str, Request]:
    """The researcher (public key in hexadecimal) and the request of an envelope.

    Nothing of the request is looked at before its signature is verified.

    Raises Refused: FW201 when the bytes are longer than `limit` or not exactly a known message, FW202 when
    the signature does not match, FW203 when it is of another version of the protocol.
    """
    envelope = decode_envelope(data, limit)
    signed = _signed(envelope.version, envelope.researcher, envelope.payload)
    try:
        Ed25519PublicKey.from_public_bytes(envelope.researcher).verify(envelope.signature, signed)
    except (InvalidSignature, ValueError):  # ValueError: the 32 bytes are no point of the curve
        raise Refused(diagnose("FW202", "The request was not signed by the key it names.")) from None
    return envelope.researcher.hex(), decode_request(envelope.payload, limit)


def _signed(version: int, researcher: bytes, payload: bytes) -> bytes:
    return _PURPOSE + version.to_bytes(4, "big") + researcher + payload
