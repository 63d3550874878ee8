"""What is attacked, how, and behind which defences: one row of switches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from ..attacks import lossy
from ..attacks.optimising import OPTIMISING
from ..attacks.read import TITLES
from ..attacks.sent import TITLES as SENT_TITLES
from ..attacks.sent import trap
from ..errors import Refused, diagnose
from ..exhibits import Exhibit

ATTACKS: Final = {**TITLES, **OPTIMISING}
"""The attacks by name, each with its name for people."""

INCONSISTENT: Final = "inconsistent"
MODELS: Final = {**SENT_TITLES, INCONSISTENT: "One hospital's alone: the others get dead layers"}
"""What the server can send, by name, each for people."""

UPLOADS: Final = {name: title for name, (title, _) in lossy.UPLOADS.items()}
"""What a client does to its update's numbers before it sends them."""

_BATCH, _NEURONS = 50, 1000
_SMALLER: Final = {"phantoms": (20, 400)}
"""Of data whose pictures are so large that no hospital trains wider networks."""

MOST_PERSONS: Final = 2000
MOST_NEURONS: Final = 10_000
SMALLEST: Final = 1e-6
LARGEST: Final = 1e6
"""Bounds of a clipping norm and a noise multiplier, which float32 updates survive."""
DELTA: Final = 1e-5
"""Of the epsilon that is shown beside noise."""


def usual_neurons(data: str) -> int:
    """How many neurons an experiment on some data begins with."""
    return _SMALLER.get(data, (_BATCH, _NEURONS))[1]


def usual_batch(data: str) -> int:
    """How many persons it begins with, if there are as many."""
    return _SMALLER.get(data, (_BATCH, _NEURONS))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One experiment.

    Attributes:
        data: what it is about: a built-in name, an npz file or a folder of pictures.
        batch: persons in each hospital's update.
        neurons: of the hidden layer.
        model: what the server sends, one of `MODELS`.
        factor: of trap weights: how much smaller the positive ones are than the negative; other models have none.
        attack: how the update is read, one of `ATTACKS`.
        hospitals: how many send an update.
        summed: whether only their sum is seen.
        steps: local steps, each on the whole batch.
        rate: the learning rate of local steps.
        clip: the clipping norm of each person's gradient; 0 for none.
        noise: the noise multiplier: the noise of the sum in clipping norms; 0 for none.
        upload: one of `UPLOADS`.
        pooling: pictures are averaged over squares of so many pixels before the dense layer; 1 for not.
        dropout: the share of each person's numbers that are dropped by chance before the dense layer.
    """

    data: str = "faces"
    batch: int = _BATCH
    neurons: int = _NEURONS
    model: str = "honest"
    factor: float = trap.FACTOR
    attack: str = "peel"
    hospitals: int = 1
    summed: bool = False
    steps: int = 1
    rate: float = 0.01
    clip: float = 0.0
    noise: float = 0.0
    upload: str = "float32"
    pooling: int = 1
    dropout: float = 0.0

    @property
    def persons(self) -> int:
        """In all updates together."""
        return self.batch * self.hospitals

    @property
    def seen(self) -> int:
        """Persons in what the server can read: all of them, or one hospital's where the others get dead layers."""
        return self.batch if self.model == INCONSISTENT else self.persons

    @property
    def norm(self) -> float:
        """The clipping norm that holds: noise without one is given 1."""
        return self.clip or (1.0 if self.noise else 0.0)

    def require_possible(self, data: Exhibit) -> None:
        """Refuse what cannot be tried on these data.

        Raises:
            Refused: FU514, with what to change.
        """
        for holds, problem, fix in self._conditions(data):
            if not holds:
                raise Refused(diagnose("FU514", problem, fix=fix))

    def possible(self, data: Exhibit) -> bool:
        """Whether these data allow it; see `require_possible`."""
        return all(holds for holds, _, _ in self._conditions(data))

    def _conditions(self, data: Exhibit) -> Iterator[tuple[bool, str, str]]:
        there, what = len(data.inputs), "record" if data.shape is None else "picture"
        what += "s" if there != 1 else ""
        problem = f"{self.persons} persons cannot be drawn from the {there} {what} of `{data.title}`"
        fix = f"1 to {there} in all" if there > 1 else "1"
        yield self.batch >= 1 and self.hospitals >= 1 and self.persons <= there, problem, fix
        yield self.persons <= MOST_PERSONS, f"{self.persons} persons are too many", f"at most {MOST_PERSONS}"
        alike = there > 1 and not (data.inputs != data.inputs[0]).any()
        yield (
            self.persons == 1 or not alike,
            f"all {what} of `{data.title}` are the same, so a blend of several equals each, and nothing can be shown",
            "give persons who differ",
        )
        yield (
            1 <= self.neurons <= MOST_NEURONS,
            f"a layer of {self.neurons} neurons cannot be made",
            f"1 to {MOST_NEURONS}",
        )
        yield self.model in MODELS, f"there is no model `{self.model}`", f"choose one of {', '.join(MODELS)}"
        yield 0 < self.factor <= 1, f"a factor of {self.factor:g} makes no trap weights", "above 0, at most 1"
        yield self.attack in ATTACKS, f"there is no attack `{self.attack}`", f"choose one of {', '.join(ATTACKS)}"
        yield self.upload in UPLOADS, f"there is no upload `{self.upload}`", f"choose one of {', '.join(UPLOADS)}"
        yield 1 <= self.steps <= 100, f"{self.steps} local steps cannot be made", "1 to 100"
        yield 0 < self.rate <= 10, f"a learning rate of {self.rate:g} is not possible", "above 0, at most 10"
        yield 0 <= self.clip < inf, "a clipping norm is a number from 0 on", "0 for none"
        yield 0 <= self.noise < inf, "a noise multiplier is a number from 0 on", "0 for none"
        for value, name in ((self.clip, "a clipping norm"), (self.noise, "a noise multiplier")):
            held = value == 0 or SMALLEST <= value <= LARGEST
            yield held, f"{name} of {value:g} is beyond what float32 holds", f"0, or {SMALLEST:g} to {LARGEST:g}"
        yield (
            not (self.norm and self.steps > 1),
            "clipping and noise are for one step; several local steps are taken without",
            "one local step, or no clipping and no noise",
        )
        yield (
            self.attack != "differential" or data.classes == 2,
            f"differences of neurons tell persons apart where there are two classes; `{data.title}` has {data.classes}",
            "the attack `peel`",
        )
        yield (
            self.attack != "fedavg" or self.steps > 1,
            "one local step is a gradient, which `peel` reads",
            "the attack `peel`",
        )
        yield (
            self.model != INCONSISTENT or (self.summed and self.hospitals > 1),
            "inconsistent models undo a sum, and here none is seen",
            "several hospitals of which only the sum is seen, or an honest model",
        )
        yield 0 <= self.dropout < 1, f"a share of {self.dropout:g} cannot be dropped", "0 for none, below 1"
        yield (
            self.dropout == 0 or (self.model != "cnn" and self.attack not in OPTIMISING),
            "dropout is tried in front of a dense layer, and here convolutions are",
            "no dropout",
        )
        forged = self.model not in ("honest", "trap", INCONSISTENT)
        yield (
            not forged or self.persons + 2 <= there,
            f"the server tunes `{self.model}` on persons outside the batches, and too few are left there",
            "a smaller batch, or an honest model",
        )
        picture = data.shape is not None
        yield picture or self.model != "cnn", "convolutions need pictures; these are records", "another model"
        yield picture or self.pooling == 1, "pooling needs pictures; these are records", "no pooling"
        sides = data.shape[1:] if data.shape else (1,)
        tiling = [side for side in range(1, min(sides) + 1) if all(each % side == 0 for each in sides)]
        yield (
            self.pooling >= 1 and all(side % self.pooling == 0 for side in sides),
            f"squares of side {self.pooling} do not tile pictures of {' by '.join(map(str, sides))} pixels",
            f"what divides both sides: {', '.join(map(str, tiling))}",
        )
        yield (
            self.model != "cnn" or self.pooling == 1,
            "the forged convolutions leave no place for pooling",
            "no pooling",
        )
        yield from self._of_optimising(data)

    def _of_optimising(self, data: Exhibit) -> Iterator[tuple[bool, str, str]]:
        if self.attack not in OPTIMISING:
            return
        yield data.shape is not None, f"`{self.attack}` reconstructs pictures; these are records", "`passive` or `peel`"
        yield self.batch <= 8, f"`{self.attack}` is for 1 to 8 pictures at a time", "a batch of 1"
        yield (
            self.hospitals == 1 and self.steps == 1,
            f"`{self.attack}` reads one gradient of one hospital",
            "one hospital, one step",
        )
        yield self.model == "honest", f"`{self.attack}` attacks an honest convolutional network", "an honest model"
        yield self.upload == "float32", f"`{self.attack}` reads numbers as they were computed", "the upload `float32`"
        yield self.pooling == 1, f"`{self.attack}` brings its own network", "no pooling"
