"""The Rényi curve of a sampled Gaussian release, and the epsilon of several. All is rounded up."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from .curves import convert, require_order
from .events import SampledGaussian
from .rounding import SLACK, divide_up

LARGEST_ORDER: Final = 2**14
"""Beyond it the curve of a release without sampling is charged, so that no sum is longer than this."""

_QUARTERED: Final = 40
_LEAST: Final = 1e-300  # charged where the exact value is smaller


def _public_orders() -> tuple[int, ...]:
    orders = [2]
    while orders[-1] < 2**13:
        orders.append(max(orders[-1] + 1, orders[-1] * 21 // 20))
    return tuple(orders)


ORDERS: Final = _public_orders()
"""The orders of which the epsilon of a run takes the best: all integers up to 40, then steps of 5 % up to 8595;
and, below 40, the quarters between them."""


def sampled_gaussian_renyi(noise_multiplier: float, sample_rate: float, order: float) -> float:
    """The Rényi divergence of one noisy sum over a Poisson sample, rounded up, in nats.

    Setting: each person is in the sample independently with probability q = `sample_rate`, one person's part
    has L2 norm at most 1, and every coordinate gets Gaussian noise of deviation s = `noise_multiplier`.
    With P = N(0, s^2) and Q = N(1, s^2), no pair of data sets that differ by one person diverges by more
    than D_a((1-q)P + qQ || P) or D_a(P || (1-q)P + qQ) (Mironov, Talwar, Zhang 2019, arXiv:1908.10530,
    Thm. 4: joint quasi-convexity takes the others' sample as fixed, rotation takes the part to one axis).
    The first, where the person is added, is the larger at every order (proved there), so it is
    charged in both directions. It is log A(a) / (a - 1) with A(a) = E_P[y^a], y = 1 - q + q dQ/dP.

    Integer order. The binomial theorem and E_P[(dQ/dP)^k] = exp(k(k-1) / (2 s^2)) give (Sec. 3.3)
    A(a) - 1 = sum_{k=2..a} C(a,k) (1-q)^(a-k) q^k (exp(k(k-1) / (2 s^2)) - 1): the binomial weights sum
    to 1, so 1 was subtracted under the sum, whose terms are all positive. Nothing cancels, however small q is.

    Between the integers n < a < n+1, n >= 2, the least of three upper bounds:
    (1) log A is convex in the order (Hölder), so it lies below the chord from n to n+1.
    (2) So is log of (A(a) - 1) / (a (a-1)). Taylor's theorem around 1, with E_P[y] = 1, makes this
        E_P of the integral of |y - t| t^(a-2) over t between 1 and y: a positive mixture of
        exp((a-2) log t), and a mixture of log-convex functions is log-convex (Hölder again).
    (3) a / (2 s^2), the curve without sampling, as divergence from P is quasi-convex; exact for q = 1.
    Between 1 and 2, (1) with log A(1) = 0 says that the divergence is at most that at order 2.

    Args:
        noise_multiplier: standard deviation of the noise over sensitivity; finite and positive.
        sample_rate: 0 < q <= 1.
        order: finite, above 1. Above LARGEST_ORDER only (3) is used.
    """
    require_order(order)
    exponent = _exponent(noise_multiplier)
    unsampled = order * exponent * (1 + SLACK)
    if sample_rate == 1 or order > LARGEST_ORDER:
        return unsampled
    low, high = max(2, math.floor(order)), max(2, math.ceil(order))
    below = _log_excess(exponent, sample_rate, low)
    if low == high:
        return min(unsampled, _log_moment(below) / (max(order, 2.0) - 1) * (1 + SLACK))
    above = _log_excess(exponent, sample_rate, high)
    along = order - low
    chord = (1 - along) * _log_moment(below) + along * _log_moment(above)
    mixed = (1 - along) * (below - _log_pairs(low)) + along * (above - _log_pairs(high)) + _log_pairs(order)
    mixed += SLACK * (1 + abs(below) + abs(above))
    return min(unsampled, min(chord, _log_moment(mixed)) / (order - 1) * (1 + SLACK))


def renyi_of_rounds(event: SampledGaussian, begun: int, order: float) -> float:
    """The Rényi divergence at `order` of the first `begun` rounds of a run; rounds add up, each a release."""
    return _repeated(sampled_gaussian_renyi(event.noise_multiplier, event.sample_rate, order), begun * event.steps)


def epsilon_of_rounds(event: SampledGaussian, begun: int, delta: float) -> float:
    """The epsilon that the basic account is charged for a run of T rounds of which `begun` = k were begun.

    For k = T: E, the epsilon of all releases at delta / 2. For 0 < k < T: the lesser of E and E_k, the
    epsilon of the first k rounds at delta / (2 (T - 1)). Several runs may be interleaved, each with a delta of
    its own: to each of them the others are among the other releases, one run after the other.

    Theorem. Let a history mix this run with other releases, each (eps_i, delta_i)-DP given all answers before
    it; every choice may depend on earlier answers, also whether the next round begins. Let F be a set of
    histories in each of which the sum of all eps_i and the charge c_k for the round k after which the run
    stopped is at most eps. Then P(F) <= e^eps P'(F) + sum delta_i + delta for neighbouring data sets.

    Proof sketch. Let r_k be the likelihood ratio of the replies of the first k rounds, the factors taken
    given all that came before. Of the distribution of each other release a part that lacks mass at most
    delta_i is below e^eps_i times its neighbour; putting these parts in takes at most sum delta_i from P and
    leaves dN <= e^(sum eps_i) r_k dP' where the run stopped after k. Hence there
    dN - e^eps dP' <= (1 - e^c_k / r_k)+ dN, and P(F) - e^eps P'(F) - sum delta_i is at most the sum over k of
    E_P[(1 - e^c_k / r_k)+ ; stopped after k]. The moments of r are bounded as those of k rounds (multiply
    the conditional bounds; rounds that did not begin have ratio 1), and a moment bound that converts to c at
    some delta keeps E_P[(1 - e^c / r)+] below that delta (the proof of Canonne, Kamath, Steinke 2020,
    Prop. 12). So each of the T - 1 stops that are charged E_k adds at most delta / (2 (T - 1)). Those that
    are charged E add at most delta / 2 all together, as one expectation of the run however it stopped: this
    is why the lesser of the two may be taken. The sum is delta. With one epsilon at one delta for each k
    and no such division there would be one delta for every k.
    """
    run = (event.noise_multiplier, event.sample_rate)
    whole = epsilon_of_releases(*run, event.rounds * event.steps, delta / 2)
    if begun == event.rounds:
        return whole
    share = delta / 2 / divide_up(event.rounds - 1, 1.0) * (1 - SLACK)  # rounded down: they add up to at most half
    return min(whole, epsilon_of_releases(*run, begun * event.steps, share))


def epsilon_of_releases(noise_multiplier: float, sample_rate: float, releases: int, delta: float) -> float:
    """The epsilon at `delta` of `releases` sampled Gaussian releases, adaptively chosen; rounded up.

    Their divergences add up at every order (Mironov 2017, Prop. 1), and every order converts to an epsilon
    that holds, so the least over the fixed ORDERS holds. Among integers it is found by bisection: with
    m = a - 1, `convert` is h(m) / m where h(m) = releases log A(1+m) + m log m - (1+m) log(1+m) - log delta.
    h is convex, since log A is and the second derivative of the middle terms is 1/m - 1/(1+m) > 0; so
    h(m) <= c m holds on an interval for every c, and h(m) / m falls up to its least value and then rises.
    For this reason also, quarters further from the best integer than the next ones are no better than it.
    """
    return least_epsilon(noise_multiplier, sample_rate, releases, delta, 0, len(ORDERS) - 1)[0]


def least_epsilon(
    noise_multiplier: float, sample_rate: float, releases: int, delta: float, first: int, last: int
) -> tuple[float, int]:
    """`epsilon_of_releases` from the integers ORDERS[first..last] and the quarters around the best of them,
    and the index of that.

    A delta that was divided until it is 0 in floating point gives infinity.
    """
    if delta == 0:
        return math.inf, first

    def at(order: float) -> float:
        return convert(_repeated(sampled_gaussian_renyi(noise_multiplier, sample_rate, order), releases), order, delta)

    while first < last:
        middle = (first + last) // 2
        if at(ORDERS[middle]) <= at(ORDERS[middle + 1]):
            last = middle
        else:
            first = middle + 1
    best = ORDERS[first]
    quarters = range(-3, 4) if best < _QUARTERED else (0,)
    return min(at(best + quarter / 4) for quarter in quarters if best + quarter / 4 >= 2), first


def _repeated(renyi: float, times: int) -> float:
    return renyi * divide_up(times, 1.0) * (1 + SLACK)


def _exponent(noise_multiplier: float) -> float:
    """1 / (2 s^2), rounded up by SLACK, which covers the rounding of everything computed from it alone."""
    inverse = 1 / noise_multiplier
    return max(inverse * inverse / 2 * (1 + SLACK), _LEAST)


@lru_cache(maxsize=4096)
def _log_excess(exponent: float, rate: float, order: int) -> float:
    """log(A - 1) at an integer order of at least 2, rounded up. `exponent` is 1 / (2 s^2)."""
    terms = [
        weight + (math.log(math.expm1(x)) if (x := exponent * (k * (k - 1))) < 40 else x)
        for k, weight in enumerate(_log_weights(rate, order), 2)
    ]
    largest = max(terms)
    if largest == math.inf:
        return math.inf
    return largest + math.log(math.fsum(math.exp(term - largest) for term in terms)) + SLACK


@lru_cache(maxsize=64)
def _log_weights(rate: float, order: int) -> tuple[float, ...]:
    """log(C(a,k) (1-q)^(a-k) q^k) for k = 2..a, each rounded up by SLACK of all that was added up."""
    taken, left, all_ways = math.log(rate), math.log1p(-rate), math.lgamma(order + 1)
    weights = []
    for k in range(2, order + 1):
        ways = all_ways - math.lgamma(k + 1) - math.lgamma(order - k + 1)
        chance = k * taken + (order - k) * left
        weights.append(ways + chance + SLACK * (1 + 2 * all_ways - chance))
    return tuple(weights)


def _log_moment(log_excess: float) -> float:
    """The log of A from log(A - 1), rounded up; positive."""
    if log_excess > 700:
        return log_excess * (1 + SLACK)  # log(1 + 1/x) is below e^-700
    return max(math.log1p(math.exp(log_excess)) * (1 + SLACK), _LEAST)


def _log_pairs(order: float) -> float:
    return math.log(order * (order - 1))
