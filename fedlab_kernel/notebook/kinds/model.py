"""Models: what they read and how to use them, and the card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from ...errors import Diagnostic
from ...federation.result import Answer
from ...models.card import Card, InputCard
from ...models.fitted import FittedModel
from ...privacy.numerals import several
from ..page import Block, Code, Folded, Line, Page, Table, filled
from ..style import Panel

KIND = "model"

_ALIKE: Final = 3  # columns alike, from which on one row says it of all


def blocks(answer: Answer) -> Iterator[Block]:
    """How to use it; the columns it reads and its card are folded."""
    model = model_of(answer)
    yield from _use(model, answer.name)
    yield Folded(f"Card of `{answer.name or 'the model'}`: what it reads and how it was trained", (*_card(model.card),))


def summary(answer: Answer) -> str:
    """Its size."""
    card = model_of(answer).card
    asked = f" of {card.training.rounds:,}" if card.interrupted and card.training is not None else ""
    sizes = f"{several(card.size, 'weight')}, {several(len(card.inputs), 'input')}"
    return f"model: {sizes}, {several(card.rounds, 'round')}{asked}"


def panel(_answer: Answer) -> Panel | None:
    """Nothing is drawn of a model."""
    return None


def model_of(answer: Answer) -> FittedModel:
    """The model that an answer is."""
    assert isinstance(answer.value, FittedModel)
    return answer.value


def model_page(model: FittedModel) -> Page:
    """A model that stands alone in a cell."""
    return Page((*_use(model, model.card.name), *_card(model.card)))


def card_page(card: Card) -> Page:
    """A card that stands alone in a cell."""
    return Page((*_card(card),))


def card_blocks(card: Card) -> Iterator[Block]:
    """The columns that a model reads, and all else that is known of it but the text of its cell."""
    inputs = tuple(_inputs(card.inputs))
    if inputs:
        header = ("column", "values", "seen by the model", "missing is taken as")
        yield filled(Table(header, inputs, caption=f"What `{card.name or 'the model'}` reads"))
    yield Table(("card of", card.name or "the model"), tuple(card.lines()))


def _inputs(inputs: Sequence[InputCard]) -> Iterator[tuple[str, ...]]:
    """A row a column; columns one after the other that differ in their name only share one."""
    for facts, alike in groupby(inputs, lambda one: (one.range, one.scaled or "in a computed input", one.filled)):
        names = [one.name for one in alike]
        shared = [f"{names[0]} to {names[-1]}, {len(names)} columns"] if len(names) >= _ALIKE else names
        yield from ((name, *facts) for name in shared)


def _use(model: FittedModel, name: str) -> Iterator[Block]:
    if isinstance(model.prediction, Diagnostic):
        yield Line(f"`predict` and `save` are refused: {model.prediction.message}", "warning")
    else:
        held, file = f"answers.{name}" if name else "answers.last", f"{name or 'model'}.safetensors"
        yield Line(f"To use `{name or 'it'}`, where the cell begins with `%%fedquery -o answers`:")
        yield Code(_usage(held, file))


def _card(card: Card) -> Iterator[Block]:
    yield from card_blocks(card)
    if card.training is not None:
        yield Folded("The cell that trained it", (Code(card.training.query.strip()),))


def _usage(held: str, file: str) -> str:
    lines = [
        (f"{held}.predict(frame)", "a DataFrame, a row a person"),
        (f"{held}.weights", "numpy arrays by name"),
        (f'{held}.save("{file}")', "FittedModel.load reads it"),
    ]
    wide = max(len(call) for call, _ in lines)
    return "\n".join(f"{call:<{wide}}  # {about}" for call, about in lines)
