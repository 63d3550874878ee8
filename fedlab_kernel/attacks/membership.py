"""Was this person part of the training? The attack that sees everything but the rows, and what it proves.

Type: membership inference, white box, passive (Nasr, Shokri and Houmansadr 2019; with noise: Nasr et al. 2023,
"Tight auditing of differentially private machine learning").
Threat model: the attacker is the researcher, or whoever else sees what a hospital releases. They know the person's
values, the model and its loss, the weights that every round began with, every released update, the clipping norm, the
noise and the sample rate. They do not know in which steps the person was sampled, nor anybody else's values.
Method: the person's own clipped gradient is computed at each round's weights, and the likelihood of the released sum
with it is compared with that without it. Other persons count as noise that is not there: the ratio is the best test
there is (Neyman and Pearson 1933) where nobody else has a gradient in the same direction, and a weaker one elsewhere.

To audit a training, put persons into data that one controls, each by a fair coin, and give the scores to
`lower_bound`; `audited_epsilon` does so for one run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fedlab_kernel.models.program import Program

from .lower_bound import epsilon_of_one_run

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class SeenRound:
    """What a round shows.

    Attributes:
        weights: that it began with, shape (D,).
        total: the noisy sum of clipped gradients, of all its steps together, in the gradient's unit, shape (D,).
    """

    weights: Floats
    total: Floats


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What is public of how a training is protected.

    Attributes:
        clip: the clipping norm.
        deviation: the noise's standard deviation in each coordinate of a step's sum, in the gradient's unit.
        sample_rate: with which a person is in a step.
        steps: of a round. If there are several, the gradient is taken to stay what it is at the first.
    """

    clip: float
    deviation: float
    sample_rate: float
    steps: int = 1


def audited_epsilon(
    program: Program,
    rounds: Sequence[SeenRound],
    mechanism: Mechanism,
    persons: Sequence[Tensor],
    included: npt.NDArray[np.bool_],
    delta: float,
    confidence: float = 0.95,
) -> float:
    """What one run proves about its epsilon, in which each of m persons took part or not by a fair coin of their own.

    Args:
        program: the loss.
        rounds: all of the run.
        mechanism: as claimed.
        persons: their values as `Program.loss` takes them, each with a first axis of length m.
        included: how the coins fell, shape (m,).
        delta: of the claim, well below 1 / m.
        confidence: the probability with which the bound holds.

    Returns:
        The lower bound; 0 where nothing was proved.
    """
    return epsilon_of_one_run(scores(program, rounds, mechanism, persons), included, delta, confidence)


def scores(
    program: Program, rounds: Sequence[SeenRound], mechanism: Mechanism, persons: Sequence[Tensor]
) -> npt.NDArray[np.float64]:
    """Log P(what was seen | the person took part) - log P(the same | they did not), for each person, shape (m,)."""
    found = np.zeros(len(persons[0]))
    for seen in rounds:
        gradients = clipped_gradients(program, seen.weights, persons, mechanism.clip)
        found += _log_likelihood_ratios(seen.total, gradients, mechanism)
    return found


def clipped_gradients(
    program: Program, weights: Floats, persons: Sequence[Tensor], clip: float
) -> npt.NDArray[np.float64]:
    """Each person's gradient, scaled to L2 norm `clip` at most, shape (m, D); by differentiation of one loss after
    another, so that no clipping engine is trusted.
    """

    def loss(flat: Tensor, *person: Tensor) -> Tensor:
        return program.loss(program.split(flat), [one[None] for one in person])[0]

    derive = torch.func.vmap(torch.func.grad(loss), in_dims=(None, *(0 for _ in persons)))
    gradients = derive(torch.from_numpy(np.asarray(weights, np.float32)), *persons).double().numpy()
    norms = np.sqrt(np.einsum("md,md->m", gradients, gradients))
    return np.asarray(gradients * np.minimum(1.0, clip / np.maximum(norms, 1e-300))[:, None])


def _log_likelihood_ratios(total: Floats, gradients: Floats, mechanism: Mechanism) -> Floats:
    """Of a Gaussian around k times the gradient, k steps having been sampled, against one around 0, shape (m,)."""
    along, squares = gradients @ total, np.einsum("md,md->m", gradients, gradients)
    steps, rate = mechanism.steps, mechanism.sample_rate
    ratios = np.full(len(gradients), -np.inf)
    for taken in range(steps + 1):
        chance = math.comb(steps, taken) * rate**taken * (1 - rate) ** (steps - taken)
        if chance > 0:
            ratio = (taken * along - taken**2 * squares / 2) / (steps * mechanism.deviation**2)
            ratios = np.logaddexp(ratios, math.log(chance) + ratio)
    return ratios
