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

Of two groups the ratio θ of hazards is estimated as A/B, A = Σ d_2i·π_1i and B = Σ d_1i·π_2i (Mantel and Haenszel 1959;
for hazards: Bernstein, Anderson and Pike 1981), here with who has the event counted half among the exposed, so that
rates are compared, which have one ratio however coarse the grid is. Its interval is Fieller's (1954): all θ with
(A - θ·B)² at most c·(V_A + θ²·V_B), where V_A = Σ π_1i²·(d_2i + v), V_B in the same way, and c is the 95 % quantile of
the left side over the rest of the right one among replicates whose hazards have the ratio A/B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .bootstrap import OPEN, Tested, compare, drawn_noise, observed, whole
from .life_table import LifeTable
from .statistic import Noise, Simulation

LARGEST_RATIO = 1e6  # of hazards; stands for no limit
_STEEPEST = 100.0  # ratio of hazards that replicates are drawn with
_FEWEST = 0.5  # person: an event of nobody has a rate, too
_RIDGE = 1e-9  # events: makes the variance of groups without anybody invertible


@dataclass(frozen=True, slots=True)
class Compared:
    """A test of equal hazards.

    Attributes:
        tested: its statistic is that of the log-rank test.
        events, expected: of each group, over the whole grid; what is expected of equal hazards.
        ratio: of two groups the second's hazard over the first's, with its 95 % limits.
    """

    tested: Tested
    events: tuple[float, ...]
    expected: tuple[float, ...]
    ratio: tuple[float, float, float]


def compare_hazards(noise: Noise, total: Sequence[float], groups: int) -> Compared:
    """Test whether groups have one hazard, from the cells of their life tables, group after group."""
    simulation = noise.simulation(total)
    if simulation is None:
        return Compared(OPEN, (0.0,) * groups, (0.0,) * groups, (1.0, 0.0, LARGEST_RATIO))
    xp = simulation.xp
    added, variance = drawn_noise(simulation, len(total))
    added = added.reshape(len(added), groups, -1)
    released = observed(xp, total).reshape(1, groups, -1)
    replicates = _drawn(simulation, released[0], [1.0] * groups, len(added)) + added
    tested = compare(xp, *(_statistic(xp, cells, variance) for cells in (released, replicates)))
    events, shares = _tables(xp, released)[:2]
    expected = xp.sum(shares * xp.sum(events, axis=1, keepdims=True), axis=2)
    ratio = _hazard_ratio(simulation, released, added, variance)
    return Compared(tested, tuple(xp.sum(events[0], axis=1).tolist()), tuple(expected[0].tolist()), ratio)


def _hazard_ratio(simulation: Simulation, released: Any, added: Any, variance: float) -> tuple[float, float, float]:
    """The ratio of the hazards of the first two groups, and its limits."""
    xp = simulation.xp
    a, b, va, vb = (float(part[0]) for part in _sides(xp, released, variance))
    estimate = max(min(a / b, LARGEST_RATIO), 0.0) if b > 0 else LARGEST_RATIO if a > 0 else 1.0
    model = min(max(estimate, 1 / _STEEPEST), _STEEPEST)
    replicates = _drawn(simulation, released[0, :2], [1.0, model], len(added)) + added[:, :2]
    above, below, above_spread, below_spread = _sides(xp, replicates, variance)
    spread = above_spread + model**2 * below_spread
    pivots = xp.where(spread > 0, (above - model * below) ** 2 / xp.where(spread > 0, spread, 1.0), 0.0)
    critical = compare(xp, xp.zeros(1), pivots).critical
    low, high = a * a - critical * va, b * b - critical * vb
    root = math.sqrt(max(a * a * b * b - low * high, 0.0))
    lo = low / (a * b + root) if low > 0 and a * b + root > 0 else 0.0
    hi = (a * b + root) / high if high > 0 else LARGEST_RATIO
    return estimate, max(min(lo, estimate), 0.0), min(max(hi, estimate), LARGEST_RATIO)


def _sides(xp: Any, cells: Any, variance: float) -> tuple[Any, Any, Any, Any]:
    """A, B and their variances, each of shape (replicates,)."""
    cells = cells[:, :2]
    events = cells[:, :, :-1:2]
    at_risk = xp.flip(xp.cumsum(xp.flip(cells, axis=2), axis=2), axis=2)[:, :, :-1:2]
    exposed = xp.maximum(at_risk - (events + cells[:, :, 1::2]) / 2, 0.0)
    everybody = xp.sum(exposed, axis=1, keepdims=True)
    others = xp.flip(exposed, axis=1) / xp.where(everybody > 0, everybody, 1.0)
    sides = xp.sum(events * others, axis=2)
    rising = xp.stack([_steps_up(xp, events[:, group]) for group in (0, 1)], axis=1)
    spreads = xp.sum(others**2 * (rising + variance), axis=2)
    return sides[:, 1], sides[:, 0], spreads[:, 1], spreads[:, 0]


def _drawn(simulation: Simulation, cells: Any, ratios: Sequence[float], count: int) -> Any:
    """Cells of samples, shape (count, groups, cells), whose groups have one hazard times their ratios.

    The hazard of an interval is the rate D / Σ ratio·(exposed - events/2), as for the estimate of a ratio. With a rate
    m the share m / (1 + m/2) of those exposed have the event: for ratios of 1, all events over all exposed.
    """
    xp = simulation.xp
    tables = [LifeTable.of(own) for own in cells.tolist()]
    together = LifeTable.of(xp.sum(cells, axis=0).tolist())
    between = [xp.asarray(table.exposed) - xp.asarray(table.events) / 2 for table in tables]
    weighted = sum(ratio * part for ratio, part in zip(ratios, between, strict=True))
    rate = xp.asarray(together.events) / xp.maximum(weighted, _FEWEST)
    drawn = []
    for own, table, ratio in zip(cells, tables, ratios, strict=True):
        persons = int(whole(xp, xp.sum(own)))
        drawn.append(simulation.random.multinomial(persons, _life(xp, table, ratio * rate), count))
    return xp.stack(drawn, axis=1)


def _life(xp: Any, table: LifeTable, rate: Any) -> Any:
    """The probability of each cell of a group with the censoring of this table and these rates of events."""
    at_risk = xp.asarray(table.at_risk)
    censored = _ratio(xp, 2 * (at_risk - xp.asarray(table.exposed)), at_risk)
    event = xp.minimum(rate / (1 + rate / 2), 1.0) * (1 - censored / 2)
    leaving = xp.minimum(event + censored, 1.0)
    there = xp.cumprod(xp.concatenate([xp.ones(1), 1 - leaving]))
    gone = xp.stack([there[:-1] * event, there[:-1] * censored], axis=1).reshape(-1)
    life = xp.concatenate([gone, there[-1:]])
    return life / xp.sum(life)


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
