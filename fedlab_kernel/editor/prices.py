"""Prices in the words that an editor shows at the end of a line and at the corner of a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import Span
from ..federation.contact import HospitalInfo, together
from ..federation.judgement import Reckoning
from ..language.bill import Released, worst
from ..language.statistics.statistic import HalfWidth
from ..privacy.numerals import error_summary, expected, loudness, spent
from ..privacy.quote import Quote, ReleaseQuote
from .answers import Priced, Total
from .cell import Cell, Paid
from .positions import Positions

FREE = "free, stored"


class Prices:
    """What the releases of a cell cost, and how much of that is paid already.

    Args:
        cell: checked and priced, without errors of the language.
        paid: the releases whose answers are stored.
    """

    def __init__(self, cell: Cell, paid: Paid) -> None:
        assert cell.priced.quote is not None
        self._quote: Quote = cell.priced.quote
        self._ready = {name: info for name, info in cell.offer.hospitals.items() if info.state == "ready"}
        self._reckoning, self._paid = Reckoning(cell.offer.terms), cell.stored(paid)
        self._unlike: list[HospitalInfo] = []  # hospitals that published the same say the same of every line
        for info in self._ready.values():
            if all((one.policy, one.balances) != (info.policy, info.balances) for one in self._unlike):
                self._unlike.append(info)
        self._of_line: dict[tuple[str, Span], list[Released]] = {}
        releases = cell.priced.checked.releases
        for release in releases:
            self._of_line.setdefault((release.name, release.span), []).append(release)
        self._new = [release for release in releases if release.key is None or release.key not in self._paid]

    def lines(self, positions: Positions) -> tuple[Priced, ...]:
        """The price of every line."""
        return tuple(self.line(quoted, positions) for quoted in self._quote.releases)

    def line(self, quoted: ReleaseQuote, positions: Positions) -> Priced:
        """The price of one line."""
        releases = self._of_line[quoted.name, quoted.span]
        _, share = self._tightest(releases)
        free = all(release.key is not None and release.key in self._paid for release in releases)
        price = f"ε {spent(quoted.epsilon)}" + (f" × {quoted.times}" if quoted.times > 1 else "")
        parts = [FREE if free else price, _short(quoted), "" if free else _of_what_is_left(share)]
        return Priced(
            positions.range(quoted.span), quoted.name, quoted.times, quoted.epsilon, quoted.delta, expected(quoted),
            _finite(share), free, " · ".join(part for part in parts if part),
        )  # fmt: skip

    def total(self) -> Total:
        """The price of the cell."""
        epsilons = {(one.name, one.span): one.epsilon for one in self._quote.releases}
        deltas = {(one.name, one.span): one.delta for one in self._quote.releases}
        epsilon, delta = self._worst(self._new, epsilons), self._worst(self._new, deltas)
        tightest, share = self._tightest(self._new)
        refused = self._refused()
        if not self._quote.releases:
            text = "releases nothing, costs nothing"
        elif not self._new:
            text = FREE
        else:
            text = " · ".join(part for part in (f"ε {spent(epsilon)}", _of_what_is_left(share)) if part)
            text += f" at {tightest}" if tightest else ""
        return Total(epsilon, delta, _finite(share), tightest, refused, text)

    def _tightest(self, releases: Sequence[Released]) -> tuple[str, float | None]:
        """The hospital of whose budget these releases take most, and the share of what is left there."""
        known: dict[str, float] = {}
        for info in self._unlike:
            share = self._reckoning.share_of_left(info, releases)
            if share is not None:
                known[info.name] = share
        name = max(known, key=lambda one: known[one], default="")
        return name, known.get(name)

    def _worst(self, releases: Sequence[Released], prices: dict[tuple[str, Span], float]) -> float:
        return worst(releases, lambda release: prices[release.name, release.span])

    def _refused(self) -> str:
        findings = together(
            found for name, info in self._ready.items() for found in self._reckoning.over_budget(name, info, self._new)
        )
        if not findings:
            return ""
        fix = findings[0].fix
        return "more than the budget allows" + (f", {fix} would fit" if fix and fix.startswith("epsilon") else "")


def _finite(share: float | None) -> float | None:
    return None if share == math.inf else share


def _of_what_is_left(share: float | None) -> str:
    if share is None:
        return ""
    if share > 1:
        return "nothing is left" if share == math.inf else "more than is left"
    return f"{_percent(share)} of what is left"


def _percent(share: float) -> str:
    """A share in percent, rounded up; small ones are not shown as nothing."""
    return "under 1 %" if share < 0.01 else f"{math.ceil(100 * share * (1 - 1e-9))} %"


def _short(quoted: ReleaseQuote) -> str:
    """The expected error in a few words; of a training, the noise."""
    if quoted.training is not None:
        return loudness(quoted.training)
    half_width: HalfWidth = quoted.half_width
    if half_width is None:
        return ""
    unit = f" {quoted.unit}" if quoted.unit else ""
    return f"{error_summary(half_width)}{unit}{' if all match' if quoted.examples else ''}"
