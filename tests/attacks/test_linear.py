"""The linear oracle: what it predicts is what noise leaves, on updates of the model code that hospitals run."""

from __future__ import annotations

import numpy as np
import pytest

from fedlab_kernel.attacks.linear import best_linear
from fedlab_kernel.attacks.quality import psnr
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.exhibits import Exhibit, built_in
from fedlab_kernel.leakage.experiment import victims
from fedlab_kernel.leakage.setting import Setting
from fedlab_kernel.leakage.victims import Victims


def noisy(data: Exhibit, noise: float, seed: int, model: str = "honest") -> tuple[Setting, Victims, Seen]:
    """Twenty pictures behind clipping and noise, and what is seen of them."""
    setting = Setting(batch=20, noise=noise, model=model)
    of = victims(setting, data, seed)[0]
    assert isinstance(of.seen, Seen)
    return setting, of, of.seen


@pytest.mark.parametrize("name", ["faces", "phantoms"])
@pytest.mark.parametrize("noise", [1e-4, 1e-2, 1.0])
def test_the_prediction_is_what_noise_leaves(name: str, noise: float, seed: int) -> None:
    """Of every person the PSNR is within 1.5 dB of the prediction, and on average within .3 dB."""
    data = built_in(name)
    setting, of, seen = noisy(data, noise, seed)
    told = best_linear(seen.update, seen.network, of.truth, of.labels, setting.norm, setting.noise)
    assert len(told.persons) >= 5
    measured = np.array([psnr(*pair) for pair in zip(told.points, of.truth[told.persons], strict=True)])
    print(f"{len(told.persons)} persons, predicted {told.psnr.mean():.2f} dB, measured {measured.mean():.2f} dB")
    assert np.abs(measured - told.psnr).max() < 1.5
    assert abs(measured.mean() - told.psnr.mean()) < 0.3


def test_no_row_alone_tells_more_than_all_of_them(seed: int) -> None:
    """Where noise is so small that quotients are hardly biased, no row that isolates a person is nearer than the oracle
    by a decibel, and on average it is further off.
    """
    setting, of, seen = noisy(built_in("faces"), 1e-5, seed)
    told = best_linear(seen.update, seen.network, of.truth, of.labels, setting.norm, setting.noise)
    fires = of.truth @ seen.network.w1.T + seen.network.b1 > 0
    gains = []
    for person, point in zip(told.persons, told.points, strict=True):
        alone = fires[person] & (fires.sum(axis=0) == 1)
        if not alone.any():
            continue
        rows = seen.update.w1[alone] / seen.update.b1[alone, None]
        gains.append(psnr(point, of.truth[person]) - max(psnr(row, of.truth[person]) for row in rows))
    print(f"gains of {np.round(gains, 1).tolist()} dB over the best row")
    assert min(gains) > -1
    assert np.mean(gains) > 0.5


def test_without_noise_nothing_is_lost(seed: int) -> None:
    """Of a plain update everybody whom the oracle tells is exact, and the prediction is infinite."""
    data = built_in("faces")
    _, of, seen = noisy(data, 0.0, seed)
    told = best_linear(seen.update, seen.network, of.truth, of.labels, 0.0, 0.0)
    assert len(told.persons) >= 5
    assert np.abs(told.points - of.truth[told.persons]).max() < 1e-3
    assert np.isinf(told.psnr).all()


def test_who_is_there_twice_is_not_told_apart(seed: int) -> None:
    """A person who is in the batch twice fires nothing alone; the oracle says nothing of them, only of the others."""
    data = built_in("faces")
    setting, of, seen = noisy(data, 0.0, seed)
    truth, labels = of.truth.copy(), of.labels.copy()
    truth[1], labels[1] = truth[0], labels[0]
    told = best_linear(seen.update, seen.network, truth, labels, 1.0, setting.noise)
    assert len(told.persons)
    assert not {0, 1} & set(told.persons.tolist())


def test_behind_forged_convolutions_points_are_pictures(seed: int) -> None:
    """Where convolutions are in front, what comes out is the picture, not its features."""
    data = built_in("digits")
    setting, of, seen = noisy(data, 1e-4, seed, model="cnn")
    told = best_linear(seen.update, seen.network, of.truth, of.labels, setting.norm, setting.noise)
    assert told.points.shape[1] == of.truth.shape[1]
    measured = np.mean([psnr(*pair) for pair in zip(told.points, of.truth[told.persons], strict=True)])
    assert measured > told.psnr.mean() - 1.5
