"""Numbers as people read them: a value has as many digits as its error bar warrants, a price is rounded up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..language.statistics.statistic import HalfWidth
from .quote import ReleaseQuote
from .training_quote import TrainingQuote


def number(value: object, half_width: float | None = None) -> str:
    """A number with the digits that its error bar warrants; four significant ones where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return str(value)
    if half_width is not None and 0 < half_width < math.inf:
        places = _places(half_width)
        value = value if abs(value) >= 0.5 * 10.0**-places else 0.0  # no "-0"
        return f"{value:,.{places}f}" if abs(value) < 1e15 and places < 9 else f"{value:.4g}"
    if isinstance(value, int) or (value == round(value) and abs(value) < 1e6):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def error(half_width: float | None) -> str:
    """A half-width with two significant digits; empty where there is none."""
    return "" if half_width is None else number(half_width, half_width)


def interval(value: object, half_width: float | None) -> str:
    """For example "238.4 ± 5.1"; the value alone where there is no error bar."""
    if half_width is None:
        return number(value)
    return f"{number(value, half_width)} ± {error(half_width)}"


def spent(amount: float, digits: int = 4) -> str:
    """A price in at most so many significant digits, never less than it is (but for the rounding of floats)."""
    if amount <= 0:
        return "0"
    unit = 10.0 ** (math.floor(math.log10(amount)) + 1 - digits)
    return f"{math.ceil(amount / unit * (1 - 1e-9)) * unit:.{digits}g}"


def epsilon(amount: float, delta: float = 0.0) -> str:
    """For example "ε = 0.8, δ = 1e-08 per patient"."""
    tail = f", δ = {delta:.2g}" if delta else ""
    return f"ε = {spent(amount)}{tail} per patient"


def flat(half_width: HalfWidth) -> Iterator[float]:
    """All numbers of a half-width."""
    if isinstance(half_width, list):
        for part in half_width:
            yield from flat(part)
    elif half_width is not None:
        yield float(half_width)


def error_summary(half_width: HalfWidth) -> str:
    """One phrase for all error bars of a value: "± 5.1", "each ± 12" or "± 3.0 to 12"; empty where there is none."""
    parts = list(flat(half_width))
    if not parts:
        return ""
    if not isinstance(half_width, list):
        return f"± {error(parts[0])}"
    low, high = min(parts), max(parts)
    return f"each ± {error(high)}" if math.isclose(low, high) else f"± {error(low)} to {error(high)}"


def loudness(training: TrainingQuote) -> str:
    """The noise of a training in a few words: "noise 0.12 × clip"."""
    return f"noise {training.noise:.2g} × clip"


def several(count: int, what: str) -> str:
    """For example "1 round" and "20 rounds"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def expected(release: ReleaseQuote) -> str:
    """The error that is expected of a release: of a selection, whose size nobody knows, for several sizes.

    Of a training, whose error depends on the data, the noise.
    """
    if release.training is not None:
        run = release.training
        steps = f" of {run.steps} steps" if run.steps > 1 else ""
        counts = f"D = {several(run.weights, 'weight')}, {several(run.rounds, 'round')}{steps}"
        return f"{loudness(run)} on each coordinate of the mean gradient of a step ({counts})"
    if release.half_width is None:
        return "depends on the data"
    unit = f" {release.unit}" if release.unit else ""
    text = f"{error_summary(release.half_width)}{unit}"
    if not release.selected:
        return text
    if not release.examples:
        return f"{text}, however many match"
    few = "; ".join(f"± {error(half_width)} if {persons:,} match" for persons, half_width in release.examples)
    return f"{text} if {'all ' if release.declared else ''}{release.persons:,} match; {few}"


def _places(half_width: float) -> int:
    """Decimals such that the half-width shows two significant digits (one from 10 on, whole numbers)."""
    digits = f"{half_width:.1e}"  # rounded first: 0.996 has two digits as 1.0
    return max(0, 1 - int(digits.split("e")[1]))
