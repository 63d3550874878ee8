"""The one exit: every byte that leaves a hospital is made here.

A reply carries public facts, or noisy sums. What is public is decided in this file: a welcome says what the
hospital declares, an answer holds integers that `noisy` made, a refusal is a diagnostic with a stable code whose
text speaks of the request and the policy. No other module of this package encodes a reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from ..audit.leaf import Receipt
from ..errors import Refused
from ..privacy import mechanisms
from ..privacy.accounting import Price
from ..privacy.events import Event, SampledGaussian
from ..privacy.rounded_gaussian import rounded_gaussian
from ..wire import messages
from ..wire.codec import encode
from ..wire.identity import MECHANISM as MECHANISM
from ..wire.refusals import refusal, refusal_of

Floats = npt.NDArray[np.floating[Any]]

_FREE = Price(0.0, 0.0, 0.0)


def noisy(total: Sequence[int], event: Event) -> bytes:
    """The sum with fresh noise, as the bytes that are stored and later sent; the only use of private sums."""
    return msgspec.msgpack.encode(mechanisms.add_noise(total, event))


def noisy_step(total: npt.NDArray[np.int64], event: SampledGaussian) -> npt.NDArray[np.int64]:
    """The sum of clipped gradients of one step with fresh noise, shape (D,); private sums go nowhere else."""
    noise = rounded_gaussian(len(total), event.noise_multiplier * event.sensitivity)
    noise += total
    return noise


def fingerprint(stored: bytes) -> str:
    """What the log says of stored bytes, so that nobody can exchange them later."""
    return sha256(stored).hexdigest()


def answer(stored: bytes, charged: Price | None, receipt: Receipt) -> messages.Answer:
    """One released sum.

    Args:
        stored: what `noisy` made.
        charged: what was charged now; None where the reply was stored before.
        receipt: the proof that it is in the log.
    """
    price = charged or _FREE
    total = tuple(msgspec.msgpack.decode(stored, type=list[int]))
    return messages.Answer(total, price.epsilon, price.delta, price.renyi, charged is None, _travelling(receipt))


def progress(stored: bytes, price: Price, known: bool, receipt: Receipt) -> messages.Progress:
    """One round of training.

    Args:
        stored: what `run_round` made of noisy steps.
        price: of the rounds that have begun.
        known: whether it was stored before.
        receipt: the proof that it is in the log.
    """
    return messages.Progress(stored, price.epsilon, price.delta, price.renyi, known, _travelling(receipt))


def settled(begun: int, price: Price) -> messages.Settled:
    """A training that ends: how many of its rounds are charged, which is what the log says, and their price."""
    return messages.Settled(begun, price.epsilon, price.delta, price.renyi)


def taught(update: npt.NDArray[np.float32], inputs: Floats, labels: Floats) -> messages.Taught:
    """A raw update with the persons it is about; `classroom` has made sure that they ship with fedlab."""
    return messages.Taught(*(one.astype("<f4").tobytes() for one in (update, inputs, labels)))


def reply(message: messages.Reply) -> bytes:
    """A reply as bytes."""
    return encode(message)


def refused(reason: Refused) -> messages.Refusal:
    """A refusal with its findings."""
    return refusal(reason)


def failed() -> messages.Refusal:
    """What is said when something went wrong that might depend on a row: nothing but that."""
    return refusal_of("FH305", "The hospital failed on this request.")


def busy(seats: int) -> messages.Refusal:
    """What is said when too many are connected."""
    return refusal_of("FH304", f"{seats} connections are open already.")


def _travelling(receipt: Receipt) -> messages.Receipt:
    return messages.Receipt(
        receipt.origin, receipt.position, receipt.record, receipt.salt, receipt.size, receipt.proof, receipt.checkpoint
    )
