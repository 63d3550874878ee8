"""Check and quote of a hundred-line cell, against RestrictedPython's compilation of the same text."""

from __future__ import annotations

from pathlib import Path

from RestrictedPython import compile_restricted

from fedlab_kernel.language import Catalogue, Released, check
from fedlab_kernel.language.statistic import HalfWidth
from fedlab_kernel.privacy import LinearNoise, calibrate, epsilon_for

from .heart import HOSPITALS, catalogue
from .row import Row, against
from .timing import interleaved

CELL = Path(__file__).with_name("cell_100.fq")
GOAL_RATIO = 1.5
REPEATS = 51
DELTA = 1e-8  # of one release, as a hospital might grant it
EPSILONS = (0.001, 10.0)  # the range of one release


def run() -> list[Row]:
    """Median time of both, in turns."""
    text, tables = CELL.read_text(encoding="utf-8"), catalogue()
    ours, peer = interleaved(
        lambda: check_and_quote(text, tables),
        lambda: compile_restricted(text, "<cell>", "exec"),
        REPEATS,
    )
    return [against("check and quote, 100 lines", ours, "ms", "RestrictedPython compile_restricted", peer, GOAL_RATIO)]


def check_and_quote(text: str, tables: Catalogue) -> list[HalfWidth]:
    """What happens when a researcher pauses typing: the error to expect of each release.

    Raises:
        AssertionError: the cell is not accepted, so that nothing worth timing happened.
    """
    checked = check(text, tables)
    assert checked.ok, checked.findings
    return [quote(release) for release in checked.releases]


def quote(release: Released) -> HalfWidth:
    """The error to expect of one release over all hospitals; `within=` is first turned into an epsilon."""
    statistic = release.aggregate.statistic
    persons = release.aggregate.cohort.table.size * HOSPITALS

    def expected(epsilon: float) -> HalfWidth:
        event = calibrate(statistic.norm, statistic.sensitivity, epsilon, DELTA)
        return statistic.expected(persons, LinearNoise(event, HOSPITALS))

    def widest(epsilon: float) -> float:
        half_width = expected(epsilon)
        assert isinstance(half_width, float), "`within` asks for the error of one number"
        return half_width

    if isinstance(release.epsilon, int | float):
        return expected(release.epsilon)
    assert isinstance(release.within, int | float), "the cell states every price as a literal"
    return expected(epsilon_for(widest, release.within, *EPSILONS))
