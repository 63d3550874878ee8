"""Rounds of training as a researcher asks one hospital for them, and what its ledger and log then hold."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tomli_w

from fedlab_kernel import datasets
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.hospital.statement import LedgerEntry, entries
from fedlab_kernel.hospital.store import look_into
from fedlab_kernel.language import check
from fedlab_kernel.language.slices import write
from fedlab_kernel.language.training import Training, public_identity
from fedlab_kernel.privacy.accounting import price_of_rounds
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.privacy.noise_for import event_for
from fedlab_kernel.wire import messages, signing
from fedlab_kernel.wire.codec import decode_reply
from fedlab_kernel.wire.frames import FRAME_LIMIT
from fedlab_kernel.wire.signing import Signer

EPSILON = 4.0
DELTA = 1e-8
DIMENSION = 3
START = bytes(4 * DIMENSION)


def cell(more: str = "", epsilon: float = EPSILON, loss: str = "sigmoid(x @ w.W + w.b)", start: str = "") -> str:
    """The text of a training of three rounds."""
    return (
        f'p = table("heart")\ndef predict(w, x):\n    return {loss}\n'
        f"m = release(train(predict, params({start or 'W=zeros(2, 1), b=zeros(1)'}), loss=bce, on=p,"
        f' inputs=["age", "thalach"], target="disease", rounds=3{more}), epsilon={epsilon})'
    )


def write_hospital(place: Path, **policy: object) -> Path:
    """The folder of a synthetic heart hospital with this policy, which replies at once, and in time on any machine."""
    folder = datasets.write("heart", 1, place)[0]
    rules = {"researchers": ["*"], "tick_seconds": 0.0, "deadline_seconds": 3600.0} | policy
    (folder / "hospital.toml").write_text(tomli_w.dumps({"name": folder.name, "title": "", "policy": rules}))
    return folder


def requested(folder: Path, text: str, **changes: Any) -> tuple[Training, messages.ReleaseRequest]:
    """What a cell trains, and how a client asks for it."""
    checked = check(text, {name: source.table for name, source in read_folder(folder).tables.items()})
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    (found,) = checked.releases
    statistic = found.aggregate.statistic
    assert isinstance(statistic, Training)
    assert isinstance(found.epsilon, int | float)
    fields = {"occurrence": 0, "draw": 0, "public": public_identity(statistic) or ""} | changes
    return statistic, messages.ReleaseRequest(write(found.aggregate.node, float(found.epsilon)).text, (), **fields)


def event_of(training: Training, epsilon: float = EPSILON) -> SampledGaussian:
    """What it is charged for."""
    event = event_for(training, epsilon, DELTA)
    assert isinstance(event, SampledGaussian)
    return event


def due(training: Training, begun: int) -> float:
    """The epsilon of so many rounds of it."""
    return price_of_rounds(event_of(training), begun, DELTA, 8.0).epsilon


def send(asked: Hospital, signer: Signer, request: messages.Request) -> messages.Reply:
    """What a hospital answers."""
    return decode_reply(asked.answer(signer.seal(request)), FRAME_LIMIT)


def round_of(
    asked: Hospital, release: messages.ReleaseRequest, number: int = 0, weights: bytes = START, **changes: Any
) -> messages.Round:
    """A round as a client asks for it."""
    fields: dict[str, Any] = {
        "hospital": asked.name, "request": secrets.token_bytes(16), "delta": DELTA, "cell": "", "key": asked.key,
        "snapshots": {}, "rate": 0.5, "proximal": 0.0, "correction": b"",
    }  # fmt: skip
    return messages.Round(release=release, number=number, weights=weights, **fields | changes)


def send_raw(asked: Hospital, signer: Signer, request: messages.Request, **changes: Any) -> messages.Reply:
    """What a hospital answers to a signed request with other fields, which an honest client would not encode."""
    payload = msgspec.msgpack.encode(msgspec.to_builtins(request, builtin_types=(bytes,)) | changes)
    signature = signer._key.sign(signing._signed(messages.PROTOCOL, signer._public, payload))
    envelope = messages.Envelope(messages.PROTOCOL, signer._public, payload, signature)
    return decode_reply(asked.answer(msgspec.msgpack.encode(envelope)), FRAME_LIMIT)


def go_on(
    asked: Hospital, signer: Signer, release: messages.ReleaseRequest, number: int = 0, weights: bytes = START,
    **changes: Any,
) -> messages.Reply:  # fmt: skip
    """What a hospital answers to a round."""
    return send(asked, signer, round_of(asked, release, number, weights, **changes))


def settle(asked: Hospital, signer: Signer, release: messages.ReleaseRequest) -> messages.Reply:
    """What a hospital answers when no round comes any more."""
    return send(asked, signer, messages.Settle(asked.name, release, DELTA, asked.key, {}))


def progress(reply: messages.Reply) -> messages.Progress:
    """A reply that is no refusal."""
    assert isinstance(reply, messages.Progress), reply
    return reply


def codes(reply: messages.Reply) -> list[str]:
    """The codes of a refusal."""
    assert isinstance(reply, messages.Refusal), reply
    return [finding.code for finding in reply.findings]


def spent(asked: Hospital, signer: Signer) -> float:
    """The epsilon that a researcher has reserved."""
    welcome = send(asked, signer, messages.Hello(asked.name))
    assert isinstance(welcome, messages.Welcome)
    return sum(balance.spent_epsilon for balance in welcome.balances if not balance.shared)


def ledger(folder: Path) -> list[LedgerEntry]:
    """The charges that are on disk."""
    with look_into(folder) as connection:
        return entries(connection)


def records(folder: Path) -> list[dict[str, Any]]:
    """What the log says, in order."""
    with sqlite3.connect(f"file:{folder}/state/hospital.sqlite?mode=ro", uri=True) as connection:
        return [json.loads(record) for (record,) in connection.execute("SELECT record FROM leaves ORDER BY position")]


def kinds(folder: Path) -> dict[str, int]:
    """How many records of each kind are in the log."""
    return dict(Counter(record["kind"] for record in records(folder)))


def update(reply: messages.Reply) -> list[int]:
    """The numbers of an update."""
    return np.frombuffer(progress(reply).update, "<i8").tolist()
