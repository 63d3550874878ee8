"""Settings: what cannot be tried is refused with what to change, never tried and called safe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fedlab_kernel.attacks.sent import SENT
from fedlab_kernel.errors import Refused
from fedlab_kernel.exhibits import built_in
from fedlab_kernel.leakage.experiment import trial
from fedlab_kernel.leakage.setting import ATTACKS, UPLOADS, Setting

FACES, PATIENTS = built_in("faces"), built_in("patients")
SMALL = Setting(batch=4, neurons=200)


@pytest.mark.parametrize(
    ("data", "change", "why"),
    [
        (FACES, {"batch": 101}, "101 persons cannot be drawn from the 100 pictures of `Faces`"),
        (FACES, {"batch": 60, "hospitals": 2}, "120 persons cannot be drawn"),
        (FACES, {"batch": 0}, "0 persons cannot be drawn"),
        (FACES, {"neurons": 0}, "a layer of 0 neurons cannot be made"),
        (FACES, {"model": "evil"}, "there is no model `evil`"),
        (FACES, {"attack": "guess"}, "there is no attack `guess`"),
        (FACES, {"upload": "zip"}, "there is no upload `zip`"),
        (FACES, {"steps": 0}, "0 local steps cannot be made"),
        (FACES, {"rate": 0.0}, "a learning rate of 0 is not possible"),
        (FACES, {"clip": float("nan")}, "a clipping norm is a number from 0 on"),
        (FACES, {"noise": -1.0}, "a noise multiplier is a number from 0 on"),
        (FACES, {"noise": 1.0, "steps": 2}, "clipping and noise are for one step"),
        (FACES, {"batch": 99, "model": "ladder"}, "too few are left there"),
        (FACES, {"attack": "differential"}, "where there are two classes; `Faces` has 10"),
        (FACES, {"attack": "fedavg"}, "one local step is a gradient"),
        (FACES, {"pooling": 2}, "squares of side 2 do not tile pictures of 25 by 25 pixels"),
        (FACES, {"pooling": 5, "model": "cnn"}, "leave no place for pooling"),
        (FACES, {"model": "inconsistent"}, "inconsistent models undo a sum, and here none is seen"),
        (FACES, {"dropout": 1.0}, "a share of 1 cannot be dropped"),
        (FACES, {"dropout": 0.2, "model": "cnn"}, "here convolutions are"),
        (PATIENTS, {"pooling": 2}, "pooling needs pictures; these are records"),
        (PATIENTS, {"model": "cnn"}, "convolutions need pictures; these are records"),
        (PATIENTS, {"attack": "ig"}, "reconstructs pictures; these are records"),
        (FACES, {"attack": "ig", "batch": 9}, "is for 1 to 8 pictures at a time"),
        (FACES, {"attack": "ig", "hospitals": 2}, "one gradient of one hospital"),
        (FACES, {"attack": "dlg", "model": "trap"}, "attacks an honest convolutional network"),
        (FACES, {"attack": "dlg", "upload": "int8"}, "reads numbers as they were computed"),
    ],
)
def test_what_cannot_be_tried_is_refused(data: object, change: dict[str, object], why: str) -> None:
    """Each impossible switch is refused by FU514 with the reason, and with what is possible."""
    with pytest.raises(Refused) as refused:
        replace(SMALL, **change).require_possible(data)  # type: ignore[arg-type]
    (finding,) = refused.value.diagnostics
    assert finding.code == "FU514"
    assert why in finding.message
    assert finding.fix


@pytest.mark.parametrize("model", SENT)
@pytest.mark.parametrize("attack", [name for name in ATTACKS if name in ("passive", "peel")])
def test_every_model_gives_one_person_away(model: str, attack: str) -> None:
    """Whatever is sent, and however the update is read, one face alone comes out, and nothing is certified wrongly."""
    setting = replace(SMALL, model=model, attack=attack, batch=1)
    setting.require_possible(FACES)
    found = trial(setting, FACES, 0)
    assert found.recall == 1.0
    assert found.certified_wrong == 0


@pytest.mark.parametrize("upload", UPLOADS)
def test_rounding_uploads_leaves_faces_recognisable(upload: str) -> None:
    """Rounding the numbers of an update may keep faces from coming out exactly, not from being recognised."""
    found = trial(replace(SMALL, upload=upload), FACES, 0)
    assert found.psnr is not None
    assert found.psnr > 15
    assert found.certified_wrong == 0
    assert found.epsilon is None


def test_noise_hides_faces_long_before_it_guarantees_anything() -> None:
    """At a noise multiplier of .1 no face is left, and epsilon is still near 100; with 1 it is below 5."""
    little, much = (trial(replace(SMALL, noise=noise), FACES, 0) for noise in (0.1, 1.0))
    assert little.recall == much.recall == 0
    assert little.psnr is not None
    assert little.psnr < 15
    assert little.epsilon is not None
    assert 80 < little.epsilon < 110
    assert much.epsilon is not None
    assert 4 < much.epsilon < 5


def test_pooling_leaves_the_blur_and_nothing_more() -> None:
    """Behind pooling nobody comes out exactly; what comes out is the picture's own blur, recognisable."""
    found = trial(replace(SMALL, pooling=5), FACES, 0)
    assert found.recall == 0
    assert found.certified == 0
    assert found.psnr is not None
    assert 10 < found.psnr < 30


def test_a_sum_over_hospitals_is_attacked_as_one_batch() -> None:
    """Only the mean of four hospitals' updates is seen, and everybody in all four comes out."""
    setting = Setting(data="faces", batch=5, hospitals=4, summed=True)
    found = trial(setting, FACES, 0)
    assert found.exact == 20
    assert found.recall == 1.0


def test_a_face_is_found_by_inverting_its_gradient() -> None:
    """A grey face comes back from the gradient of a convolutional network, at more than 40 dB."""
    found = trial(Setting(data="faces", batch=1, attack="ig"), FACES, 0)
    assert found.psnr is not None
    assert found.psnr > 40
    assert found.precision is None


def test_peeling_is_of_the_kind_that_the_update_needs() -> None:
    """What is called peeling gets through two classes and through several local steps as well."""
    records = Setting(data="patients-z", batch=20)
    assert trial(records, built_in("patients-z"), 0).recall == 1.0
    stepped = Setting(data="faces", batch=30, steps=3)
    peeled, read = (trial(replace(stepped, attack=attack), FACES, 0).recall for attack in ("peel", "passive"))
    assert peeled > read


def test_inconsistent_models_undo_a_sum() -> None:
    """Of ten hospitals' sum the first one's batch comes out whole, which no honest model of so few neurons gives."""
    several = Setting(data="digits", batch=20, hospitals=10, summed=True)
    digits = built_in("digits")
    found = trial(replace(several, model="inconsistent"), digits, 0)
    assert found.recall == 1.0
    assert found.exact == 20
    assert trial(several, digits, 0).recall < 1.0


@pytest.mark.parametrize("name", ["faces", "patients"])
def test_dropout_leaves_holes(name: str) -> None:
    """Behind dropout nobody comes out exactly and nobody is certified, and most of a picture is still there."""
    found = trial(replace(SMALL, data=name, dropout=0.1), built_in(name), 0)
    assert found.recall == 0
    assert found.certified == 0
    if name == "faces":
        assert found.psnr is not None
        assert 10 < found.psnr < 40
