from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlab_kernel.audit import (
    Checkpoint,
    Log,
    open_checkpoint,
    verify_growth,
    verify_receipt,
)
from fedlab_kernel.audit.checkpoint import sign
from fedlab_kernel.audit.leaf import Receipt, hash_record
from fedlab_kernel.audit.merkle import Tree
from fedlab_kernel.errors import Refused

ORIGIN = "fedlab.example/heart/cleveland"
Connect = Callable[[], sqlite3.Connection]
Grow = Callable[[int], Log]


def lone_receipt(key: Ed25519PrivateKey, record: bytes, salt: bytes = bytes(32)) -> Receipt:
    """A receipt of a log that holds one leaf, all of it signed properly."""
    tree = Tree()
    tree.append(hash_record(0, salt, record))
    return Receipt(ORIGIN, 0, record, salt, 1, (), sign(ORIGIN, 1, tree.root(), key))


def test_every_part_of_a_receipt_counts(grow: Grow, key: Ed25519PrivateKey) -> None:
    """A receipt is refused when any of its parts is changed, and the message says which does not match."""
    log = grow(7)
    receipt, other = log.receipt(4), log.receipt(5)
    assert verify_receipt(receipt, key.public_key()).size == 7
    earlier = sign(ORIGIN, 6, open_checkpoint(receipt.checkpoint, key.public_key()).root, key)
    unproved = f"not proved to be leaf -?[0-9]+ of {ORIGIN} at size 7"
    for changed, message in (
        (replace(receipt, origin="other"), "receipt is of other, its checkpoint of"),
        (replace(receipt, position=5), unproved),
        (replace(receipt, position=7), unproved),
        (replace(receipt, position=-1), unproved),
        (replace(receipt, record=receipt.record.replace(b"0.5", b"0.1")), unproved),
        (replace(receipt, salt=other.salt), unproved),
        (
            replace(receipt, salt=receipt.salt + receipt.record[:1], record=receipt.record[1:]),
            "leaf 4 is not a salt",
        ),
        (
            replace(receipt, salt=receipt.salt[:31], record=receipt.salt[31:] + receipt.record),
            "leaf 4 is not a salt",
        ),
        (replace(receipt, size=6), "receipt is of size 6, its checkpoint of size 7"),
        (replace(receipt, proof=other.proof), unproved),
        (replace(receipt, proof=receipt.proof[:-1]), unproved),
        (replace(receipt, proof=(*receipt.proof, bytes(32))), unproved),
        (
            replace(receipt, checkpoint=receipt.checkpoint.replace("\n7\n", "\n8\n")),
            "does not match its text",
        ),
        (replace(receipt, checkpoint=earlier), "receipt is of size 7, its checkpoint of size 6"),
    ):
        with pytest.raises(Refused, match=message) as caught:
            verify_receipt(changed, key.public_key())
        assert caught.value.diagnostics[0].code == "FF405"


def test_a_receipt_of_another_key_is_refused(grow: Grow) -> None:
    """A receipt counts only with the public key that the researcher knows."""
    with pytest.raises(Refused, match="is not signed with the hospital's key"):
        verify_receipt(grow(1).receipt(0), Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"[]",
        b"not JSON",
        b'"kind"',
        b'{"kind": "release"}',
        b'{"kind":"release","kind":"refused"}',
        b'{"kind":"release","epsilon":1e0}',
        b'{"epsilon":NaN,"kind":"release"}',
        b'{"epsilon":1e999,"kind":"release"}',
        b'{"kind":"release","epsilon":1}',
        b'{"kind":"release","note":"\xc3\xa9"}',
        b'{"kind":"release","note":"\xff"}',
        b'{"kind":"release","list":[1]}',
        b'{"epsilon":1}',
        b'{"epsilon":' + b"9" * 5000 + b',"kind":"release"}',
        b"[" * 100_000,
    ],
)
def test_ambiguous_records_are_refused_even_when_logged(key: Ed25519PrivateKey, record: bytes) -> None:
    """A hospital that logs something two readers could read differently is caught, whatever it signs."""
    with pytest.raises(Refused, match="leaf 0 is not a record in canonical form"):
        verify_receipt(lone_receipt(key, record), key.public_key())


def test_a_record_in_canonical_form_is_accepted(key: Ed25519PrivateKey) -> None:
    """All kinds of scalar, and characters that JSON escapes, may stand in a record."""
    record = {"a": None, "b": True, "c": -1, "d": 0.1, "e": "é \ud800 \n", "kind": "release"}
    encoded = json.dumps(record, separators=(",", ":")).encode()
    assert verify_receipt(lone_receipt(key, encoded), key.public_key()).size == 1


def test_growth_is_checked_in_every_part() -> None:
    """Another name, fewer leaves, another tree of the same size and a wrong proof are each named."""
    tree = Tree()
    for index in range(5):
        tree.append(bytes([index]) * 32)
    old, new = Checkpoint(ORIGIN, 3, tree.root(3)), Checkpoint(ORIGIN, 5, tree.root(5))
    proof = tree.consistency(3, 5)
    verify_growth(old, new, proof)
    verify_growth(new, new, ())
    for before, after, steps, message in (
        (old, replace(new, origin="other"), proof, f"was {ORIGIN} and is now other"),
        (new, old, proof, "shrank from 5 leaves to 3"),
        (new, old, (), "shrank from 5 leaves to 3"),
        (old, replace(old, root=bytes(32)), (), "two different trees of size 3"),
        (old, new, proof[:-1], "size 5 is not proved to begin with what was seen at size 3"),
        (old, replace(new, root=bytes(32)), proof, "size 5 is not proved to begin with"),
        (replace(old, root=bytes(32)), new, proof, "size 5 is not proved to begin with"),
        (old, old, proof, "size 3 is not proved to begin with"),
    ):
        with pytest.raises(Refused, match=message) as caught:
            verify_growth(before, after, steps)
        assert caught.value.diagnostics[0].code == "FF405"
