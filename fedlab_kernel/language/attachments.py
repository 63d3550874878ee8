"""Long public lists, and arrays of weights, as bytes that travel beside a slice.

A line with type and shape, then little-endian numbers: a list as int64 or float64, an array of weights as float32.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Iterator

from ..errors import Refused, diagnose
from .public import MAX_LENGTH, List, Packed, Public, Tensor, from_plain

LONG = 64  # numbers; a longer list travels as an attachment
MOST_WEIGHTS = 2**22  # in one array; the policy's limits are narrower
_FORMATS = {"int64": "q", "float64": "d"}
_INFINITE = 0x7F80_0000  # the exponent of float32 numbers that are not finite


def pack(values: List) -> Packed | None:
    """The packed list, or None where it is not a regular list of numbers of one kind."""
    numbers = [*_leaves(values)]
    kinds = {type(number) for number in numbers}
    kind = {frozenset({int}): "int64", frozenset({float}): "float64"}.get(frozenset(kinds))
    shape = _shape(values)
    if kind is None or shape is None:
        return None
    header = f"{kind} {' '.join(map(str, shape))}\n".encode()
    return Packed.of(header + struct.pack(f"<{len(numbers)}{_FORMATS[kind]}", *numbers))


def unpack(name: str, data: bytes) -> Public | Tensor:
    """The list or array, believed only as far as it matches its hash and its own header.

    Raises:
        Refused: FW204.
    """
    header, _, body = data.partition(b"\n")
    words = header.split(b" ") if len(header) < 64 else []
    kind = words[0].decode("ascii", "replace") if words else ""
    lengths = [int(word) for word in words[1:] if word.isdigit() and len(word) < 8]
    count = math.prod(lengths) if lengths else 0
    regular = len(lengths) == len(words) - 1 and 1 <= len(lengths) <= 4 and Packed.of(data).hash == name
    if regular and kind == "float32" and 1 <= count <= MOST_WEIGHTS and len(body) == 4 * count:
        require_finite(body)
        return Tensor(tuple(lengths), body)
    if not (regular and kind in _FORMATS and LONG < count <= MAX_LENGTH and len(body) == 8 * count):
        raise Refused(diagnose("FW204", "An attachment does not match its hash or its header."))
    numbers: list[object] = list(struct.unpack(f"<{count}{_FORMATS[kind]}", body))
    if any(isinstance(number, float) and (not math.isfinite(number) or str(number) == "-0.0") for number in numbers):
        raise _not_finite()
    for length in reversed(lengths[1:]):
        numbers = [numbers[start : start + length] for start in range(0, len(numbers), length)]
    return from_plain(numbers)


def require_finite(data: bytes) -> None:
    """Refuse float32 numbers of which one is infinite or none.

    Raises:
        Refused: FW204.
    """
    words = array("I", data)  # as unsigned integers, in which being finite is a comparison of the exponent
    if len(data) and max(word & 0x7FFF_FFFF for word in words) >= _INFINITE:
        raise _not_finite()


def _not_finite() -> Refused:
    return Refused(diagnose("FW204", "An attachment contains a number that is not finite."))


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
