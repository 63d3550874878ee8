"""The scan of the text, and the places that findings point at."""

from __future__ import annotations

import pytest

from fedlab_kernel.errors import Diagnostic, Span
from fedlab_kernel.language import check, scan
from fedlab_kernel.language.parse import MAX_BLOCKS
from fedlab_kernel.language.scan import (
    MAX_BYTES,
    MAX_CHAINED,
    MAX_DEPTH,
    MAX_NAME,
    MAX_NESTING,
    MAX_NUMBER,
    MAX_TOKENS,
)  # fmt: skip

from .heart import CATALOGUE


def found(text: str) -> list[Diagnostic]:
    """What is refused in a text."""
    return list(check(text, CATALOGUE).findings)


def codes(text: str) -> list[str]:
    """The codes of what is refused."""
    return [finding.code for finding in found(text)]


def shown(text: str, finding: Diagnostic) -> str:
    """The part of the text that a finding on one line points at."""
    assert finding.span is not None
    assert finding.span.line == finding.span.end_line
    return text.split("\n")[finding.span.line - 1][finding.span.column - 1 : finding.span.end_column - 1]


LIMITS = {
    "bytes": ("FQ001", lambda n: "#" + "a" * (n - 1), MAX_BYTES),
    "bytes, not characters": ("FQ001", lambda n: "#" + "é" * (n // 2) + "a" * (n % 2 + 1), MAX_BYTES - 2),
    "tokens": ("FQ003", lambda n: "x = 1;" * (n // 4) + "\n" * (n % 4), MAX_TOKENS),
    "brackets": ("FQ004", lambda n: "x = " + "(" * n + "1" + ")" * n, MAX_NESTING),
    "operators": ("FQ004", lambda n: "x = " + "1 + " * (n - 1) + "1", MAX_DEPTH),
    "elifs": ("FQ004", lambda n: "if 1 > 2:\n    x = 1\n" + "elif 1 > 2:\n    x = 1\n" * n, MAX_CHAINED),
    "a name": ("FQ001", lambda n: "a" * n + " = 1", MAX_NAME),
    "a number": ("FQ007", lambda n: "x = 0." + "1" * (n - 2), MAX_NUMBER),
    "blocks": (
        "FQ004",
        lambda n: "".join("    " * i + "if 1 > 0:\n" for i in range(n)) + "    " * n + "x = 1",
        MAX_BLOCKS,
    ),
    "loops": (
        "FQ004",
        lambda n: "".join("    " * i + "for i in [1]:\n" for i in range(n)) + "    " * n + "x = 1",
        MAX_BLOCKS,
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_where_it_says(limit: str) -> None:
    """A text exactly at a limit is accepted, and one step beyond it is refused with the limit's code."""
    code, text, largest = LIMITS[limit]
    assert codes(text(largest)) == []
    assert codes(text(largest + 1)) == [code]


def test_one_name_and_its_calls_are_counted_as_one_depth() -> None:
    """Depth inside brackets adds to the depth around them, so that it cannot be hidden in arguments."""
    inner = "1 + " * (MAX_DEPTH // 2) + "1"
    assert codes(f"x = max({inner}, {inner})") == []
    assert codes(f"x = {'1 + ' * (MAX_DEPTH // 2)}max(1, {inner})") == ["FQ004"]


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "   \n\n", "# only a comment", "# one\r\n# two\r\n", '"""a docstring"""', "x = 1\r\ny = x\r\n",
        "x = 1; y = x;", "x = 1 + \\\n    2\n", "x = (1 +\n     2)\n", "if 1 > 0: x = 1\nelse: x = 2\n",
        "x = .5 + 1. + 1e-3\n",
        "def f(x):\n\treturn x\ny = f(1)\n", "x = '''a\n'b'\nc'''\n", 'x = ""\n', "x = 1_000\n",
        "y = 'ä' == 'ß'  # ✓\n",
    ],
)  # fmt: skip
def test_plain_python_spelling_is_accepted(text: str) -> None:
    """Empty texts, comments, both line ends, semicolons, continuations and all quotes are fine."""
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("y = 'äöü' + nme", "FQ200", "nme"),
        ("# Überschrift ✓\nx = 'é'; y = nme", "FQ200", "nme"),
        ("x = '日本' == unknown_label  # 日本", "FQ200", "unknown_label"),
        ("x = 'é' + â", "FQ005", "â"),
        ("x = '''é\né''' ; y = nme", "FQ200", "nme"),
        ("x = 1\r\ny = nme\r\n", "FQ200", "nme"),
        ("def f(p):\n    return 'é' == nme", "FQ200", "nme"),
        ("x = max('é', count)", "FQ219", "count"),
        ("x = 'é'; import os", "FQ101", "import os"),
        ("x = 'é'; y += 1", "FQ102", "y += 1"),
    ],
)
def test_places_are_in_code_points(text: str, code: str, part: str) -> None:
    """Letters outside ASCII in strings and comments do not move what a finding points at."""
    finding = next(each for each in found(text) if each.code == code)
    assert shown(text, finding) == part


def test_a_block_is_shown_by_its_first_line() -> None:
    """What is refused as a whole block is pointed at by its header, not by all its lines."""
    assert found("x = 1\nwhile x > 0:\n    x = 0\n    y = 1\n")[0].span == Span(2, 1, 2, 13)


def test_findings_are_sorted_and_each_is_told_once() -> None:
    """All findings come, in the order of the text; one that a loop meets again and again comes once."""
    text = "import os\nfor i in range(9):\n    x = nme\ny = nme2\nz = _\n"
    assert [(each.code, each.span.line) for each in found(text) if each.span] == [
        ("FQ101", 1), ("FQ200", 3), ("FQ200", 4), ("FQ103", 5),
    ]  # fmt: skip


def test_python_gets_no_text_that_the_scan_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's parser, which hostile texts can exhaust, sees only texts within the limits."""
    monkeypatch.setattr("fedlab_kernel.language.parse.ast.parse", pytest.fail)
    for _, text, largest in LIMITS.values():
        if scan.scan(text(largest + 1)):
            assert found(text(largest + 1))
    assert found("x = " + "[" * 50_000)
