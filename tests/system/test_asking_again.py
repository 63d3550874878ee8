from __future__ import annotations

import json

import pytest

from .conftest import HOSPITALS, Room

QUERY = """\
patients = table("heart")
n = release(count(patients), epsilon=0.1)
old = release(count(patients.where(patients.age > 60)), epsilon=0.1)
"""

# The same questions: other names, other comments, lines in another order.
REWRITTEN = """\
# Who is old?
everyone = table("heart")
cut = 60
elderly = release(count(everyone.where(everyone.age > cut)), epsilon=0.1)  # over sixty
total = release(count(everyone), epsilon=0.1)
"""


def test_what_is_asked_again_is_free(room: Room) -> None:
    """An unchanged file and a rewritten one with the same questions charge nothing and get the same numbers; another
    draw is charged again.
    """
    first = room.answers(QUERY)
    assert 0 < first["charged"] <= 0.2
    again = room.answers(QUERY)
    assert (again["charged"], again["values"]) == (0, first["values"])
    rewritten = room.answers(REWRITTEN)
    assert rewritten["charged"] == 0
    assert rewritten["values"]["total"] == first["values"]["n"]
    assert rewritten["values"]["elderly"] == first["values"]["old"]
    drawn = room.answers(QUERY, "--draw", 1)
    assert drawn["charged"] == first["charged"]
    entries = {name: len(ledger["entries"]) for name, ledger in room.ledgers().items()}
    assert entries == dict.fromkeys(HOSPITALS, 4)


def test_a_lost_journal_makes_nothing_dearer(room: Room) -> None:
    """Whoever asks without the journal, but with the same key, gets the hospitals' stored answers for nothing."""
    first = room.answers(QUERY)
    for file in room.state.glob("journal.sqlite*"):
        file.unlink()
    again = room.answers(QUERY)
    assert (again["charged"], again["values"]) == (0, first["values"])


def test_over_budget_is_refused_before_anything_is_computed(room: Room) -> None:
    """What does not fit is refused with what was asked, what is left and what would fit; nothing is written."""
    room.add_policy("budget_epsilon = 0.5\nbudget_delta = 0.0")
    room.answers('n = release(count(table("heart")), epsilon=0.3)')
    before, logs = room.ledgers(), room.fedlab("audit", "verify", room.hospitals).stdout
    done = room.run('n = release(count(table("heart")), epsilon=0.4)', "--format", "json")
    assert done.returncode == 1
    found = [finding for finding in json.loads(done.stdout)["diagnostics"] if finding["code"] == "FP106"]
    assert found
    assert all(word in found[0]["message"] for word in ("Asked", "Left", "Would fit", "0.2"))
    assert room.ledgers() == before
    assert room.fedlab("audit", "verify", room.hospitals).stdout == logs  # nobody was even asked
    assert room.answers('n = release(count(table("heart")), epsilon=0.2)')["charged"] > 0


def test_a_cap_is_judged_before_anything_is_sent(room: Room) -> None:
    """A file quoted more than `--cap`, all its cells together, is refused; one quoted as much is run."""
    cells = QUERY.replace("old =", "# %%\nold =")
    done = room.run(cells, "--cap", 0.15)
    assert done.returncode == 1
    assert "FU504" in done.stderr
    assert all(not ledger["entries"] for ledger in room.ledgers().values())
    assert room.answers(cells, "--cap", 0.2)["charged"] > 0


def test_a_cap_is_split_over_all_cells_of_a_file(room: Room) -> None:
    """Releases without a price share the cap by weight, over cells; check and run agree, and running again is free."""
    loop = "for i in range(2):\n    m = release(mean(p.age), weight=1.5)\n"
    text = f'p = table("heart")\nn = release(count(p))\n# %%\n{loop}'
    options = ("--data", room.hospitals, "--cap", 0.4, "--format", "json")
    checked = json.loads(room.fedlab("check", room.write(text), *options).stdout)
    assert [line["epsilon"] for line in checked["quote"]["releases"]] == [0.1, 0.15]
    notes = [(found["line"], found["message"]) for found in checked["diagnostics"] if found["code"] == "FU509"]
    assert notes == [
        (2, "The cap of 0.4 is split by weight: n 0.1."), (5, "The cap of 0.4 is split by weight: m 0.15 × 2."),
    ]  # fmt: skip
    first = room.answers(text, "--cap", 0.4)
    assert first["charged"] == pytest.approx(0.4, rel=1e-6)
    assert first["charged"] <= 0.4
    again = room.answers(text, "--cap", 0.4)
    assert (again["charged"], again["values"]) == (0, first["values"])
    assert "split by weight: m 0.15 × 2" in room.run(text, "--cap", 0.4).stdout
    used_up = room.run(text.replace("count(p)", "count(p), epsilon=0.4"), "--cap", 0.4)
    assert used_up.returncode == 1
    assert "FU504" in used_up.stderr
    assert ":5:" in used_up.stderr


def test_only_the_named_sites_are_asked(room: Room) -> None:
    """`--sites` takes names by space or comma; others see nothing; an unknown name is a usage error."""
    some = room.answers(QUERY, "--sites", "hungary,cleveland")
    assert some["hospitals"] == {"asked": 2, "answered": 2, "failures": {}}
    assert {name for name, ledger in room.ledgers().items() if ledger["entries"]} == {"hungary", "cleveland"}
    assert room.answers(QUERY, "--sites", "cleveland", "hungary")["charged"] == 0
    unknown = room.run(QUERY, "--sites", "bern")
    assert unknown.returncode == 2
    assert "FU503" in unknown.stderr
