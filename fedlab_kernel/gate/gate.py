"""The gate: every check that a policy asks for, in one verdict with its reasons.

A verdict is a function of what the server sent, of what is public, and of the hospital's own log; of no patient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..attacks.network import Network
from ..language.learned import Params, Shape
from .anomaly import Reference, score
from .exposure import Exposure, excess, exposure, leakiest
from .honest import population
from .provenance import digest, is_initial, moved

_HONEST = 240  # networks that say what is usual
_ATTACKED = 80  # of these, for what usually comes out


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A model that a hospital was sent for one round of a training.

    Attributes:
        shapes: of its arrays, by name.
        weights: shape (D,), arrays in the order of names; finite.
        network: what these weights are to attacks (`attacks.programs.network_of`); None where the model is no dense
            network with one hidden layer, of which nobody here knows what it leaks.
        number: of the round, from 0.
        start: the seed and the initialisers that the researcher states; None where nothing is stated.
        logged: the digest of the weights with which this round began here before; None where it has not.
        before: the weights of the round before, shape (D,); None in the first.
    """

    shapes: Mapping[str, Shape]
    weights: npt.NDArray[np.float32]
    network: Network | None
    number: int
    start: Params | None = None
    logged: str | None = None
    before: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """What a policy asks of a model, with what it takes to check that.

    Attributes:
        rows: public or synthetic inputs, shape (P, d).
        labels: shape (P,).
        batch: how many rows an update is about.
        reference: what is usual of weights.
        usual: what comes out of honest networks.
        most_excess: the share that may come out beyond that.
        most_exposed: the share that may come out at all; 1 for any.
        most_moved: how far, in L2, weights may move from one round to the next; None for any distance.
    """

    rows: npt.NDArray[np.float32]
    labels: npt.NDArray[np.integer]
    batch: int
    reference: Reference
    usual: Exposure
    most_excess: float = 0.1
    most_exposed: float = 1.0
    most_moved: float | None = None

    @classmethod
    def of(
        cls,
        neurons: int,
        rows: npt.NDArray[np.float32],
        labels: npt.NDArray[np.integer],
        batch: int,
        random: np.random.Generator,
        *,
        condition: bool = False,
        wander: float = 0.0,
    ) -> Checks:
        """Checks of networks of one shape, from honest ones that are made here: seconds, once a shape and batch.

        Args:
            neurons: N, of the hidden layer.
            rows: public or synthetic inputs, shape (P, d), in no order that means anything.
            labels: shape (P,), from 0 to C - 1.
            batch: B, how many rows an update is about; at most P.
            random: what honest networks are drawn from.
            condition: whether honest networks predict one, see `honest.fresh`.
            wander: how much noise may have moved their weights, see `honest.population`.

        Raises:
            ValueError: B is below 1 or above P.
        """
        honest = list(population(_HONEST, neurons, rows, labels, random, condition=condition, wander=wander))
        usual = leakiest(exposure(network, rows, labels, batch) for network in honest[:_ATTACKED])
        return cls(rows, labels, batch, Reference.of(honest, rows), usual)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: "start", "log", "step", "kind", "anomaly" or "exposure".
        passed: whether the model may be trained, as far as this check goes.
        reason: a sentence for people.
    """

    check: str
    passed: bool
    reason: str


def judge(sent: Sent, checks: Checks) -> tuple[Finding, ...]:
    """Every check's finding; the model is admitted where all have passed.

    Args:
        sent: the model, as it came.
        checks: of networks of its shape.
    """
    found = tuple(_provenance(sent, checks))
    if sent.network is None:
        return (*found, Finding("kind", False, "This is no dense network with one hidden layer; nobody can try it."))
    if sent.network.w1.shape[1] != checks.rows.shape[1] or len(sent.network.b2) <= checks.labels.max():
        return (*found, Finding("kind", False, "The network is not for inputs and labels like those it is tried on."))
    return (*found, *judge_network(sent.network, checks))


def judge_network(network: Network, checks: Checks) -> tuple[Finding, ...]:
    """The findings about a network, wherever it comes from: its weights, and what comes out of it."""
    return judge_anomaly(network, checks), judge_exposure(network, checks)


def judge_anomaly(network: Network, checks: Checks) -> Finding:
    """Whether its weights are like honest ones."""
    unusual, limit = score(network, checks.reference), checks.reference.limit
    than = f"Its weights are {unusual:.1f} deviations from those of honest networks; up to {limit:.1f} is usual."
    return Finding("anomaly", unusual <= limit, than)


def judge_exposure(network: Network, checks: Checks) -> Finding:
    """Whether more comes out of it than of honest networks."""
    found = exposure(network, checks.rows, checks.labels, checks.batch)
    share, more = max(found.passive, found.peeled or 0.0), excess(found, checks.usual)
    out = (
        f"Of a batch of {checks.batch} public or made-up persons {share:.0%} came out ({_parts(found)}); "
        f"of honest networks {_parts(checks.usual)}."
    )
    leaks = more > checks.most_excess or share > checks.most_exposed
    return Finding("exposure", not leaks, out)


def _provenance(sent: Sent, checks: Checks) -> Iterator[Finding]:
    if sent.logged is not None:
        same = digest(sent.weights) == sent.logged
        yield Finding("log", same, f"Round {sent.number} began here with {'these' if same else 'other'} weights.")
    if sent.number == 0:
        yield judge_start(sent.shapes, sent.start, sent.weights)
    elif checks.most_moved is not None and sent.before is not None:
        way = moved(sent.before, sent.weights)
        told = f"The weights moved by {way:.3g} since the round before; {checks.most_moved:.3g} is the most."
        yield Finding("step", way <= checks.most_moved, told)


def judge_start(shapes: Mapping[str, Shape], start: Params | None, weights: npt.NDArray[np.float32]) -> Finding:
    """Whether the first weights, shape (D,), are those that the stated seed gives; the arguments are as in `Sent`.

    Raises:
        ValueError: what is stated is no start, see `models.initialisers.initial`.
    """
    if start is None:
        return Finding("start", False, "Nobody says from which seed the weights were drawn.")
    drawn = is_initial(shapes, start, weights)
    told = "are" if drawn else "are not"
    return Finding("start", drawn, f"The weights {told} those that seed {start.seed} gives.")


def _parts(found: Exposure) -> str:
    peeled = "peeling does not apply" if found.peeled is None else f"{found.peeled:.0%} by peeling"
    return f"{found.passive:.0%} by reading neurons, {peeled}"
