"""Models: what they read and how to use them, and the card."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Diagnostic
from ...federation.result import Answer
from ...models.card import Card
from ...models.fitted import FittedModel
from ...privacy.numerals import several
from ..page import Block, Code, Folded, Line, Page, Table, filled
from ..style import Panel

KIND = "model"


def blocks(answer: Answer) -> Iterator[Block]:
    """How to use it, the columns it reads, and its card."""
    yield from _blocks(model_of(answer), answer.name)


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
    return Page((*_blocks(model, model.card.name),))


def card_page(card: Card) -> Page:
    """A card that stands alone in a cell."""
    return Page((*card_blocks(card), *_query(card)))


def card_blocks(card: Card) -> Iterator[Block]:
    """The columns that a model reads, and all else that is known of it but the text of its cell."""
    inputs = tuple((one.name, one.range, one.scaled or "in a computed input", one.filled) for one in card.inputs)
    if inputs:
        header = ("column", "values", "seen by the model", "missing is taken as")
        yield filled(Table(header, inputs, caption=f"What `{card.name or 'the model'}` reads"))
    yield Table(("card of", card.name or "the model"), tuple(card.lines()))


def _blocks(model: FittedModel, name: str) -> Iterator[Block]:
    card = model.card
    if isinstance(model.prediction, Diagnostic):
        yield Line(f"`predict` and `save` are refused: {model.prediction.message}", "warning")
    else:
        held, file = f"answers.{name}" if name else "answers.last", f"{name or 'model'}.safetensors"
        yield Line(f"To use `{name or 'it'}`, where the cell begins with `%%fedquery -o answers`:")
        yield Code(_usage(held, file))
    yield from card_blocks(card)
    yield from _query(card)


def _query(card: Card) -> Iterator[Block]:
    if card.training is not None:
        yield Folded("The cell that trained it", (Code(card.training.query.strip()),))


def _usage(held: str, file: str) -> str:
    lines = [
        (f"{held}.predict(frame)", "a row a person; frame is a DataFrame with the columns below"),
        (f"{held}.weights", "numpy arrays by name"),
        (f'{held}.save("{file}")', "read again by FittedModel.load of fedlab_kernel.models.fitted"),
    ]
    wide = max(len(call) for call, _ in lines)
    return "\n".join(f"{call:<{wide}}  # {about}" for call, about in lines)
