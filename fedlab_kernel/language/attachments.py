"""Long public lists as bytes that travel beside a slice: a line with type and shape, then little-endian numbers."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from ..errors import Refused, diagnose
from .public import MAX_LENGTH, List, Public, from_plain

LONG = 64  # numbers; a longer list travels as an attachment
_FORMATS = {"int64": "q", "float64": "d"}


@dataclass(frozen=True, slots=True)
class Packed:
    """A list as bytes, and the hash that names it."""

    hash: str
    data: bytes


def pack(values: List) -> Packed | None:
    """The packed list, or None where it is not a regular list of numbers of one kind."""
    numbers = [*_leaves(values)]
    kinds = {type(number) for number in numbers}
    kind = {frozenset({int}): "int64", frozenset({float}): "float64"}.get(frozenset(kinds))
    shape = _shape(values)
    if kind is None or shape is None:
        return None
    header = f"{kind} {' '.join(map(str, shape))}\n".encode()
    data = header + struct.pack(f"<{len(numbers)}{_FORMATS[kind]}", *numbers)
    return Packed(sha256(data).hexdigest(), data)


def unpack(name: str, data: bytes) -> Public:
    """The list, believed only as far as it matches its hash and its own header.

    Raises:
        Refused: FW204.
    """
    header, _, body = data.partition(b"\n")
    words = header.split(b" ") if len(header) < 64 else []
    kind = words[0].decode("ascii", "replace") if words else ""
    lengths = [int(word) for word in words[1:] if word.isdigit() and len(word) < 6]
    count = math.prod(lengths) if lengths else 0
    regular = kind in _FORMATS and len(lengths) == len(words) - 1 and 1 <= len(lengths) <= 4
    if not (regular and LONG < count <= MAX_LENGTH and len(body) == 8 * count and sha256(data).hexdigest() == name):
        raise Refused(diagnose("FW204", "An attachment does not match its hash or its header."))
    numbers: list[object] = list(struct.unpack(f"<{count}{_FORMATS[kind]}", body))
    if any(isinstance(number, float) and (not math.isfinite(number) or str(number) == "-0.0") for number in numbers):
        raise Refused(diagnose("FW204", "An attachment contains a number that is not finite."))
    for length in reversed(lengths[1:]):
        numbers = [numbers[start : start + length] for start in range(0, len(numbers), length)]
    return from_plain(numbers)


def _leaves(values: List) -> Iterator[Public]:
    for value in values:
        if isinstance(value, List):
            yield from _leaves(value)
        else:
            yield value


def _shape(values: List) -> tuple[int, ...] | None:
    inner = {_shape(value) if isinstance(value, List) else () for value in values}
    if len(inner) != 1 or None in inner:
        return None
    below = inner.pop()
    return None if below is None else (len(values), *below)
