from __future__ import annotations

from collections.abc import Sequence

import pytest

from fedlab_kernel.errors import Diagnostic, Span, diagnose
from fedlab_kernel.notebook.errors import MOST_SHOWN, RefusedCell, render
from fedlab_kernel.notebook.text import width


def caret_text(shown: Sequence[str]) -> str:
    """The part of the source line that stands above the carets."""
    source = next(line for line in shown if line.lstrip()[:1].isdigit() and " | " in line)
    carets = next(line for line in shown if "^" in line)
    start = carets.index("^")
    picked, at = "", 0
    for char in source:
        if start <= at < start + carets.count("^"):
            picked += char
        at += width(char)
    return picked


@pytest.mark.parametrize(
    ("line", "column", "end", "marked"),
    [
        ("x = mean(p.chl)", 10, 15, "p.chl"),
        ("\tx = 1", 2, 3, "x"),
        ('t = table("日本é") + y', 20, 21, "y"),
        ('"e\u0301" + zz', 8, 10, "zz"),
        ("x = " + "a + " * 200 + "bad", 805, 808, "bad"),
        ("bad" + " + a" * 200, 1, 4, "bad"),
        ("x", 2, 2, ""),
    ],
)
def test_carets_stand_under_what_is_meant(line: str, column: int, end: int, marked: str) -> None:
    """Tabs, wide and combining characters and long lines do not move the carets, and lines stay short."""
    shown = render([diagnose("FQ201", "message", Span(2, column, 2, end))], f"\n{line}")
    assert caret_text(shown) == marked
    assert all(width(part) < 120 for part in shown)


def test_a_span_over_lines_is_marked_on_its_first_line() -> None:
    """A finding that goes on says to which line."""
    shown = render([diagnose("FQ101", "message", Span(1, 3, 2, 4))], "a bcd\nefg")
    assert shown[1:3] == ["    1 | a bcd", "      |   ^^^ … to line 2"]


def test_every_part_of_a_finding_is_shown() -> None:
    """Code, line, message, reason and fix stand there; a warning says that it is one."""
    found = Diagnostic("FQ999", "Message.\nMore.", "Reason.", "the fix", Span(1, 1, 1, 2), "warning")
    assert render([found], "x = 1") == [
        "FQ999 (warning), line 1: Message.",
        "    More.",
        "    1 | x = 1",
        "      | ^",
        "  why: Reason.",
        "  fix: the fix",
    ]


def test_long_messages_are_wrapped_between_words() -> None:
    """Message, reason and fix take as many short lines as they need, and lose no word."""
    words = " ".join(f"word{at}" for at in range(100))
    shown = render([Diagnostic("FF401", words, words, words)])
    assert all(len(line) <= 100 for line in shown)
    assert " ".join(shown).split() == ["FF401:", *words.split(), "why:", *words.split(), "fix:", *words.split()]


def test_a_finding_without_a_place_shows_no_source() -> None:
    """What concerns no place in the text is shown without any of it."""
    assert render([Diagnostic("FF401", "Nobody.", "Reason.")], "x = 1") == ["FF401: Nobody.", "  why: Reason."]


def test_a_place_beyond_the_text_is_no_crash() -> None:
    """A span that fits no line of the source is shown without source."""
    assert len(render([Diagnostic("FQ201", "M", "R", None, Span(9, 1, 9, 2))], "x")) == 2


def test_what_several_hospitals_say_is_explained_once() -> None:
    """Equal reasons and fixes of consecutive findings follow the last of them."""
    found = [Diagnostic("FP106", f"{name}: too much", "Reason.", "less") for name in ("a", "b")]
    assert render(found) == ["FP106: a: too much", "FP106: b: too much", "  why: Reason.", "  fix: less"]


def test_a_flood_of_findings_is_cut() -> None:
    """Beyond a number that people read, only the count of the others is shown."""
    shown = render([Diagnostic("FQ201", f"m{at}", f"r{at}") for at in range(MOST_SHOWN + 5)])
    assert shown[-1].startswith("… and 5 more.")
    assert sum(line.startswith("FQ201") for line in shown) == MOST_SHOWN


def test_messages_cannot_command_a_terminal(hostile_text: str) -> None:
    """Control and direction characters in source, message or fix are replaced before they are shown."""
    found = Diagnostic("FQ002", hostile_text, hostile_text, hostile_text, Span(1, 1, 1, 5))
    shown = "\n".join(RefusedCell([found], hostile_text)._render_traceback_())
    assert "\x1b" not in shown
    assert "\u202e" not in shown
