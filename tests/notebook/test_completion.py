from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.completer import CompletionContext

from fedlab_kernel.errors import Refused, diagnose
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.pricing import published
from fedlab_kernel.language import Column, Table
from fedlab_kernel.notebook.completion import matcher

COLUMNS = {
    "age": Column("age", "int", 18, 100),
    "sex": Column("sex", "category", 0, 1, ("female", "male")),
}
TABLES = {"heart": Table("heart", "patients", COLUMNS, 910, 1000), "other": Table("other", "patients", {}, 1, 8)}
OFFER = published({"north": HospitalInfo("north", "North", "ready", tables=TABLES)})
CELL = '%%fedquery -o answers\npatients = table("heart")\n'


def matched(text: str, federation: object) -> Any:
    """What the matcher gives IPython for a cell with the cursor at its end."""
    lines = text.split("\n")
    context = CompletionContext(
        token="", full_text=text, cursor_position=len(lines[-1]), cursor_line=len(lines) - 1, limit=None
    )
    return matcher(lambda: federation)(context)  # type: ignore[arg-type,return-value]


@pytest.fixture
def federation() -> object:
    """As much of a federation as completion looks at."""
    return SimpleNamespace(offer=lambda: OFFER, names={"chol": 246.6}, researcher="", paid=frozenset())


@pytest.mark.parametrize(
    ("typed", "fragment", "offered"),
    [
        ('p = table("he', "he", [("heart", "class")]),
        ("n = patients.", "", [("age", "property"), ("sex", "property"), ("where", "function")]),
        ("x = cho", "cho", [("chol", "instance")]),
        ("h = release(histogram(patients.age, bi", "bi", [("bins=", "param"), ("binned", "function")]),
        ('women = patients.where(patients.sex == "fe', "fe", [("female", "text")]),
        ('t = "é😀"; n = patients.a', "a", [("age", "property")]),
        ("x = 1  # pat", "", []),
    ],
)
def test_what_ipython_is_given(federation: object, typed: str, fragment: str, offered: list[tuple[str, str]]) -> None:
    """What the service offers comes with the fragment it replaces, its kind, and no others' guesses beside it."""
    result = matched(f"{CELL}{typed}", federation)
    assert [(one.text, one.type) for one in result["completions"]] == offered
    assert result["matched_fragment"] == fragment
    assert result["suppress"]


def test_blank_lines_above_the_magic_change_nothing(federation: object) -> None:
    """IPython passes over them, and so does completion."""
    assert [one.text for one in matched(f"\n \n{CELL}n = patients.ag", federation)["completions"]] == ["age"]


@pytest.mark.parametrize("text", ["x = 1\nx.", "%%fedquery -o an", "%%px\ntable(", "%%fedqueryx\nta", "\n%%fedquery -"])
def test_other_cells_are_left_to_ipython(federation: object, text: str) -> None:
    """In a cell of Python, or in the line of the magic itself, IPython completes as ever."""
    assert matched(text, federation) == {"completions": [], "suppress": False}


def test_without_hospitals_the_vocabulary_is_offered() -> None:
    """With no federation, or none of its hospitals ready, primitives are offered and nothing fails."""

    def refuse() -> object:
        raise Refused(diagnose("FF401", "None of the hospitals can be reached."))

    for federation in (None, SimpleNamespace(offer=refuse, names={}, researcher="")):
        assert [one.text for one in matched("%%fedquery\nx = crosst", federation)["completions"]] == ["crosstab"]
