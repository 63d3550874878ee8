"""What a release costs and what a budget admits: two accounts, basic and Rényi, kept side by side.

The neighbouring relation throughout: two data sets differ by the presence of one person with all their rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

from .curves import convert, gaussian_epsilon, gaussian_rho, pure_renyi, require_delta, require_order
from .events import DiscreteGaussian, DiscreteLaplace, Event, SampledGaussian, unproved
from .rounding import SLACK, add_up, divide_up
from .sampled_gaussian import epsilon_of_rounds, renyi_of_rounds


@dataclass(frozen=True, slots=True)
class Price:
    """A cost, never negative; prices of one budget add up.

    Attributes:
        epsilon, delta: the (epsilon, delta) guarantee, for the basic account.
        renyi: the Rényi divergence at the budget's order, in nats, for the Rényi account.
    """

    epsilon: float = 0.0
    delta: float = 0.0
    renyi: float = 0.0

    def __post_init__(self) -> None:
        if not (self.epsilon >= 0 and self.delta >= 0 and self.renyi >= 0):
            raise ValueError("a price is made of numbers that are not negative")

    def __add__(self, other: Price) -> Price:
        """The sum, rounded up. Both must be of the same Rényi order."""
        return Price(
            add_up(self.epsilon, other.epsilon),
            add_up(self.delta, other.delta),
            add_up(self.renyi, other.renyi),
        )


def price(event: Event, delta: float, order: float) -> Price:
    """The cost of one release at Rényi order `order` > 1; `delta` is used by Gaussian releases only.

    Discrete Laplace, scale b, L1 sensitivity D. Statement: (D/b)-DP, and its Rényi divergence is at most
    that of randomised response. Proof: |k - x| and |k - x'| summed over coordinates differ by at most D,
    and the normaliser does not depend on x. Every pure eps-DP pair of distributions is a post-processing
    of randomised response (Kairouz, Oh, Viswanath 2015), and Rényi divergence does not grow
    under post-processing. At D = 1 it is attained, since the privacy loss takes only the values +-1/b;
    the curve of the continuous Laplace distribution is smaller there and must not be used.

    Discrete Gaussian, L2 sensitivity D. Statement: Rényi divergence at most order * D^2 / (2 sigma^2)
    at every order (Canonne, Kamath, Steinke 2020, Prop. 5; coordinates are independent, so the squares add),
    and (eps, delta)-DP with eps from `gaussian_epsilon`.

    Sampled Gaussian: all rounds of the run, see `price_of_rounds`.

    Raises:
        Refused: FP109 for an event that is none of these.
    """
    require_order(order)
    match event:
        case DiscreteLaplace(scale, sensitivity):
            epsilon = divide_up(sensitivity, scale)
            return Price(epsilon, 0.0, pure_renyi(epsilon, order))
        case DiscreteGaussian(sigma, sensitivity):
            rho = gaussian_rho(sigma, sensitivity)
            return Price(gaussian_epsilon(rho, delta), delta, order * rho * (1 + SLACK))
        case SampledGaussian(rounds=rounds):
            return price_of_rounds(event, rounds, delta, order)
        case _:
            raise unproved(event)


def price_of_rounds(event: SampledGaussian, begun: int, delta: float, order: float) -> Price:
    """What a run costs of which `begun` rounds were begun; all of them cost `price(event, ...)`.

    Reserve the price of all rounds before the first; when the run is over, replace it by this. Sound however
    the researcher decides to stop, and whatever else is released between two rounds: see `epsilon_of_rounds`.
    It never falls in `begun`. `delta` is paid in full from the first round on, as it covers every round at
    which the run might have stopped; a run that was never begun has touched no data and costs nothing.

    Args:
        event: the run that was reserved.
        begun: rounds whose computation began, 0 to `event.rounds`.
        delta: of the whole run; strictly between 0 and 1.
        order: the Rényi order, above 1.

    Raises:
        ValueError: `begun` is out of range.
    """
    require_order(order)
    require_delta(delta)
    if not 0 <= begun <= event.rounds:
        raise ValueError(f"a run of {event.rounds} rounds cannot have begun {begun!r}")
    if begun == 0:
        return Price()
    return Price(epsilon_of_rounds(event, begun, delta), delta, renyi_of_rounds(event, begun, order))


@dataclass(frozen=True, init=False)
class Budget:
    """A cap (epsilon, delta) on everything that is released, adaptively chosen, about one population.

    Two accounts are kept. *Basic*: the epsilons add up to at most `epsilon` and the deltas to at most
    `basic_delta`. *Rényi*: the divergences at the one order `order` add up to at most `renyi_cap`, which
    converts to `epsilon` at `renyi_delta`. A release is admitted if at least one account stays inside
    after it.

    Theorem. Let every admitted release have, given all earlier answers, a price known before the data are
    touched, valid for data sets that differ by one person. Then the whole history is
    (epsilon, basic_delta + renyi_delta)-DP, however the analyst chose each question from earlier answers.

    Proof sketch. Prices are not negative, so an account that is inside at the end of a transcript was inside
    all along. Let A be the transcripts whose basic account is inside at their end and B the others; on B the
    Rényi account is inside, because the last release was admitted. Compare with the interaction that stops
    before a release would take the *basic* account outside: it is (epsilon, basic_delta)-DP (the filter of
    basic composition: Rogers, Roth, Ullman, Vadhan 2016) and gives each transcript of A the same probability
    as the real interaction, for either data set. So P(E and A) <= e^epsilon P'(E and A) + basic_delta for
    every event E. Stopping on the *Rényi* account instead bounds the divergence at `order` by `renyi_cap`
    (the Rényi filter: Feldman, Zrnic 2021), hence P(E and B) <= e^epsilon P'(E and B) + renyi_delta
    (Canonne, Kamath, Steinke 2020, Prop. 12). Add the two. The order must be fixed in advance: with one
    order for each transcript there would be one such term, and one delta, for every order.

    A training run is admitted at the price of all its rounds and enters the sums, once it is over, with that
    of the rounds that were begun. The first comparison then stops before a *round* would take the basic
    account outside (`epsilon_of_rounds` has the theorem), the second counts every round as a release.

    The order is the one at which a composition of Gaussians that exactly fills the Rényi account reaches
    furthest. With rho its sum of D^2 / (2 sigma^2), the optimal order a has
    rho (a - 1)^2 = log(1 / (renyi_delta a)) and convert(a rho, a, renyi_delta) = epsilon; eliminating rho,
    (2a - 1) log(1 / (renyi_delta a)) / (a - 1)^2 + log(1 - 1/a) = epsilon, whose left side falls in a.

    Attributes:
        epsilon, delta: the guarantee; epsilon > 0, 0 <= delta < 1. With delta = 0 only the basic account
            is open.
        basic_delta, renyi_delta: the two accounts' parts of delta; about half each.
        order: the Rényi order; chosen at creation and kept, as every stored price refers to it.
    """

    epsilon: float
    delta: float
    basic_delta: float
    renyi_delta: float
    order: float

    def __init__(
        self,
        epsilon: float,
        delta: float,
        basic_delta: float | None = None,
        renyi_delta: float | None = None,
        order: float | None = None,
    ) -> None:
        if not (0 < epsilon < math.inf and 0 <= delta < 1):
            raise ValueError(f"a budget needs a positive epsilon and 0 <= delta < 1, not {epsilon!r}, {delta!r}")
        # A hair over half, so that deltas that add up to half on paper still fit after rounding up.
        basic = delta * (0.5 + SLACK) if basic_delta is None else basic_delta
        renyi = delta * (0.5 - 2 * SLACK) if renyi_delta is None else renyi_delta
        if basic < 0 or renyi < 0 or not _sum_is_at_most(basic, renyi, delta):
            raise ValueError("the two parts of delta must not be negative nor add up to more than delta")
        chosen = _gaussian_order(float(epsilon), float(renyi)) if order is None else order
        if not 1 < chosen < math.inf:
            raise ValueError(f"a Rényi order is a finite number above 1, not {chosen!r}")
        for name, value in zip((f.name for f in fields(self)), (epsilon, delta, basic, renyi, chosen), strict=True):
            object.__setattr__(self, name, float(value))

    @cached_property
    def renyi_cap(self) -> float:
        """The largest Rényi total at `order` that converts to at most `epsilon`; 0 closes the account."""
        if self.renyi_delta == 0:
            return 0.0
        cap = self.epsilon - math.log1p(-1 / self.order)
        cap += math.log(self.renyi_delta * self.order) / (self.order - 1)
        while cap > 0 and convert(cap, self.order, self.renyi_delta) > self.epsilon:
            cap -= SLACK * max(1.0, self.epsilon)
        return max(0.0, cap)

    def admits(self, spent: Price) -> bool:
        """Whether the sum of all prices, the newest included, is inside at least one account."""
        return self._basic_holds(spent) or self._renyi_holds(spent)

    def left(self, spent: Price) -> float:
        """The largest epsilon that one further discrete Laplace release may have; 0 where none fits."""
        basic = 0.0
        if self._basic_holds(spent):
            basic = self.epsilon - spent.epsilon
            while basic > 0 and not self._basic_holds(spent + Price(basic)):
                basic = math.nextafter(basic, 0.0)
        renyi = 0.0
        if self._renyi_holds(spent):
            renyi = self._largest_pure(spent)
        return max(basic, renyi)

    def fraction(self, spent: Price) -> float:
        """The used part of the account furthest from its cap: 0 at first, at most 1 while admitted."""
        basic = spent.epsilon / self.epsilon
        if spent.delta > 0:
            basic = max(basic, spent.delta / self.basic_delta if self.basic_delta > 0 else math.inf)
        renyi = spent.renyi / self.renyi_cap if self.renyi_cap > 0 else math.inf
        return min(basic, renyi)

    def to_dict(self) -> dict[str, float]:
        """All that was fixed at creation, for the ledger."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Budget:
        """The budget that `to_dict` described.

        Raises:
            ValueError: a key is missing or unknown, or the parts do not fit together.
        """
        if set(stored) != {f.name for f in fields(cls)}:
            raise ValueError(f"a stored budget has other keys than expected: {sorted(stored)}")
        return cls(**stored)

    def _basic_holds(self, spent: Price) -> bool:
        return spent.epsilon <= self.epsilon and spent.delta <= self.basic_delta

    def _renyi_holds(self, spent: Price) -> bool:
        return self.renyi_cap > 0 and spent.renyi <= self.renyi_cap

    def _largest_pure(self, spent: Price) -> float:
        # Randomised response diverges by at least epsilon - log(2) / (order - 1), so `outside` does not fit.
        inside, outside = 0.0, 1.01 * self.renyi_cap + math.log(2) / (self.order - 1)
        for _ in range(60):
            middle = (inside + outside) / 2
            if (spent + Price(0.0, 0.0, pure_renyi(middle, self.order))).renyi <= self.renyi_cap:
                inside = middle
            else:
                outside = middle
        return inside


def _sum_is_at_most(a: float, b: float, bound: float) -> bool:
    return Fraction(a) + Fraction(b) <= Fraction(bound)


@lru_cache(maxsize=256)
def _gaussian_order(epsilon: float, delta: float) -> float:
    """The order of the class docstring's formula, by bisection on a logarithmic scale; any order is sound."""
    if delta == 0:
        return 2.0
    low, high = math.log(1e-9), -math.log(delta)
    for _ in range(60):
        middle = (low + high) / 2
        excess = math.exp(middle)
        order = 1 + excess
        reached = -(2 * order - 1) * math.log(delta * order) / excess**2 + math.log1p(-1 / order)
        low, high = (middle, high) if reached > epsilon else (low, middle)
    return 1 + math.exp(high)
