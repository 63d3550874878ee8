"""A cap split over the releases of a cell that state no price, by weight: `release(x, weight=2)` under `--cap 1.0`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from ..errors import Diagnostic, Refused, diagnose
from ..language.bill import Released, dearest
from ..language.prices import exact
from .quote import Terms, epsilon_of

_MOST_NAMED = 12  # shares that the note lists


def allowance_of(bills: Sequence[Sequence[Released]], cap: float, terms: Terms) -> Fraction:
    """The most epsilon for a release of weight 1 with which all cells together cost at most the cap.

    What a cell costs is the largest, over the ways through its undecided branches, of stated prices plus
    allowance times weights: it rises with the allowance and is convex, so Newton's steps from above end at the
    answer (Dinkelbach 1967). Numbers are taken as they are written, and the sums are exact.

    Args:
        bills: the releases of each cell; one of them at least has a weight.
        cap: the epsilon of all cells together.
        terms: what the hospitals publish.

    Raises:
        Refused: FU504, located at the first release with a weight, where nothing is left for it; what
            `epsilon_of` raises for a stated price.
    """
    weights = {id(release): exact(release.weight) for bill in bills for release in bill if release.weight is not None}
    stated = {
        id(release): exact(epsilon_of(release, terms)) for bill in bills for release in bill if release.weight is None
    }
    first = next(release for bill in bills for release in bill if release.weight is not None)
    if not 0 < cap < math.inf:
        raise Refused(diagnose("FU504", f"A cap of {cap:g} cannot be split.", first.span, "a positive number"))
    allowance = exact(cap) / max(weights.values())
    while True:
        taken = [id(one) for bill in bills for one in dearest(bill, _cost(stated, weights, allowance))]
        fixed = sum((stated.get(one, Fraction(0)) for one in taken), Fraction(0))
        weight = sum((weights.get(one, Fraction(0)) for one in taken), Fraction(0))
        left = exact(cap) - fixed
        if left <= 0 < weight or left < 0:
            message = f"The stated prices come to epsilon {float(fixed):.4g}: a cap of {cap:g} leaves nothing."
            raise Refused(diagnose("FU504", message, first.span, "raise the cap, or lower the stated prices"))
        if weight == 0 or left / weight >= allowance:
            return allowance
        allowance = left / weight


def split_note(bill: Sequence[Released], cap: float, terms: Terms) -> Iterator[Diagnostic]:
    """How the cap is split over a cell, in one note; none where the cell has no release that takes a share."""
    shares: dict[tuple[str, float], int] = {}
    for release in bill:
        if release.weight is not None:
            named = (release.name or f"line {release.span.line}", epsilon_of(release, terms))
            shares[named] = shares.get(named, 0) + 1
    if not shares:
        return
    told = [f"{name} {epsilon:.4g}{f' × {times}' if times > 1 else ''}" for (name, epsilon), times in shares.items()]
    more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    message = f"The cap of {cap:g} is split by weight: {', '.join(told[:_MOST_NAMED])}{more}."
    if any(release.weight is None for release in bill):
        message += " The stated prices came first."
    if any(release.path for release in bill):
        message += " Of two branches the dearer one counts."
    span = next(release.span for release in bill if release.weight is not None)
    yield diagnose("FU509", message, span, severity="note")


def _cost(
    stated: Mapping[int, Fraction], weights: Mapping[int, Fraction], allowance: Fraction
) -> Callable[[Released], Fraction]:
    return lambda release: stated[id(release)] if release.weight is None else allowance * weights[id(release)]
