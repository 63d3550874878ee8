"""Fixes are edits that an editor can make: what they write can be read, and the finding is gone."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import pytest

from fedlab_kernel.errors import RULES, Diagnostic, Edit
from fedlab_kernel.language import Column, Table, check

from .heart import CATALOGUE
from .test_corpus_shape import HOSTILE

TEXTS = [
    *(pytest.param(program.text, id=program.name) for program in HOSTILE),
    *(pytest.param(rule.bad, id=rule.code) for rule in RULES.values() if rule.bad),
]
FLOOR = 116
"""So many findings of the corpora and of the rules' examples have an edit."""


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text after its edits, the last one first."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda edit: (edit.span.line, edit.span.column), reverse=True):
        start = starts[edit.span.line - 1] + edit.span.column - 1
        end = starts[edit.span.end_line - 1] + edit.span.end_column - 1
        assert 0 <= start <= end <= len(text)
        text = text[:start] + edit.text + text[end:]
    return text


def place(found: Diagnostic) -> tuple[int, int]:
    """Where a finding begins."""
    assert found.span is not None
    return found.span.line, found.span.column


@pytest.mark.parametrize("text", TEXTS)
def test_an_edit_mends_what_was_found(text: str) -> None:
    """After its edits the text can be read, and the finding is not found again where it was.

    A finding of the same code may come up at the same place for another reason, with another message.
    """
    for found in check(text, CATALOGUE).findings:
        if found.edits:
            after = applied(text, found.edits)
            ast.parse(after)
            left = check(after, CATALOGUE).findings
            assert not any(
                (each.code, each.message, place(each)) == (found.code, found.message, place(found)) for each in left
            )


@pytest.mark.parametrize("text", TEXTS)
def test_a_fix_says_what_its_edit_does(text: str) -> None:
    """What a fix quotes is what its edit writes, or a part of it; an edit that only deletes is a fix that says so."""
    for found in check(text, CATALOGUE).findings:
        if found.edits:
            assert found.fix is not None
            (edit,) = found.edits
            quoted = re.findall(r"`([^`]*)`|\"([^\"]*)\"", found.fix)
            written = " ".join(edit.text.split())
            if edit.text and "delete" not in found.fix and "leave" not in found.fix:
                assert any((first or second) and (first or second) in written for first, second in quoted) or (
                    f"`{written}`" in found.fix
                )
            assert edit.text or "delete" in found.fix


def test_many_findings_have_an_edit() -> None:
    """Of what the corpora and the rules' examples find, at least as much as on the day this was written has an edit."""
    found = [each for text in TEXTS for each in check(str(text.values[0]), CATALOGUE).findings]
    mended = [each for each in found if each.edits]
    print(f"{len(mended)} of {len(found)} findings have an edit")
    assert len(mended) >= FLOOR


P = 'p = table("heart")\n'


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # Comparisons and conditions
        ("t = p.where(18 <= p.age < 65)", "t = p.where((18 <= p.age) & (p.age < 65))"),
        ("x = 1 < 2 < 3 < 4", "x = (1 < 2) & (2 < 3) & (3 < 4)"),
        ("t = p.where(p.age >= 18 & p.age < 65)", "t = p.where((p.age >= 18) & (p.age < 65))"),
        (
            "t = p.where(p.age > 60 | p.age < 20 & p.chol > 3)",
            "t = p.where((p.age > 60) | (p.age < 20) & (p.chol > 3))",
        ),
        ('t = p.where(p.sex == "male" & p.fbs)', 't = p.where((p.sex == "male") & p.fbs)'),
        ("t = p.where(p.fbs & p.age > 60)", "t = p.where(p.fbs & (p.age > 60))"),
        ("t = p.where(~p.age > 40)", "t = p.where(~(p.age > 40))"),
        ("t = p.where(p.fbs and p.exang)", "t = p.where(p.fbs & p.exang)"),
        ("t = p.where(p.age > 60 or p.fbs)", "t = p.where((p.age > 60) | p.fbs)"),
        ("t = p.where(p.fbs ^ p.exang)", "t = p.where(p.fbs != p.exang)"),
        ("x = ~(1 > 2)", "x = not (1 > 2)"),
        ("x = 1 is 1", "x = 1 == 1"),
        # Assignments and lines
        ("x = 1\nx += 2 * 3", "x = 1\nx = x + (2 * 3)"),
        ("x: int = 3", "x = 3"),
        ("import numpy\nx = 1", "x = 1"),
        ("x = 1\nimport numpy  # for logs", "x = 1\n"),
        ("%matplotlib inline\nx = 1", "x = 1"),
        # Names
        ("m = mean(p.chl)", "m = mean(p.chol)"),
        ("m = mean(age)", "m = mean(p.age)"),
        ("m = meen(p.age)", "m = mean(p.age)"),
        ("n = count(q)\nq2 = 1", None),
        ('t = p.where(p.sex == "femal")', 't = p.where(p.sex == "female")'),
        ('t = p.where("mael" == p.sex)', 't = p.where("male" == p.sex)'),
        ('x = fill(p.thal, "nromal")', 'x = fill(p.thal, "normal")'),
        ("n = release(count(p), epsilom=0.1)", "n = release(count(p), epsilon=0.1)"),
        ("def f(width):\n    return width\nx = f(widht=3)", "def f(width):\n    return width\nx = f(width=3)"),
        ('q = table("Heart")', 'q = table("heart")'),
        # Bounds and prices
        ("m = mean(p.chol / p.oldpeak)", "m = mean(clip(p.chol / p.oldpeak, 0, 100))"),
        ("x = clip(p.age, 90, 20)", "x = clip(p.age, 20, 90)"),
        ("x = clip(p.age, 20, 20)", None),
        ("n = release(count(p))", "n = release(count(p), epsilon=0.1)"),
        ("n = release(count(p),)", "n = release(count(p), epsilon=0.1,)"),
        ("n = release(\n    count(p)  # all\n)", "n = release(\n    count(p), epsilon=0.1  # all\n)"),
        ("n = release(count(p), epsilon=0,1)", "n = release(count(p), epsilon=0.1)"),
        ("h = histogram(p.age)", "h = histogram(p.age, bins=20)"),
        ("x = p.age ^ 2", None),  # a power in R: `!=` would be another question
        # Kinds
        ("a = release(p.age, epsilon=1)", "a = release(mean(p.age), epsilon=1)"),
        ("a = release(p.cp, epsilon=1)", "a = release(histogram(p.cp), epsilon=1)"),
        ("a = release(p, epsilon=1)", "a = release(count(p), epsilon=1)"),
        ("a = release(3, epsilon=1)", "a = 3"),
        ("n = count(p.fbs)", "n = count(p.where(p.fbs))"),
        ("for i in 3:\n    x = i", "for i in range(3):\n    x = i"),
        ('x = "é" == p.age  # é\nn = len(p)', None),
    ],
)
def test_one_edit_writes_what_was_meant(wrong: str, right: str | None) -> None:
    """The edit of the one finding, in the researcher's own names; none where a person has to think."""
    found = check(P + wrong, CATALOGUE).findings
    if right is None:
        assert found[0].edits == ()
    else:
        assert len(found) == 1
        assert applied(P + wrong, found[0].edits) == P + right


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (
            "x = (p.fbs\n    & p.age.between(1, 9)\n    & p.exang)",
            "x = (p.fbs\n    & ((p.age >= 1) & (p.age <= 9))\n    & p.exang)",
        ),
        ("x = (\n    p.age.eq(3)\n    | p.fbs)", "x = (\n    (p.age == 3)\n    | p.fbs)"),
        ("x = (p.fbs |\n    p.age.eq(3))", "x = (p.fbs |\n    (p.age == 3))"),
        ("x = p.age.eq(3)\ny = 1", "x = p.age == 3\ny = 1"),
        ("x = -p.age.eq(3)", "x = -(p.age == 3)"),
        ("x = vector(p.age.eq(3), 1)", "x = vector(p.age == 3, 1)"),
        ("x = 1 if p.age.eq(3) else 0", "x = 1 if (p.age == 3) else 0"),
    ],
)
def test_operators_around_an_edit_do_not_tear_it_apart(wrong: str, right: str) -> None:
    """What was one call stays one operand, in parentheses where operators stand beside it."""
    (found,) = check(P + wrong, CATALOGUE).findings
    assert applied(P + wrong, found.edits) == P + right
    assert check(P + right, CATALOGUE).findings == ()


def test_places_count_code_points() -> None:
    """Characters of several bytes in front of a place on its line do not move the edit."""
    text = P + 'x = count(p.where(p.cp == "日本é")) if "é" == "日" else len(p)'
    found = [each for each in check(text, CATALOGUE).findings if each.code == "FQ223"]
    assert applied(text, found[0].edits).endswith('if "é" == "日" else count(p)')


@pytest.mark.parametrize("line", ["if 1 < 2:\n    import numpy", "x = 1; import numpy", "import numpy; x = 1"])
def test_a_line_that_holds_more_is_not_deleted(line: str) -> None:
    """An edit deletes whole lines only where nothing else stands on them and no block is left empty."""
    found = check(line, CATALOGUE).findings
    assert [(each.code, each.edits) for each in found] == [("FQ101", ())]


def test_a_function_of_an_earlier_cell_is_not_edited_from_this_one() -> None:
    """A fault inside it says what to write there, and edits nothing in the cell that calls it."""
    before = check("def spread(x):\n    return mean(x / (x - 50))", CATALOGUE)
    found = check(P + "m = release(spread(p.age), epsilon=1)", CATALOGUE, before.names).findings
    assert [each.code for each in found] == ["FQ302"]
    assert "clip(x / (x - 50), 0, 100)" in (found[0].fix or "")
    assert found[0].edits == ()


def test_labels_with_signs_of_templates_are_written_as_they_are() -> None:
    """A label that looks like a place in a template is a label."""
    labels = ("$it costs", 'the "new" drug')
    table = Table("t", "t", {"c": Column("c", "category", 0, 1, labels)}, 10, 16)
    text = 't = table("t")\nq = t.where(t.c == "$it cost")'
    (found,) = check(text, {"t": table}).findings
    assert found.fix == 'did you mean "$it costs"?'
    assert applied(text, found.edits).endswith('q = t.where(t.c == "$it costs")')
    (found,) = check(text.replace("$it cost", "the new drug"), {"t": table}).findings
    assert applied(text.replace("$it cost", "the new drug"), found.edits).endswith("(t.c == 'the \"new\" drug')")


def test_a_long_fix_is_cut_and_its_edit_is_not() -> None:
    """The text of a fix stays readable; the edit holds all of it."""
    text = P + "t = p[(p.age > 3)" + " & (p.chol > 100)" * 9 + "]"
    (found,) = check(text, CATALOGUE).findings
    assert found.fix is not None
    assert len(found.fix) < 150
    assert found.fix.endswith("…`")
    assert applied(text, found.edits).endswith(" & (p.chol > 100))")
