"""The gate: what each check that a policy can ask for finds of a model, with its reason.

A finding is a function of what the server sent and of what is public; of no patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..attacks.network import Network
from ..language.learned import Params, Shape
from .anomaly import Reference, score
from .exposure import Exposure, excess, exposure, leakiest
from .honest import population
from .provenance import is_initial

_HONEST = 240  # networks that say what is usual
_ATTACKED = 80  # of these, for what usually comes out


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
    """

    rows: npt.NDArray[np.float32]
    labels: npt.NDArray[np.integer]
    batch: int
    reference: Reference
    usual: Exposure
    most_excess: float = 0.1

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
        check: "start", "anomaly" or "exposure".
        passed: whether the model may be trained, as far as this check goes.
        reason: a sentence for people.
    """

    check: str
    passed: bool
    reason: str


def judge_anomaly(network: Network, checks: Checks) -> Finding:
    """Whether its weights are like honest ones."""
    unusual, limit = score(network, checks.reference), checks.reference.limit
    than = f"Its weights are {unusual:.1f} deviations from those of honest networks; up to {limit:.1f} is usual."
    return Finding("anomaly", unusual <= limit, than)


def judge_exposure(network: Network, checks: Checks) -> Finding:
    """Whether more comes out of it than of honest networks."""
    found = exposure(network, checks.rows, checks.labels, checks.batch)
    share = max(found.passive, found.peeled or 0.0)
    out = (
        f"Of a batch of {checks.batch} public or made-up persons {share:.0%} came out ({_parts(found)}); "
        f"of honest networks {_parts(checks.usual)}."
    )
    return Finding("exposure", excess(found, checks.usual) <= checks.most_excess, out)


def judge_start(shapes: Mapping[str, Shape], start: Params | None, weights: npt.NDArray[np.float32]) -> Finding:
    """Whether the weights of a training's first round are those that the stated seed gives.

    Args:
        shapes: of the training's arrays, by name.
        start: the seed and the initialisers that the researcher states; None where nothing is stated.
        weights: as sent, shape (D,), arrays in the order of names; finite.

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
