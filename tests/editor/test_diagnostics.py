from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest

import fedlab_kernel.editor.cell as cell_module
from fedlab_kernel.editor import Diagnostics, Position, Range, TextEdit, diagnostics
from fedlab_kernel.errors import Edit, Span, diagnose
from fedlab_kernel.federation.pricing import priced, published
from fedlab_kernel.policy import Policy

from .places import OFFER, SETUP, hospital

COUNT = "n = release(count(p), epsilon=0.5)\n"


def codes(found: Diagnostics) -> list[str]:
    """The codes of the findings, in order."""
    return [one.code for one in found.findings]


def test_findings_stand_where_they_stand_in_utf_16() -> None:
    """The range of a finding counts lines and UTF-16 units from 0, whatever stands before it."""
    text = f'{SETUP}t = "😀é"; n = p.chool\n'
    for typed in (text, text.replace("\n", "\r\n"), f"%%fedquery -o answers\n{text}"):
        (found,) = diagnostics(typed, OFFER, {}).findings
        line = 2 if typed.startswith("%%") else 1
        assert found.range == Range(Position(line, 15), Position(line, 22))
        assert (found.code, found.severity, found.fix) == ("FQ201", "error", "did you mean `chol`?")
        assert found.reason


def test_all_findings_of_a_cell_come_together() -> None:
    """What the language, the prices and the policies find comes in the order of the text."""
    assert codes(diagnostics(f"{SETUP}x = y\nz = w\n", OFFER, {})) == ["FQ200", "FQ200"]
    assert codes(diagnostics(f"{SETUP}n = release(count(p), epsilon=900)\n", OFFER, {})) == ["FP105"]
    info = hospital("north")
    strict = published({"north": replace(info, policy=replace(info.policy, primitives=frozenset({"mean"})))})
    assert "FP104" in codes(diagnostics(SETUP + COUNT, strict, {}))


def test_edits_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The edits of a diagnostic are exact: one that only inserts has an empty range."""
    edits = (Edit(Span(1, 5, 1, 6), "a"), Edit(Span(2, 3, 2, 3), "b"))
    found = replace(diagnose("FQ200", "…", Span(1, 5, 1, 6), "a"), edits=edits)
    monkeypatch.setattr(cell_module, "priced", lambda *given: replace(priced(*given), findings=(found,), quote=None))
    (one,) = diagnostics("x = y\n", OFFER, {"edits": 1}).findings
    assert one.edits == (
        TextEdit(Range(Position(0, 4), Position(0, 5)), "a"),
        TextEdit(Range(Position(1, 0), Position(1, 0)), "b"),
    )


def test_every_release_has_its_price_at_its_line() -> None:
    """Each release says price, error and share at the tightest hospital; the corner says the total."""
    found = diagnostics(
        f"{SETUP}{COUNT}for i in range(3):\n    m = release(count(p.where(p.age > i)), epsilon=0.1)\n", OFFER, {}
    )
    first, second = found.releases
    assert first.range == Range(Position(1, 4), Position(1, 34))
    assert (first.name, first.times, first.epsilon, first.free) == ("n", 1, 0.5, False)
    assert first.text == "ε 0.5 · ± 8.0 · 10 % of what is left"
    assert first.share == pytest.approx(0.1)
    assert (second.times, second.text) == (3, "ε 0.1 × 3 · ± 41 · 6 % of what is left")
    assert found.total is not None
    assert found.total.text == "ε 0.8 · 16 % of what is left at south"
    assert (found.total.hospital, found.total.refused) == ("south", "")
    assert (found.total.epsilon, found.total.delta) == (pytest.approx(0.8), 0.0)


def test_a_price_line_has_a_unit_and_no_share_that_is_not_known() -> None:
    """Errors have the unit of what is released, small shares are not nothing, and some cells or hospitals have none."""
    units = diagnostics(f"{SETUP}n = release(mean(p.age), epsilon=0.25)\n", OFFER, {}).releases
    assert [line.text for line in units] == ["ε 0.25 · ± 1.5 years · 5 % of what is left"]
    small = diagnostics(SETUP + COUNT.replace("0.5", "0.01"), OFFER, {}).total
    assert small is not None
    assert small.text == "ε 0.01 · under 1 % of what is left at south"
    nothing = diagnostics(SETUP, OFFER, {}).total
    assert nothing is not None
    assert (nothing.epsilon, nothing.text) == (0.0, "releases nothing, costs nothing")
    silent = diagnostics(SETUP + COUNT, published({"north": replace(hospital("north"), balances=())}), {}).total
    assert silent is not None
    assert (silent.share, silent.hospital, silent.text) == (None, "", "ε 0.5")


def test_the_tightest_hospital_may_differ_in_its_policy_only() -> None:
    """Of hospitals that have spent the same, the one with the smaller budget is the tightest."""
    strict = replace(hospital("east"), policy=Policy(budget_epsilon=2.0))
    total = diagnostics(SETUP + COUNT, published({"north": hospital("north"), "east": strict}), {}).total
    assert total is not None
    assert (total.hospital, total.share) == ("east", pytest.approx(0.25))


def test_the_error_of_a_selection_says_that_it_depends_on_its_size() -> None:
    """The mean of a selection has the error of the whole table only if all match; the long form gives examples."""
    (line,) = diagnostics(f"{SETUP}n = release(mean(p.where(p.disease).age), epsilon=0.5)", OFFER, {}).releases
    assert "if all match" in line.text
    assert "if 92 match" in line.error


def test_a_training_says_how_loud_its_noise_is() -> None:
    """The price line of a training has its noise instead of an error; noise that drowns gradients is warned of."""
    cell = (
        f"{SETUP}def predict(w, x):\n    return sigmoid(x @ w.W)\nm = release(train(predict, params(W=zeros(2, 1)), "
        'loss=bce, on=p, inputs=["age", "sex"], target="disease", rounds=20), epsilon={})\n'
    )
    found = diagnostics(cell.format(2), OFFER, {})
    (line,) = found.releases
    assert line.text == "ε 2 · noise 0.024 × clip · 30 % of what is left"
    assert "on each coordinate of the mean gradient of a step (D = 2 weights, 20 rounds)" in line.error
    assert found.findings == ()
    (warning,) = diagnostics(cell.format(0.003), OFFER, {}).findings
    assert (warning.code, warning.severity, warning.range.start.line) == ("FP110", "warning", 3)


def test_what_is_stored_is_free() -> None:
    """A release whose answer is stored is free, says so, and is no part of the total."""
    text = f"{SETUP}{COUNT}m = release(mean(p.age), epsilon=0.25)\n"
    keys = [release.key for release in priced(text, OFFER, {}, "").checked.releases]
    some = diagnostics(text, OFFER, {}, "", {key for key in keys[:1] if key is not None})
    assert [line.free for line in some.releases] == [True, False]
    assert some.releases[0].text == "free, stored · ± 8.0"
    assert some.total is not None
    assert some.total.epsilon == 0.25
    every = diagnostics(text, OFFER, {}, "", {key for key in keys if key is not None})
    assert every.total is not None
    assert (every.total.text, every.total.epsilon) == ("free, stored", 0.0)


def test_what_is_stored_takes_nothing_of_a_budget() -> None:
    """Whether a cell fits, and how much of the budget it takes, depends on what is new in it."""
    text, offer = (
        f"{SETUP}{COUNT}m = release(mean(p.age), epsilon=0.25)\n",
        published({"north": hospital("north", left=0.5)}),
    )
    first, _ = priced(text, offer, {}, "").checked.releases
    everything = diagnostics(text, offer, {}).total
    assert everything is not None
    assert everything.text == "ε 0.75 · more than is left at north"
    assert everything.refused == "more than the budget allows"  # of several no single price would fit
    assert first.key is not None
    new = diagnostics(text, offer, {}, "", {first.key}).total
    assert new is not None
    assert (new.text, new.share) == ("ε 0.25 · 50 % of what is left at north", pytest.approx(0.5))
    assert new.refused == ""


@pytest.mark.parametrize(
    ("left", "line", "corner"),
    [
        (0.25, "more than is left", "more than is left at north"),
        (0.0, "nothing is left", "nothing is left at north"),
        (9.9, "6 % of what is left", "6 % of what is left at north"),
    ],
)
def test_what_would_be_refused_says_why(left: float, line: str, corner: str) -> None:
    """A cell that does not fit a budget has no finding, as stored answers are free; its total says who refuses."""
    found = diagnostics(SETUP + COUNT, published({"north": hospital("north", left=left)}), {})
    assert found.total is not None
    assert found.releases[0].text.endswith(line)
    assert found.total.text.endswith(corner)
    assert found.total.hospital == "north"
    assert found.total.refused.startswith("more than the budget allows") == (left < 0.5)
    assert found.total.refused.endswith("epsilon=0.25 would fit") == (left == 0.25)
    assert ((found.releases[0].share is None), (found.total.share is None)) == (left == 0, left == 0)
    assert not found.findings


def test_without_hospitals_only_the_text_is_judged() -> None:
    """With no federation, what Python or the allow-list refuses is found, and nothing has a price."""
    found = diagnostics(f"{SETUP}{COUNT}import os\nx += 1\n", None, {})
    assert codes(found) == ["FQ101", "FQ102"]
    assert (found.releases, found.total) == ((), None)
    assert codes(diagnostics("x = (", None, {})) == ["FQ010"]
    both = diagnostics("x = 1 if _c else _b\n", None, {}).findings
    assert [one.range.start.character for one in both] == [9, 17]  # in the order of the text


@pytest.mark.parametrize("text", ["", "%%fedquery", "%%fedquery -o x\n", "\n\n", "# nothing"])
def test_a_cell_without_a_query_is_fine(text: str) -> None:
    """An empty cell, and one with only the magic's line, have no finding and no price."""
    for offer in (OFFER, None):
        assert diagnostics(text, offer, {}).findings == ()


def test_asking_twice_checks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same text, offer and names are checked once; another text, offer or mapping of names, anew."""
    calls: list[str] = []
    monkeypatch.setattr(cell_module, "priced", lambda *given: calls.append(given[0]) or priced(*given))
    text, names, again = f"{SETUP}# once\n", {"a": 1}, {"a": 1}
    for given in ((text, OFFER, names), (text, OFFER, names), (text, OFFER, again), (f"{text} ", OFFER, names)):
        diagnostics(*given)
    assert calls == [text, text, f"{text} "]
    diagnostics(text, published(OFFER.hospitals), names)
    assert len(calls) == 4


def test_answers_are_json_without_numbers_that_json_lacks() -> None:
    """Every answer encodes to JSON that says its version, infinities as null."""
    document = json.loads(msgspec.json.encode(diagnostics(SETUP + COUNT, OFFER, {})))
    assert document["version"] == 1
    assert set(document) == {"findings", "releases", "total", "version"}
