"""The frozen messages between a researcher and a hospital: what may be asked and what may come back.

Everything is a MessagePack map with named fields; unknown fields, wrong types and numbers that are not
finite are refused on both sides. There is no field of arbitrary type: even a policy has a bounded depth.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from .facts import TableFacts
from .fields import Identity, Int64, Message, Name, Natural, Part, PublicKey, Published, Signature

PROTOCOL = 5

Amount = Annotated[float, Meta(ge=0.0)]
RoundNumber = Annotated[int, Meta(ge=0, lt=2**31)]
Digest = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
Code = Annotated[str, Meta(pattern="^F[A-Z][0-9]{3}$")]


class Envelope(Part, frozen=True):
    """A signed request.

    Attributes:
        version: the protocol version, `PROTOCOL`.
        researcher: the signer's raw Ed25519 public key (32 bytes).
        payload: the encoded request.
        signature: Ed25519, 64 bytes; over what, says `signing`.
    """

    version: int
    researcher: PublicKey
    payload: bytes
    signature: Signature


class Attachment(Part, frozen=True):
    """A long list that travels beside the text.

    Attributes:
        hash: how the text names it; the hospital computes it again.
        data: dtype tag, shape and little-endian values, as the language encodes them.
    """

    hash: Name
    data: bytes


class ReleaseRequest(Part, frozen=True):
    """One release to be answered.

    Attributes:
        text: the canonical slice.
        attachments: the lists that the text names.
        occurrence: the how-manieth release with this text in its cell, from 0.
        draw: 0, or another number to pay for fresh noise.
        public: of a training, the hash of the public inputs that its text does not say, such as the learning rates:
            trainings that differ in them are different releases; else "".
    """

    text: str
    attachments: Annotated[tuple[Attachment, ...], Meta(max_length=64)]
    occurrence: Natural
    draw: Natural
    public: Digest = ""


MOST_RELEASES = 64
Releases = Annotated[tuple[ReleaseRequest, ...], Meta(max_length=MOST_RELEASES)]


class Hello(Message, frozen=True):
    """Who are you, what do you have, what is left of my budget?"""

    hospital: Name


class Ask(Message, frozen=True):
    """Answer these releases.

    Attributes:
        hospital: whom the signer asks; another hospital refuses the request.
        request: 16 random bytes, by which it can be cancelled.
        releases: in the order in which the answers are wanted.
        delta: the delta that the noise is calibrated with.
        cell: the cell's full text, unverified, for the log.
        key: the public key of the hospital that is meant, whatever others call themselves.
        snapshots: the states of the tables that the signer knows; with other data the request is refused.
    """

    hospital: Name
    request: Identity
    releases: Releases
    delta: float
    cell: str
    key: PublicKey
    snapshots: dict[str, str]


class Probe(Message, frozen=True):
    """Which of these releases are stored already, and hence free? The fields are those of `Ask`."""

    hospital: Name
    releases: Releases
    key: PublicKey
    snapshots: dict[str, str]


class StartArray(Part, frozen=True):
    """How one array of weights begins; see `language.learned.Initial`."""

    kind: Name
    shape: Annotated[tuple[Natural, ...], Meta(max_length=8)]
    deviation: float | None


class Start(Part, frozen=True):
    """Where a training's first weights come from: public, so that a hospital can draw them again.

    Attributes:
        seed: that all arrays are drawn from.
        arrays: by name.
    """

    seed: Natural
    arrays: dict[str, StartArray]


class Round(Message, frozen=True):
    """Go on with this training: one round of it. The first reserves what all of its rounds cost.

    Attributes:
        hospital: whom the signer asks; another hospital refuses the request.
        request: 16 random bytes, by which it can be cancelled.
        release: the training.
        delta: the delta that the noise is calibrated with.
        cell: the cell's full text, unverified, for the log.
        key, snapshots: as in `Ask`.
        number: of the round at this hospital, from 0; rounds come in order.
        weights: of the model, all arrays in the order of their names, row-major float32, little-endian.
        rate: the learning rate of its steps; of a single step it changes nothing.
        proximal: how strongly its steps are held to where they begin.
        correction: added to the gradient in each step, as `weights`; empty for none.
        start: with the first round, where its weights come from; None where they are those of a model.
    """

    hospital: Name
    request: Identity
    release: ReleaseRequest
    delta: float
    cell: str
    key: PublicKey
    snapshots: dict[str, str]
    number: RoundNumber
    weights: bytes
    rate: Annotated[float, Meta(gt=0.0)]
    proximal: Amount
    correction: bytes
    start: Start | None = None


class Settle(Message, frozen=True):
    """No further rounds of this training: free what is reserved for them. The fields are those of `Round`."""

    hospital: Name
    release: ReleaseRequest
    delta: float
    key: PublicKey
    snapshots: dict[str, str]


class Lesson(Message, frozen=True):
    """Give a raw update, as no hospital should: to show a classroom what it tells.

    Attributes:
        hospital: whom the signer asks; another hospital refuses the request.
        key, snapshots: as in `Ask`.
        exhibit: of the data that ship with fedlab those that the update is about; "" for those of `release`.
        release: the training whose update it is; None where an exhibit is named, of which a dense network is trained.
        neurons: of that network's hidden layer.
        weights: as in `Round`.
        batch: how many persons.
        draw: which of them: a number puts all into an order, another number into another.
        first: where in that order the batch begins.
        steps, rate: of the local training, each step on the whole batch.
        clip: the clipping norm of each person's gradient; 0 for none, and always of several steps.
        noise: the noise multiplier; 0 for none.
    """

    hospital: Name
    key: PublicKey
    snapshots: dict[str, str]
    exhibit: Annotated[str, Meta(max_length=100)]
    release: ReleaseRequest | None
    neurons: Natural
    weights: bytes
    batch: Annotated[int, Meta(ge=1)]
    draw: Natural
    first: Natural
    steps: Annotated[int, Meta(ge=1, le=1000)]
    rate: Annotated[float, Meta(gt=0.0)]
    clip: Amount
    noise: Amount


class Cancel(Message, frozen=True):
    """Stop working on the request with this identity."""

    hospital: Name
    request: Identity


class History(Message, frozen=True):
    """Prove that the log of `new_size` leaves begins with the first `old_size` leaves that I saw."""

    hospital: Name
    old_size: Natural
    new_size: Natural


Request = Hello | Ask | Probe | Round | Settle | Lesson | Cancel | History


class Balance(Part, frozen=True):
    """What a researcher has left of the budget of one population.

    Attributes:
        population: the person-id space.
        epsilon, delta: the budget.
        order: the Rényi order of its second account.
        spent_epsilon, spent_delta: the basic account.
        spent_renyi: the Rényi account, at `order`.
        reserved: the share of the budget that is taken, 0 to 1.
        shared: whether it is the budget over all researchers.
    """

    population: Name
    epsilon: Annotated[float, Meta(gt=0.0)]
    delta: Annotated[float, Meta(ge=0.0, lt=1.0)]
    order: Annotated[float, Meta(gt=1.0)]
    spent_epsilon: Amount
    spent_delta: Amount
    spent_renyi: Amount
    reserved: Annotated[float, Meta(ge=0.0, le=1.0)]
    shared: bool


class Finding(Part, frozen=True):
    """One diagnostic, as it travels (see `refusals`)."""

    code: Code
    message: str
    reason: str
    fix: str | None


class Receipt(Part, frozen=True):
    """Proof that an answer stands in the hospital's log (RFC 6962 inclusion proof).

    Attributes:
        origin: the name of the log.
        position: the leaf's index, from 0.
        record, salt: what the leaf commits to.
        size: number of leaves of the tree that `checkpoint` signs.
        proof: sibling hashes, from the leaf upwards.
        checkpoint: the signed head of the log, as text.
    """

    origin: str
    position: Natural
    record: bytes
    salt: bytes
    size: Natural
    proof: tuple[bytes, ...]
    checkpoint: str


class Answer(Message, frozen=True):
    """The noisy sum of one release.

    Attributes:
        total: integers on the statistic's grid, one a coordinate.
        epsilon, delta, renyi: what was charged now; all 0 when the answer was stored.
        stored: whether it was answered before.
        receipt: its place in the log.
    """

    total: tuple[Int64, ...]
    epsilon: Amount
    delta: Amount
    renyi: Amount
    stored: bool
    receipt: Receipt


class Progress(Message, frozen=True):
    """What one round gave.

    Attributes:
        update: one integer a weight, int64, little-endian: of a single step the noisy sum of clipped gradients on the
            statistic's grid, of several the change of the weights on the grid of `updates.CHANGE_STEP`.
        epsilon, delta, renyi: what is charged for the rounds of this training that have begun.
        stored: whether it was computed before.
        receipt: its place in the log.
    """

    update: bytes
    epsilon: Amount
    delta: Amount
    renyi: Amount
    stored: bool
    receipt: Receipt


class Settled(Message, frozen=True):
    """The answer to `Settle`.

    Attributes:
        begun: so many rounds are charged.
        epsilon, delta, renyi: what they cost together.
    """

    begun: Natural
    epsilon: Amount
    delta: Amount
    renyi: Amount


class Taught(Message, frozen=True):
    """The answer to `Lesson`.

    Attributes:
        update: the gradient of the batch's mean loss, of several steps their sum, one float32 a weight, little-endian.
        inputs: what stands beside what is stolen, never given to an attack: each person's numbers, float32.
        labels: of each person, float32.
    """

    update: bytes
    inputs: bytes
    labels: bytes


class Refusal(Message, frozen=True):
    """Why something is not done."""

    findings: Annotated[tuple[Finding, ...], Meta(min_length=1)]


class Welcome(Message, frozen=True):
    """The answer to `Hello`: everything public about a hospital, and the asker's own balances.

    Attributes:
        name, title: how queries and people call the hospital.
        version: the protocol version it speaks.
        key: the raw Ed25519 public key that signs its checkpoints (32 bytes).
        tables: the catalogue.
        policy: the published policy, at most four levels deep.
        snapshots: table name to the random identity of its present data.
        balances: one a population.
        checkpoint: the signed head of its log.
    """

    name: Name
    title: str
    version: int
    key: PublicKey
    tables: tuple[TableFacts, ...]
    policy: dict[str, Published]
    snapshots: dict[str, str]
    balances: tuple[Balance, ...]
    checkpoint: str


class Answers(Message, frozen=True):
    """The answer to `Ask`: for each release, in order, its sum or why there is none."""

    items: tuple[Answer | Refusal, ...]


class Known(Message, frozen=True):
    """The answer to `Probe`: for each release, in order, whether it is stored."""

    stored: tuple[bool, ...]


class Cancelled(Message, frozen=True):
    """The answer to `Cancel`."""


class Growth(Message, frozen=True):
    """The answer to `History`: an RFC 6962 consistency proof and the head it leads to."""

    proof: tuple[bytes, ...]
    checkpoint: str


Reply = Welcome | Answers | Known | Progress | Settled | Taught | Cancelled | Growth | Refusal
