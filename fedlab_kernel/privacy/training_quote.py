"""What the quote of a training says before it runs: no error, which depends on the data, but how loud its noise is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..errors import Diagnostic, Span, diagnose
from ..language.catalogue import value_in_words
from ..language.training import Training, expected_persons
from ..language.values import Aggregate
from .events import SampledGaussian

LOUDEST: Final = 10.0
"""The largest length that noise may have, in clipping norms, before the quote warns: no gradient is longer than one."""


@dataclass(frozen=True, slots=True)
class TrainingQuote:
    """The noise of a training.

    Attributes:
        noise_multiplier: standard deviation of the noise of a step at one hospital, over what one person can change.
        noise: standard deviation of the noise in each coordinate of the mean gradient of a step, over all hospitals, in
            clipping norms.
        weights: how many coordinates there are.
        rounds, steps: how often it is drawn; steps a round.
        fills: what stands for missing values, in words.
    """

    noise_multiplier: float
    noise: float
    weights: int
    rounds: int
    steps: int
    fills: tuple[str, ...] = ()

    @property
    def length(self) -> float:
        """The expected length of the noise, in clipping norms: that of a gradient is at most 1."""
        return self.noise * math.sqrt(self.weights)


def training_quote(aggregate: Aggregate, event: SampledGaussian, size: int, hospitals: int) -> TrainingQuote:
    """The noise of a training at its price.

    Each of the hospitals adds noise of standard deviation sigma to each coordinate of its sum over a sample; the sums
    are added up and divided by the number of persons to expect in all samples.

    Args:
        aggregate: the training.
        event: its noise, sigma in steps of its grid.
        size: the declared number of persons of its table, all hospitals together.
        hospitals: how many are asked.
    """
    training, cohort = aggregate.statistic, aggregate.cohort
    assert isinstance(training, Training)
    batch = training.sample_rate * expected_persons(cohort, size)
    noise = event.sigma * training.step / training.clip * math.sqrt(hospitals) / batch
    inputs = training.recipe.inputs if training.recipe is not None else ()
    fills = tuple(
        f"missing {one.name} is taken as {value_in_words(one.kind, one.categories, one.unit, one.fill)}"
        for one in inputs
        if one.fill is not None
    )
    return TrainingQuote(event.noise_multiplier, noise, training.dimension, training.rounds, training.steps, fills)


def warnings(quoted: TrainingQuote, span: Span) -> Iterator[Diagnostic]:
    """The finding that a training's noise is much longer than any gradient, where it is."""
    if quoted.length > LOUDEST:
        message = (
            f"The noise of a step is about {quoted.length:,.0f} clipping norms long, and no gradient is longer than 1: "
            f"this training will hardly learn ({quoted.noise:.2g} × clip in each of {quoted.weights:,} coordinates)."
        )
        fix = "more epsilon, fewer rounds, fewer weights, or a larger `sample_rate`"
        yield diagnose("FP110", message, span, fix, severity="warning")
