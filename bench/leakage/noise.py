"""Differential privacy: when pictures are gone, and when a guarantee begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fedlab_kernel.attacks.linear import best_linear
from fedlab_kernel.attacks.reconstruction import Reconstruction
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.exhibits import Exhibit, order
from fedlab_kernel.leakage.experiment import attacked, epsilon, figures, victims
from fedlab_kernel.leakage.outcome import Outcome, outcome
from fedlab_kernel.leakage.setting import DELTA, Setting

from .data import exhibit
from .table import Table, shown

BATCH = 20
NOISES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
HEADING = ("noise", "ε", "recall", "PSNR, dB", "SSIM", "oracle: PSNR, dB", "oracle: SSIM")
NOTE = f"""\
B = {BATCH}, N = 1000, honest networks, each person's gradient clipped to 1. Noise is the multiplier of the sum's; ε is
of one step, at δ = {DELTA:g}. Single neurons first: each person is compared with the nearest of a thousand quotients, a
choice that no attacker can make. The oracle adds up all rows by least squares, being told who fires which neuron and
how loudly: no linear attack without bias does better. In the last row nobody sends anything, and the mean of all other
pictures stands for everybody."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """Two tables."""
    for name in ("phantoms", "faces"):
        data, rows = exhibit(name), []
        for noise in NOISES:
            setting = Setting(data=name, batch=BATCH, attack="passive", clip=1.0, noise=noise)
            setting.require_possible(data)
            of_step = epsilon(setting)
            read, told = zip(*(_both(setting, data, seed) for seed in seeds), strict=True)
            price = "none" if of_step is None else f"{of_step:.3g}"
            rows.append((f"{noise:g}", price, shown([one.recall for one in read], 2), *_alike(read), *_alike(told)))
        nothing = [_nothing(data, seed) for seed in seeds]
        rows.append(("nobody sends", "0", shown([one.recall for one in nothing], 2), *_alike(nothing), "", ""))
        yield Table(f"Noise, {name}", NOTE, HEADING, rows)


def _both(setting: Setting, data: Exhibit, seed: int) -> tuple[Outcome, Outcome]:
    """What single neurons tell, and what the oracle says of those whom it can tell apart."""
    (of,) = victims(setting, data, seed)
    assert isinstance(of.seen, Seen)
    *_, read = attacked(setting, of)
    told = best_linear(of.seen.update, of.seen.network, of.truth, of.labels, setting.norm, setting.noise)
    return figures(setting, data, of, read), outcome(_uncertified(told.points), of.truth[told.persons], data)


def _nothing(data: Exhibit, seed: int) -> Outcome:
    """What the mean of all who are not in the batch tells of those who are."""
    persons = order(len(data.inputs), seed)
    mean = data.inputs[persons[BATCH:]].mean(axis=0, dtype=np.float64)
    return outcome(_uncertified(mean[None]), data.inputs[persons[:BATCH]], data)


def _uncertified(points: npt.NDArray[np.float64]) -> Reconstruction:
    return Reconstruction(points, np.zeros(len(points), np.bool_), np.full(len(points), -1), 0.0)


def _alike(found: Sequence[Outcome]) -> tuple[str, str]:
    ratios = [one.psnr for one in found if one.psnr is not None]
    likenesses = [one.ssim for one in found if one.ssim is not None]
    return shown(ratios, 1), shown(likenesses, 2)
