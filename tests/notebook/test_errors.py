from __future__ import annotations

from fedlab_kernel.errors import Diagnostic, Span
from fedlab_kernel.notebook.errors import MOST_SHOWN, RefusedCell


def test_every_part_of_a_finding_is_shown() -> None:
    """Code, place, source, message, reason and fix are lines of their own; a warning says that it is one."""
    found = Diagnostic("FQ999", "Message.\nMore.", "Reason.", "the fix", Span(1, 1, 1, 2), "warning")
    assert RefusedCell([found], "x = 1")._render_traceback_() == [
        "warning FQ999: Message.",
        "  More.",
        "  --> cell:1:1",
        "  |",
        "1 | x = 1",
        "  | ^",
        "  = why: Reason.",
        "  = fix: the fix",
    ]


def test_what_is_about_no_text_shows_none() -> None:
    """A refusal without a source, as of a line magic, is message and reason."""
    shown = RefusedCell([Diagnostic("FF401", "Nobody.", "Reason.")])._render_traceback_()
    assert shown == ["error FF401: Nobody.", "  = why: Reason."]


def test_prose_is_wrapped_for_the_red_box() -> None:
    """The box does not wrap by itself, so no line of prose is longer than people like to read."""
    words = " ".join(f"word{at}" for at in range(100))
    shown = RefusedCell([Diagnostic("FF401", words, words, words)])._render_traceback_()
    assert all(len(line) <= 100 for line in shown)


def test_a_flood_of_findings_is_cut() -> None:
    """Beyond a number that people read, only the count of the others is shown."""
    flood = [Diagnostic("FQ201", f"m{at}", f"r{at}") for at in range(MOST_SHOWN + 5)]
    shown = RefusedCell(flood)._render_traceback_()
    assert shown[-1].startswith("… and 5 more.")
    assert sum(line.startswith("error FQ201") for line in shown) == MOST_SHOWN
    assert not any("more." in line for line in RefusedCell(flood[:MOST_SHOWN])._render_traceback_())


def test_messages_cannot_command_a_terminal(hostile_text: str) -> None:
    """Control and direction characters in source, message or fix are replaced before they are shown."""
    found = Diagnostic("FQ002", hostile_text, hostile_text, hostile_text, Span(1, 1, 1, 5))
    shown = "\n".join(RefusedCell([found], hostile_text)._render_traceback_())
    assert "\x1b" not in shown
    assert "\u202e" not in shown
