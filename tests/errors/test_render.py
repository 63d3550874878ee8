from __future__ import annotations

import pytest

from fedlab_kernel.errors import Diagnostic, Span, diagnose
from fedlab_kernel.errors.render import WIDTH, columns, render

TEXT = 'patients = table("heart")\nn = release(count(patient), epsilon=0.1)\n'


def no(*span: int) -> Diagnostic:
    """A finding at a place: line, column, end line, end column."""
    return diagnose("FQ200", "No.", Span(*span))


def carets(shown: str) -> tuple[str, str]:
    """The source line and the line of carets below it, both from the same column of the terminal on."""
    lines = shown.split("\n")
    at = next(number for number, line in enumerate(lines) if "^" in line)
    start = lines[at].index("| ") + 2
    return lines[at - 1][start:], lines[at][start:]


def marked(shown: str) -> str:
    """What of the source line stands above the carets."""
    line, below = carets(shown)
    start, picked, at = below.index("^"), "", 0
    for char in line:
        if start <= at < start + below.count("^"):
            picked += char
        at += columns(char)
    return picked


def test_a_finding_shows_place_reason_and_fix() -> None:
    """Code, message, file with line and column, the line, why and what to write instead all stand in the text."""
    finding = diagnose("FQ200", "There is no name `patient`.", Span(2, 19, 2, 26), "did you mean `patients`?")
    shown = render([finding], TEXT, "query.fq")
    assert shown.startswith("error FQ200: There is no name `patient`.\n")
    assert "--> query.fq:2:19\n" in shown
    assert f"why: {finding.reason}" in shown
    assert shown.endswith("fix: did you mean `patients`?")


@pytest.mark.parametrize(
    ("line", "column", "end", "meant"),
    [
        ("x = mean(p.chl)", 10, 15, "p.chl"),
        ("\tx = 1", 2, 3, "x"),
        ('t = table("日本é") + y', 20, 21, "y"),
        ('"e\u0301" + zz', 8, 10, "zz"),
        ('x = "日本" + y', 6, 8, "日本"),
        ("x = " + "a + " * 200 + "bad", 805, 808, "bad"),
        ("bad" + " + a" * 200, 1, 4, "bad"),
        ("a" * 30_000 + "BAD" + "a" * 30_000, 30_001, 30_004, "BAD"),
        ("日" * 200 + "BAD" + "日" * 200, 201, 204, "BAD"),
        ("x = 1\r", 5, 6, "1"),
        ("x", 2, 2, ""),
        ("", 1, 1, ""),
    ],
)
def test_carets_stand_under_what_is_meant(line: str, column: int, end: int, meant: str) -> None:
    """Tabs, wide and combining characters and long lines do not move the carets, and little of a long line is shown."""
    shown = render([no(2, column, 2, end)], f"\n{line}")
    assert marked(shown) == meant
    assert columns(carets(shown)[0]) <= WIDTH + len("......")


def test_carets_count_the_columns_of_wide_and_combining_characters() -> None:
    """A character two columns wide moves the carets by two, a combining one by none."""
    text = 'x = "日本e\u0301" + y'
    column = text.index("y") + 1
    _, below = carets(render([no(1, column, 1, column + 1)], text))
    assert below.index("^") == len('x = "') + 2 * 2 + 1 + len('" + ')


def test_a_cut_line_says_so_and_keeps_what_leads_to_the_place() -> None:
    """Dots stand where a long line was cut, and the place has some of the line on both of its sides."""
    line, below = carets(render([no(1, 201, 1, 204)], "a" * 200 + "BAD" + "b" * 200))
    assert line.startswith("...aaaa")
    assert line.endswith("bbbb...")
    assert below.index("^") > WIDTH // 4


def test_a_span_over_lines_is_marked_on_its_first_line() -> None:
    """Only the first line is shown, marked from the place on, and the finding says to which line it goes."""
    assert carets(render([no(1, 3, 2, 4)], "ab(cd\nefg)")) == ("ab(cd", "  ^^^ … to line 2")


def test_a_line_that_ends_as_on_windows_is_shown_without_its_end() -> None:
    """The carriage return before a newline is no part of the line."""
    assert carets(render([no(1, 1, 1, 2)], "x = 1\r\n")) == ("x = 1", "^")


def test_a_place_at_the_end_of_a_line_has_a_caret() -> None:
    """A span without characters still points somewhere."""
    assert carets(render([no(1, 4, 1, 4)], "x =")) == ("x =", "   ^")


def test_a_place_beyond_the_text_is_no_crash() -> None:
    """A span that fits no line of the text is named, and shown without source."""
    shown = render([no(9, 1, 9, 2)], "x")
    assert "--> query:9:1" in shown
    assert "|" not in shown


def test_nothing_in_a_query_can_move_the_cursor() -> None:
    """Escape sequences and bidirectional controls of text, name and message do not reach the terminal."""
    finding = diagnose("FQ002", "Bad \x1b[2J here.", Span(1, 1, 1, 2), "no \x07")
    shown = render([finding], "x\x1b[31m\u202e = 1\r", "a\x1bb.fq")
    assert not any(char in shown for char in "\x1b\x07\u202e\r")


def test_a_finding_without_a_place_has_no_source() -> None:
    """Message, reason and fix are shown alone; a message of several lines stays together."""
    shown = render([diagnose("FP106", "Asked: 1.\nLeft: 0.5.", fix="epsilon=0.5")], TEXT)
    assert shown.split("\n")[:2] == ["error FP106: Asked: 1.", "  Left: 0.5."]
    assert "-->" not in shown


def test_colour_is_on_request_only() -> None:
    """Terminal colours appear only where they were asked for, and enclose severity and carets."""
    finding = diagnose("FQ200", "No.", Span(1, 1, 1, 2), severity="warning")
    assert "\x1b" not in render([finding], "x")
    shown = render([finding], "x", colour=True)
    assert shown.startswith("\x1b[1;33mwarning FQ200\x1b[0m: No.")
    assert "\x1b[1;33m^\x1b[0m" in shown


def test_several_findings_are_told_apart() -> None:
    """A blank line stands between two findings."""
    assert render([diagnose("FQ200", "A."), diagnose("FQ201", "B.")]).count("\n\n") == 1


def test_what_several_hospitals_say_is_explained_once() -> None:
    """Equal reasons and fixes of consecutive findings follow the last of them."""
    found = [Diagnostic("FP106", f"{name}: too much", "Reason.", "less") for name in ("a", "b")]
    assert render(found).split("\n") == [
        "error FP106: a: too much", "error FP106: b: too much", "  = why: Reason.", "  = fix: less",
    ]  # fmt: skip


@pytest.mark.parametrize("span", [None, Span(1, 1, 1, 2)])
def test_prose_is_wrapped_between_words_on_request(span: Span | None) -> None:
    """Message, reason and fix take as many lines of the asked length as they need, and lose no word."""
    words = " ".join(f"word{at}" for at in range(100))
    found = Diagnostic("FF401", f"{words}\n{words}", words, words, span)
    assert max(map(len, render([found], "x").split("\n"))) > 600
    shown = render([found], "x", wrap=100).split("\n")
    assert all(len(line) <= 100 for line in shown)
    said = [word for line in shown for word in line.split() if word.startswith("word")]
    assert said == words.split() * 4


def test_nothing_found_is_nothing_shown() -> None:
    """Without findings there is no text."""
    assert render([]) == ""
