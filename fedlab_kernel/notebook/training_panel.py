"""What a cell shows while it trains: how far it is, who answered, what is charged so far. No loss: none is released."""

# mypy: disable-error-code="no-untyped-call"
# (IPython's displays have no types.)

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle

from ..federation.training import RoundReport
from ..privacy.numerals import spent
from .page import Bar, Block, Curve, Line, Page
from .text import readable

IN_PLACE: Final = 0.2
"""Seconds between two states of a display that is changed in place."""

BELOW_EACH_OTHER: Final = 1.0
"""Seconds between two states in a terminal, which prints one below the other."""

_MOST_POINTS = 200  # of a curve


@dataclass(slots=True)
class Course:
    """One training so far: its last report, and what was charged after each round, by number of rounds."""

    last: RoundReport
    charged: list[tuple[int, float]] = field(default_factory=list)

    def add(self, report: RoundReport) -> None:
        """A further round."""
        self.last = report
        self.charged.append((report.number, report.epsilon))
        if len(self.charged) > 2 * _MOST_POINTS:  # every other point, the last one among them
            self.charged = self.charged[1::2]


class TrainingPanel:
    """Shows the reports of a running cell in one place; its last state stays. Nothing appears where nothing trains.

    Args:
        clock: seconds, from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pause = IN_PLACE if hasattr(get_ipython(), "kernel") else BELOW_EACH_OTHER
        self._courses: list[Course] = []
        self._handle: DisplayHandle | None = None
        self._shown_at = -self._pause
        self._unshown = False

    def __call__(self, report: RoundReport) -> None:
        """Take a report; it is shown unless the one before was just now."""
        here = self._courses[-1] if self._courses else None
        if here is None or here.last.name != report.name or report.number <= here.last.number:
            self._flush()  # the last state of the training before, of which a line remains
            here = Course(report)
            self._courses.append(here)
        here.add(report)
        self._unshown = True
        if self._clock() - self._shown_at >= self._pause:
            self._flush()

    def close(self) -> None:
        """Show the last state, also of a cell that was interrupted."""
        self._flush()

    def _flush(self) -> None:
        if not self._unshown:
            return
        self._unshown, self._shown_at = False, self._clock()
        shown = {"text/plain": in_words(self._courses[-1].last), "text/html": panel(self._courses)._repr_html_()}
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(shown, raw=True)
        else:
            self._handle.update(shown, raw=True)


def in_words(report: RoundReport) -> str:
    """How a training stands, in one line."""
    failed = "".join(f"; {name} {why}" for name, why in report.failures.items())
    asked = len({*report.answered, *report.failures})
    return readable(
        f"{report.name or 'training'}: round {report.number:,} of {report.rounds:,}, "
        f"{len(report.answered)} of {asked} hospitals answered, {_charged(report)}{failed}"
    )


def panel(courses: list[Course]) -> Page:
    """The panel of a cell whose last training is the one that runs."""
    *before, now = courses
    return Page((*(Line(in_words(course.last), "quiet") for course in before), *_blocks(now)))


def _blocks(course: Course) -> Iterator[Block]:
    report = course.last
    yield Line(f"Training `{report.name}`" if report.name else "Training", "strong")
    yield Bar(report.number, report.rounds, f"round {report.number:,} of {report.rounds:,}")
    answered = f"{len(report.answered)} of {len({*report.answered, *report.failures})} hospitals answered"
    yield Line(f"{answered}: {', '.join(report.answered)}")
    for name, why in report.failures.items():
        yield Line(f"{name}: {why}", "warning")
    points = course.charged[:: max(1, len(course.charged) // _MOST_POINTS)]
    points = [*points, course.charged[-1]] if points[-1] != course.charged[-1] else points
    yield Curve(
        tuple((float(number), epsilon) for number, epsilon in points), float(report.rounds), report.price,
        ("rounds", "ε", f"all {report.rounds:,} rounds: ε = {spent(report.price)}"),
        f"After {report.number:,} of {report.rounds:,} rounds {_charged(report)}.",
    )  # fmt: skip
    source = "; these rounds come from your journal and cost nothing again" if report.replayed else ""
    yield Line(f"{_charged(report)}, per patient, at the hospital that charges most{source}", "quiet")


def _charged(report: RoundReport) -> str:
    return f"ε = {spent(report.epsilon)} of {spent(report.price)} charged"
