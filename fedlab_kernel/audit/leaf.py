"""What one leaf of the log is: a record, the salt that hides it, its hash, and the receipt that proves it.

Leaf data are SHA-256(salt ‖ record), a commitment: a proof shows a neighbouring leaf's hash to a researcher,
who without the 32 random bytes in it could guess another researcher's record and confirm the guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from fedlab_kernel.errors import Refused, diagnose

from .merkle import hash_leaf

SALT_BYTES = 32

Record = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything somebody needs to check, offline, that a record is in a hospital's log.

    Attributes:
        origin: the name of the log.
        position: the leaf's index, counted from 0.
        record: the record as canonical JSON.
        salt: 32 random bytes, for this leaf only.
        size: number of leaves of the tree that the proof and the checkpoint speak of.
        proof: the inclusion proof, hashes of 32 bytes, innermost first.
        checkpoint: text of the signed checkpoint of that size.
    """

    origin: str
    position: int
    record: bytes
    salt: bytes
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


def encode(record: Record) -> bytes:
    """The record as canonical JSON: ASCII, sorted keys, no spaces, shortest floats.

    Raises:
        TypeError: a key is not a string, or a value not a scalar.
        ValueError: a number is not finite, or there is no string under "kind" that says what happened.
    """
    for key, value in record.items():
        if not isinstance(key, str) or not isinstance(value, str | int | float | None):
            raise TypeError(f"a record maps strings to scalars, but {key!r} is a {type(value).__name__}")
    if not isinstance(record.get("kind"), str):
        raise ValueError("a record says under 'kind' what happened")
    return json.dumps(dict(record), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def decode(position: int, encoded: bytes) -> Record:
    """The record of the leaf at `position`.

    Raises:
        Refused: FF405, not in canonical form: two readers might understand it differently.
    """
    try:
        record: Record = json.loads(encoded)
        canonical = isinstance(record, dict) and encode(record) == encoded
    except (ValueError, TypeError, RecursionError):  # what hostile JSON makes the two lines above raise
        canonical = False
    if not canonical:
        raise Refused(diagnose("FF405", f"leaf {position} is not a record in canonical form"))
    return record


def hash_record(position: int, salt: object, record: object) -> bytes:
    """The hash in the tree of the leaf at `position`, 32 bytes.

    Raises:
        Refused: FF405, the salt is not 32 bytes (bytes could move between salt and record otherwise) or the
            record is not bytes.
    """
    if not isinstance(salt, bytes) or len(salt) != SALT_BYTES or not isinstance(record, bytes):
        raise Refused(diagnose("FF405", f"leaf {position} is not a salt of {SALT_BYTES} bytes and a record"))
    return hash_leaf(sha256(salt + record).digest())
