"""Who was part of a training, and what one run proves of an epsilon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fedlab_kernel.attacks.lira import audited_epsilon, each_as_target, losses
from fedlab_kernel.attacks.lower_bound import epsilon_of_one_run
from fedlab_kernel.attacks.thresholds import area_under_curve, global_threshold, true_positive_rate
from fedlab_kernel.privacy.curves import gaussian_epsilon

from .data import exhibit
from .table import Line, Table, of_lines

MODELS, ALARMS = 65, 0.001
CLAIMS, DELTA, PERSONS = (1.0, 2.0, 4.0, 8.0), 1e-5, 5000
TOLD = f"""\
{MODELS} networks a seed, each trained without noise on a half of scikit-learn's 1,797 digits that coins chose; each is
attacked with the others as shadows, and their scores are judged together. Share of members found at one false alarm in
a thousand, and area under the curve, of LiRA (Carlini et al. 2022) and of one threshold for all (Yeom et al. 2018)."""
AUDITED = f"""\
The one-run audit (Steinke et al. 2023), lower bounds with confidence .95, δ = {DELTA:g}: of one of these networks,
which were trained without privacy, by LiRA's scores; then of a Gaussian mechanism sized for the ε that it claims, on
{PERSONS:,} persons who have a coordinate each. A bound above its claim would be wrong; one run proves less."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """Two tables."""
    names = ("LiRA, online", "LiRA, offline", "one threshold")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    bounds = []
    for seed in seeds:
        answers, included = _shadowed(seed)
        scores = (
            each_as_target(answers, included), each_as_target(answers, included, online=False),
            global_threshold(losses(answers)),
        )  # fmt: skip
        for name, one in zip(names, scores, strict=True):
            told = true_positive_rate(one, included, ALARMS), area_under_curve(one, included)
            found[name].append(told)
        bounds.append(audited_epsilon(answers[1:], included[1:], answers[0], included[0], DELTA))
    lines = [Line(f"{name}, found", [rate for rate, _ in told], digits=4) for name, told in found.items()]
    lines += [Line(f"{name}, area", [area for _, area in told]) for name, told in found.items()]
    yield of_lines("Membership", TOLD, lines)
    lines = [Line("a network without privacy", bounds, digits=2)]
    lines += [Line(f"Gaussian, ε = {one:g}", [_audited(one, seed) for seed in seeds], digits=2) for one in CLAIMS]
    yield of_lines("What one run proves", AUDITED, lines)


def _shadowed(seed: int) -> tuple[np.ndarray, np.ndarray]:
    from fedlab_kernel.attacks.shadows import shadow_models

    data = exhibit("digits")
    included = np.random.default_rng(seed).random((MODELS, len(data.labels))) < 0.5
    return shadow_models(data.inputs, data.labels, included, seed=seed), included


def _audited(claimed: float, seed: int) -> float:
    random, deviation = np.random.default_rng(seed), _deviation(claimed)
    included = random.random(PERSONS) < 0.5
    scores = included + random.normal(0, deviation, PERSONS)
    return epsilon_of_one_run(scores, included, DELTA)


def _deviation(claimed: float) -> float:
    """The noise for sensitivity 1 whose epsilon is the claim, by bisection on a logarithmic scale."""
    low, high = 1e-3, 1e3
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if gaussian_epsilon(1 / (2 * middle**2), DELTA) > claimed else (low, middle)
    return high
