"""The mathematics of prices: Rényi curves, and what they give as epsilon at a delta. All is rounded up."""

from __future__ import annotations

import math
from typing import Final

from .rounding import SLACK, divide_up

_SMALLEST_RHO: Final = 1e-300  # keeps quotients by rho finite


def pure_renyi(epsilon: float, order: float) -> float:
    """The Rényi divergence of randomised response with odds e^epsilon, rounded up, in nats.

    With p = e^eps / (1 + e^eps) and order a, the textbook form
    log(p^a (1-p)^(1-a) + (1-p)^a p^(1-a)) / (a - 1) equals
    log(cosh((a - 1/2) eps) / cosh(eps/2)) / (a - 1). It is evaluated without cancellation for small eps
    (difference of two cosh) and without overflow for large eps.
    """
    require_order(order)
    if epsilon == math.inf:
        return math.inf
    excess = order - 1
    if order * epsilon < 600:
        ratio = 2 * math.sinh(order * epsilon / 2) * math.sinh(excess * epsilon / 2) / math.cosh(epsilon / 2)
        log_sum = math.log1p(ratio)
    else:
        log_sum = excess * epsilon + math.log1p(math.exp((1 - 2 * order) * epsilon))
        log_sum -= math.log1p(math.exp(-epsilon))
    return math.nextafter(log_sum / excess * (1 + SLACK), math.inf)


def convert(renyi: float, order: float, delta: float) -> float:
    """The epsilon that a Rényi divergence at one order gives at `delta`, rounded up, at least 0.

    Canonne, Kamath, Steinke 2020, Prop. 12: eps = renyi + log(1 - 1/a) - log(delta a) / (a - 1).
    """
    require_order(order)
    require_delta(delta)
    shift = math.log1p(-1 / order)
    tail = -math.log(delta * order) / (order - 1)
    return max(0.0, renyi + shift + tail + SLACK * (abs(renyi) + abs(shift) + abs(tail)))


def gaussian_epsilon(rho: float, delta: float) -> float:
    """The epsilon at `delta` of a mechanism whose Rényi divergence is a * rho at every order a, rounded up.

    `convert` at the order that gives the least (Canonne, Kamath, Steinke 2020, Cor. 13). The derivative of
    convert(a rho, a, delta) in a is rho + log(delta a) / (a - 1)^2, which changes sign once, where
    rho (a - 1)^2 = log(1 / (delta a)): found by bisection. Every order is sound, so its error costs
    accuracy only.
    """
    require_delta(delta)
    if rho == math.inf:
        return math.inf
    low, high = 0.0, math.sqrt(-math.log(delta) / rho)
    for _ in range(32):
        middle = (low + high) / 2
        if rho * middle * middle + math.log(delta * (1 + middle)) > 0:
            high = middle
        else:
            low = middle
    order = 1 + high
    if order == 1.0:
        return math.inf
    return convert(order * rho, order, delta)


def gaussian_rho(sigma: float, sensitivity: int) -> float:
    """The zCDP parameter sensitivity^2 / (2 sigma^2), rounded up; at least a tiny positive number."""
    ratio = divide_up(sensitivity, sigma)
    return max(ratio * ratio / 2 * (1 + SLACK), _SMALLEST_RHO)


def require_order(order: float) -> None:
    """Raise ValueError unless `order` is a Rényi order that the formulas here accept."""
    if not 1 < order < math.inf:
        raise ValueError(f"a Rényi order is a finite number above 1, not {order!r}")


def require_delta(delta: float) -> None:
    """Raise ValueError unless 0 < delta < 1."""
    if not 0 < delta < 1:
        raise ValueError(f"delta must lie strictly between 0 and 1, not {delta!r}")
