"""`fedlab leak`: its figures for people and for programs, its picture, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageColor

from fedlab_kernel.exhibits import built_in
from fedlab_kernel.leakage.drawing import BLEND_COLOUR, EXACT_COLOUR
from fedlab_kernel.leakage.experiment import trial
from fedlab_kernel.leakage.outcome import FIGURES
from fedlab_kernel.leakage.setting import Setting

from .conftest import Fedlab

KEYS = [
    "recall", "exact", "certified", "certified_wrong", "precision", "active", "psnr", "ssim", "seconds", "epsilon",
]  # fmt: skip
PERSONS = 24


@pytest.fixture(scope="module")
def pixels() -> npt.NDArray[np.uint8]:
    """Handwritten digits, shape (24, 8, 8)."""
    return np.rint(255 * built_in("digits").inputs[:PERSONS]).astype(np.uint8).reshape(-1, 8, 8)


@pytest.fixture(scope="module")
def labels() -> npt.NDArray[np.int64]:
    """Three classes, shape (24,)."""
    return built_in("digits").labels[:PERSONS] % 3


def leaked(fedlab: Fedlab, *argv: object) -> dict[str, Any]:
    """The figures as a program reads them."""
    code, out, err = fedlab("leak", *argv, "--format", "json")
    assert (code, err) == (0, "")
    told: dict[str, Any] = json.loads(out)
    assert list(told) == KEYS == list(FIGURES)
    assert all(list(one) == ["mean", "by_seed"] for one in told.values())
    return told


def colour(path: Path, name: str) -> int:
    """How many of a picture's pixels have a colour."""
    with Image.open(path) as file:
        seen = np.asarray(file.convert("RGB")).astype(int)
    return int((np.abs(seen - np.array(ImageColor.getrgb(name))).max(axis=2) < 10).sum())


def test_people_read_sentences(fedlab: Fedlab) -> None:
    """How many came out is said first; then what is proved, what the neurons tell and how alike the pictures are."""
    code, out, err = fedlab("leak", "--data", "digits", "--batch", 5)
    first, *others = out.splitlines()
    assert (code, err) == (0, "")
    assert first.startswith("Handwritten digits: 5 of 5 persons came out exactly (100%), in ")
    assert others[0] == "The attack proved 5 of its reconstructions without seeing the truth, none of these wrongly."
    assert "% of the neurons fired, and " in others[1]
    assert others[2].startswith("The nearest pictures have a PSNR of ")
    assert len(others) == 3


def test_noise_is_told_with_its_epsilon(fedlab: Fedlab) -> None:
    """Where nobody came out that is said in words, with the number of experiments and the epsilon of the noise."""
    code, out, _ = fedlab("leak", "--data", "digits", "--batch", 5, "--noise", 1, "--seeds", 2)
    first, second, *_, last = out.splitlines()
    assert code == 0
    assert first.startswith("Handwritten digits: none of 5 persons came out exactly in any of 2 experiments; ")
    assert second == "The attack could not prove any of its reconstructions."
    assert last == "With this noise the step has ε = 4.73 at δ = 1e-05."


def test_of_inconsistent_models_one_hospital_counts(fedlab: Fedlab) -> None:
    """Where the others get dead layers, how many came out is said of the one hospital that is left."""
    argv = ("--data", "digits", "--batch", 5, "--hospitals", 4, "--sum", "--model", "inconsistent")
    assert "5 of 5 persons of one hospital came out exactly (100%)" in fedlab("leak", *argv)[1]


def test_a_large_epsilon_is_written_out(fedlab: Fedlab) -> None:
    """It has thousands, and no power of ten."""
    told = fedlab("leak", "--data", "digits", "--batch", 5, "--noise", 0.001)[1]
    assert told.endswith("With this noise the step has ε = 505,000 at δ = 1e-05.\n")


def test_several_seeds_have_a_mean_and_a_range(fedlab: Fedlab) -> None:
    """The mean over experiments is called one, and stands with the lowest and the highest."""
    argv = ("--data", "digits", "--batch", 20, "--attack", "passive", "--seeds", 3)
    recalls = leaked(fedlab, *argv)["recall"]["by_seed"]
    first = fedlab("leak", *argv)[1].splitlines()[0]
    assert "of 20 persons came out exactly on average" in first
    assert f"from {min(recalls):.0%} to {max(recalls):.0%} in 3 experiments" in first


def test_programs_read_every_figure_by_seed(fedlab: Fedlab) -> None:
    """JSON has the figures of the experiments themselves, their means, and null where a figure does not apply."""
    told = leaked(fedlab, "--data", "patients", "--batch", 10, "--neurons", 300, "--attack", "passive", "--seeds", 3)
    setting, data = Setting(data="patients", batch=10, neurons=300, attack="passive"), built_in("patients")
    for name in ("recall", "exact", "precision", "active", "certified"):
        values = [getattr(trial(setting, data, seed), name) for seed in range(3)]
        assert told[name]["by_seed"] == values
        assert told[name]["mean"] == pytest.approx(np.mean(values))
    assert len(told["seconds"]["by_seed"]) == 3
    for name in ("psnr", "ssim", "epsilon"):
        assert told[name] == {"mean": None, "by_seed": [None] * 3}


def test_every_switch_reaches_the_experiment(fedlab: Fedlab) -> None:
    """All options together give what the setting gives that has them."""
    told = leaked(
        fedlab, "--data", "faces", "--batch", 4, "--neurons", 400, "--model", "trap", "--factor", 0.9, "--attack",
        "passive", "--hospitals", 3, "--sum", "--clip", 0.5, "--noise", 1e-4, "--upload", "float16", "--pooling", 5,
    )  # fmt: skip
    setting = Setting(
        data="faces", batch=4, neurons=400, model="trap", factor=0.9, attack="passive", hospitals=3, summed=True,
        clip=0.5, noise=1e-4, upload="float16", pooling=5,
    )  # fmt: skip
    found = trial(setting, built_in("faces"), 0)
    assert all(told[name]["by_seed"] == [getattr(found, name)] for name in KEYS if name != "seconds")
    stepped = leaked(
        fedlab, "--data", "digits", "--batch", 4, "--local-steps", 3, "--rate", 0.02, "--attack", "passive"
    )
    setting = Setting(data="digits", batch=4, steps=3, rate=0.02, attack="passive")
    assert stepped["psnr"]["mean"] == trial(setting, built_in("digits"), 0).psnr


def test_the_factor_of_traps_matters(fedlab: Fedlab) -> None:
    """Faces come out of a trap with the usual factor, and of one with .5 nobody does."""
    argv = ("--data", "faces", "--batch", 10, "--model", "trap", "--attack", "passive")
    assert leaked(fedlab, *argv)["exact"]["mean"] > 5
    assert leaked(fedlab, *argv, "--factor", 0.5)["exact"]["mean"] == 0


@pytest.mark.parametrize(
    ("argv", "there", "absent"),
    [
        (["--data", "digits", "--batch", 12], EXACT_COLOUR, BLEND_COLOUR),
        (["--data", "digits", "--batch", 12, "--noise", 1], BLEND_COLOUR, EXACT_COLOUR),
        (["--data", "heart", "--batch", 12], EXACT_COLOUR, BLEND_COLOUR),
        (["--data", "heart", "--batch", 12, "--noise", 1], BLEND_COLOUR, EXACT_COLOUR),
        (["--data", "phantoms", "--batch", 3], EXACT_COLOUR, BLEND_COLOUR),
        (["--data", "faces", "--batch", 1], EXACT_COLOUR, BLEND_COLOUR),
    ],
)
def test_a_figure_shows_who_came_out(
    fedlab: Fedlab, tmp_path: Path, argv: list[object], there: str, absent: str
) -> None:
    """`--figure` writes a PNG, as wide as a screen, in which all is framed and written in the colour of the verdict."""
    path = tmp_path / "stolen.png"
    assert fedlab("leak", *argv, "--figure", path)[0] == 0
    with Image.open(path) as file:
        assert file.format == "PNG"
        assert 900 < file.width < 2000
        assert 350 < file.height < 1200
    assert colour(path, there) > 300
    assert colour(path, absent) == 0


def test_texts_of_a_figure_do_not_touch() -> None:
    """In tables of records, wild numbers included, no text covers another or leaves the sheet."""
    from matplotlib.text import Text

    from fedlab_kernel.leakage.drawing import figure
    from fedlab_kernel.leakage.experiment import attacked, victims

    for name, noise in (("heart", 0.0), ("heart", 30.0), ("patients", 0.0), ("patients", 30.0), ("digits", 0.0)):
        setting, data = Setting(data=name, batch=10, noise=noise), built_in(name)
        of = victims(setting, data, 0)[0]
        *_, found = attacked(setting, of)
        drawing = figure(data, of, found, f"{data.title}: so many of 10 came out exactly")
        drawing.draw_without_rendering()
        boxes = [one.get_window_extent() for one in drawing.findobj(Text) if isinstance(one, Text) and one.get_text()]
        assert len(boxes) > 20 or name == "digits"
        for at, box in enumerate(boxes):
            assert box.x0 >= 0
            assert box.x1 <= drawing.bbox.x1
            assert not any(box.overlaps(other) for other in boxes[:at])


@pytest.mark.parametrize(
    ("change", "certified"),
    [
        (lambda pixels: pixels, True),
        (lambda pixels: pixels / 255, True),
        (lambda pixels: (pixels / 255).astype(np.float32), True),
        (lambda pixels: np.stack([pixels, 255 - pixels, pixels // 2], axis=3), True),
        (lambda pixels: pixels[:, :, :5], True),
    ],
)
def test_pictures_in_npz_files_come_out(
    fedlab: Fedlab, tmp_path: Path, pixels: Any, labels: Any, change: Any, certified: bool
) -> None:
    """Grey and coloured pictures, of bytes and of floats, square or not, come out, and all are certified."""
    np.savez(tmp_path / "own.npz", images=change(pixels), labels=labels)
    told = leaked(fedlab, "--data", tmp_path / "own.npz", "--batch", 8)
    assert told["recall"]["mean"] == 1
    assert told["psnr"]["mean"] > 100
    assert (told["certified"]["mean"], told["certified_wrong"]["mean"]) == (8 * certified, 0)


@pytest.mark.parametrize("classes", [2, 3])
def test_records_in_npz_files_come_out(fedlab: Fedlab, tmp_path: Path, labels: Any, classes: int) -> None:
    """Records of the user's own come out, with two classes and with three."""
    patients = built_in("patients")
    own = [[column.own(float(at)) for column, at in zip(patients.columns, row, strict=True)] for row in patients.inputs]
    records = np.array(own[:PERSONS])
    np.savez(tmp_path / "own.npz", records=records, labels=labels % classes)
    told = leaked(fedlab, "--data", tmp_path / "own.npz", "--batch", 8)
    assert told["recall"]["mean"] == 1
    assert told["certified_wrong"]["mean"] == 0
    assert told["psnr"]["mean"] is None


def test_pictures_in_a_folder_come_out(fedlab: Fedlab, tmp_path: Path, pixels: Any) -> None:
    """PNG files of one folder are a data set; that their classes are made up is said, on standard error."""
    (tmp_path / "own").mkdir()
    for at, one in enumerate(pixels):
        Image.fromarray(one).save(tmp_path / "own" / f"{at:02}.png")
    code, out, err = fedlab("leak", "--data", tmp_path / "own", "--batch", 8)
    assert code == 0
    assert out.startswith("own: 8 of 8 persons came out exactly (100%), in ")
    assert "made-up classes" in err


def test_whoever_is_there_twice_is_never_proved_wrongly(
    fedlab: Fedlab, tmp_path: Path, pixels: Any, labels: Any
) -> None:
    """With every picture twice in the batch nothing is certified that is nobody."""
    for classes in (2, 3):
        np.savez(tmp_path / "twice.npz", images=np.repeat(pixels, 2, axis=0), labels=np.repeat(labels, 2) % classes)
        told = leaked(fedlab, "--data", tmp_path / "twice.npz", "--batch", 2 * PERSONS, "--seeds", 2)
        assert told["certified_wrong"]["by_seed"] == [0, 0]


def test_persons_who_are_all_the_same_show_nothing(fedlab: Fedlab, tmp_path: Path, pixels: Any, labels: Any) -> None:
    """Of equal pictures any blend is everybody: that is refused, not called recovered; one alone does come out."""
    for value in (0, 128):
        np.savez(tmp_path / "same.npz", images=np.full_like(pixels, value), labels=labels)
        code, out, err = fedlab("leak", "--data", tmp_path / "same.npz", "--batch", 5)
        assert (code, out) == (1, "")
        assert "FU514" in err
        assert "are the same, so a blend of several equals each" in err
        assert leaked(fedlab, "--data", tmp_path / "same.npz", "--batch", 1)["certified_wrong"]["mean"] == 0


@pytest.mark.parametrize(
    ("argv", "code", "why"),
    [
        (["--data", "faces", "--batch", 101], "FU514", "101 persons cannot be drawn from the 100 pictures"),
        (["--data", "faces", "--factor", 0], "FU514", "a factor of 0 makes no trap weights"),
        (["--data", "faces", "--factor", 1.01], "FU514", "a factor of 1.01 makes no trap weights"),
        (["--data", "faces", "--factor", "nan"], "FU514", "a factor of nan makes no trap weights"),
        (["--data", "faces", "--seeds", 0], "FU514", "0 experiments cannot be made"),
        (["--data", "faces", "--noise", 1e-200], "FU514", "beyond what float32 holds"),
        (["--data", "faces", "--clip", 1e300], "FU514", "beyond what float32 holds"),
        (["--data", "faces", "--noise", "inf"], "FU514", "a noise multiplier is a number from 0 on"),
        (["--data", "patients", "--attack", "ig"], "FU514", "reconstructs pictures; these are records"),
        (["--data", "patients-z", "--local-steps", 100, "--rate", 10], "FU514", "lead to no finite weights"),
        (["--data", "nobody"], "FU513", "there are no built-in data, file or folder called `nobody`"),
    ],
)
def test_what_cannot_be_tried_is_refused(fedlab: Fedlab, argv: list[object], code: str, why: str) -> None:
    """A clear sentence with its code and a remedy, exit 1, and no figures."""
    ended, out, err = fedlab("leak", *argv)
    assert (ended, out) == (1, "")
    assert code in err
    assert why in err
    assert "fix:" in err


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"images": lambda pixels, _: pixels / 100}, "the attack needs numbers from 0 to 1"),
        ({"images": lambda pixels, _: pixels / 255 - 0.5}, "the attack needs numbers from 0 to 1"),
        ({"images": lambda pixels, _: pixels, "labels": lambda _, labels: 0 * labels}, "everybody is in one class"),
        ({"records": lambda pixels, _: np.where(pixels[:, 0] > 200, np.nan, pixels[:, 0])}, "is no number (nan)"),
        ({"images": lambda pixels, _: np.where(pixels > 200, np.nan, pixels / 255)}, "has a pixel that is no number"),
        ({"images": lambda pixels, _: pixels, "labels": lambda _, labels: labels[1:]}, "one label for each of 24"),
        ({"pictures": lambda pixels, _: pixels}, "holds neither `images` nor `records`"),
    ],
)
def test_bad_files_are_refused(
    fedlab: Fedlab, tmp_path: Path, pixels: Any, labels: Any, arrays: dict[str, Any], why: str
) -> None:
    """Values outside of 0 to 1, one class only, holes in records: a sentence says what the attack needs."""
    path = tmp_path / "bad.npz"
    np.savez(path, **{name: make(pixels, labels) for name, make in arrays.items()})
    code, out, err = fedlab("leak", "--data", path, "--batch", 4)
    assert (code, out) == (1, "")
    assert "FU513" in err
    assert why in err


def test_pictures_of_mixed_sizes_are_refused(fedlab: Fedlab, tmp_path: Path, pixels: Any) -> None:
    """The first picture of another size is named with both sizes."""
    Image.fromarray(pixels[0]).save(tmp_path / "a.png")
    Image.fromarray(pixels[1][:, :5]).save(tmp_path / "b.png")
    code, out, err = fedlab("leak", "--data", tmp_path, "--batch", 1)
    assert (code, out) == (1, "")
    assert "a.png has 8 by 8 pixels and b.png has 5 by 8 pixels" in err


def test_a_figure_that_cannot_be_written_is_refused(fedlab: Fedlab, tmp_path: Path) -> None:
    """A folder that is not there is named, and no figures are printed."""
    code, out, err = fedlab("leak", "--data", "digits", "--batch", 2, "--figure", tmp_path / "no" / "x.png")
    assert (code, out) == (1, "")
    assert "the figure cannot be written to" in err


@pytest.mark.parametrize("argv", [["--model", "evil"], ["--attack", "guess"], ["--batch", "many"], ["--upload", "zip"]])
def test_misuse_is_a_usage_error(fedlab: Fedlab, argv: list[str]) -> None:
    """What is no option's value is exit 2, with the usage on standard error."""
    code, out, err = fedlab("leak", *argv)
    assert (code, out) == (2, "")
    assert "usage: fedlab" in err
