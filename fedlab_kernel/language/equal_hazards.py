"""The log-rank test (Mantel 1966; Peto and Peto 1972) from the noisy life tables of groups.

In interval i let d_gi persons of group g have the event out of e_gi exposed (see `life_table`), π_gi = e_gi / Σ_g e_gi.
The groups' surplus of events is U_g = Σ_i (d_gi - π_gi·Σ_g d_gi), and the statistic is Uᵀ V⁻¹ U over all groups but the
last, where V is the hypergeometric variance of U and that of the noise in the d_gi, v·Σ_i (I - π1ᵀ)(I - π1ᵀ)ᵀ.
Without noise, on a grid that tells all times apart, this is the usual statistic.
Null model: the hazards of all groups together, the censoring of each group. Among those at risk in an interval the
share q is censored and the share h·(1 - q/2) has the event, which makes h the events over the exposed.
Repairs, the same for the release and for its replicates: exposed persons below zero count as zero, and the cumulated
events of all groups, for V, are made to rise (see `rising`). U takes the events as they are, so that noise adds nothing
to it on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .bootstrap import OPEN, Tested, compare, drawn_noise, observed, whole
from .life_table import LifeTable
from .statistic import Noise

_RIDGE = 1e-9  # events: makes the variance of groups without anybody invertible


@dataclass(frozen=True, slots=True)
class Compared:
    """A test of equal hazards.

    Attributes:
        tested: its statistic is that of the log-rank test.
        events, expected: of each group, over the whole grid; what is expected of equal hazards.
    """

    tested: Tested
    events: tuple[float, ...]
    expected: tuple[float, ...]


def compare_hazards(noise: Noise, total: Sequence[float], groups: int) -> Compared:
    """Test whether groups have one hazard, from the cells of their life tables, group after group."""
    simulation = noise.simulation(total)
    if simulation is None:
        return Compared(OPEN, (0.0,) * groups, (0.0,) * groups)
    xp = simulation.xp
    added, variance = drawn_noise(simulation, len(total))
    released = observed(xp, total).reshape(1, groups, -1)
    persons = whole(xp, xp.sum(released[0], axis=1)).tolist()
    lives = _null_model(xp, released[0])
    drawn = [simulation.random.multinomial(count, life, len(added)) for count, life in zip(persons, lives, strict=True)]
    replicates = xp.stack(drawn, axis=1) + added.reshape(-1, groups, released.shape[2])
    tested = compare(xp, *(_statistic(xp, cells, variance) for cells in (released, replicates)))
    events, shares = _tables(xp, released)[:2]
    expected = xp.sum(shares * xp.sum(events, axis=1, keepdims=True), axis=2)
    return Compared(tested, tuple(xp.sum(events[0], axis=1).tolist()), tuple(expected[0].tolist()))


def _null_model(xp: Any, cells: Any) -> list[Any]:
    """The probability of each cell, a group; `cells` has shape (groups, cells)."""
    pooled = LifeTable.of(xp.sum(cells, axis=0).tolist())
    hazard = _ratio(xp, xp.asarray(pooled.events), xp.asarray(pooled.exposed))
    lives = []
    for own in cells.tolist():
        table = LifeTable.of(own)
        at_risk = xp.asarray(table.at_risk)
        censored = _ratio(xp, 2 * (at_risk - xp.asarray(table.exposed)), at_risk)
        event = hazard * (1 - censored / 2)
        there = xp.cumprod(xp.concatenate([xp.ones(1), 1 - xp.minimum(event + censored, 1.0)]))
        leaving = xp.stack([there[:-1] * event, there[:-1] * censored], axis=1).reshape(-1)
        life = xp.concatenate([leaving, there[-1:]])
        lives.append(life / xp.sum(life))
    return lives


def _ratio(xp: Any, part: Any, whole: Any) -> Any:
    """A share, from 0 to 1; 0 of nobody."""
    return xp.clip(xp.where(whole > 0, part / xp.where(whole > 0, whole, 1.0), 0.0), 0.0, 1.0)


def _tables(xp: Any, cells: Any) -> tuple[Any, Any, Any]:
    """Events and shares of the exposed, shape (replicates, groups, intervals); all exposed (replicates, intervals)."""
    events, censored = cells[:, :, :-1:2], cells[:, :, 1::2]
    at_risk = xp.flip(xp.cumsum(xp.flip(cells, axis=2), axis=2), axis=2)[:, :, :-1:2]
    exposed = xp.maximum(at_risk - censored / 2, 0.0)
    everybody = xp.sum(exposed, axis=1)
    shares = exposed / xp.where(everybody > 0, everybody, 1.0)[:, None, :]
    return xp.where((everybody > 0)[:, None, :], events, 0.0), shares, everybody


def _statistic(xp: Any, cells: Any, variance: float) -> Any:
    """Uᵀ V⁻¹ U, shape (replicates,)."""
    events, shares, exposed = _tables(xp, cells)
    together = xp.sum(events, axis=1)
    surplus = xp.sum(events - shares * together[:, None, :], axis=2)
    rising = _steps_up(xp, together)
    spread = rising * xp.clip((exposed - rising) / xp.maximum(exposed - 1, 1.0), 0.0, 1.0)
    one, count = xp.eye(shares.shape[1]), shares.shape[1]
    diagonal = xp.sum(shares * spread[:, None, :], axis=2)[:, :, None] * one
    means = xp.sum(shares, axis=2)
    noisy = variance * (shares.shape[2] * one - means[:, :, None] - means[:, None, :])
    # What is left of both variances is Σ ππᵀ: the hypergeometric takes it away, the noise adds it once a group.
    rest = xp.einsum("rgi,rhi->rgh", shares * (variance * count - spread)[:, None, :], shares)
    matrix = (diagonal + noisy + rest + _RIDGE * one)[:, :-1, :-1]
    solved = xp.linalg.solve(matrix, surplus[:, :-1, None])[:, :, 0]
    return xp.sum(solved * surplus[:, :-1], axis=1)


def _steps_up(xp: Any, steps: Any) -> Any:
    """Steps whose cumulated sums rise; see `rising`."""
    cumulated = xp.cumsum(xp.concatenate([xp.zeros((len(steps), 1)), steps], axis=1), axis=1)
    highest = xp.maximum.accumulate(cumulated, axis=1)
    lowest = xp.flip(xp.minimum.accumulate(xp.flip(cumulated, axis=1), axis=1), axis=1)
    return xp.diff((highest + lowest) / 2, axis=1)
