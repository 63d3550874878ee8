"""The quote: what every release of a cell will cost and how far off it can be, before anything runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import Diagnostic, Refused, Span, diagnose
from ..language.bill import Released, worst
from ..language.public import bounds, is_known
from ..language.statistics.statistic import HalfWidth
from ..language.training import Training, expected_persons
from .accounting import Price, price
from .events import SampledGaussian
from .half_width import LinearNoise
from .noise_for import event_for
from .training_quote import TrainingQuote, training_quote, warnings
from .within import epsilon_for

EXAMPLE_SHARES = (0.1, 0.25)  # of the declared size, shown for selections whose size is not public


@dataclass(frozen=True, slots=True)
class Terms:
    """What the hospitals publish that a price depends on.

    Attributes:
        hospitals: how many are asked.
        delta: the delta of one Gaussian release.
        epsilon_min, epsilon_max: the range of one release that all of them accept.
        sizes: the declared number of persons of each table, all hospitals together.
    """

    hospitals: int
    delta: float
    epsilon_min: float
    epsilon_max: float
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReleaseQuote:
    """The price of one `release` line.

    Attributes:
        name: the name it gives a value; "" where there is none.
        span: where it stands.
        times: how often it is released (in a loop).
        epsilon: of one release; its upper bound where it is computed.
        delta: of one release.
        half_width: expected error (privacy noise, 95 %) at the declared size; None where it depends on the data.
        unit: of the error.
        persons: the size the error was computed for: the declared one, or what the release says.
        selected: whether it is about a selection, whose size is not public.
        examples: (persons, largest half-width) for smaller selections.
        declared: whether `persons` is the declared size of the table; else it is what the release says.
        training: what is said of a training instead of an error; None for other releases.
    """

    name: str
    span: Span
    times: int
    epsilon: float
    delta: float
    half_width: HalfWidth
    unit: str
    persons: int
    selected: bool
    examples: tuple[tuple[int, float], ...]
    declared: bool = True
    training: TrainingQuote | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a cell: of two branches, the dearer one counts; and what to be warned of."""

    releases: tuple[ReleaseQuote, ...]
    epsilon: float
    delta: float
    warnings: tuple[Diagnostic, ...] = ()


def epsilon_of(release: Released, terms: Terms) -> float:
    """The epsilon of a release: as written (its upper bound where it is computed), or what `within` costs.

    Raises:
        Refused: located; FP105 where no allowed epsilon reaches the error, FQ205 where the error depends on the data.
    """
    if release.epsilon is not None:
        return bounds(release.epsilon)[1]
    assert release.within is not None
    within = bounds(release.within)[0] if is_known(release.within) else 0.0
    if within <= 0:  # the error itself waits for a release
        return terms.epsilon_max
    statistic, persons = release.aggregate.statistic, _persons(release, terms)

    def error(epsilon: float) -> float:
        noise = LinearNoise(event_for(statistic, epsilon, terms.delta), terms.hospitals)
        return largest(statistic.expected(persons, noise))

    if error(terms.epsilon_max) == math.inf:
        message = f"The error of `{release.aggregate.node.op}` depends on the data, so `within` has no price."
        raise Refused(diagnose("FQ205", message, release.span, "give `epsilon=` and see the error in the answer"))
    try:
        return epsilon_for(error, within, terms.epsilon_min, terms.epsilon_max, statistic.error_unit)
    except Refused as refused:
        found = refused.diagnostics[0]
        raise Refused(Diagnostic(found.code, found.message, found.reason, found.fix, release.span)) from None


def price_of(release: Released, terms: Terms, order: float) -> Price:
    """What a release costs, its Rényi value at this order."""
    statistic = release.aggregate.statistic
    event = event_for(statistic, epsilon_of(release, terms), terms.delta)
    return price(event, terms.delta, order)


def quote(releases: Sequence[Released], terms: Terms) -> tuple[Quote, tuple[Diagnostic, ...]]:
    """The quote of a checked cell, and what is wrong with its prices."""
    findings: list[Diagnostic] = []
    epsilons: dict[int, float] = {}
    for release in releases:
        try:
            epsilon = epsilon_of(release, terms)
            findings.extend(_range(release, epsilon, terms))
        except Refused as refused:
            findings.extend(refused.diagnostics)
            epsilon = terms.epsilon_max
        epsilons[id(release)] = epsilon
    lines = tuple(_line(group, epsilons, terms) for group in _by_line(releases))
    gaussian = {id(release): release.aggregate.statistic.norm == "l2" for release in releases}
    total = Quote(
        lines,
        worst(releases, lambda release: epsilons[id(release)]),
        worst(releases, lambda release: terms.delta if gaussian[id(release)] else 0.0),
        tuple(found for line in lines if line.training is not None for found in warnings(line.training, line.span)),
    )
    return total, tuple(dict.fromkeys(findings))


def _range(release: Released, epsilon: float, terms: Terms) -> Iterator[Diagnostic]:
    if not terms.epsilon_min <= epsilon <= terms.epsilon_max:
        nearest = terms.epsilon_max if epsilon > terms.epsilon_max else terms.epsilon_min
        message = (
            f"epsilon {epsilon:g} is outside {terms.epsilon_min:g} to {terms.epsilon_max:g}, "
            "the range of one release at these hospitals."
        )
        fix = f"epsilon={nearest:g}"
        if release.weight is not None:
            fix += f", or {'lower' if nearest < epsilon else 'raise'} the cap"
        yield diagnose("FP105", message, release.span, fix)


def _by_line(releases: Sequence[Released]) -> list[list[Released]]:
    groups: dict[tuple[str, Span], list[Released]] = {}
    for release in releases:
        groups.setdefault((release.name, release.span), []).append(release)
    return list(groups.values())


def _line(group: list[Released], epsilons: Mapping[int, float], terms: Terms) -> ReleaseQuote:
    dearest = max(group, key=lambda release: epsilons[id(release)])
    statistic, cohort = dearest.aggregate.statistic, dearest.aggregate.cohort
    epsilon, persons = epsilons[id(dearest)], _persons(dearest, terms)
    half_width: HalfWidth = None
    examples: tuple[tuple[int, float], ...] = ()
    training: TrainingQuote | None = None
    # What a training costs in noise depends on nothing that waits.
    told = dearest.aggregate.node.settled or isinstance(statistic, Training)
    if told and terms.epsilon_min <= epsilon <= terms.epsilon_max:
        event = event_for(statistic, epsilon, terms.delta)
        if isinstance(event, SampledGaussian):
            training = training_quote(dearest.aggregate, event, terms.sizes[cohort.table.name], terms.hospitals)
        noise = LinearNoise(event, terms.hospitals)
        half_width = statistic.expected(persons, noise)
        if cohort.ancestors and half_width is not None:
            sizes = [round(persons * share) for share in EXAMPLE_SHARES]
            few = [(size, largest(statistic.expected(size, noise))) for size in sizes]
            examples = tuple(pair for pair in few if pair[1] != largest(half_width))
    return ReleaseQuote(
        dearest.name, dearest.span, len(group), epsilon, terms.delta if statistic.norm == "l2" else 0.0, half_width,
        statistic.error_unit or dearest.aggregate.unit, persons, bool(cohort.ancestors), examples,
        dearest.persons is None, training,
    )  # fmt: skip


def _persons(release: Released, terms: Terms) -> int:
    """For how many persons an error is told: those that the release says, or those to expect by what is declared."""
    if release.persons:
        return round(release.persons)
    cohort = release.aggregate.cohort
    return round(expected_persons(cohort, terms.sizes[cohort.table.name]))


def largest(half_width: HalfWidth) -> float:
    """The largest number in a half-width; infinite where it is not known."""
    if half_width is None:
        return float("inf")
    if isinstance(half_width, list):
        return max((largest(part) for part in half_width), default=0.0)
    return float(half_width)
