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
    from ..leakage.options import OPTIONS
    from ..leakage.setting import ATTACKS, MODELS, UPLOADS

    parser.add_argument("--data", default="faces", metavar="D", help="what to steal; faces by default; see above")
    choices: dict[str, Any] = {"--model": MODELS, "--attack": ATTACKS, "--upload": UPLOADS}
    for name, declared in OPTIONS.items():
        parser.add_argument(name, **declared).choices = choices.get(name)
    parser.add_argument("--seeds", default=1, type=int, metavar="K", help="how many experiments; 1 by default")
    parser.add_argument("--figure", type=Path, metavar="PNG", help="draw the first experiment into a file")
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Make the experiments, and print their figures."""
    from ..exhibits.files import load
    from ..leakage.experiment import trial
    from ..leakage.options import setting_of
    from ..leakage.outcome import mean
    from ..leakage.words import in_words

    if options.seeds < 1:
        raise Refused(diagnose("FU514", f"{options.seeds} experiments cannot be made", fix="--seeds 1 or more"))
    data = load(options.data)
    setting = setting_of(options, options.data, data)
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
