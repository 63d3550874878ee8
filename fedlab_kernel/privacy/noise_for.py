"""The noise of a release, from what is released and its price: the one place where the two meet."""

from __future__ import annotations

from fedlab_kernel.language.statistics.statistic import Noised
from fedlab_kernel.language.training import Training

from .calibration import calibrate, calibrate_run
from .events import Event


def event_for(noised: Noised, epsilon: float, delta: float) -> Event:
    """The least noise that costs at most `epsilon` at `delta`.

    Raises:
        Refused: FP105 or FP108, as `calibrate`.
    """
    if isinstance(noised, Training):
        run = noised
        return calibrate_run(run.sample_rate, run.rounds, run.steps, run.sensitivity, epsilon, delta)
    return calibrate(noised.norm, noised.sensitivity, epsilon, delta)
