"""The switches of a `Setting` as options of a line, the same for `fedlab leak` and `%fedleak`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from ..attacks.optimising import OPTIMISING
from ..exhibits import Exhibit
from .setting import ATTACKS, MODELS, UPLOADS, Setting, usual_batch, usual_neurons


def chosen(given: argparse.Namespace) -> dict[str, Any]:
    """What a line says of a setting, by the setting's own names; what it leaves out is not there."""
    return {one.name: getattr(given, one.name) for one in fields(Setting) if hasattr(given, one.name)}


def setting_of(given: argparse.Namespace, name: str, data: Exhibit) -> Setting:
    """The experiment that a line asks for; where it says no batch, as many persons as the data and the attack allow.

    Args:
        given: what the line says.
        name: of the data.
        data: themselves.
    """
    said = chosen(given) | {"data": name}
    setting = Setting(**({"neurons": usual_neurons(name)} | said))
    if "batch" in said:
        return setting
    most = 1 if setting.attack in OPTIMISING else usual_batch(name)
    return replace(setting, batch=max(1, min(most, len(data.inputs) // max(1, setting.hospitals))))


def _each(titles: Mapping[str, str]) -> str:
    return "; ".join(f"{name} = {title[0].lower()}{title[1:]}" for name, title in titles.items())


def _number(dest: str, says: str) -> dict[str, Any]:
    return {"dest": dest, "type": int, "metavar": "N", "default": argparse.SUPPRESS, "help": says}


def _amount(dest: str, says: str) -> dict[str, Any]:
    return {"dest": dest, "type": float, "metavar": "X", "default": argparse.SUPPRESS, "help": says}


def _name(dest: str, letter: str, says: str) -> dict[str, Any]:
    return {"dest": dest, "metavar": letter, "default": argparse.SUPPRESS, "help": says}


_USUAL: Final = Setting()

OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "--batch": _number(
        "batch", f"persons in each hospital's update; {_USUAL.batch} by default, fewer where data or attack want that"
    ),
    "--neurons": _number(
        "neurons", f"how wide the hidden layer is; {_USUAL.neurons} by default, {usual_neurons('phantoms')} of phantoms"
    ),
    "--model": _name("model", "M", f"what the server sends, {_USUAL.model} by default: {_each(MODELS)}"),
    "--factor": _amount(
        "factor", f"of --model trap: positive weights are the negative ones times this; {_USUAL.factor:g} by default"
    ),
    "--attack": _name("attack", "A", f"how the update is read, {_USUAL.attack} by default: {_each(ATTACKS)}"),
    "--hospitals": _number("hospitals", f"how many send an update; {_USUAL.hospitals} by default"),
    "--sum": {
        "dest": "summed", "action": "store_true", "default": argparse.SUPPRESS,
        "help": "only the sum over hospitals is seen",
    },
    "--local-steps": _number(
        "steps", f"steps that each hospital takes on its whole batch; {_USUAL.steps} by default"
    ),
    "--rate": _amount("rate", f"the learning rate of local steps; {_USUAL.rate:g} by default"),
    "--clip": _amount("clip", "the clipping norm of each person's gradient; 0, the default, for none"),
    "--noise": _amount(
        "noise", "the noise multiplier; 0, the default, for none. Without --clip it clips to 1"
    ),
    "--upload": _name("upload", "U", f"how the numbers are sent, {_USUAL.upload} by default: {_each(UPLOADS)}"),
    "--pooling": _number("pooling", "pictures are averaged over squares of so many pixels a side"),
    "--dropout": _amount("dropout", "the share of each person's numbers that is dropped; 0, the default, for none"),
}  # fmt: skip
"""What each is declared with, for `argparse`."""
