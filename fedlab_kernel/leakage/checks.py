"""What a hospital may check before it trains a model that it was sent: a defence that is no privacy.

A check can refuse a forged network. It cannot make an honest one keep secrets, which is why the last of these refuses
honest networks too, wherever they would give a batch away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..attacks.optimising import OPTIMISING
from ..attacks.sent.cnn import NAME as CNN
from ..attacks.stages import through
from ..exhibits import Exhibit, order
from ..gate.exposure import exposure
from .experiment import sent
from .setting import INCONSISTENT, Setting

NONE: Final = "none"
CHECKS: Final = {
    NONE: "nothing is checked",
    "start": "the start is recomputed from its seed",
    "same": "hospitals compare what they were sent",
    "exposure": "it is attacked on public persons first",
}
"""The checks by name, each for people."""

MOST_EXPOSED: Final = 0.1
"""The share of public persons that may come out of a network that is trained."""


def refusal(check: str, setting: Setting, data: Exhibit, seed: int) -> str:
    """Why a hospital that checks this does not train the network; "" where it does.

    Args:
        check: one of `CHECKS`.
        setting: what is tried.
        data: of the setting.
        seed: which the server states, and of the experiment.
    """
    if check == "same" and setting.model == INCONSISTENT:
        return "another hospital was sent another one: the digests differ."
    if check == "start" and setting.model != "honest":
        return f"its weights are not those that seed {seed} gives."
    if check == "exposure" and setting.attack not in OPTIMISING:
        outside = order(len(data.inputs), seed)[setting.persons :]
        if len(outside) < setting.batch:
            return f"there are no {setting.batch} public persons to try it on."
        network, rows = sent(setting, data, seed), data.inputs[outside]
        if setting.model == CNN:  # its convolutions copy the picture: what enters the dense layer is attacked
            network, rows = replace(network, front=()), through(network.front, rows)
        found = exposure(network, rows, data.labels[outside], setting.batch)
        share = max(found.passive, found.peeled or 0.0)
        if share > MOST_EXPOSED:
            return f"of {setting.batch} public persons {share:.0%} come out of it; at most {MOST_EXPOSED:.0%} may."
    return ""
