from __future__ import annotations

import pytest

from fedlab_kernel.editor import Position, completion
from fedlab_kernel.language import check
from fedlab_kernel.language.primitives import PRIMITIVES

from .places import OFFER, SETUP, TABLES, items, labels

HEART = ["age", "sex", "chol", "disease", "where"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('p = table("he|', ["heart"]),
        ("p = table('|", ["heart", "staff"]),
        (f"{SETUP}n = p.|", HEART),
        (f"{SETUP}n = release(mean(p.a|", ["age"]),
        (f"{SETUP}n = release(mean(p.A|", ["age"]),
        (f"{SETUP}n = release(mean(p.|), epsilon=0.1)\nm = 2", HEART),
        (f"{SETUP}n = p.where(p.age > 3).where(p.disease).c|", ["chol"]),
        ('n = table("staff").s|', ["salary"]),
        (f"{SETUP}x = [1, p.c|", ["chol"]),
        (f"{SETUP}x = (1 +\n    p.c|", ["chol"]),
        (f"{SETUP}women = p.where(p.sex == 'fe|", ["female"]),
        (f'{SETUP}women = p.where(p.sex != "|")', ["female", "male"]),
        (f"{SETUP}h = release(histogram(p.age, b|", ["bins=", "by=", "bce", "binned", "brier"]),
        (f"{SETUP}h = release(histogram(p.age, bins=[1, 2]), eps|", ["epsilon="]),
        (f"{SETUP}h = release(histogram(p.age, bins=[1, 2]), eps|, epsilon=1)", []),
        (f"{SETUP}n = release(count(p.where(p.age > 3), ov|", ["over="]),
        ("x = crosst|", ["crosstab"]),
        (f"{SETUP}n = count(p|", ["p", "params", "poisson", "powers", "predicted", "proportion"]),
        ('x = "free te|', []),
        (f"{SETUP}# p.|", []),
        (f"{SETUP}x = 1  # p.a|", []),
        (f"{SETUP}x = 0.|", []),
        (f"{SETUP}x = 12|", []),
        (f"{SETUP}x = p.age.|", []),
        (f"{SETUP}x = ).|", []),
        ("def cr|", []),
        ("def f(cr|", []),
        ("for cr|", []),
        (f"{SETUP}é = 'ü'; x = p.c|", ["chol"]),
    ],
)
def test_what_is_offered(text: str, expected: list[str]) -> None:
    """Tables, columns, labels, arguments, primitives and names appear where they can stand, and only there."""
    assert labels(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "def f(q):\n    x = q.|\n    return x\n{setup}n = release(sum(f, over=p, clip=1), epsilon=1)\n",
        "def f(q):\n    return vector(q.age, q.|\n{setup}n = release(sum(f, over=p, clip=1), epsilon=1)\n",
        "def f(q):\n    return 1 if q.|\n\n\n{setup}n = release(sum(f, over=p, clip=1), epsilon=1)\n",
        "{setup}for step in range(3):\n    n = release(count(p.where(p.|",
        "{setup}for step in range(3):\n    m = 1\n    n = p.|\n    k = 2\n",
        "{setup}if release(count(p), epsilon=1) > 3:\n    n = p.|\nelse:\n    n = 1\n",
        "{setup}if 1 > 2:\n    n = p.|\n",
        "{setup}if p.|:\n    n = 1\n",
        "{setup}if 1 > 2:\n    n = 1\nelif p.|\nelse:\n    n = 2\n",
        "{setup}for x in p.|:\n    n = 1\n",
        "{setup}for x in p.|",
        "{setup}def f(x):\n    return p.|\nn = f(1)\n",
        "{setup}def f(x):\n\nn = p.|\n",
        "{setup}import numpy\ny += 1\nn = p.|\n",
        "{setup}n = (((\nm = p.|",
        "{setup}n = p.|\nm = (((\nk = ]\nwhile x:\n  y = 1\n",
        '{setup}n = p.|\nm = "never closed\n',
        "{setup}else:\n    x = 1\nn = p.|\n",
        "{setup}  x = 1\nn = p.|\n",
        "%%fedquery -o answers\n{setup}n = p.|",
    ],
)
def test_members_are_known_where_lines_are_unfinished(text: str) -> None:
    """What a name stands for is known in functions, loops and branches, whatever is unfinished here and elsewhere."""
    assert labels(text.format(setup=SETUP)) == HEART


@pytest.mark.parametrize(
    ("text", "there", "not_there"),
    [
        (f"{SETUP}a = 1\n|\nb = 2", {"p", "a", "count", "release", "for"}, {"b"}),
        ("def f(person, weight):\n    |\n", {"person", "weight", "f"}, set()),
        ("def f(person):\n    half = person.age / 2\n    |\n    return half\n", {"person", "half"}, set()),
        ("def f(person):\n    return person.age\n|", {"f"}, {"person"}),
        ("for step in range(3):\n    |", {"step"}, set()),
        ("for step in range(3):\n    x = step\n\n|    y = x\n", {"step", "x"}, {"y"}),
        (
            f"{SETUP}def f(q):\n    |\n    return q.age\nn = release(sum(f, over=p, clip=1), epsilon=1)",
            {"q", "clip", "vector"},
            {"p", "release", "table", "split"},
        ),
        (f"{SETUP}x = f(|", {"p", "clip"}, set()),
        ("|", {"count", "mean", "release", "for"}, {"column", "part", "attachment", "where"}),
    ],
)
def test_names_in_scope(text: str, there: set[str], not_there: set[str]) -> None:
    """Names set above, parameters and loop variables can be used; names set below, or of many persons in one, not."""
    offered = set(labels(text))
    assert there <= offered
    assert not offered & not_there


def test_names_of_earlier_cells_are_known() -> None:
    """A table of an earlier cell has its columns here, and a number that was released shows itself."""
    names = {**check(SETUP, TABLES).names, "n": 893}
    assert labels("x = p.a|", OFFER, names) == ["age"]
    assert [(item.label, item.detail) for item in items("x = n|", OFFER, names) if item.kind == "name"] == [
        ("n", "893")
    ]


def test_columns_say_what_they_hold() -> None:
    """A column comes with type, bounds, unit, meaning and whether it may be missing."""
    (chol,) = items(f"{SETUP}x = p.ch|")
    assert chol.kind == "column"
    assert chol.detail == "int, 80 to 650 mg/dl, may be missing"
    assert "serum cholesterol" in chol.documentation
    assert "`heart`" in chol.documentation
    assert (chol.replaces.start, chol.replaces.end) == (Position(1, 6), Position(1, 8))


def test_an_unknown_person_has_the_columns_of_every_table() -> None:
    """In a function that nobody calls yet, a column of several tables is described for each of them."""
    text = "def f(q):\n    x = q.|"
    assert set(labels(text)) == {"age", "sex", "chol", "disease", "salary", "where"}
    assert next(item.detail for item in items(text) if item.label == "age") == "int, 18 to 100 years / int, 18 to 80"
    assert labels('def f(q):\n    x = q.sex == "|') == ["female", "male"]


def test_labels_stand_in_quotes_where_there_are_none() -> None:
    """After a comparison with a category its labels come first, ready to be inserted; some no string can hold."""
    assert labels(f"{SETUP}x = p.sex == |")[:2] == ['"female"', '"male"']
    odd = TABLES["heart"].columns["sex"].__class__("odd", "category", 0, 2, ('a"b', "c\\d", "<e>"))
    table = TABLES["heart"].__class__("odd", "patients", {"odd": odd}, 10, 16)
    offer = OFFER.__class__(OFFER.hospitals, {"odd": table}, OFFER.terms)
    assert labels('x = table("odd").odd == "|', offer) == ["<e>"]
    assert labels("x = table('odd').odd == '|", offer) == ['a"b', "<e>"]


def test_parts_of_a_released_histogram_are_offered() -> None:
    """After a name that holds a released record come its parts."""
    text = f"{SETUP}h = release(histogram(p.age, bins=[1, 2]), epsilon=0.1)\nx = h.|"
    assert [(item.label, item.kind) for item in items(text)] == [
        ("edges", "part"),
        ("counts", "part"),
        ("outside", "part"),
    ]


def test_arguments_that_are_given_are_not_offered_again() -> None:
    """Arguments given by name anywhere in the call, or by their place before the cursor, are left out."""
    optional = [item.label for item in items(f"{SETUP}x = count(p, |") if item.kind == "argument"]
    assert optional == ["by=", "over="]
    assert "over=" not in labels(f"{SETUP}x = count(p, |, over=p)")
    assert "bins=" not in labels(f"{SETUP}x = histogram(p.age, [1, 2], |)")
    assert [item.label for item in items("def f(a, b):\n    return a\nx = f(1, |") if item.kind == "argument"] == ["b="]


def test_every_primitive_is_offered_with_its_signature() -> None:
    """Every word of the vocabulary is completed, showing its signature and the sentence that says what it does."""
    for name, entry in PRIMITIVES.items():
        found = {item.label: item for item in items(f"{SETUP}x = p.{name}|" if entry.method else f"x = {name}|")}
        assert (name in found) == (entry.world != "wire")
        if name in found:
            assert found[name].detail == entry.signature()
            assert "- `" in found[name].documentation


def test_without_hospitals_there_is_still_a_vocabulary() -> None:
    """With no federation, primitives and names are offered, columns and tables are not."""
    assert labels("x = crosst|", None) == ["crosstab"]
    assert labels('x = table("|', None) == []
    assert labels("a = 1\nb = 2\nx = [a, |", None)[:2] == ["a", "b"]


@pytest.mark.parametrize("text", ["", "%%fedquery", "%%fedquery\n", "\n", "\r\n", "   "])
def test_cells_without_a_query(text: str) -> None:
    """An empty cell and one that holds only the magic's line offer the vocabulary, or nothing in the line itself."""
    for line in range(3):
        offered = completion(text, Position(line, 99), OFFER, {}).items
        in_the_magic = text.startswith("%%") and (line == 0 or "\n" not in text)
        assert bool(offered) != in_the_magic


def test_windows_line_ends_change_nothing() -> None:
    """A cell with carriage returns offers the same things for the same ranges."""
    text = f"{SETUP}a = '😀'\ndef f(q):\n    return p.c"
    at = Position(3, 14)
    assert completion(text, at, OFFER, {}) == completion(text.replace("\n", "\r\n"), at, OFFER, {})
    assert len(completion(text, at, OFFER, {}).items) == 1
