"""A sum over ten hospitals, and how a server undoes it: sybils, inconsistent models, and the noise that is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fedlab_kernel.attacks.read.peeling import peel
from fedlab_kernel.attacks.reconstruction import recall
from fedlab_kernel.attacks.sums import inconsistent_models, remaining_noise, summed, zero_gradient_sybils
from fedlab_kernel.leakage.clients import here
from fedlab_kernel.leakage.experiment import epsilon, sent
from fedlab_kernel.leakage.setting import DELTA, Setting

from .data import exhibit
from .table import Line, Table, of_lines, shown
from .trials import recalls, trials

HOSPITALS, EACH, VICTIM = 10, 20, 3
SETTING = Setting(data="mnist", batch=EACH, hospitals=HOSPITALS, summed=True)
PROMISED, SYBILS = (1.0, 0.003), (1, 5, 9)
SUMMED = f"""\
MNIST, {HOSPITALS} hospitals of {EACH} persons, N = 1000, honest weights, only the sum is seen. In the first row
recall is over all {HOSPITALS * EACH}, in the others over the {EACH} of one victim: the server owns the others, or sends
them layers that are dead (Pasquini et al. 2022)."""
LEFT = f"""\
Distributed noise is sized so that any nine of ten hospitals together give what was promised; sybils give none. Noise is
the multiplier of the sum's, clipping to 1, ε of one step at δ = {DELTA:g}; PSNR is of one hospital's MNIST pictures
behind that noise, B = {EACH}, single neurons, each compared with the nearest quotient."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """Two tables."""
    undone = [_undone(seed) for seed in seeds]
    lines = [
        Line("the sum as it is, peeled", recalls(SETTING, seeds)),
        Line("nine sybils that send zeros", [one for one, _ in undone]),
        Line("nine hospitals with dead layers", [one for _, one in undone]),
    ]
    yield of_lines("A sum undone", SUMMED, lines)
    rows = []
    for promised in PROMISED:
        for sybils in SYBILS:
            left = remaining_noise(promised, HOSPITALS, sybils)
            setting = Setting(data="mnist", batch=EACH, attack="passive", noise=left)
            ratios = [one.psnr or 0.0 for one in trials(setting, seeds)]
            rows.append((f"{promised:g}", f"{sybils}", f"{left:.3g}", f"{epsilon(setting):.3g}", shown(ratios, 1)))
    heading = ("promised", "sybils of ten", "left", "ε", "PSNR, dB")
    yield Table("The noise that sybils leave", LEFT, heading, rows)


def _undone(seed: int) -> tuple[float, float]:
    """The victim's recall among sybils, and among hospitals whose layers are dead."""
    network, data = sent(SETTING, exhibit("mnist"), seed), exhibit("mnist")
    client = here(data)
    models = inconsistent_models(network, HOSPITALS, VICTIM)
    samples = [client(model, SETTING, seed, at * EACH) for at, model in enumerate(models)]
    victim = samples[VICTIM]
    nothing = victim.update.each(np.zeros_like)
    among_sybils = zero_gradient_sybils(summed([victim.update, *[nothing] * (HOSPITALS - 1)]))
    totals = among_sybils, summed([one.update for one in samples])
    first, second = (recall(peel(total, network, EACH).points, victim.truth) for total in totals)
    return first, second
