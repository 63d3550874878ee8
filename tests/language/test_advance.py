"""Running a cell in waves: what is ready is asked together, what depends on an answer waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fedlab_kernel.language import Checked, Released, ReleaseKey, advance, check
from fedlab_kernel.language.check import unreleased
from fedlab_kernel.language.public import Public, plain
from fedlab_kernel.language.statistics.statistic import SILENCE
from fedlab_kernel.language.values import Absent, TableValue, Value

from .heart import CATALOGUE

PATIENTS = 'patients = table("heart")\n'


def run(text: str, answer: Callable[[Released, int], list[int]]) -> tuple[Checked, list[list[Released]]]:
    """Run a cell to its end, answering each wave with noisy sums; the last outcome and the waves."""
    checked = check(text, CATALOGUE)
    assert checked.ok, checked.findings
    assert checked.source is not None
    known: dict[ReleaseKey, Public] = {}
    waves: list[list[Released]] = []
    while True:
        outcome = advance(checked.source, CATALOGUE, {}, known)
        assert outcome.ok, outcome.findings
        wave = [release for release in outcome.releases if release.key not in known and release.key is not None]
        if not wave:
            return outcome, waves
        waves.append(wave)
        for release in wave:
            assert release.key is not None
            known[release.key] = release.aggregate.statistic.finish(answer(release, len(known)), SILENCE)


def sevens(release: Released, _number: int) -> list[int]:
    """Every sum is 7."""
    return [7] * release.aggregate.statistic.dimension


KMEANS = (
    PATIENTS
    + """
def near(p, centres):
    x = vector(scale(p.age, 20, 90), scale(p.chol, 100, 400))
    mine = onehot(nearest(x, centres), 2)
    return concat(mine, flatten(outer(mine, x)))

centres = [[0.3, 0.2], [0.7, 0.8]]
for step in range(3):
    s = release(sum(near, centres, over=patients, clip=2.0), epsilon=0.2)
    centres = [[s[2] / max(s[0], 1), s[3] / max(s[0], 1)], [s[4] / max(s[1], 1), s[5] / max(s[1], 1)]]
"""
)


def test_independent_releases_travel_together() -> None:
    """What needs no answer is asked in one wave."""
    outcome, waves = run(
        PATIENTS + "".join(f"n{i} = release(count(patients), epsilon=0.{i})\n" for i in (1, 2, 3)), sevens
    )
    assert [len(wave) for wave in waves] == [3]
    assert [outcome.names[f"n{i}"] for i in (1, 2, 3)] == [7, 7, 7]


def test_a_loop_that_needs_its_own_answers_runs_step_by_step() -> None:
    """k-means asks once a step, and every step asks about the centres that the step before gave."""
    outcome, waves = run(KMEANS, lambda _release, number: [(100 + number) << 20, 50 << 20, 20, 30 << 20, 10, 5 << 20])
    assert [len(wave) for wave in waves] == [1, 1, 1]
    assert len({wave[0].key.digest for wave in waves if wave[0].key}) == 3
    assert not outcome.waiting
    s: Any = plain(outcome.names["s"])  # type: ignore[arg-type]
    expected = [[s[2] / max(s[0], 1), s[3] / max(s[0], 1)], [s[4] / max(s[1], 1), s[5] / max(s[1], 1)]]
    assert plain(outcome.names["centres"]) == expected  # type: ignore[arg-type]


def test_a_branch_on_a_released_value_waits_for_it() -> None:
    """Neither side is asked before the condition is known, and then only the side that is taken."""
    text = PATIENTS + (
        "n = release(count(patients), epsilon=0.1)\nif n > 10:\n    a = release(count(patients), epsilon=1)\n"
        "else:\n    b = release(mean(patients.age), epsilon=2)\nc = release(count(patients), epsilon=3)\n"
    )
    outcome, waves = run(text, sevens)
    assert [[release.name for release in wave] for wave in waves] == [["n"], ["b", "c"]]
    assert "a" not in outcome.names
    assert outcome.origins["b"].value == outcome.names["b"]


def test_waiting_is_told() -> None:
    """Before the answer is there, the outcome says that the run has stopped at a decision."""
    text = PATIENTS + "n = release(count(patients), epsilon=0.1)\nif n > 10:\n    a = 1\n"
    checked = check(text, CATALOGUE)
    assert checked.source is not None
    assert not checked.waiting
    first = advance(checked.source, CATALOGUE, {}, {})
    assert first.waiting
    assert [release.name for release in first.releases] == ["n"]


def test_keys_of_the_check_are_keys_of_the_run() -> None:
    """What the quote shows as already answered is what the run will ask: same digests, same occurrences."""
    text = (
        PATIENTS
        + "for i in range(3):\n    n = release(count(patients), epsilon=0.1)\n"
        + "m = release(count(patients), epsilon=0.1)\n"
    )
    checked = check(text, CATALOGUE)
    _, waves = run(text, sevens)
    assert [release.key for release in checked.releases] == [release.key for release in waves[0]]
    assert len({release.key for release in waves[0]}) == 4


def test_a_computed_price_waits_and_is_bounded() -> None:
    """An epsilon made of an answer is bounded before running, and is a plain number once the answer is there."""
    text = (
        PATIENTS
        + "n = release(count(patients), epsilon=0.1)\n"
        + "m = release(count(patients), epsilon=min(max(n / 100, 0.05), 0.5))\n"
    )
    checked = check(text, CATALOGUE)
    assert checked.releases[1].key is None
    outcome, waves = run(text, sevens)
    assert [len(wave) for wave in waves] == [1, 1]
    assert outcome.releases[1].epsilon == 0.07


def test_running_again_gives_the_same() -> None:
    """The run is a pure function: with the same answers it gives the same keys and the same values."""
    first, _ = run(KMEANS, sevens)
    second, _ = run(KMEANS, sevens)
    assert [release.key for release in first.releases] == [release.key for release in second.releases]
    assert plain(first.names["centres"]) == plain(second.names["centres"])  # type: ignore[arg-type]


ENDED = """x = 3
n = release(count(patients), epsilon=0.1)
old = patients.where(patients.age > 60)
few = patients.where(patients.age > n)
if n > 5:
    y = 1
else:
    y = 2
z = 3
"""


def test_a_cell_that_ends_early_keeps_what_it_knows() -> None:
    """What waits for a release, or comes after where the cell waits, is absent, whatever an earlier cell called so."""
    session: dict[str, Value] = {"x": 3, "y": 1, "z": 3, "w": 5}
    source = check(PATIENTS + ENDED, CATALOGUE).source
    assert source is not None
    ended = unreleased(advance(source, CATALOGUE, session, {}), session, "it is over")
    absent = {name for name, value in ended.names.items() if value == Absent("it is over")}
    assert absent == {"n", "few", "y", "z"}
    assert (ended.names["x"], ended.names["w"]) == (3, 5)
    assert isinstance(ended.names["old"], TableValue)
