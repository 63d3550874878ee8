from __future__ import annotations

from fedlab_kernel.errors import Span, diagnose
from fedlab_kernel.errors.render import WIDTH, render, render_all

TEXT = 'patients = table("heart")\nn = release(count(patient), epsilon=0.1)\n'


def carets(shown: str) -> tuple[str, str]:
    """The source line and the line of carets below it, both from the same column of the terminal on."""
    lines = shown.split("\n")
    at = next(number for number, line in enumerate(lines) if "^" in line)
    start = lines[at - 1].index("| ") + 2
    return lines[at - 1][start:], lines[at][start:]


def test_a_finding_shows_place_reason_and_fix() -> None:
    """Code, message, file with line and column, the line, why and what to write instead all stand in the text."""
    finding = diagnose("FQ200", "There is no name `patient`.", Span(2, 19, 2, 26), "did you mean `patients`?")
    shown = render(finding, TEXT, "query.fq")
    assert shown.startswith("error FQ200: There is no name `patient`.\n")
    assert "--> query.fq:2:19\n" in shown
    assert f"why: {finding.reason}" in shown
    assert shown.endswith("fix: did you mean `patients`?")


def test_carets_stand_under_the_place() -> None:
    """The carets are as many as the span has characters, below its first."""
    line, below = carets(render(diagnose("FQ200", "No.", Span(2, 19, 2, 26)), TEXT))
    assert line[below.index("^") :][: below.count("^")] == "patient"


def test_carets_count_the_columns_of_wide_and_combining_characters() -> None:
    """A character two columns wide moves the carets by two, a combining one by none."""
    text = 'x = "日本e\u0301" + y'
    column = text.index("y") + 1
    _, below = carets(render(diagnose("FQ200", "No.", Span(1, column, 1, column + 1)), text))
    assert below.index("^") == len('x = "') + 2 * 2 + 1 + len('" + ')


def test_a_span_over_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    """Only the first line is shown, marked from the place on."""
    line, below = carets(render(diagnose("FQ200", "No.", Span(1, 3, 2, 4)), "ab(cd\nefg)"))
    assert (line, below) == ("ab(cd", "  ^^^")


def test_a_line_that_ends_as_on_windows_is_shown_without_its_end() -> None:
    """The carriage return before a newline is no part of the line."""
    assert carets(render(diagnose("FQ200", "No.", Span(1, 1, 1, 2)), "x = 1\r\n")) == ("x = 1", "^")


def test_a_place_at_the_end_of_a_line_has_a_caret() -> None:
    """A span without characters still points somewhere."""
    assert carets(render(diagnose("FQ010", "No.", Span(1, 4, 1, 4)), "x =")) == ("x =", "   ^")


def test_a_long_line_is_cut_around_the_place() -> None:
    """Of a line of 60,000 characters only what surrounds the place is shown, and the carets are still below it."""
    text = "a" * 30_000 + "BAD" + "a" * 30_000
    line, below = carets(render(diagnose("FQ200", "No.", Span(1, 30_001, 1, 30_004)), text))
    assert len(line) <= WIDTH + 6
    assert line[below.index("^") :][: below.count("^")] == "BAD"


def test_nothing_in_a_query_can_move_the_cursor() -> None:
    """Escape sequences and bidirectional controls of text, name and message do not reach the terminal."""
    finding = diagnose("FQ002", "Bad \x1b[2J here.", Span(1, 1, 1, 2), "no \x07")
    shown = render(finding, "x\x1b[31m\u202e = 1\r", "a\x1bb.fq")
    assert not any(char in shown for char in "\x1b\x07\u202e\r")


def test_a_finding_without_a_place_has_no_source() -> None:
    """Message, reason and fix are shown alone; a message of several lines stays together."""
    shown = render(diagnose("FP106", "Asked: 1.\nLeft: 0.5.", fix="epsilon=0.5"), TEXT)
    assert shown.split("\n")[:2] == ["error FP106: Asked: 1.", "  Left: 0.5."]
    assert "-->" not in shown


def test_colour_is_on_request_only() -> None:
    """Terminal colours appear only where they were asked for, and enclose severity and carets."""
    finding = diagnose("FQ200", "No.", Span(1, 1, 1, 2), severity="warning")
    assert "\x1b" not in render(finding, "x")
    assert render(finding, "x", colour=True).startswith("\x1b[1;33mwarning FQ200\x1b[0m")


def test_several_findings_are_told_apart() -> None:
    """A blank line stands between two findings."""
    assert render_all([diagnose("FQ200", "A."), diagnose("FQ200", "B.")]).count("\n\n") == 1
