"""Whatever is in a cell, and wherever the cursor is, the service answers and the answer is JSON."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
import pytest

from fedlab_kernel.editor import Position, completion, diagnostics, hover
from fedlab_kernel.federation.pricing import published
from tests.language.heart import CATALOGUE
from tests.language.hostile_texts import texts
from tests.language.test_corpus_shape import ACCEPTED, HOSTILE

from .places import hospital

OFFER = published({"north": hospital("north", tables=CATALOGUE)})
PROGRAMS = [*ACCEPTED, *HOSTILE]
EVERY = 7  # characters


def asked(text: str, position: Position) -> bytes:
    """The answers to all three questions, as JSON."""
    return msgspec.json.encode(
        (
            diagnostics(text, OFFER, {}),
            diagnostics(text, None, {}),
            completion(text, position, OFFER, {}),
            hover(text, position, OFFER, {}),
        )
    )


def cut(text: str, every: int) -> Iterator[str]:
    """A text as far as it has been typed, now and then."""
    return (text[:end] for end in range(0, len(text) + 1, every))


def end_of(text: str) -> Position:
    """The position after a text."""
    lines = text.split("\n")
    return Position(len(lines) - 1, len(lines[-1]))


def test_half_typed_programs_never_fail(seed: int) -> None:
    """Programs of the corpora cut short anywhere, the cursor at the end and anywhere else, are answered."""
    chance = random.Random(seed)
    for program in chance.sample(PROGRAMS, 40):
        text = program.text
        for typed in chance.sample([*cut(text, EVERY)], min(4, 1 + len(text) // EVERY)):
            asked(typed, end_of(typed))
            asked(text, Position(chance.randint(-2, 40), chance.randint(-2, 90)))


@pytest.mark.long
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_half_typed_program_never_fails(program: object) -> None:
    """Every program of the corpora, cut at every seventh character, with and without the rest after the cursor."""
    text: str = program.text  # type: ignore[attr-defined]
    for typed in cut(text, EVERY):
        asked(typed, end_of(typed))
        asked(text, end_of(typed))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, _, text in texts()])
def test_hostile_texts_never_fail(text: str) -> None:
    """Texts that are hostile as a whole are answered at their beginning, in the middle and beyond their end."""
    lines = text.count("\n")
    for position in (Position(0, 0), Position(lines // 2, 3), Position(lines + 5, 10**9)):
        asked(text, position)


def test_a_cell_of_2000_lines_is_answered() -> None:
    """A cell of 2,000 lines is worked on within the checker's own bounds, unfinished lines everywhere included."""
    lines = ['p = table("heart")', *(f"n{i} = release(count(p), epsilon=0.1)" for i in range(998))]
    lines += [f"m{i} = (p." for i in range(1000)]
    text = "\n".join(lines)
    assert len(text.splitlines()) == 1999
    found = completion(text, Position(1500, len(lines[1500])), OFFER, {})
    assert "age" in {item.label for item in found.items}
    asked(text, Position(400, 8))


def test_a_text_longer_than_any_query_is_not_looked_into() -> None:
    """Beyond the size of a query there is one finding, and neither completion nor hover."""
    text = "x = 1\n" * 20_000
    assert [one.code for one in diagnostics(text, OFFER, {}).findings] == ["FQ001"]
    assert completion(text, Position(3, 1), OFFER, {}).items == ()
    assert hover(text, Position(3, 0), OFFER, {}) is None
