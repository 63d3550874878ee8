from __future__ import annotations

import re

import pytest

from fedlab_kernel.editor import Position, hover
from fedlab_kernel.editor.describing import detail
from fedlab_kernel.language import Column, check
from fedlab_kernel.language.primitives import PRIMITIVES
from fedlab_kernel.language.public import Unknown

from .places import OFFER, SETUP, TABLES, page

FUNCTION = "def {}(q, weight):\n    twice = q.age * weight\n    return {}\n"
CALL = f"{SETUP}s = release(sum(near, 2, over=p, clip=1), epsilon=1)\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SETUP}n = me|an(p.age)", ["mean(x, by=…, over=…)", "The average of a column", "- `over`: "]),
        (f"{SETUP}n = p.wh|ere(p.disease)", ["table.where(condition)", "The persons for whom"]),
        (f"{SETUP}n = mean(p.ch|ol)", ["**chol** — int, 80 to 650 mg/dl, may be missing", "serum cholesterol"]),
        (f"{SETUP}n = mean(p.ch|ol", ["**chol** — int, 80 to 650 mg/dl"]),
        (f"{SETUP}n = mean(|p.chol)", ["**p** — the persons of table `heart`"]),
        ('|p = table("heart")', ["**p** — the persons of table"]),
        ('p = table("he|art")', ["**heart** — 920 persons, 4 columns", "- `chol`: int, 80 to 650 mg/dl"]),
        (f"{SETUP}|old = p.where(p.age > 60)", ["A selection; how many it has is not public."]),
        (f"{SETUP}half = p.age / 2\nx = ha|lf", ["one value a person: float, 9 to 50", "persons of table"]),
        (f"{SETUP}x = histogram(p.age, bi|ns=[1, 2])", ["**bins** — public edges, or how many bins"]),
        (f"{SETUP}x, |y = split(p, 0.5)", ["**y** — the persons of table"]),
        ("a, |b = [1, 2]", ["**b** — 2"]),
        ("edges = [1, 2, 3]\nx = ed|ges", ["**edges** — a list of 3"]),
        ("for st|ep in range(3):\n    x = step", ["**step** — 0"]),
        (FUNCTION.format("ne|ar", "twice") + CALL, ["**near** — near(q, weight)"]),
        (FUNCTION.format("near", "twi|ce") + CALL, ["one value a person: int, 36 to 200", "Of one person of table"]),
        (FUNCTION.format("near", "twice").replace("(q", "(|q") + CALL, ["**q** — one person of table"]),
        (FUNCTION.format("near", "twice") + CALL.replace("near", "ne|ar"), ["**near** — near(q, weight)"]),
        (f"{SETUP}h = release(histogram(p.age, bins=[1, 2]), epsilon=1)\nx = h.cou|nts", ["**counts** — a list of 1"]),
        ("def f(q):\n    return q.sa|lary", ["**salary** — float, 0 to 1,000,000", "`staff`"]),
        ("def f(q):\n    return q.a|ge", ["int, 18 to 100 years", "`heart`", "int, 18 to 80", "`staff`"]),
    ],
)  # fmt: skip
def test_what_a_word_means(text: str, said: list[str]) -> None:
    """Primitives, arguments, columns, tables and names say what they are."""
    found = page(text)
    assert not [part for part in said if part not in found], found


@pytest.mark.parametrize(
    "text",
    ["|", "# me|an", 'x = "me|an"', "x =| 1", "x = 4|2", "f|or x in y:", "x = unk|nown", "x = ra|nge(3)",
     "%%fed|query -o x", f"{SETUP}x = p.no|ne", f"{SETUP}x = p.age.ag|e", 'x = table("no|ne")', "x = f(whe|n=1)"],
)  # fmt: skip
def test_what_means_nothing_says_nothing(text: str) -> None:
    """Comments, strings, signs, numbers, keywords and unknown names are silent."""
    assert page(text) == ""


@pytest.mark.parametrize(
    "text",
    [f"{SETUP}n = rele|ase(count(p), epsilon=0.1)", f"{SETUP}|n = release(count(p), epsilon=0.1)"],
)
def test_a_release_says_its_price(text: str) -> None:
    """On `release`, and on the name it gives a value, stand the price, the error and the share of what is left."""
    found = page(text, OFFER, {"n": 893})
    assert "ε 0.1 · ± 41 · 2 % of what is left" in found
    assert "Expected error (privacy noise, 95 %): ± 41." in found
    assert ("In the session it is 893." in found) == text.startswith(f"{SETUP}|n")


def test_a_price_is_found_among_several_on_a_line() -> None:
    """Of several releases in one statement, the one under the pointer is priced."""
    text = f"{SETUP}a = [release(count(p), epsilon=0.1), rele|ase(count(p), epsilon=0.4)]"
    assert "ε 0.4" in page(text)
    assert "ε 0.1" not in page(text)


def test_a_release_that_cannot_run_has_no_price() -> None:
    """Where the cell has errors, or no hospitals are there, `release` is explained and not priced."""
    assert "ε" not in page(f"{SETUP}n = rele|ase(count(p), epsilon=0.1)\nm = unknown")
    assert "ε" not in page(f"{SETUP}n = rele|ase(count(p), epsilon=0.1)", None)


def test_every_primitive_is_explained() -> None:
    """Every word of the vocabulary shows its signature and all its parameters."""
    for name, entry in PRIMITIVES.items():
        if entry.world != "wire":
            found = page(f"{SETUP}x = p.{name}|".replace("|", "") + " |") or page(
                f"{SETUP}x = p.|{name}" if entry.method else f"x = |{name}(1)"
            )
            assert entry.signature() in found
            assert all(f"- `{one.name}`" in found for one in entry.parameters)


def test_names_of_earlier_cells_are_explained() -> None:
    """A function and a number of the session say what they are."""
    names = {**check("def f(a, b):\n    return a + b", TABLES).names, "n": 893}
    assert "**f** — f(a, b)" in page("x = |f(1, 2)", OFFER, names)
    assert "**n** — 893" in page("x = |n", OFFER, names)


def test_labels_dates_and_open_bounds_are_described() -> None:
    """Up to eight labels are shown, more are hinted at; days are dates; bounds on one side only are said as such."""
    few, many = tuple("abcdefgh"), tuple("abcdefghi")
    assert detail(Column("c", "category", 0, 7, few)) == "category: a, b, c, d, e, f, g, h"
    assert detail(Column("c", "category", 0, 8, many)) == "category: a, b, c, d, e, f, g, h, …"
    assert detail(Column("day", "date", 0, 365)) == "date, 1970-01-01 to 1971-01-01"
    assert detail(Unknown()) == "a released number"
    assert detail(Unknown(lo=2)) == "a released number, at least 2"
    assert detail(Unknown(hi=3)) == "a released number, at most 3"
    assert detail(Unknown(lo=2, hi=3)) == "a released number, 2 to 3"
    assert (detail(True), detail(1)) == ("True", "1")


def test_only_a_selection_is_called_one() -> None:
    """A whole table, and one person of a selection, are not said to be selections."""
    text = FUNCTION.format("near", "twice") + CALL.replace("over=p", "over=p.where(p.disease)")
    assert "A selection" not in page(f"{SETUP}x = |p")
    assert "A selection" in page(f"{SETUP}old = p.where(p.disease)\nx = |old")
    found = page(text.replace("(q", "(|q"))
    assert "one person of table" in found
    assert "A selection" not in found


def test_the_range_is_the_words_in_utf_16() -> None:
    """The range covers the word alone, counted in UTF-16 units."""
    found = hover(f"{SETUP}t = ['😀', p.age]\r\n", Position(1, 14), OFFER, {})
    assert found is not None
    assert (found.range.start, found.range.end) == (Position(1, 13), Position(1, 16))


def test_what_hospitals_wrote_cannot_become_markup() -> None:
    """Labels, units and meanings with tags, links, code and lines of their own are shown as text."""
    evil = '<img src=x onerror=alert(1)>[a](javascript:b) `c` ![d](https://e) www.f.g\n# h *i* | $j$ & "k'
    column = TABLES["heart"].columns["sex"].__class__("bad", "category", 0, 1, (evil, "ok"), unit=evil, label=evil)
    number = column.__class__("num", "float", 0, 1, unit=evil, label=evil)
    table = TABLES["heart"].__class__("bad", "patients", {"bad": column, "num": number}, 10, 16)
    offer = OFFER.__class__(OFFER.hospitals, {"bad": table}, OFFER.terms)
    for text in ('x = table("bad").b|ad', 'x = table("bad").n|um', 'x = table("b|ad")', 'd = table("bad").num\ny = |d'):
        found = page(text, offer)
        assert "img src" in found
        assert not re.search(r"<|>|(?<!\\)\[|\]\(|https?:|(?<!\\)\$|\n#|www\.", found.replace("\\]", "")), found
