"""The training that was just run, attacked: its own model, its own start weights, its own query as hospitals read it.

Three views of its first round. A hospital for lessons with the same kind of data gives the raw update. The hospitals
that were asked refuse to. What these do release is clipped, added up and noised, and the same attack finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ..attacks.network import Network
from ..attacks.reconstruction import Reconstruction
from ..attacks.seen import Seen
from ..errors import Diagnostic, Refused, diagnose
from ..exhibits import Column, Exhibit
from ..federation.contact import LessonInput
from ..federation.session import Federation
from ..federation.training_report import FirstRound
from ..language.learned import Input, Recipe
from ..language.training import Training
from ..wire.updates import read_floats, weights_bytes
from .experiment import attacked
from .setting import Setting
from .victims import Victims

if TYPE_CHECKING:
    from ..models.program import Program

_PICTURE: Final = 64  # inputs from which on a square number of them, named alike, is shown as a picture
_DECIMALS: Final = {"int": 0, "float": 2}


@dataclass(frozen=True, slots=True, eq=False)
class LastTraining:
    """A training's first round, as an attack reads it; see `of`.

    Attributes:
        first: what was sent and released.
        program: its loss.
        network: the weights that hospitals got.
        shown: how its inputs are shown to people; nobody in it.
    """

    first: FirstRound
    program: Program
    network: Network
    shown: Exhibit

    @classmethod
    def of(cls, first: FirstRound) -> LastTraining:
        """The round of a training.

        Raises:
            Refused: FU514 where its model has no layer that an attack reads.
        """
        from ..attacks.programs import network_of
        from ..models.program import Program

        program = Program.of(first.release.aggregate.node.operands[0])
        try:
            network = network_of(program, first.weights)
        except ValueError as fault:  # says what is missing
            problem = f"the model `{first.release.name}` cannot be read: {fault}"
            fix = "the attacks read one hidden layer: train `mlp(…, hidden=[200])`, or `relu(x @ w.W1 + w.b1)`"
            raise Refused(diagnose("FU514", problem, fix=fix)) from None
        return cls(first, program, network, _exhibit(first, network))

    def raw(self, hospitals: Federation, hospital: str, batch: int) -> Victims:
        """The raw update of some persons of a hospital.

        Raises:
            Refused: FP111 from any hospital that is not for lessons, or whose rows did not come with fedlab.
        """
        from ..attacks.programs import update_of

        lesson = LessonInput(
            weights=weights_bytes(self.first.weights), batch=batch, release=self.first.request,
            table=self.first.release.aggregate.cohort.table.name,
        )  # fmt: skip
        taught = hospitals.learn(hospital, lesson)
        update = update_of(self.program, read_floats(taught.update, self.program.dimension))
        truth = read_floats(taught.inputs, batch * self.network.w1.shape[1]).reshape(batch, -1)
        labels = read_floats(taught.labels, batch).astype(np.int64)
        return Victims(Seen(self.network, update, batch), truth, labels)

    def refusal(self, hospitals: Federation, hospital: str, batch: int) -> Diagnostic:
        """What a hospital says that protects its patients, asked for the same."""
        try:
            self.raw(hospitals, hospital, batch)
        except Refused as refused:
            return refused.diagnostics[0]
        raise AssertionError("a hospital gave a raw update that its policy forbids")

    def released(self, like: Victims) -> Victims:
        """What the first hospital that answered released instead, to be compared with the same persons."""
        from ..attacks.programs import update_of

        update = next(iter(self.first.updates.values()))
        seen = Seen(self.network, update_of(self.program, update), len(like.truth))
        return Victims(seen, like.truth, like.labels)

    def read(self, of: Victims) -> Reconstruction:
        """What peeling finds in an update, and behind it what single neurons tell."""
        *_, found = attacked(Setting(attack="peel"), of)
        return found

    def as_shown(self, of: Victims) -> Victims:
        """Persons as they are shown: pictures, which the model takes from -1 to 1, from 0 to 1; records stay."""
        return of if self.shown.shape is None else replace(of, truth=(of.truth + 1) / np.float32(2))

    def found_as_shown(self, found: Reconstruction) -> Reconstruction:
        """What was reconstructed of them, likewise."""
        return found if self.shown.shape is None else replace(found, points=(found.points + 1) / 2)


def _exhibit(first: FirstRound, network: Network) -> Exhibit:
    training = first.release.aggregate.statistic
    assert isinstance(training, Training)
    recipe = training.recipe
    assert isinstance(recipe, Recipe)
    columns = tuple(column for one in recipe.inputs for column in _columns(one))
    side = round(len(columns) ** 0.5)
    stems = {one.name.rstrip("0123456789") for one in recipe.inputs}
    picture = len(columns) >= _PICTURE and side * side == len(columns) == len(recipe.inputs) and len(stems) == 1
    return Exhibit(
        f"`{first.release.name}` on {first.release.aggregate.cohort.table.name}", "",
        np.zeros((0, network.w1.shape[1]), np.float32), np.zeros(0, np.int64), len(network.b2),
        shape=(1, side, side) if picture else None, columns=() if picture else columns,
    )  # fmt: skip


def _columns(one: Input) -> list[Column]:
    """The numbers that an input becomes (see `language.features`), each as people read it."""
    if one.size > 1:
        return [Column(f"{one.name} {label}", "", 0, 0.0, 1.0, ("no", "yes")) for label in one.categories]
    if one.kind in ("bool", "category"):
        return [Column(one.name, "", 0, 0.5, 1.0, one.categories or ("no", "yes"))]
    middle = (one.lo + one.hi) / 2
    return [Column(one.name, one.unit, _DECIMALS.get(one.kind, 0), middle, one.hi)]
