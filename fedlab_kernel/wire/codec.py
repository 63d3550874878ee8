"""Messages to bytes and back, strictly: a message has one encoding, and nothing else is accepted."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

import msgspec

from ..errors import Refused, diagnose
from .messages import PROTOCOL, Envelope, Reply, Request, Welcome

_T = TypeVar("_T")


class _Version(msgspec.Struct):
    """The one field of an envelope that every version of the protocol has."""

    version: int


_encoder = msgspec.msgpack.Encoder()
_version: msgspec.msgpack.Decoder[_Version] = msgspec.msgpack.Decoder(_Version)
_envelope: msgspec.msgpack.Decoder[Envelope] = msgspec.msgpack.Decoder(Envelope)
_request: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_reply: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def encode(message: Envelope | Request | Reply) -> bytes:
    """The encoding of a message, in MessagePack.

    Raises msgspec.ValidationError when a field has the wrong type: nothing is sent that would be refused.
    """
    # Reading it back checks the types, and turns an int in a float's place into that float.
    return _encoder.encode(_decoder(type(message)).decode(_encoder.encode(message)))


@cache
def _decoder(kind: type[_T]) -> msgspec.msgpack.Decoder[_T]:
    return msgspec.msgpack.Decoder(kind)


def decode_envelope(data: bytes, limit: int) -> Envelope:
    """The envelope in `data`, its signature not yet verified.

    Raises Refused: FW201 when it is longer than `limit` bytes or not exactly an envelope,
    FW203 when it is of another version of the protocol.
    """
    _require_size(data, limit)
    _require_version(_read(_version, data).version)
    return _strict(_envelope, data)


def decode_request(data: bytes, limit: int) -> Request:
    """The request in `data`.

    Raises Refused: FW201 when it is longer than `limit` bytes or not exactly a request.
    """
    _require_size(data, limit)
    return _strict(_request, data)


def decode_reply(data: bytes, limit: int) -> Reply:
    """The reply in `data`.

    Raises Refused: FW201 when it is longer than `limit` bytes or not exactly a reply,
    FW203 when a hospital introduces itself with another version of the protocol.
    """
    _require_size(data, limit)
    reply = _strict(_reply, data)
    if isinstance(reply, Welcome):
        _require_version(reply.version)
    return reply


def _require_size(data: bytes, limit: int) -> None:
    if len(data) > limit:
        raise Refused(diagnose("FW201", f"The message has {len(data)} bytes; at most {limit} are read."))


def _require_version(version: int) -> None:
    if version != PROTOCOL:
        raise Refused(diagnose("FW203", f"The message speaks version {version} of the protocol, this side {PROTOCOL}."))


def _strict(decoder: msgspec.msgpack.Decoder[_T], data: bytes) -> _T:
    message = _read(decoder, data)
    # A repeated field or a number in a longer form would be a second spelling of the same message.
    if _encoder.encode(message) != data:
        raise _not_understood()
    return message


def _read(decoder: msgspec.msgpack.Decoder[_T], data: bytes) -> _T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # The library's own message is dropped: it may quote what was sent.
        raise _not_understood() from None


def _not_understood() -> Refused:
    return Refused(diagnose("FW201", "The bytes are not a message of this protocol."))
