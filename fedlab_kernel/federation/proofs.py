"""What a researcher checks of every answer: that the hospital's log holds it, and that the log only ever grew."""

from __future__ import annotations

import json
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..audit import checkpoint as checkpoints
from ..audit import verify
from ..audit.checkpoint import Checkpoint
from ..audit.leaf import Receipt
from ..errors import Refused, diagnose
from ..wire import messages


def verify_answer(
    hospital: str, key: bytes, given: messages.Receipt, answer: bytes, identity: str, **held: str | int
) -> Checkpoint:
    """Check that an answer is the one that the hospital's log holds for this very release; its signed head.

    Args:
        hospital: who is said to have answered.
        key: its public key.
        given: the proof that came with the answer.
        answer: the bytes that the log holds the fingerprint of.
        identity: of the release that was asked for.
        held: what else the log must say of it.

    Raises:
        Refused: FF405, naming the hospital and what does not match.
    """
    receipt = Receipt(given.origin, given.position, given.record, given.salt, given.size, given.proof, given.checkpoint)
    head = verify.verify_receipt(receipt, Ed25519PublicKey.from_public_bytes(key))
    record = json.loads(given.record)
    wanted = {"kind": "release", "identity": identity, "reply": sha256(answer).hexdigest(), **held}
    if head.origin != hospital or any(record.get(name) != value for name, value in wanted.items()):
        raise Refused(diagnose("FF405", f"What {hospital} answered is not what its log says it answered."))
    return head


def open_head(key: bytes, checkpoint: str) -> Checkpoint:
    """A hospital's signed head.

    Raises:
        Refused: FF405 for a bad signature.
    """
    return checkpoints.open_checkpoint(checkpoint, Ed25519PublicKey.from_public_bytes(key))


def verify_growth(key: bytes, old: str, new: str, proof: tuple[bytes, ...]) -> None:
    """Check that the log at head `new` begins with all of the log at head `old`.

    Raises:
        Refused: FF405, saying what does not match.
    """
    verify.verify_growth(open_head(key, old), open_head(key, new), proof)
