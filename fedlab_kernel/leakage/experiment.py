"""One experiment: a network is sent, updates come back, and an attack reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..attacks import lossy
from ..attacks.network import Network
from ..attacks.optimising import OPTIMISING
from ..attacks.optimising.seen import SeenGradients
from ..attacks.read import READ
from ..attacks.reconstruction import Reconstruction
from ..attacks.seen import Seen
from ..attacks.sent import SENT, Knowledge, trap
from ..attacks.stages import Dropout, Pooling, Stage
from ..attacks.sums import inconsistent_models
from ..errors import Refused, diagnose
from ..exhibits import Exhibit, order
from ..privacy.curves import gaussian_epsilon
from .clients import Client, Sample, here
from .outcome import Outcome, match, mean, outcome
from .searching import convolutional, search
from .setting import DELTA, INCONSISTENT, Setting
from .victims import Victims

_PUBLIC = 2000  # persons outside the batches that the server knows at most


def victims(setting: Setting, data: Exhibit, seed: int, client: Client | None = None) -> list[Victims]:
    """What the server sees, one a hospital, or one of all of them where only the sum is seen.

    Args:
        setting: possible with these data (see `setting.require_possible`).
        data: whom it is about.
        seed: of the network and of who is in the batches.
        client: who computes updates; this process by default.

    Raises:
        Refused: FU514, where local steps diverge.
    """
    if setting.attack in OPTIMISING:
        return [convolutional(setting, data, seed)]
    network = sent(setting, data, seed)
    networks = [network] * setting.hospitals
    if setting.model == INCONSISTENT:
        networks = inconsistent_models(network, setting.hospitals, 0, _furthest(data))
    client = client or here(data)
    samples = [client(one, setting, seed, at * setting.batch) for at, one in enumerate(networks)]
    if not all(one.update.finite for one in samples):
        problem = f"{setting.steps} local steps at a learning rate of {setting.rate:g} lead to no finite weights"
        raise Refused(diagnose("FU514", problem, fix="a lower learning rate, or fewer steps"))
    _, upload = lossy.UPLOADS[setting.upload]
    samples = [replace(one, update=upload(one.update)) for one in samples]
    if setting.summed:
        together = _together(samples)
        # The others' first layers are dead: but for the output's bias the sum is the first hospital's own update.
        alone = replace(samples[0], update=together.update.each(lambda one: one * np.float32(len(samples))))
        samples = [alone if setting.model == INCONSISTENT else together]
    return [
        Victims(
            Seen(network, one.update, len(one.truth), setting.steps, setting.rate, data.greys), one.truth, one.labels
        )
        for one in samples
    ]


def sent(setting: Setting, data: Exhibit, seed: int) -> Network:
    """The network that the server sends."""
    outside = data.inputs[order(len(data.inputs), seed)[setting.persons :][:_PUBLIC]]
    front: tuple[Stage, ...] = ()
    if setting.pooling > 1 and data.shape is not None:
        front = (Pooling(data.shape, setting.pooling),)
    if setting.dropout:
        front = (*front, Dropout(data.shape or (1, 1, data.inputs.shape[1]), setting.dropout, seed))
    heard = setting.seen if setting.summed else setting.batch
    known = Knowledge(setting.neurons, data.classes, heard, outside, data.shape)
    random = np.random.default_rng([seed, setting.neurons])
    chosen = {"factor": setting.factor} if setting.model == trap.NAME else {}
    maker = SENT["honest" if setting.model == INCONSISTENT else setting.model]
    network = maker(known.behind(front) if front else known, random, **chosen)
    return replace(network, front=front) if front else network


def _furthest(data: Exhibit) -> float:
    """How far any person's number is from zero, which the server knows."""
    return max(1.0, float(np.abs(data.inputs).max()))


def attacked(setting: Setting, of: Victims) -> Iterator[Reconstruction]:
    """What the attack knows after each round."""
    if isinstance(of.seen, SeenGradients):
        return search(setting, of)
    name = reader(setting, len(of.seen.network.b2), of.seen.greys)
    rounds = READ[name](of.seen)
    return rounds if name == "passive" else _beside_quotients(rounds, of.seen)


def reader(setting: Setting, classes: int, greys: int | None) -> str:
    """The attack that `peel` stands for: several steps, rounded numbers, and two classes have ways of their own."""
    if setting.attack != "peel":
        return setting.attack
    if setting.steps > 1 or (setting.upload == "float16" and greys):
        return "fedavg"
    return "differential" if classes == 2 else "peel"


def epsilon(setting: Setting) -> float | None:
    """Of the one step that is seen, at `DELTA`; None of plain updates, for which there is none."""
    if not setting.noise:
        return None
    return gaussian_epsilon(1 / (2 * setting.noise**2), DELTA)


def trial(setting: Setting, data: Exhibit, seed: int) -> Outcome:
    """One experiment's figures: of several hospitals the mean, but for counts, which are added up."""
    found = []
    for one in victims(setting, data, seed):
        *_, last = attacked(setting, one)
        found.append(figures(setting, data, one, last))
    return found[0] if len(found) == 1 else _added(found)


def figures(setting: Setting, data: Exhibit, of: Victims, found: Reconstruction) -> Outcome:
    """What an attack has found of these victims so far."""
    return outcome(found, of.truth, data, neurons=_neurons(of), epsilon=epsilon(setting))


def _neurons(of: Victims) -> tuple[float, float] | None:
    """Precision and active share of a dense network's neurons."""
    if isinstance(of.seen, SeenGradients):
        return None
    (read,) = READ["passive"](of.seen)
    told = match(read.points, of.truth).right
    return (float(told.mean()) if len(told) else 0.0), len(told) / len(of.seen.network.b1)


def _beside_quotients(rounds: Iterator[Reconstruction], seen: Seen) -> Iterator[Reconstruction]:
    """What was peeled, and behind it, uncertified, what neurons tell by themselves, unless everybody was peeled.

    Where noise or rounding keeps anybody from being peeled, the quotients are what an attacker is left with.
    """
    (read,) = READ["passive"](seen)
    for found in rounds:
        if len(found.points) >= seen.batch:
            yield found
        else:
            yield Reconstruction(
                np.concatenate([found.points, read.points]),
                np.concatenate([found.certified, read.certified]),
                np.concatenate([found.labels, read.labels]),
                found.seconds,
            )


def _together(samples: Sequence[Sample]) -> Sample:
    """All hospitals as one: the mean of their updates, which are as large as each other."""
    first, *others = (one.update for one in samples)
    return Sample(
        first.each(lambda *same: np.mean(same, axis=0), *others),
        np.concatenate([one.truth for one in samples]),
        np.concatenate([one.labels for one in samples]),
    )


def _added(found: Sequence[Outcome]) -> Outcome:
    counted = ("exact", "certified", "certified_wrong", "seconds")
    return replace(mean(found), **{name: sum(getattr(one, name) for one in found) for name in counted})
