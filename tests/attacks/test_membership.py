from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import binom, norm

from fedlab_kernel.attacks.membership import Mechanism, SeenRound, clipped_gradients, scores
from fedlab_kernel.language.node import Node, make
from fedlab_kernel.language.public import from_plain
from fedlab_kernel.models.clipping import engine_for
from fedlab_kernel.models.program import Program

WIDTH, CLIP, DEVIATION = 5, 0.3, 0.4
PERSONS = make("table", "study")


def column(name: str) -> Node:
    """A number of each person."""
    return make("column", PERSONS, name, "float", 0.0, 1.0)


@pytest.fixture
def program() -> Program:
    """Squared errors of a line through nothing: one person's gradient is 2 (w x - y) x."""
    weights = make("weights", PERSONS, "W", from_plain([WIDTH]))
    return Program.of(make("mse", make("@", column("x"), weights), column("y")))


def test_gradients_are_those_that_a_hospital_clips(program: Program, seed: int) -> None:
    """Each is as the hospital's engine forms it for that person alone; none is longer than the clipping norm."""
    draw = torch.Generator().manual_seed(seed)
    weights = torch.randn(WIDTH, generator=draw)
    x, y = torch.randn(20, WIDTH, generator=draw), torch.randn(20, generator=draw)
    found = clipped_gradients(program, weights.numpy(), [x, y], 2.0)
    sizes = np.linalg.norm(found, axis=1)
    assert sizes.max() <= 2.0 * (1 + 1e-6)
    assert sizes.min() < 1.9
    for person in range(20):
        one = [x[person : person + 1], y[person : person + 1]]
        alone = engine_for(program).clipped_sum(
            program, program.split(weights), one, torch.ones(1, dtype=torch.bool), 2.0
        )
        assert found[person] == pytest.approx(alone.numpy(), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("rate", "steps"), [(1.0, 1), (0.25, 1), (1.0, 3), (0.25, 3)])
def test_scores_are_the_log_likelihood_ratio(program: Program, rate: float, steps: int) -> None:
    """A binomial mixture of Gaussians against one, along the gradient; rounds add up, other directions do not count."""
    x, y = torch.zeros(1, WIDTH), torch.ones(1)
    x[0, 2] = 1.0  # its gradient, -2 y x, is clipped
    spread = DEVIATION * np.sqrt(steps)
    rounds, expected = [], 0.0
    for seen in (-0.5, 0.1, 0.9):
        total = np.array([7.0, -7.0, -seen, 7.0, 7.0])
        rounds.append(SeenRound(np.zeros(WIDTH), total))
        taken = np.arange(steps + 1)
        mixture = binom.pmf(taken, steps, rate) @ norm.pdf(seen, taken * CLIP, spread)
        expected += np.log(mixture / norm.pdf(seen, 0.0, spread))
    (found,) = scores(program, rounds, Mechanism(CLIP, DEVIATION, rate, steps), [x, y])
    assert found == pytest.approx(expected, rel=1e-5)
