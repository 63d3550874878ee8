"""From a released model to what a researcher holds: with its prediction, and a card of the run that made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import Diagnostic, Refused
from ..language.catalogue import Column
from ..language.learned import Input, Model
from ..language.node import Node
from ..language.public import Counted, bounds
from ..language.training import Training
from ..models.card import Card, HospitalCard, InputCard, TrainingCard
from ..models.fitted import FittedModel
from ..models.prediction import Prediction, prediction_of
from ..privacy.events import SampledGaussian
from ..privacy.noise_for import event_for
from ..privacy.quote import epsilon_of
from .run import Outcome, Run


def fitted(name: str, model: Model, outcome: Outcome | None, run: Run) -> FittedModel:
    """The model that a cell's name holds.

    Args:
        name: in the cell.
        model: with known weights.
        outcome: the training; None where an earlier cell trained it.
        run: of the cell.
    """
    recipe = model.recipe
    prediction: Prediction | Diagnostic
    try:
        prediction = prediction_of(recipe)
        columns = prediction.columns
    except Refused as refused:
        prediction, columns = refused.diagnostics[0], {}
    card = Card(
        name=name, shapes=dict(model.shapes), inputs=(*_inputs(recipe.inputs, columns),), loss=recipe.loss,
        targets=recipe.targets, rounds=model.rounds, rates=tuple(bounds(rate)[0] for rate in recipe.rates),
        strategy=recipe.strategy, options=dict(recipe.options),
        training=None if outcome is None else _training(outcome, run),
    )  # fmt: skip
    return FittedModel.of(card, model.weights, prediction)


def _training(outcome: Outcome, run: Run) -> TrainingCard:
    training, cohort = outcome.release.aggregate.statistic, outcome.release.aggregate.cohort
    assert isinstance(training, Training)
    assert outcome.trained is not None
    delta = run.offer.terms.delta
    price = epsilon_of(outcome.release, run.offer.terms)
    event = event_for(training, price, delta)
    assert isinstance(event, SampledGaussian)
    return TrainingCard(
        table=cohort.table.name, selection=_selection(cohort.node), persons=outcome.trained.persons,
        rounds=training.rounds, steps=training.steps, sample_rate=training.sample_rate, clip=training.clip,
        noise_multiplier=event.noise_multiplier,
        epsilon=outcome.epsilon, price=price, delta=delta, hospitals=(*_hospitals(outcome, run),),
        absent={one: why for one, why in run.failures.items() if one not in outcome.roster}, query=run.source.text,
        counted=training.recipe is not None and isinstance(training.recipe.sizes, Counted),
    )  # fmt: skip


def _hospitals(outcome: Outcome, run: Run) -> Iterator[HospitalCard]:
    line = outcome.release.span.line
    # A loop may train several models at one line: the last is the one that its name holds.
    last = {one.hospital: one for one in run.receipts if (one.name, one.line) == (outcome.release.name, line)}
    for name in outcome.roster:
        head = run.journal.head(name)
        receipt = last[name]
        yield HospitalCard(
            name, run.offer.hospitals[name].title, receipt.position, receipt.size, head.checkpoint if head else ""
        )


def _selection(persons: Node) -> str:
    """Who of a table it is, in words; the innermost selection first."""
    words = []
    while persons.op in ("where", "part"):
        if persons.op == "where":
            words.append("persons that a condition selects")
        else:
            fraction, side = persons.args[1], persons.args[3]
            assert isinstance(fraction, float)
            share = fraction if side == 0 else 1 - fraction
            words.append(f"the {'first' if side == 0 else 'second'} part of a split, {100 * share:.3g} %")
        (persons, *_) = persons.operands
    return " of ".join(words)


def _inputs(inputs: tuple[Input, ...], columns: Mapping[str, Column]) -> Iterator[InputCard]:
    """The columns that the inputs are, or are made of."""
    named = {one.name: one for one in inputs if one.name}
    for name, column in columns.items():
        one = named.get(name)
        yield InputCard(
            name, column.kind, column.lo, column.hi, column.categories, column.unit, column.may_miss,
            None if one is None else one.fill, "" if one is None else _scaled(one),
        )  # fmt: skip


def _scaled(one: Input) -> str:
    """What a model sees of a column; see `language.features`."""
    if one.size > 1:
        return f"as {one.size} numbers, 1 at the label and 0 elsewhere"
    if one.categories:
        return f"as 1 for {one.categories[-1]}, -1 otherwise"
    return "as 1 or -1" if one.kind == "bool" else "scaled to -1 to 1"
