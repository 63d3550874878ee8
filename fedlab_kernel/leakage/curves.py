"""How attacks fare along one switch: recall by batch, neurons and trap factor; what noise leaves, and its epsilon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..attacks.linear import best_linear
from ..attacks.quality import psnr
from ..attacks.seen import Seen
from ..errors import Refused, diagnose
from ..exhibits import Exhibit, order
from .experiment import attacked, epsilon, figures, victims
from .outcome import match
from .setting import Setting
from .victims import Victims

Floats = npt.NDArray[np.floating]
Progress = Callable[[int, int], None]
"""Is told how many experiments are done, of how many."""

SEEDS: Final = 3
BATCHES: Final = (5, 10, 20, 50, 100, 200)
NEURONS: Final = (100, 300, 1000, 3000)
FACTORS: Final = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 1.0)
NOISES: Final = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
READERS: Final = ("passive", "peel")
_FEWEST: Final = 2  # places that make a curve


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure of the lab at some values of a switch.

    Attributes:
        name: of the attack, or of the figure.
        at: the switch's values, ascending.
        by_seed: at each, the figure in every experiment.
    """

    name: str
    at: tuple[float, ...]
    by_seed: tuple[tuple[float, ...], ...]

    @property
    def mean(self) -> tuple[float, ...]:
        """Over the experiments at each value."""
        return tuple(float(np.mean(one)) for one in self.by_seed)


@dataclass(frozen=True, slots=True)
class NoiseCurves:
    """What noise leaves of pictures.

    Attributes:
        psnr: of the nearest quotient of a neuron, in dB, the mean over persons.
        ssim: of the same.
        linear: the PSNR, in dB, of whom the best linear oracle tells (see `attacks.linear`).
        blank: the PSNR, in dB, of the average of pictures that are not in the batch, which shows nobody.
        epsilon: of each noise multiplier.
    """

    psnr: Curve
    ssim: Curve
    linear: Curve
    blank: float
    epsilon: tuple[float, ...]


def silent(done: int, of: int) -> None:
    """Progress that nobody looks at."""


def recall_by_batch(setting: Setting, data: Exhibit, seeds: int = SEEDS, tell: Progress = silent) -> list[Curve]:
    """Recall of reading neurons and of peeling, by persons in the batch.

    Args:
        setting: whose other switches hold.
        data: its data.
        seeds: experiments at each place, on the same updates for both attacks.
        tell: is told how far it is.

    Raises:
        Refused: FU514 where fewer than two of `BATCHES` are possible.
    """
    return _recalls(data, [(batch, replace(setting, attack="peel", batch=batch)) for batch in BATCHES], seeds, tell)


def recall_by_neurons(setting: Setting, data: Exhibit, seeds: int = SEEDS, tell: Progress = silent) -> list[Curve]:
    """The same by neurons of the hidden layer; see `recall_by_batch`."""
    return _recalls(
        data, [(neurons, replace(setting, attack="peel", neurons=neurons)) for neurons in NEURONS], seeds, tell
    )


def recall_by_factor(setting: Setting, data: Exhibit, seeds: int = SEEDS, tell: Progress = silent) -> list[Curve]:
    """The same by the factor of trap weights, whatever model the setting names; see `recall_by_batch`."""
    trapped = replace(setting, attack="peel", model="trap")
    return _recalls(data, [(factor, replace(trapped, factor=factor)) for factor in FACTORS], seeds, tell)


def quality_by_noise(setting: Setting, data: Exhibit, seeds: int = SEEDS, tell: Progress = silent) -> NoiseCurves:
    """How much pictures read from neurons are like the true ones, and what noise guarantees, by its multiplier.

    Args:
        setting: whose other switches hold; one hospital, or only a sum, is looked at.
        data: its data, pictures.
        seeds: experiments at each place.
        tell: is told how far it is.

    Raises:
        Refused: FU514 where the data are records, or noise is not possible with the other switches.
    """
    if data.shape is None:
        problem = "PSNR and SSIM are of pictures; these are records"
        raise Refused(diagnose("FU514", problem, fix="choose pictures, or look at the recall"))
    plain = replace(setting, attack="passive", clip=setting.clip or 1.0)
    noisy = [replace(plain, noise=noise) for noise in NOISES]
    for one in noisy:
        one.require_possible(data)
    values = _each(noisy, seeds, lambda one, seed: _qualities(one, data, seed), tell)
    names = ("psnr", "ssim", "linear", "blank")
    alike, structural, linear, blank = (Curve(*one) for one in zip(names, [NOISES] * 4, values, strict=True))
    return NoiseCurves(alike, structural, linear, float(np.mean(blank.by_seed)), tuple(map(_epsilon, noisy)))


def _recalls(data: Exhibit, places: Sequence[tuple[float, Setting]], seeds: int, tell: Progress) -> list[Curve]:
    possible = [(at, one) for at, one in places if one.possible(data)]
    if len(possible) < _FEWEST:
        places[0][1].require_possible(data)
        problem = f"a curve over {len(possible)} of {len(places)} values says nothing, and `{data.title}` has no more"
        raise Refused(diagnose("FU514", problem, fix="more data, or fewer hospitals"))
    values = _each([one for _, one in possible], seeds, lambda one, seed: _recall(one, data, seed), tell)
    return [Curve(name, tuple(at for at, _ in possible), one) for name, one in zip(READERS, values, strict=True)]


def _each(
    settings: Sequence[Setting], seeds: int, measure: Callable[[Setting, int], Sequence[float]], tell: Progress
) -> list[tuple[tuple[float, ...], ...]]:
    """Of each figure that is measured its values, by setting and seed."""
    found: list[list[Sequence[float]]] = []
    for setting in settings:
        found.append([])
        for seed in range(seeds):
            found[-1].append(measure(setting, seed))
            tell(len(found) * seeds - seeds + seed + 1, len(settings) * seeds)
    figures = len(found[0][0])
    return [tuple(tuple(one[figure] for one in by_seed) for by_seed in found) for figure in range(figures)]


def _recall(setting: Setting, data: Exhibit, seed: int) -> list[float]:
    """Of each of `READERS`, on the same updates."""
    every = victims(setting, data, seed)
    return [float(np.mean([_share(replace(setting, attack=name), of) for of in every])) for name in READERS]


def _share(setting: Setting, of: Victims) -> float:
    *_, found = attacked(setting, of)
    return float(match(found.points, of.truth).exact.mean())


def _qualities(setting: Setting, data: Exhibit, seed: int) -> tuple[float, float, float, float]:
    """PSNR and SSIM of the nearest quotients, the PSNR of the oracle, and that of an average picture."""
    of = victims(setting, data, seed)[0]
    assert isinstance(of.seen, Seen)
    (found,) = attacked(setting, of)
    read = figures(setting, data, of, found)
    told = best_linear(of.seen.update, of.seen.network, of.truth, of.labels, setting.norm, setting.noise)
    others = data.inputs[order(len(data.inputs), seed)[setting.persons :]]
    average = (others if len(others) else data.inputs).mean(axis=0)
    return (
        read.psnr or 0.0,
        read.ssim or 0.0,
        _mean_psnr(data, told.points, of.truth[told.persons]),
        _mean_psnr(data, np.broadcast_to(average, of.truth.shape), of.truth),
    )


def _mean_psnr(data: Exhibit, points: Floats, truth: Floats) -> float:
    """In dB; 0 where nobody is told."""
    pairs = [(data.picture(one), data.picture(other)) for one, other in zip(points, truth, strict=True)]
    return float(np.mean([psnr(*pair) for pair in pairs])) if pairs else 0.0


def _epsilon(setting: Setting) -> float:
    found = epsilon(setting)
    assert found is not None  # there is noise
    return found
