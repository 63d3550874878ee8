"""What is stored is free: the editor hears of it from the journal, for the hospitals and the draw that a cell names."""

from __future__ import annotations

import pytest

from fedlab_kernel.editor import Diagnostics, Position, diagnostics, hover
from fedlab_kernel.federation.session import Federation

from .conftest import World

COUNT = 'n = release(count(table("heart")), epsilon=1)\n'
MEAN = 'm = release(mean(table("heart").age), epsilon=0.5)\n'
TRAINING = (
    'm = release(logistic_regression(on=table("heart"), inputs=["age"], target="disease", rounds=4), epsilon=1)\n'
)


def asked(federation: Federation, text: str) -> Diagnostics:
    """What the editor says of a cell."""
    return diagnostics(text, federation.offer(), federation.names, federation.researcher, federation.paid)


def free(federation: Federation, text: str) -> list[bool]:
    """Of each release whether the editor says that it is free."""
    found = asked(federation, text)
    assert [line.free for line in found.releases] == ["free, stored" in line.text for line in found.releases]
    return [line.free for line in found.releases]


def test_what_was_run_is_free_and_the_total_counts_what_is_new(world: World) -> None:
    """After a run a release is free, under any name, in hover too; the total is that of the others."""
    with world.connect() as federation:
        assert free(federation, COUNT + MEAN) == [False, False]
        federation.run(COUNT)
        assert free(federation, COUNT + MEAN) == [True, False]
        total = asked(federation, COUNT + MEAN).total
        assert total is not None
        assert total.epsilon == 0.5
        total = asked(federation, f"%%fedquery -o x\n# again\n{COUNT.replace('n =', 'k =')}").total
        assert total is not None
        assert (total.epsilon, total.text) == (0.0, "free, stored")
        page = hover(COUNT, Position(0, 5), federation.offer(), federation.names, "", federation.paid)
        assert page is not None
        assert "free, stored" in page.text
    with world.connect() as federation:
        assert free(federation, COUNT + MEAN) == [True, False]
    with world.connect("bob") as federation:
        assert free(federation, COUNT) == [False]


@pytest.mark.parametrize(
    "changed",
    [
        COUNT.replace("epsilon=1", "epsilon=2"),
        COUNT.replace("epsilon=1", "within=5"),
        COUNT.replace("count(", "mean(").replace('"))', '").age)'),
        f"%%fedquery --draw 1\n{COUNT}",
        f"\n%%fedquery --sites hungary cleveland\n{COUNT}",
        f"%%fedquery\n{COUNT}k = release(count(table('heart')), epsilon=1)\n",
    ],
)
def test_anything_else_is_not(world: World, changed: str) -> None:
    """Another price, another question, another draw, other hospitals and a second time in one cell cost something."""
    with world.connect() as federation:
        federation.run(COUNT)
        assert not free(federation, changed)[-1]


def test_a_draw_and_sites_are_free_once_they_were_run(world: World) -> None:
    """What was run with options is free with them, in whatever order they name hospitals, and not without."""
    with world.connect() as federation:
        federation.run(COUNT, sites=["cleveland", "hungary"], draw=2)
        assert free(federation, f"%%fedquery --sites hungary cleveland --draw 2\n{COUNT}") == [True]
        assert free(federation, f"%%fedquery --sites=hungary --draw=2\n{COUNT}") == [False]
        assert free(federation, f"%%fedquery --draw=2\n{COUNT}") == [False]
        assert free(federation, COUNT) == [False]


def test_a_share_of_a_cap_is_free_under_the_same_cap(world: World) -> None:
    """A release without a price is free again as long as its share stays what it was."""
    text = 'n = release(count(table("heart")))\n'
    with world.connect() as federation:
        federation.run(text, cap=0.75)
        assert free(federation, f"%%fedquery --cap 0.75\n{text}") == [True]
        assert free(federation, f"%%fedquery --cap 0.5\n{text}") == [False]


def test_changed_data_are_not_free(world: World) -> None:
    """When a hospital's rows changed, what it answered before is not; and neither is a training on them."""
    rows = world.folders["hungary"] / "tables" / "heart.csv"
    with world.connect() as federation:
        federation.run(COUNT)
        federation.run(TRAINING)
        assert free(federation, COUNT + TRAINING) == [True, True]
        world.kill("hungary")
        federation.refresh()
        assert free(federation, COUNT + TRAINING) == [True, True]
        rows.write_text("\n".join(rows.read_text().splitlines()[:-1]) + "\n")
        world.start("hungary")
        federation.refresh()
        assert free(federation, COUNT + TRAINING) == [False, False]


def test_a_training_is_free_when_it_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that was interrupted by its researcher is free; one that was cut off goes on, at a price."""
    with world.connect() as federation:
        monkeypatch.setattr(type(federation._journal), "keep_end", lambda *_: None)

        def press(_report: object) -> None:
            raise KeyboardInterrupt

        assert federation.run(TRAINING, on_round=press).interrupted
        assert free(federation, TRAINING) == [False]
        monkeypatch.undo()
        assert federation.run(TRAINING, draw=1, on_round=press).interrupted
        assert free(federation, f"%%fedquery --draw 1\n{TRAINING}") == [True]


def test_nobody_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is free is known without a question to any hospital."""
    with world.connect() as federation:
        federation.run(COUNT)
        monkeypatch.setattr(federation._contact, "_transport", None)
        assert free(federation, COUNT) == [True]


def test_what_no_hospital_would_read_is_not_free(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that is too long a text once it is worked out is not free, and does not keep others from being so."""
    with world.connect() as federation:
        federation.run(COUNT)
        text = "x = table('heart').age\nfor i in range(900):\n    x = x + i\nk = release(mean(x), epsilon=1)\n"
        monkeypatch.setattr("fedlab_kernel.federation.replay.MAX_BYTES", 4000)
        assert free(federation, COUNT + text) == [True, False]
