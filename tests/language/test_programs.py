"""The corpora through the checker: what people write is accepted, what must not run is refused where it stands."""

from __future__ import annotations

import os
import re

import pytest

from fedlab_kernel.errors import RULES, Diagnostic
from fedlab_kernel.language import check

from .heart import CATALOGUE
from .hostile_texts import texts
from .test_corpus_shape import ACCEPTED, HOSTILE, PROGRAMS, Program

TEXTS = [pytest.param(text, id=name) for name, _, text in texts()]


def errors(text: str) -> list[Diagnostic]:
    """What stops a text."""
    return [found for found in check(text, CATALOGUE).findings if found.severity == "error"]


def findings_of(program: Program) -> list[Diagnostic]:
    """What stops a hostile program on its marked line."""
    line = program.marked[0] + 1
    return [found for found in errors(program.text) if found.span is not None and found.span.line == line]


@pytest.mark.parametrize("program", ACCEPTED, ids=lambda program: program.name)
def test_what_people_write_is_accepted(program: Program) -> None:
    """A program that a medical statistician would write has no error."""
    assert errors(program.text) == []


@pytest.mark.parametrize("program", HOSTILE, ids=lambda program: program.name)
def test_a_hostile_program_is_refused_on_its_line(program: Program) -> None:
    """The finding begins on the marked line and has the code that the marker names."""
    codes = {found.code for found in findings_of(program)}
    line = program.lines[program.marked[0]]
    assert line.rpartition("### ")[2] in codes, errors(program.text)


@pytest.mark.parametrize("text", TEXTS)
def test_a_hostile_text_is_refused_inside_the_text(text: str) -> None:
    """A text that is hostile as a whole is refused, and what it is told points into it."""
    found = errors(text)
    assert found
    assert all(finding.code in RULES for finding in found)
    for finding in found:
        assert finding.span is not None
        assert 1 <= finding.span.line <= text.count("\n") + 1


@pytest.mark.parametrize("program", HOSTILE, ids=lambda program: program.name)
def test_a_message_reads_well(program: Program) -> None:
    """Messages are one sentence, begin with a capital or a name, and never show Python's own objects."""
    for found in errors(program.text):
        assert re.match(r"[A-Z`]", found.message)
        assert found.message.endswith(".")
        assert len(found.message) <= 402
        assert not re.search(r"<class|object at|None\b.*None\b|fedlab_kernel\.", found.message)
        assert found.fix != ""


def write_codes() -> None:
    """Every marker gets the code that the checker gives now, the one it has where that is still given."""
    for file in sorted({program.file for program in HOSTILE}):
        path = PROGRAMS / "hostile" / file
        text = path.read_text("utf-8")
        for program in (each for each in HOSTILE if each.file == file):
            line = program.lines[program.marked[0]]
            code, found = line.rpartition("### ")[2], [finding.code for finding in findings_of(program)]
            assert found, program.name
            if code not in found:
                marked = program.text.replace(line, line.rpartition("### ")[0] + f"### {found[0]}")
                text = text.replace(program.text, marked)
        path.write_text(text, "utf-8")


if "FEDLAB_WRITE_CODES" in os.environ:  # see programs/README.md
    write_codes()
