"""Cells as notebooks have them: a magic's line with options, blank lines above it, and whatever ends a line."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
import pytest

from fedlab_kernel.editor import Position, Range, completion, diagnostics, hover
from fedlab_kernel.editor.magic import magic_of, query_of
from fedlab_kernel.federation.pricing import published
from fedlab_kernel.policy import Policy

from .places import OFFER, SETUP, hospital

COUNT = 'n = release(count(table("heart")), epsilon=0.5)\n'
ENDS = ("\n", "\r\n", "\r")


@pytest.mark.parametrize(
    ("line", "cap", "draw", "sites"),
    [
        ("", None, 0, []),
        (" -o x --cap 2", 2.0, 0, []),
        (" --cap=2 --draw=3", 2.0, 3, []),
        (" --sites a b -o x --draw 4", None, 4, ["a", "b"]),
        (" --sites=a --dry-run", None, 0, ["a"]),
        (" --sites a --sites b c", None, 0, ["b", "c"]),
        ("\t--draw\t5", None, 5, []),
        (" --draw -1 --cap 1 --cap 2", 2.0, -1, []),
        (" --cap x --draw y --sites", None, 0, []),
        (" --cap --draw", None, 0, []),
        (" --cap inf --draw 1.5", None, 0, []),
        (" --cap -3", None, 0, []),
        (" --cap 2 3 --draw 4 5", 2.0, 4, []),
        (" x y", None, 0, []),
    ],
)
@pytest.mark.parametrize("above", ["", "\n", " \t\n\r\n", "\r\r"])
def test_options_are_read_from_the_line(line: str, cap: float | None, draw: int, sites: list[str], above: str) -> None:
    """What the line says so far is known, in any order and form, and under blank lines, too."""
    for end in (*ENDS, ""):
        magic = magic_of(f"{above}%%fedquery{line}{end}")
        assert (magic.cap, magic.draw, [site.name for site in magic.sites]) == (cap, draw, sites)
        assert magic.end == len(f"{above}%%fedquery{line}")


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "%%fedquerys --cap 2\n", "x\n%%fedquery --cap 2\n", "%fedquery --cap 2", "# %%fedquery --cap 2\n"],
)
def test_what_is_no_magic_has_no_options(text: str) -> None:
    """Another magic, and the word in another place, are part of the query."""
    assert magic_of(text) == magic_of("")
    assert query_of(text) == text


def test_other_sites_have_other_terms() -> None:
    """The price and the tightest budget are those of the hospitals that the line names."""
    strict = replace(hospital("east"), policy=Policy(epsilon_max=0.4))
    offer = published({**OFFER.hospitals, "east": strict})
    everybody = diagnostics(f"%%fedquery\n{COUNT}", offer, {})
    assert [one.code for one in everybody.findings] == ["FP105"]
    found = diagnostics(f"%%fedquery --sites north south\n{COUNT}", offer, {})
    assert not found.findings
    assert found.total is not None
    assert found.total.hospital == "south"
    alone = diagnostics(f"%%fedquery --sites north\n{COUNT}", offer, {})
    assert alone.total is not None
    assert (alone.total.hospital, alone.releases[0].share) == ("north", pytest.approx(0.05))


def test_columns_are_those_of_the_sites() -> None:
    """A column that not all hospitals have is offered, explained and checked where those that are asked have it."""
    few = {name: replace(table, columns={"age": table.columns["age"]}) for name, table in OFFER.catalogue.items()}
    offer = published({**OFFER.hospitals, "east": hospital("east", tables=few)})
    for line, known in (("%%fedquery\n", False), ("%%fedquery --sites north south\n", True)):
        text = f"{line}{SETUP}x = p.chol\n"
        assert bool(diagnostics(text, offer, {}).findings) != known
        assert (hover(text, Position(2, 7), offer, {}) is not None) == known
        offered = completion(f"{line}{SETUP}x = p.ch", Position(2, 8), offer, {}).items
        assert ("chol" in {item.label for item in offered}) == known


def test_an_unknown_site_is_underlined() -> None:
    """A hospital that is not there is a finding at its name, beside those of the query; the cell has no price then."""
    found = diagnostics(f"\n%%fedquery --sites north atlantis\n{COUNT}x = y\n", OFFER, {})
    assert [one.code for one in found.findings] == ["FU503", "FQ200"]
    assert found.findings[0].range == Range(Position(1, 25), Position(1, 33))
    assert "atlantis" in found.findings[0].message
    assert (found.releases, found.total) == ((), None)
    offered = completion(f"%%fedquery --sites atlantis\n{SETUP}x = p.ch", Position(2, 8), OFFER, {}).items
    assert "chol" in {item.label for item in offered}
    gone = published({**OFFER.hospitals, "east": replace(hospital("east"), state="died", message="it died")})
    assert [one.code for one in diagnostics(f"%%fedquery --sites east\n{COUNT}", gone, {}).findings] == ["FF401"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_places_are_those_of_the_cell(end: str) -> None:
    """Blank lines, a magic, tabs and characters of two units above and before a fault do not move it."""
    lines = ["", " \t", "%%fedquery -o é😀", 'p = table("heart")\t', "# 😀", 't = "😀é";\tn = p.chool', "x = 1"]
    text = end.join(lines)
    (found,) = diagnostics(text, OFFER, {}).findings
    assert found.range == Range(Position(5, 15), Position(5, 22))
    page = hover(text, Position(3, 0), OFFER, {})
    assert page is not None
    assert page.range == Range(Position(3, 0), Position(3, 1))
    offered = completion(end.join([*lines[:5], "\tq = p.ch"]), Position(5, 9), OFFER, {}).items
    assert [item.label for item in offered] == ["chol"]
    assert offered[0].replaces == Range(Position(5, 7), Position(5, 9))


def test_a_lone_carriage_return_is_found_where_it_is() -> None:
    """A carriage return that ends a line by itself, which no query has, is told at its place."""
    for text, line in ((f"{SETUP}x = 1\ry = 2\n", 1), ("%%fedquery\rx = 1\ry = 2", 0)):
        (found,) = diagnostics(text, OFFER, {}).findings
        assert (found.code, found.range.start.line) == ("FQ002", line)


def test_in_the_line_of_the_magic_nothing_of_the_query_is_offered() -> None:
    """Neither completion nor hover speaks of what stands in or above the magic's line."""
    text = f"\n%%fedquery -o p\n{SETUP}"
    for position in (Position(0, 0), Position(1, 0), Position(1, 15)):
        assert completion(text, position, OFFER, {}).items == ()
        assert hover(text, position, OFFER, {}) is None
    assert completion(text, Position(2, 0), OFFER, {}).items


def test_cells_of_all_kinds_are_answered(seed: int) -> None:
    """Whatever stands above a query and ends its lines, every question has an answer that is JSON, in the text."""
    chance = random.Random(seed)
    tops = (
        "",
        "%%fedquery",
        "\n\n%%fedquery --sites north",
        " \r%%fedquery --cap 1 --sites é😀 --draw",
        "%%fedquery?",
        "\ufeff",
    )
    middles = ('p = table("heart")', "\tx = p.chool", 't = "😀\ud83d"; y = p.', "é = (", "# \x0b\u2028\x85", "", "   ")
    for _ in range(300):
        end = chance.choice(ENDS)
        text = end.join([chance.choice(tops), *chance.choices(middles, k=chance.randint(0, 6))])
        position = Position(chance.randint(-1, 8), chance.randint(-1, 30))
        for offer in (OFFER, None):
            found = diagnostics(text, offer, {})
            for one in found.findings:
                assert one.range.start.line <= one.range.end.line <= text.count("\n") + text.count("\r")
            msgspec.json.encode((found, completion(text, position, offer, {}), hover(text, position, offer, {})))
