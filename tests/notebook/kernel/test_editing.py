from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fedlab_kernel.editor.describing import escaped
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.pricing import published
from fedlab_kernel.language import Column, Table
from fedlab_kernel.notebook.kernel.editing import completed, completeness, meaning, plain

COLUMNS = {"age": Column("age", "int", 18, 100), "sex": Column("sex", "category", 0, 1, ("female", "male"))}
OFFER = published(
    {"north": HospitalInfo("north", "North", "ready", tables={"heart": Table("heart", "p", COLUMNS, 910, 1000)})}
)
RUNNING: Any = SimpleNamespace(offer=lambda: OFFER, names={"chol": 246.6}, researcher="", paid=frozenset())


@pytest.mark.parametrize(
    ("text", "matches", "start"),
    [
        ('p = table("he', ["heart"], 11),
        ('t = "é😀"; p = table("he', ["heart"], 21),
        ('p = table("heart")\r\ne = "😀"; a = p.se', ["sex"], 35),
        ("%%fedquery\ncho", ["chol"], 11),
        ("\r\n %%fedquery --sites north\r\ncho", ["chol"], 29),
        ("x = 1  # /et", [], 12),
    ],
)
def test_completion_replaces_what_was_typed(text: str, matches: list[str], start: int) -> None:
    """Places of a completion count code points of the cell, and nothing but the query's own words is offered."""
    reply = completed(text, len(text), RUNNING)
    assert (reply["matches"], reply["cursor_start"], reply["cursor_end"]) == (matches, start, len(text))
    typed = reply["metadata"]["_jupyter_types_experimental"]
    assert [(one["text"], one["start"], one["end"]) for one in typed] == [(one, start, len(text)) for one in matches]


@pytest.mark.parametrize(
    ("text", "cursor", "said"),
    [
        ("mean", 4, "mean(x"),
        ("mean", 0, "mean(x"),
        ("release(mean(", 13, "mean(x"),
        ('t = "é😀"; n = mean(1', 19, "mean(x"),
        ('p = table("heart")\na = p.age', 28, "int, 18 to 100"),
        ("chol", 4, "246.6"),
    ],
)
def test_what_a_word_means(text: str, cursor: int, said: str) -> None:
    """The word under the cursor is described, or that left of it, or the call around it."""
    assert said in meaning(text, cursor, RUNNING)


@pytest.mark.parametrize(("text", "cursor"), [("", 0), ("# mean", 6), ("unheard_of", 3), ("x = 1", 99), ("é", 1)])
def test_words_that_mean_nothing(text: str, cursor: int) -> None:
    """Where there is nothing to say, nothing is said."""
    assert meaning(text, cursor, RUNNING) == ""
    assert meaning(text, cursor, None) == ""


def test_plain_text_is_what_was_escaped(hostile_text: str) -> None:
    """The plain form of a page shows the text that was escaped for Markdown, and its code as it stands."""
    printable = "".join(one if one.isprintable() else " " for one in hostile_text)
    assert plain(f"**{escaped(hostile_text)}** — {escaped('a*b_c & <d>')}") == f"{printable} — a*b_c & <d>"
    assert plain("```python\nf(a_b, *c)\n```\n\nWhat\\_it `does`") == "f(a_b, *c)\n\nWhat_it `does`"


@pytest.mark.parametrize(
    ("text", "status", "indent"),
    [
        ("mean(x)", "complete", None),
        ("import os", "complete", None),
        ("mean(x,", "incomplete", ""),
        ("def f(x):", "incomplete", "    "),
        ("if n > 3:\n    x = 1", "incomplete", "    "),
        ("if n > 3:\n    x = 1\n", "complete", None),
        ("import = 7q", "invalid", None),
        ("x = 1\ny = )", "invalid", None),
        ("x = 1\ny = (", "incomplete", ""),
        ("x = )", "invalid", None),
        ("x = (\ud800", "invalid", None),  # half a character, which a browser may cut
    ],
)
def test_whether_a_query_is_complete(text: str, status: str, indent: str | None) -> None:
    """A query is complete when Python can read it; what the language refuses is said when it runs."""
    assert completeness(text, is_query=True) == (status, indent)


def test_python_may_have_lines_of_ipython() -> None:
    """Local Python that goes on is incomplete, whatever commands and magics stand above it."""
    assert completeness("!ls\nprint(", is_query=False)[0] == "incomplete"
    assert completeness("%time 1\nprint(1)", is_query=False) == ("complete", None)


@pytest.mark.parametrize("is_query", [True, False])
def test_what_is_nested_too_deep_is_invalid(is_query: bool) -> None:
    """A text that no parser has room for is told from one that goes on, rather than left without a reply."""
    for deep in (3000, 10_000):
        for end in "1(":
            status, _ = completeness("-" * deep + end, is_query=is_query)
            assert status in ("invalid", "incomplete")
    assert completeness("-" * 10_000 + "(", is_query=True) == ("invalid", None)
