"""A lesson: experiments whose updates a hospital for lessons sends where it can, told as they go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..attacks.read import READ
from ..attacks.reconstruction import Reconstruction
from ..attacks.seen import Seen
from ..errors import Refused, diagnose
from ..exhibits import Exhibit, order, titles
from ..federation.session import Federation
from ..policy.policy import LARGEST_MODEL
from .checks import NONE, refusal
from .clients import Client, hospital
from .experiment import attacked, figures, sent, victims
from .outcome import Outcome, outcome
from .setting import Setting
from .victims import Victims


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """An experiment as it stands.

    Attributes:
        data, setting: what is tried.
        of: whose update is seen; of several hospitals the first.
        found: what the attack has so far.
        sender: who computed the update, for people.
        over: whether this is all.
        refused: why the hospital does not train the network, where it checks that; else "".
    """

    data: Exhibit
    setting: Setting
    of: Victims
    found: Reconstruction
    sender: str
    over: bool
    refused: str = ""

    @property
    def figures(self) -> Outcome:
        """Of what the attack has so far; they take longer than a round of it, so that only who shows them has them."""
        if self.refused:
            return outcome(self.found, self.of.truth, self.data)
        return figures(self.setting, self.data, self.of, self.found)


def steal(
    setting: Setting,
    data: Exhibit,
    seed: int,
    classroom: Callable[[], Federation] | None = None,
    check: str = NONE,
) -> Iterator[Shown]:
    """What the attack has after each round; first what is read at once, whatever the attack.

    Args:
        setting: what is tried; refused where that is impossible.
        data: the setting's.
        seed: of the network and the batch.
        classroom: gives the hospitals for lessons; None where nobody is to be asked.
        check: what the hospital checks of the network before, one of `CHECKS`.

    Raises:
        Refused: FU514; or what the hospital says.
    """
    setting.require_possible(data)
    if refused := refusal(check, setting, data, seed):
        yield _refused(setting, data, seed, refused)
        return
    reason = "" if classroom is None else _why_here(setting, data)
    client: Client | None = None
    sender = f"computed in this process{reason}"
    if classroom is not None and not reason:
        federation = classroom()
        name = ready(federation)
        every = f", for each of the {setting.hospitals} hospitals" if setting.hospitals > 1 else ""
        client, sender = hospital(federation, name, setting.data, data), f"sent by {name}, a process of its own{every}"
    of = victims(setting, data, seed, client)[0]
    yield from _rounds(setting, data, of, sender)


def again(shown: Shown, setting: Setting, seed: int, check: str = NONE) -> Iterator[Shown]:
    """The same batch behind other defences, computed here; what the attack has after each round, as of `steal`.

    Args:
        shown: an experiment before, on the same data.
        setting: with other switches.
        seed: as before.
        check: as of `steal`.

    Raises:
        Refused: FU514.
    """
    setting.require_possible(shown.data)
    if refused := refusal(check, setting, shown.data, seed):
        yield _refused(setting, shown.data, seed, refused)
        return
    of = victims(setting, shown.data, seed)[0]
    yield from _rounds(setting, shown.data, of, "computed in this process")


def _refused(setting: Setting, data: Exhibit, seed: int, why: str) -> Shown:
    """Nothing was sent, and nothing is found."""
    drawn = order(len(data.inputs), seed)[: setting.batch]
    truth = data.inputs[drawn]
    found = Reconstruction(np.zeros((0, truth.shape[1])), np.zeros(0, np.bool_), np.zeros(0, np.int64), 0.0)
    network = sent(setting, data, seed)
    of = Victims(Seen(network, network.each(np.zeros_like), setting.batch), truth, data.labels[drawn])
    return Shown(data, setting, of, found, "none was sent", True, why)


def _rounds(setting: Setting, data: Exhibit, of: Victims, sender: str) -> Iterator[Shown]:
    def shown(found: Reconstruction, over: bool) -> Shown:
        return Shown(data, setting, of, found, sender, over)

    if isinstance(of.seen, Seen):
        (found,) = READ["passive"](of.seen)
        yield shown(found, False)
    for found in attacked(setting, of):
        yield shown(found, False)
    yield shown(found, True)


def ready(classroom: Federation) -> str:
    """The first hospital for lessons that runs.

    Raises:
        Refused: FF401 where none does, with what the first one says.
    """
    for name, info in classroom.hospitals.items():
        if info.state == "ready":
            return name
    told = next(iter(classroom.hospitals.values())).message
    raise Refused(diagnose("FF401", f"No hospital for lessons runs. {told}".rstrip()))


def _why_here(setting: Setting, data: Exhibit) -> str:
    """Why no hospital is asked; "" where one can be."""
    if setting.data not in titles():
        return ": these data did not come with fedlab, and no hospital gives raw updates of others"
    if setting.model == "cnn" or setting.pooling > 1 or setting.dropout:
        return ": hospitals for lessons train dense networks"
    if (data.inputs.shape[1] + 1 + data.classes) * setting.neurons + data.classes > LARGEST_MODEL:
        return f": no hospital trains networks of more than {LARGEST_MODEL:,} weights"
    return ""
