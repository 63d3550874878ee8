"""Optimisation attacks: real pictures come out of one gradient, in grey and in colour; and how alike pictures are."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib import import_module

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from fedlab_kernel.attacks.optimising import OPTIMISING, attack
from fedlab_kernel.attacks.optimising.labels import label_of_one, labels_of_batch, one_hot
from fedlab_kernel.attacks.optimising.seen import SeenGradients
from fedlab_kernel.attacks.optimising.victim import Victim, convnet, lenet
from fedlab_kernel.attacks.quality import MOST_PSNR, psnr, ssim
from fedlab_kernel.attacks.reconstruction import Reconstruction

from .pictures import cifar10, mnist

CLASSES = 10


def digits() -> tuple[Tensor, Tensor]:
    """1,797 pictures of 8 x 8 in grey, and their labels."""
    held = load_digits()
    return torch.tensor(held.data / 16).float().reshape(-1, 1, 8, 8), torch.tensor(held.target)


def photographs() -> tuple[Tensor, Tensor]:
    """2,000 photographs of 32 x 32 in colour, channels first, and their labels."""
    pixels, labels = cifar10()
    return torch.tensor(pixels).reshape(-1, 32, 32, 3).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def handwriting() -> tuple[Tensor, Tensor]:
    """10,000 digits of 28 x 28 in grey, and their labels."""
    pixels, labels = mnist()
    return torch.tensor(pixels).reshape(-1, 1, 28, 28), torch.tensor(labels)


def attacked(
    victim: Victim, data: tuple[Tensor, Tensor], batch: int, seed: int
) -> tuple[Tensor, Tensor, SeenGradients]:
    """The pictures and labels of a batch drawn by chance, and what a server sees of it."""
    pictures, labels = data
    drawn = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))[:batch]
    weights = victim.start(seed)
    gradients = victim.gradients(weights, pictures[drawn], one_hot(labels[drawn], CLASSES))
    shape = tuple(pictures.shape[1:])
    return pictures[drawn], labels[drawn], SeenGradients(victim, weights, gradients, batch, shape, seed)


def last(name: str, seen: SeenGradients) -> Reconstruction:
    """What an attack ends with."""
    *_, found = attack(name)(seen)
    return found


@pytest.mark.parametrize("make", [lenet, convnet])
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (1, 25), (1, 28), (3, 32), (3, 64)])
def test_a_gradient_of_a_victim_is_that_of_torchs_own_layers(make: object, channels: int, side: int, seed: int) -> None:
    """The gradient has the weights' shapes, and follows the loss; a seed stands for the same weights again."""
    victim = make(channels, side, CLASSES)  # type: ignore[operator]
    weights, again = victim.start(seed), victim.start(seed)
    assert all(torch.equal(one, other) for one, other in zip(weights, again, strict=True))
    draw = torch.Generator().manual_seed(seed)
    pictures, targets = torch.rand((2, channels, side, side), generator=draw), one_hot(torch.tensor([1, 3]), CLASSES)
    gradients = victim.gradients(weights, pictures, targets)
    assert tuple(tuple(one.shape) for one in gradients) == victim.shapes
    doubled = [one.double() for one in weights]
    step = 1e-6 / max(float(one.abs().max()) for one in gradients)
    ahead, behind = (
        victim.loss(
            [w + way * step * g for w, g in zip(doubled, gradients, strict=True)], pictures.double(), targets.double()
        )
        for way in (1, -1)
    )
    slope = float(ahead - behind) / (2 * step)
    assert slope == pytest.approx(sum(float(one.double().square().sum()) for one in gradients), rel=1e-3)


def test_names_are_known_without_torch() -> None:
    """The names and titles are those of the modules, and knowing them does not load torch."""
    assert set(OPTIMISING) == {"dlg", "idlg", "ig"}
    for name, title in OPTIMISING.items():
        module = import_module(attack(name).__module__)
        assert [name, title] == [module.NAME, module.TITLE]
    code = (
        "import sys, fedlab_kernel.attacks.optimising as o; sys.exit('torch' in sys.modules or len(o.OPTIMISING) != 3)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("make", [lenet, convnet])
def test_the_label_of_one_person_is_certain(make: object, seed: int) -> None:
    """Of fifty persons alone, every label is right."""
    victim, data = make(1, 8, CLASSES), digits()  # type: ignore[operator]
    for draw in range(50):
        _, labels, seen = attacked(victim, data, 1, seed + draw)
        assert label_of_one(seen) == int(labels)


@pytest.mark.parametrize(("batch", "least"), [(4, 0.99), (20, 0.95), (50, 0.95)])
def test_labels_of_a_batch_are_counted(batch: int, least: float, seed: int) -> None:
    """Over twenty batches of photographs hardly a label is wrong, on a network that is not trained."""
    victim, data, right = convnet(3, 32, CLASSES, width=8), photographs(), []
    for draw in range(20):
        _, labels, seen = attacked(victim, data, batch, seed + draw)
        counts = [torch.bincount(some, minlength=CLASSES) for some in (labels, labels_of_batch(seen))]
        right.append(float(torch.minimum(*counts).sum()) / batch)
    print(f"{np.mean(right):.3f} of {batch}")
    assert np.mean(right) >= least


@pytest.mark.parametrize(("name", "make"), [("dlg", lenet), ("idlg", lenet), ("ig", convnet)])
def test_a_grey_picture_comes_out(name: str, make: object, seed: int) -> None:
    """Each attack finds one digit, to half a step of 256 greys in the mean, and its label, and certifies nothing."""
    victim = make(1, 8, CLASSES)  # type: ignore[operator]
    for draw in range(2):
        pictures, labels, seen = attacked(victim, digits(), 1, seed + draw)
        found = last(name, seen)
        ratio = psnr(found.points, pictures.flatten(1).numpy())
        print(f"{ratio:.1f} dB in {found.seconds:.2f} s")
        assert ratio >= 54.2
        assert found.labels.tolist() == labels.tolist()
        assert not found.certified.any()


def test_two_pictures_come_out_at_once(seed: int) -> None:
    """Two digits of one gradient are told apart by iDLG."""
    pictures, labels, seen = attacked(lenet(1, 8, CLASSES), digits(), 2, seed)
    found = last("idlg", seen)
    truth = pictures.flatten(1).numpy()
    best = [max(psnr(point, one) for point in found.points) for one in truth]
    print(best)
    assert min(best) >= 40
    assert sorted(found.labels.tolist()) == sorted(labels.tolist())


def test_a_reconstruction_is_shown_while_it_gets_better(seed: int) -> None:
    """Inverting gradients gives many pictures, the last much better than the first, each with its time."""
    pictures, _, seen = attacked(convnet(1, 28, CLASSES), handwriting(), 1, seed)
    shown = list(attack("ig")(seen))
    ratios = [psnr(one.points, pictures.flatten(1).numpy()) for one in shown]
    assert len(shown) >= 5
    assert ratios[-1] >= max(60, ratios[0] + 20)
    assert [one.seconds for one in shown] == sorted(one.seconds for one in shown)


def test_the_paper_alone_finds_the_picture(seed: int) -> None:
    """The signed descent on the cosine and the total variation, from grey, shows the digit by itself."""
    module = import_module("fedlab_kernel.attacks.optimising.inverting")
    pictures, labels, seen = attacked(convnet(1, 8, CLASSES), digits(), 1, seed)
    search = module.Search(seen, one_hot(labels, CLASSES))
    *_, found = search.paper(torch.full(seen.pictures, 0.5))
    ratio = psnr(found.numpy(), pictures.numpy())
    print(f"{ratio:.1f} dB")
    assert ratio >= 30
    assert search.mismatch(pictures) < 1e-9 < search.mismatch(found)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_photographs_come_out(seed: int) -> None:
    """Ten CIFAR-10 photographs, one at a time, come out with at least 49.5 dB in the mean."""
    victim, data, found = convnet(3, 32, CLASSES), photographs(), []
    for draw in range(10):
        pictures, _, seen = attacked(victim, data, 1, seed + draw)
        started = time.perf_counter()
        found.append((psnr(last("ig", seen).points, pictures.flatten(1).numpy()), time.perf_counter() - started))
    print(f"{np.mean(found, axis=0)} dB, s; worst {np.min(found, axis=0)[0]:.1f} dB")
    assert np.mean(found, axis=0)[0] >= 49.5


@pytest.mark.parametrize("shape", [(1, 8, 9), (2, 8, 8), (8, 8), (1, 1, 8, 8)])
def test_pictures_that_are_not_square_or_have_other_channels_are_refused(shape: tuple[int, ...], seed: int) -> None:
    """The sentence says what the attack needs."""
    _, _, seen = attacked(lenet(1, 8, CLASSES), digits(), 1, seed)
    with pytest.raises(ValueError, match="needs square pictures with one channel or three"):
        SeenGradients(seen.victim, seen.weights, seen.gradients, 1, shape)  # type: ignore[arg-type]


def test_gradients_that_tell_nothing_are_refused(seed: int) -> None:
    """NaN, infinity, zero everywhere, another network's shapes and an empty batch each get their sentence."""
    _, _, seen = attacked(lenet(1, 8, CLASSES), digits(), 1, seed)

    def given(*gradients: Tensor, batch: int = 1) -> SeenGradients:
        return SeenGradients(seen.victim, seen.weights, gradients, batch, seen.shape)

    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="needs gradients that are finite"):
            given(*seen.gradients[:-1], torch.full((CLASSES,), bad))
    with pytest.raises(ValueError, match="not zero everywhere"):
        given(*(torch.zeros_like(one) for one in seen.gradients))
    with pytest.raises(ValueError, match="network's own shapes"):
        given(*seen.gradients[:-1])
    with pytest.raises(ValueError, match="at least one picture"):
        given(*seen.gradients, batch=0)


@pytest.mark.parametrize("shape", [(11, 11), (28, 28), (32, 32, 3), (20, 31)])
def test_quality_is_that_of_scikit_image(shape: tuple[int, ...], seed: int) -> None:
    """PSNR and SSIM agree with an independent implementation, in grey and in colour."""
    metrics = pytest.importorskip("skimage.metrics")
    random = np.random.default_rng(seed)
    truth = random.random(shape)
    found = np.clip(truth + 0.1 * random.standard_normal(shape), 0, 1)
    assert psnr(found, truth) == pytest.approx(metrics.peak_signal_noise_ratio(truth, found, data_range=1.0))
    expected = metrics.structural_similarity(
        truth,
        found,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=2 if len(shape) == 3 else None,
    )
    assert ssim(found, truth) == pytest.approx(expected, rel=1e-9)


def test_equal_pictures_are_equal_and_others_are_refused() -> None:
    """Equal pictures have the largest figures; other shapes and NaN have none."""
    picture = np.linspace(0, 1, 64).reshape(8, 8)
    assert psnr(picture, picture) == MOST_PSNR
    assert ssim(picture, picture) == pytest.approx(1.0)
    assert ssim(picture, 1 - picture) < 0
    with pytest.raises(ValueError, match="cannot be compared"):
        psnr(picture, picture[:4])
    with pytest.raises(ValueError, match="not numbers"):
        ssim(picture, np.full((8, 8), np.nan))
    with pytest.raises(ValueError, match="height, width"):
        ssim(picture.reshape(4, 4, 4), picture.reshape(4, 4, 4))
