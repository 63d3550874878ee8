"""A real kernel with real hospitals, asked as JupyterLab's extension asks it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..live import Live

CELL = '%%fedquery\npatients = table("heart")\nn = release(count(patients), epsilon=0.1)'
TRAINING = """%%fedquery
patients = table("heart")
m = release(mlp(on=patients, inputs=["age", "sex", "exang"], target="disease", hidden=[64], rounds=5000), epsilon=2)"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A Python kernel that has fedlab loaded."""
    kernel = Live(tmp_path)
    try:
        assert kernel.run("%load_ext fedlab_kernel") == ""
        yield kernel
    finally:
        kernel.close()


def test_a_cell_is_checked_and_followed_from_start_to_stop(live: Live) -> None:
    """Before a start nothing has a price; then it has one, spending and deaths show by themselves, and all ends."""
    live.connect()
    assert live.status["hospitals"] == []
    before = live.ask("diagnostics", text=CELL)["answer"]
    assert (before["findings"], before["releases"], before["total"]) == ([], [], None)
    live.ask("start", data="heart", fresh=False)
    live.until(lambda: any(one["busy"] == "Starting the hospitals of heart …" for _, one in live.statuses))
    live.until(lambda: [one["state"] for one in live.status["hospitals"]] == ["ready"] * 4)
    assert (live.status["data"], live.status["own"], live.status["problem"]) == ("heart", True, "")

    priced = live.ask("diagnostics", text=CELL)["answer"]
    assert priced["releases"][0]["text"].startswith("ε 0.1 · ± ")
    assert priced["releases"][0]["range"]["start"] == {"line": 2, "character": 4}

    assert "4 of 4 hospitals answered" in live.run(CELL)
    live.until(lambda: all(one["budgets"][0]["reserved"] > 0 for one in live.status["hospitals"]))
    assert live.ask("diagnostics", text=CELL)["answer"]["total"]["text"] == "free, stored"
    budget = live.status["hospitals"][0]["budgets"][0]
    assert [share for _, share in budget["history"]] == [0.0, budget["reserved"]]
    assert live.status["hospitals"][0]["log"]["size"] > 0

    live.host().children()[0].kill()
    live.until(lambda: [one["state"] for one in live.status["hospitals"]].count("died") == 1)
    dead = next(one for one in live.status["hospitals"] if one["state"] == "died")
    assert dead["message"]
    live.ask("restart", hospital=dead["name"])
    live.until(lambda: [one["state"] for one in live.status["hospitals"]] == ["ready"] * 4)

    assert "FP105" in live.run(CELL.replace("0.1", "90"))
    live.until(lambda: live.status["refusals"] != [])
    assert live.status["refusals"][0]["code"] == "FP105"
    live.ask("stop")
    live.until(lambda: live.status["hospitals"] == [] and not live.status["busy"])
    assert "FF401" in live.run(CELL)


def test_checks_are_answered_while_a_query_runs_and_it_can_be_ended(live: Live) -> None:
    """During a training the editor is answered and its rounds are told; `cancel` ends it and keeps the model so far."""
    live.run("%fedlab start heart")
    live.connect()
    training = live.begin(TRAINING)
    live.until(lambda: live.status["running"] is not None and live.status["running"]["round"] is not None)
    running = live.status["running"]
    assert running["title"].startswith("m = release(mlp(")
    assert running["round"]["name"] == "m"
    assert running["round"]["rounds"] == 5000
    found = live.ask("diagnostics", text="%%fedquery\nimport os")["answer"]["findings"]
    assert [one["code"] for one in found] == ["FQ101"]
    assert live.status["running"] is not None  # it was answered meanwhile
    live.ask("cancel")
    shown = "\n".join(str(one["content"]) for one in live.outputs(training))
    assert "You interrupted the training after" in shown
    live.until(lambda: live.status["running"] is None)


def test_an_interrupt_of_the_kernel_ends_a_training_too(live: Live) -> None:
    """What JupyterLab's own stop button sends does the same."""
    live.run("%fedlab start heart")
    live.connect()
    training = live.begin(TRAINING)
    live.until(lambda: live.status["running"] is not None and live.status["running"]["round"] is not None)
    live.process.send_signal(signal.SIGINT)
    assert "You interrupted the training after" in "\n".join(str(one["content"]) for one in live.outputs(training))


def test_bad_requests_have_a_problem_and_do_no_harm(live: Live) -> None:
    """Whatever a frontend sends, the reply says what is wrong with it, without a traceback."""
    live.connect()
    for what, given in (("dance", {}), ("hover", {"text": CELL}), ("diagnostics", {}), ("diagnostics", {"text": 3}),
                        ("completion", {"text": CELL, "position": {"line": "x"}}), ("start", {"data": 1}),
                        ("restart", {})):  # fmt: skip
        reply = live.ask(what, **given)
        assert reply["answer"] is None
        assert reply["problem"]
        assert "Traceback" not in reply["problem"]
    assert live.ask("diagnostics", text="print(1)") == {"id": 8, "answer": None, "problem": ""}
    live.ask("start", data="nowhere", fresh=False)
    live.until(lambda: "nowhere" in live.status["problem"])
    assert live.run("1 + 1") == "2"


def test_a_frontend_that_comes_later_hears_it_all(live: Live) -> None:
    """A page that is loaded again opens the comms anew and gets the whole status."""
    live.run("%fedlab start heart")
    live.connect()
    live.statuses.clear()
    live.connect()
    assert len(live.status["hospitals"]) == 4
    assert live.ask("diagnostics", text=CELL)["answer"]["total"]["epsilon"] == pytest.approx(0.1)
    live.run("%unload_ext fedlab_kernel")
    assert live.run("1 + 1") == "2"


def test_labels_and_names_stay_text(live: Live) -> None:
    """What looks like HTML in a query comes back as it was written; nothing makes markup of it."""
    live.run("%fedlab start heart")
    live.connect()
    nasty = '%%fedquery\nx = table("<img src=x onerror=alert(1)>")'
    messages = [one["message"] for one in live.ask("diagnostics", text=nasty)["answer"]["findings"]]
    assert any("<img src=x onerror=alert(1)>" in message for message in messages)
    shown = live.outputs(live.begin(nasty))
    assert not any("<img" in one["content"].get("data", {}).get("text/html", "") for one in shown)
