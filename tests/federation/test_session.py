"""A federation over real hospitals in this process: real ledgers, logs and noise, no sockets."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation import waiting
from fedlab_kernel.federation.session import Federation
from fedlab_kernel.federation.transport import InThread
from fedlab_kernel.hospital.hospital import Hospital
from fedlab_kernel.hospital.host import DATA_FAULT
from fedlab_kernel.wire.messages import Ask

from .conftest import World, request_in
from .test_processes import children, eventually

COUNT = 'n = release(count(table("heart")), epsilon=1)\n'
TRAINING = 'm = release(logistic_regression(on=table("heart"), inputs=["age"], target="disease", rounds=2), epsilon=1)'


def test_a_count_comes_back_with_error_bar_price_and_proof(world: World) -> None:
    """A count over four hospitals is near the declared size, priced as asked and proved by four receipts."""
    with world.connect() as federation:
        result = federation.run(COUNT)
    answer = result.answers["n"]
    assert isinstance(answer.value, int)
    assert isinstance(answer.half_width, float)
    assert abs(answer.value - 920) < 60
    assert 4 <= answer.half_width <= 8
    assert result.charged == pytest.approx(1.0, rel=1e-6)
    assert result.answered == result.asked == tuple(world.folders)
    assert len(result.receipts) == 4


def test_running_again_is_free_and_gives_the_same_answer(world: World) -> None:
    """An unchanged cell is replayed, also under other names, with comments and in a new session; a draw is not."""
    with world.connect() as federation:
        first = federation.run(COUNT)
        again = federation.run(COUNT)
        renamed = federation.run("# the same\npatients = table('heart')\nm = release(count(patients), epsilon=1)")
        drawn = federation.run(COUNT, draw=1)
    with world.connect() as federation:
        later = federation.run(COUNT)
    value = first.answers["n"].value
    assert again.answers["n"].value == renamed.answers["m"].value == later.answers["n"].value == value
    assert again.charged == renamed.charged == later.charged == 0
    assert drawn.charged == pytest.approx(1.0, rel=1e-6)


def test_a_lost_journal_costs_nothing(world: World) -> None:
    """Without the journal the hospitals give what they stored, at no charge."""
    with world.connect() as federation:
        first = federation.run(COUNT)
    (world.room / "alice" / "journal.sqlite").unlink()
    with world.connect() as federation:
        again = federation.run(COUNT)
    assert again.charged == 0
    assert again.answers["n"].value == first.answers["n"].value


def test_names_are_remembered_across_cells(world: World) -> None:
    """A table, a function and a released value of one cell can be used in the next."""
    with world.connect() as federation:
        federation.run("adults = table('heart').where(table('heart').age >= 18)")
        federation.run("def age(p, k):\n    return p.age * k\n")
        federation.run("n = release(count(adults), epsilon=0.5)")
        result = federation.run("s = release(sum(age, 2, over=adults, clip=200.0), epsilon=0.5)\nmean_age = s / n / 2")
        federation.forget()
        assert federation.names == {}
        with pytest.raises(Refused, match="FQ200"):
            federation.run("x = mean_age")
    assert 30 < result.answers["mean_age"].value < 80  # type: ignore[operator]
    assert result.answers["mean_age"].half_width is None


def test_a_branch_on_a_released_value_waits_for_it(world: World) -> None:
    """Only the branch that is taken is charged; names of the other are absent and say why."""
    cell = COUNT + (
        "if n > 100:\n    a = release(count(table('heart').where(table('heart').disease)), epsilon=0.5)\n"
        "else:\n    b = release(count(table('heart')), epsilon=2)\n"
    )
    with world.connect() as federation:
        quote = federation.check(cell).quote
        result = federation.run(cell)
    assert quote is not None
    assert quote.epsilon == pytest.approx(3.0)
    assert result.charged == pytest.approx(1.5, rel=1e-6)
    assert "a" in result.answers
    assert "not taken" in result.absent["b"]


def test_k_means_runs_in_waves(world: World) -> None:
    """A public loop around one private sum asks once a step, and each step uses the answers of the one before."""
    cell = """
def near(p, centres):
    x = vector(scale(p.age, 20, 90), scale(fill(p.chol, 240), 100, 400))
    mine = onehot(nearest(x, centres), 2)
    return concat(mine, flatten(outer(mine, x)))

patients = table("heart")
centres = [[0.3, 0.2], [0.7, 0.8]]
for step in range(3):
    s = release(sum(near, centres, over=patients, clip=2.0), epsilon=0.5)
    centres = [[s[2] / max(s[0], 1), s[3] / max(s[0], 1)], [s[4] / max(s[1], 1), s[5] / max(s[1], 1)]]
"""
    with world.connect() as federation:
        result = federation.run(cell)
    assert result.charged == pytest.approx(1.5, rel=1e-3)
    assert len(result.receipts) == 12


def test_over_budget_is_refused_before_anything_is_charged(world: World) -> None:
    """A cell that does not fit says what was asked, what is left and what would fit, and charges nothing."""
    with world.connect() as federation:
        federation.run("a = release(count(table('heart')), epsilon=8)")
        with pytest.raises(Refused) as refused:
            federation.run("b = release(count(table('heart').where(table('heart').age > 50)), epsilon=9)")
        federation.refresh()
        spent = {
            balance.spent_epsilon
            for info in federation.hospitals.values()
            for balance in info.balances
            if not balance.shared
        }
    message = refused.value.diagnostics[0].message
    assert refused.value.diagnostics[0].code == "FP106"
    assert all(word in message for word in ("Asked", "Left", "Would fit"))
    assert all(amount == pytest.approx(8, rel=1e-6) for amount in spent)


def test_what_was_charged_before_a_refusal_is_said(world: World) -> None:
    """Of releases that are asked together, those admitted before one is refused are paid, named and then free."""
    first = "one, other = split(table('heart'), 0.5)\na = release(count(one), epsilon=8)\n"
    with world.connect() as federation:
        with pytest.raises(Refused) as refused:
            federation.run(first + "b = release(count(one.where(one.age > 50)), epsilon=8)")
        again = federation.run(first)
    codes = [(found.code, found.severity) for found in refused.value.diagnostics]
    assert codes[0] == ("FP106", "error")
    assert codes[-1] == ("FF408", "note")
    assert all(f"{name} epsilon 8" in refused.value.diagnostics[-1].message for name in world.folders)
    assert again.charged == 0


def test_a_cap_refuses_before_anything_is_sent(world: World) -> None:
    """A cell quoted above the researcher's own cap is refused."""
    with world.connect() as federation, pytest.raises(Refused) as refused:
        federation.run(COUNT, cap=0.5)
    assert refused.value.diagnostics[0].code == "FU504"


def test_a_dead_hospital_is_named_and_its_roster_is_kept(world: World) -> None:
    """Three of four answer; running again is free and keeps the roster, also after the fourth is back."""
    world.kill("long_beach")
    with world.connect() as federation:
        first = federation.run(COUNT)
        assert first.answered == ("cleveland", "hungary", "switzerland")
        assert "long_beach" in first.failures
        world.start("long_beach")
        federation.refresh()
        again = federation.run(COUNT)
    assert again.charged == 0
    assert again.answers["n"].value == first.answers["n"].value
    assert again.answered == first.answered


def test_sites_are_asked_alone(world: World) -> None:
    """Only the named hospitals are asked and charged."""
    with world.connect() as federation:
        result = federation.run(COUNT, sites=["hungary"])
        with pytest.raises(Refused) as refused:
            federation.run(COUNT, sites=["atlantis"])
    assert result.asked == result.answered == ("hungary",)
    assert refused.value.diagnostics[0].code == "FU503"


def test_changed_data_are_asked_and_charged_again(world: World) -> None:
    """When a hospital's rows change, the kept answer is not replayed."""
    with world.connect() as federation:
        federation.run(COUNT)
    rows = world.folders["hungary"] / "tables" / "heart.csv"
    world.kill("hungary")
    rows.write_text("\n".join(rows.read_text().splitlines()[:-1]) + "\n")
    world.start("hungary")
    with world.connect() as federation:
        again = federation.run(COUNT)
    assert again.charged == pytest.approx(1.0, rel=1e-6)


def test_a_rewritten_log_is_noticed(world: World) -> None:
    """A hospital that comes back with an older state folder cannot prove that its log only grew."""
    state = world.folders["hungary"] / "state"
    world.kill("hungary")
    shutil.copytree(state, world.room / "backup")
    world.start("hungary")
    with world.connect() as federation:
        federation.run(COUNT)
    world.kill("hungary")
    shutil.rmtree(state)
    shutil.copytree(world.room / "backup", state)
    world.start("hungary")
    with world.connect() as federation:
        hungary = federation.hospitals["hungary"]
        others = federation.run("n = release(count(table('heart')), epsilon=0.5)")
        audit = {line.hospital: line.verified for line in federation.audit()}
    assert hungary.state == "untrusted"
    assert "log" in hungary.message
    assert others.answered == ("cleveland", "switzerland", "long_beach")
    assert audit == {"cleveland": True, "hungary": False, "switzerland": True, "long_beach": True}


def test_an_audit_says_how_long_a_log_is(world: World) -> None:
    """The log of every hospital that was asked is longer afterwards."""
    with world.connect() as federation:
        before = federation.audit()
        federation.run(COUNT)
        after = federation.audit()
    assert [one.hospital for one in after] == list(world.folders)
    assert all(new.size > old.size for old, new in zip(before, after, strict=True))


def test_the_first_round_is_that_of_the_last_training(world: World) -> None:
    """What the last training showed of its first round stays there while other cells run."""
    with world.connect() as federation:
        assert federation.first_round is None
        federation.run(TRAINING)
        first = federation.first_round
        assert first is not None
        federation.run(COUNT)
        assert federation.first_round is first


def test_patience_with_a_greeting_is_the_callers(world: World) -> None:
    """Every hospital is asked with the time that the caller of `refresh` gives it."""
    hospitals, given = InThread(world.hospitals), list[float]()

    class Noting:
        def ask(self, hospital: str, frame: bytes, timeout: float) -> bytes:
            given.append(timeout)
            return hospitals.ask(hospital, frame, timeout)

    with Federation.connect(Noting(), list(world.folders), world.room / "alice") as federation:
        given.clear()
        federation.refresh(61.0)
    assert given == [61.0] * 4


def test_hospitals_of_somebody_else_are_not_restarted(world: World) -> None:
    """What was not started here is its owner's to start."""
    with world.connect() as federation, pytest.raises(Refused, match=r"FU503.*owner"):
        federation.restart("hungary")


def test_processes_say_why_a_hospital_does_not_answer(world: World) -> None:
    """A hospital that refused to start says why, one whose process ended counts as died until a restart."""
    for name in list(world.hospitals):
        world.kill(name)
    rows = world.folders["hungary"] / "tables" / "heart.csv"
    rows.write_text(rows.read_text() + "what,is,this\n")
    with Federation.start(world.room / "hospitals", world.room / "alice") as federation:
        hungary = federation.hospitals["hungary"]
        assert (hungary.state, hungary.message) == ("failed", DATA_FAULT)
        assert federation.hospitals["cleveland"].state == "ready"
        (host,) = children(world.folders["hungary"])
        for child in host.children():
            child.kill()
        eventually(lambda: federation.states["cleveland"].status == "died")
        federation.refresh()
        assert federation.hospitals["cleveland"].state == "died"
        assert federation.restart("cleveland").state == "ready"
        assert federation.hospitals["cleveland"].state == "ready"


def test_who_cannot_connect_leaves_no_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hospitals that were started are ended when something goes wrong before anybody can use them."""

    def connect(*_given: object, **_named: object) -> Federation:
        raise ZeroDivisionError

    monkeypatch.setattr(Federation, "connect", connect)
    with pytest.raises(ZeroDivisionError) as raised:
        Federation.start("heart", tmp_path, hospitals=1)
    assert not children(tmp_path), raised  # which keeps what was started from being collected, and ended by that


def test_what_is_lost_is_noted_beside_the_answers(world: World) -> None:
    """A warning about the text does not stop a cell and comes with its result."""
    with world.connect() as federation:
        result = federation.run("release(count(table('heart')), epsilon=0.5)\nn = 3")
    assert [note.code for note in result.notes] == ["FQ310"]


def test_a_new_demonstration_can_be_had_again_and_again(tmp_path: Path) -> None:
    """`new` deletes the hospitals and what the journal keeps of them, so that the next ones are not mistrusted."""
    for _ in range(2):
        with Federation.start("heart", tmp_path, hospitals=1, new=True) as federation:
            assert federation.run(COUNT).charged == pytest.approx(1.0, rel=1e-6)
            assert {info.state for info in federation.hospitals.values()} == {"ready"}


def test_within_buys_the_error_that_was_asked_for(world: World) -> None:
    """`within` finds the epsilon whose error bar is at most what was asked."""
    with world.connect() as federation:
        result = federation.run("n = release(count(table('heart')), within=20)")
    half_width = result.answers["n"].half_width
    assert isinstance(half_width, float)
    assert 15 <= half_width <= 20
    assert result.charged < 1


class Slow:
    """A hospital that answers questions, but no greetings, only once it is released."""

    def __init__(self, hospital: Hospital, released: threading.Event) -> None:
        self._hospital, self._released = hospital, released

    def answer(self, frame: bytes) -> bytes:
        """The hospital's answer."""
        if isinstance(request_in(frame), Ask):
            self._released.wait(60)
        return self._hospital.answer(frame)


def test_who_answered_is_said_while_others_are_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once waiting takes long, a line says so, and one more comes for each hospital as it answers."""
    with world.connect() as federation:
        federation.run(COUNT)  # what is imported on first use is here now: three answers come before the first line
    monkeypatch.setattr(waiting, "PROGRESS_AFTER_SECONDS", 1.0)
    released, said = threading.Event(), []

    def progress(line: str) -> None:
        said.append(line)
        if len(said) == 4:
            released.set()

    names = list(world.folders)
    slow = Slow(world.hospitals[names[3]], released)
    with Federation.connect(InThread({**world.hospitals, names[3]: slow}), names, world.room / "alice") as federation:
        federation.run(COUNT, draw=1, progress=progress)
    assert said[0] == "waiting for 4 hospitals …"
    assert sorted(said[1:4]) == sorted(f"{name} answered" for name in names[:3])
    assert said[4:] == [f"{names[3]} answered"]


def test_nothing_is_said_of_a_quick_cell(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell that is answered before anybody gets impatient reports no progress."""
    monkeypatch.setattr(waiting, "PROGRESS_AFTER_SECONDS", 60.0)  # a busy machine may take longer than people wait
    said: list[str] = []
    with world.connect() as federation:
        federation.run(COUNT, progress=said.append)
    assert said == []


def test_with_no_hospital_ready_a_cell_is_refused_as_such(world: World) -> None:
    """Checking and running say that nobody can be reached, not that a table is unknown."""
    for name in list(world.hospitals):
        world.kill(name)
    with world.connect() as federation:
        for attempt in (federation.check, federation.run):
            with pytest.raises(Refused) as refused:
                attempt(COUNT)
            assert [found.code for found in refused.value.diagnostics] == ["FF401"]


class Garbled:
    """A hospital that answers bytes which mean nothing."""

    def answer(self, frame: bytes) -> bytes:
        """No reply."""
        return b"\xff" + frame[:8]


def test_garbage_of_one_hospital_is_its_own_affair(world: World) -> None:
    """A hospital whose greeting cannot be read is not reachable; the others are ready and answer."""
    answerers = {**world.hospitals, "hungary": Garbled()}
    running = Federation.connect(InThread(answerers), list(world.folders), world.room / "bob")
    states = {name: info.state for name, info in running.hospitals.items()}
    assert states == {"cleveland": "ready", "hungary": "unreachable", "switzerland": "ready", "long_beach": "ready"}
    result = running.run('n = release(count(table("heart")), epsilon=0.5)')
    assert set(result.answered) == {"cleveland", "switzerland", "long_beach"}
    assert "hungary" in result.failures
