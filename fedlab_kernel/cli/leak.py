"""`fedlab leak`: how much an update tells of the persons behind it, measured."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Refused, diagnose
from .command import FINE, Command, add_format

if TYPE_CHECKING:
    from ..exhibits import Exhibit
    from ..leakage.outcome import Outcome
    from ..leakage.setting import Setting

DESCRIPTION = """\
Measure how much of a batch comes out of the update that a hospital would send without protection.
Everything is computed on this machine; no hospital is asked, and nothing is charged.

--data is a built-in name (faces, digits, phantoms, patients, patients-z, heart), an npz file with `images`
(N×H×W or N×H×W×3, uint8 or float from 0 to 1) or `records` (N×d) and maybe `labels`, or a folder of pictures."""

EPILOG = """\
A person came out "exactly" where no number is off by more than 0.001 on the scale of the model.
JSON has each figure's mean with its values by seed under "by_seed"; null where a figure does not apply.

  fedlab leak --data faces --batch 50
  fedlab leak --data patients --batch 20 --noise 1 --seeds 5
  fedlab leak --data digits --batch 20 --hospitals 10 --sum --model ladder --figure stolen.png"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is attacked, how, and behind which defences."""
    from ..leakage.setting import ATTACKS, MODELS, UPLOADS, Setting

    usual = Setting()
    number: dict[str, Any] = {"type": int, "metavar": "N"}
    amount: dict[str, Any] = {"type": float, "metavar": "X"}
    parser.add_argument("--data", default=usual.data, metavar="D", help=f"{usual.data} by default; see above")
    parser.add_argument("--batch", default=usual.batch, **number, help="persons in an update; 50 by default")
    parser.add_argument("--neurons", default=usual.neurons, **number, help="of the hidden layer; 1000 by default")
    parser.add_argument(
        "--model", default=usual.model, choices=list(MODELS), metavar="M",
        help="what the server sends; " + "; ".join(f"{name}: {title}" for name, title in MODELS.items()),
    )  # fmt: skip
    parser.add_argument(
        "--factor", default=usual.factor, **amount,
        help=f"of --model trap: positive weights are the negative ones times this; {usual.factor:g} by default",
    )  # fmt: skip
    parser.add_argument(
        "--attack", default=usual.attack, choices=list(ATTACKS), metavar="A",
        help="; ".join(f"{name}: {title}" for name, title in ATTACKS.items()),
    )  # fmt: skip
    parser.add_argument("--hospitals", default=1, **number, help="how many send an update; 1 by default")
    parser.add_argument("--sum", action="store_true", help="only the sum over hospitals is seen")
    parser.add_argument("--local-steps", default=1, **number, help="of each hospital, on its whole batch")
    parser.add_argument("--rate", default=usual.rate, **amount, help="the learning rate of local steps; 0.01")
    parser.add_argument("--clip", default=0.0, **amount, help="the clipping norm of a person's gradient; 0 for none")
    parser.add_argument(
        "--noise", default=0.0, **amount, help="the noise multiplier; clips to 1 if --clip is not given"
    )
    parser.add_argument("--upload", default=usual.upload, choices=list(UPLOADS), help="what is done to the numbers")
    parser.add_argument("--pooling", default=1, **number, help="pictures are averaged over squares of this side")
    parser.add_argument("--dropout", default=0.0, **amount, help="the share of each person's numbers that is dropped")
    parser.add_argument("--seeds", default=1, **number, help="how many experiments; 1 by default")
    parser.add_argument("--figure", type=Path, metavar="PNG", help="draw the first experiment into a file")
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Make the experiments, and print their figures."""
    from ..exhibits.files import load
    from ..leakage.experiment import trial
    from ..leakage.outcome import mean
    from ..leakage.words import in_words

    if options.seeds < 1:
        raise Refused(diagnose("FU514", f"{options.seeds} experiments cannot be made", fix="--seeds 1 or more"))
    data, setting = load(options.data), _setting(options)
    setting.require_possible(data)
    if data.notes and options.format == "text":
        print(data.notes, file=sys.stderr)
    if options.figure is not None:
        _draw(setting, data, options.figure)
    outcomes = [trial(setting, data, seed) for seed in range(options.seeds)]
    if options.format == "json":
        print(json.dumps(_json(mean(outcomes), outcomes)))
    else:
        print("\n".join(in_words(setting, data.title, outcomes)))
    return FINE


def _setting(options: argparse.Namespace) -> Setting:
    from ..leakage.setting import Setting

    return Setting(
        data=options.data, batch=options.batch, neurons=options.neurons, model=options.model, factor=options.factor,
        attack=options.attack, hospitals=options.hospitals, summed=options.sum, steps=options.local_steps,
        rate=options.rate, clip=options.clip, noise=options.noise, upload=options.upload, pooling=options.pooling,
        dropout=options.dropout,
    )  # fmt: skip


def _draw(setting: Setting, data: Exhibit, path: Path) -> None:
    from ..leakage.drawing import figure, headline
    from ..leakage.experiment import attacked, victims
    from ..leakage.outcome import match

    first = victims(setting, data, 0)[0]
    *_, found = attacked(setting, first)
    drawing = figure(data, first, found, headline(data, match(found.points, first.truth)))
    try:
        drawing.savefig(path, format="png")
    except OSError:
        problem = f"the figure cannot be written to {path}"
        raise Refused(diagnose("FU514", problem, fix="name a file in a folder that you may write to")) from None


def _json(mean: Outcome, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    from ..leakage.outcome import FIGURES

    return {
        name: {"mean": getattr(mean, name), "by_seed": [getattr(one, name) for one in outcomes]} for name in FIGURES
    }


COMMAND = Command("leak", "measure how much an update tells of the persons in it", DESCRIPTION, arguments, run, EPILOG)
