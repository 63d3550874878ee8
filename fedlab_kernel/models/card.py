"""A model's card: what it was trained on and how, who took part, what it cost, and what it reads."""

from __future__ import annotations

from textwrap import indent
from typing import Any

import msgspec

from fedlab_kernel.errors.render import printable
from fedlab_kernel.language.catalogue import Column, Kind, value_in_words
from fedlab_kernel.language.days import iso
from fedlab_kernel.language.learned import weight_count

UNIT = "per patient: one patient added or removed, with all their rows"
"""The unit of privacy."""

_MOST_LABELS = 8


class InputCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column that a model reads.

    Attributes:
        name, kind, lo, hi, labels, unit, may_miss: as the catalogue declared it when the model was trained.
        fill: what stands for a missing value; of a category the place of a label. None where nothing is declared: then
            no value may be missing, or the model's own text says what becomes of it.
        scaled: what the model sees of it, in words; empty for a column from which the query computed an input.
    """

    name: str
    kind: Kind
    lo: float
    hi: float
    labels: tuple[str, ...]
    unit: str
    may_miss: bool
    fill: float | None
    scaled: str

    def __post_init__(self) -> None:
        """Refuse what no catalogue declares; a file may say anything."""
        place = self.fill is None or not self.labels or (self.fill.is_integer() and 0 <= self.fill < len(self.labels))
        if not (self.lo <= self.hi and place and bool(self.labels) == (self.kind == "category")):
            raise ValueError("no column is declared like this")

    @property
    def column(self) -> Column:
        """As the language describes it."""
        return Column(self.name, self.kind, self.lo, self.hi, self.labels, self.unit, may_miss=self.may_miss)

    @property
    def range(self) -> str:
        """What it may hold, in words."""
        if self.kind == "category":
            more = len(self.labels) - _MOST_LABELS
            return ", ".join(self.labels[:_MOST_LABELS]) + (f" and {more} more" if more > 0 else "")
        if self.kind == "date":
            return f"{iso(self.lo)} to {iso(self.hi)}"
        return "True or False" if self.kind == "bool" else f"{self.lo:g} to {self.hi:g} {self.unit}".rstrip()

    @property
    def filled(self) -> str:
        """What stands for a missing value, in words; empty where nothing does."""
        return "" if self.fill is None else value_in_words(self.kind, self.labels, self.unit, self.fill)


class HospitalCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hospital that took part.

    Attributes:
        name, title: as it calls itself.
        entry, size: where its log holds its last round, and how long the log was then.
        checkpoint: the newest signed head of that log that the researcher's side had verified.
    """

    name: str
    title: str
    entry: int
    size: int
    checkpoint: str

    @property
    def described(self) -> str:
        """Who it is and where its log holds the training, in words."""
        return f"{self.title or 'took part'}; entry {self.entry:,} of {self.size:,} in its log"


class TrainingCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The run that made a model.

    Attributes:
        table: whose persons it is about.
        selection: which of them, in words; "" for all.
        persons: how many they were taken to be, by what the hospitals declare, or by a released count.
        counted: whether it was the count.
        rounds, steps: asked for; steps a round.
        sample_rate, clip, noise_multiplier: of DP-SGD; noise over what one person can change.
        epsilon: the guarantee of the rounds that were done, at each hospital.
        price: the epsilon of all rounds.
        delta: of the run.
        hospitals: those that took part.
        absent: why others did not, by hospital.
        query: the cell's text.
    """

    table: str
    selection: str
    persons: int
    rounds: int
    steps: int
    sample_rate: float
    clip: float
    noise_multiplier: float
    epsilon: float
    price: float
    delta: float
    hospitals: tuple[HospitalCard, ...]
    absent: dict[str, str]
    query: str
    counted: bool = False


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that is known of a model but its weights; everything in it is public.

    Attributes:
        name: in the cell.
        shapes: of its weights.
        inputs: the columns it reads.
        loss, targets: what was made small, and the columns compared with; "" for a computed one.
        rounds: how many were done.
        rates: the learning rate of each round that was asked for.
        strategy, options: how updates became weights.
        training: None for a model that an earlier cell trained.
    """

    name: str
    shapes: dict[str, tuple[int, ...]]
    inputs: tuple[InputCard, ...]
    loss: str
    targets: tuple[str, ...]
    rounds: int
    rates: tuple[float, ...]
    strategy: str
    options: dict[str, float]
    training: TrainingCard | None = None

    @property
    def size(self) -> int:
        """How many weights there are."""
        return weight_count([*self.shapes.values()])

    @property
    def interrupted(self) -> bool:
        """Whether fewer rounds were done than asked for."""
        return self.training is not None and self.rounds < self.training.rounds

    def to_dict(self) -> dict[str, Any]:
        """The card as plain Python, for JSON."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]  # of a struct, a dict

    def lines(self) -> list[tuple[str, str]]:
        """What to show of it but inputs and the query's text: a title and a few words each."""
        weights = ", ".join(f"{name} {' × '.join(map(str, shape))}" for name, shape in sorted(self.shapes.items()))
        targets = ", ".join(name or "a computed column" for name in self.targets)
        found = [("weights", f"{self.size:,}: {weights}"), ("loss", " of ".join(filter(None, (self.loss, targets))))]
        run = self.training
        if run is None:
            return [*found, ("rounds", f"{self.rounds}, in an earlier cell, whose result has price and hospitals")]
        selection = f", {run.selection}" if run.selection else ""
        steps = f", of {run.steps} steps each" if run.steps > 1 else ""
        short = ", ended early" if self.interrupted else ""
        spent = f" for the rounds done (all {run.rounds}: {run.price:.4g})" if self.interrupted else ""
        said = "counted" if run.counted else "declare"
        sampled = f"sample rate {run.sample_rate:g}, clipping norm {run.clip:g}"
        return [
            ("data", f"table {run.table}{selection}; about {run.persons:,} persons by what the hospitals {said}"),
            ("privacy", f"ε = {run.epsilon:.4g}{spent}, δ = {run.delta:.2g}, {UNIT}"),
            ("rounds", f"{self.rounds} of {run.rounds}{short}{steps}"),
            ("DP-SGD", f"{sampled}, noise multiplier {run.noise_multiplier:.4g}"),
            ("updates", self.updates),
            *found,
            *((one.name, one.described) for one in run.hospitals),
            *((name, f"did not take part to the end: {why}") for name, why in run.absent.items()),
        ]

    @property
    def updates(self) -> str:
        """Strategy and learning rates, in words."""
        low, high = min(self.rates, default=0.0), max(self.rates, default=0.0)
        rate = f"learning rate {low:g}" if low == high else f"learning rates {self.rates[0]:g} to {self.rates[-1]:g}"
        options = "".join(f", {name} {value:g}" for name, value in sorted(self.options.items()))
        return f"{self.strategy}, {rate}{options}"

    def __str__(self) -> str:
        """The card as text; what would move a terminal's cursor is replaced."""
        told = self.lines()
        told += [(f"input {one.name}", "; ".join(filter(None, _about(one)))) for one in self.inputs]
        wide = max(len(title) for title, _ in told)
        text = "\n".join(f"{title:<{wide}}  {words}" for title, words in told)
        query = "" if self.training is None else f"\nquery\n{indent(self.training.query.strip(), '    ')}"
        return printable(text + query)


def _about(one: InputCard) -> tuple[str, ...]:
    return (one.range, one.scaled, f"missing is taken as {one.filled}" if one.filled else "")
