"""What messages are made of: the two strict base classes, and the types of their fields."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Natural = Annotated[int, Meta(ge=0)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Identity = Annotated[bytes, Meta(min_length=16, max_length=16)]
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]

# A policy is public data of bounded depth, so that a forged one cannot exhaust the reader's memory or stack.
Scalar = bool | int | float | str | None
Shallow = Scalar | list[Scalar] | dict[str, Scalar]
Nested = Scalar | list[Shallow] | dict[str, Shallow]
Published = Scalar | list[Nested] | dict[str, Nested]


def _require_finite(value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("numbers are finite")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _require_finite(inner)


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a message. Raises ValueError when a number in it is not finite."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            _require_finite(getattr(self, name))


class Message(Part, frozen=True, tag=True):
    """A message that says what it is: its class name travels in the field `type`."""
