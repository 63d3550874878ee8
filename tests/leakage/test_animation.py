"""The animation: how large, how long, and what is in its frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageColor

from fedlab_kernel.attacks.read import READ
from fedlab_kernel.attacks.reconstruction import Reconstruction
from fedlab_kernel.attacks.seen import Seen
from fedlab_kernel.errors import Refused
from fedlab_kernel.exhibits import Exhibit, built_in
from fedlab_kernel.leakage.animation import FRAME, LAST, MOST_FRAMES, WIDEST, save_gif
from fedlab_kernel.leakage.drawing import EXACT_COLOUR
from fedlab_kernel.leakage.experiment import attacked, victims
from fedlab_kernel.leakage.setting import Setting
from fedlab_kernel.leakage.victims import Victims

FACES = built_in("faces")


def attack(data: Exhibit, setting: Setting) -> tuple[Victims, list[Reconstruction]]:
    """A batch, what is read of it at once, and what is peeled round by round."""
    of = victims(setting, data, 0)[0]
    assert isinstance(of.seen, Seen)
    return of, [*READ["passive"](of.seen), *attacked(setting, of)]


def frames(path: Path) -> list[tuple[npt.NDArray[np.uint8], float]]:
    """Each frame's pixels, shape (height, width, 3), and for how many milliseconds it is seen."""
    shown = []
    with Image.open(path) as file:
        assert file.format == "GIF"
        for at in range(file.n_frames):  # type: ignore[attr-defined]
            file.seek(at)
            shown.append((np.asarray(file.convert("RGB")), float(file.info["duration"])))
    return shown


def framed(pixels: npt.NDArray[np.uint8]) -> float:
    """Pixels of the colour that frames have who came out exactly."""
    away = np.abs(pixels.astype(int) - np.array(ImageColor.getrgb(EXACT_COLOUR))).max(axis=2)
    return float((away < 30).sum())


def test_faces_come_out_round_by_round(tmp_path: Path) -> None:
    """More and more faces are framed, the last frame, in which all are, is held, and the mosaic is not too wide."""
    of, rounds = attack(FACES, Setting(batch=50))
    save_gif(FACES, of, rounds, tmp_path / "faces.gif")
    shown = frames(tmp_path / "faces.gif")
    assert len(shown) >= 3
    assert [duration for _, duration in shown] == [FRAME] * (len(shown) - 1) + [LAST]
    assert all(pixels.shape[1] <= WIDEST for pixels, _ in shown)
    inked = [framed(pixels) for pixels, _ in shown]
    assert inked == sorted(inked)
    assert 0 < inked[0] < 0.8 * inked[-1]


def test_below_each_original_is_what_was_stolen(tmp_path: Path) -> None:
    """Of a face that came out the lower mosaic shows the upper one's pixels, and of a blend it does not."""
    of, _ = attack(FACES, Setting(batch=1))
    for points, same in ((of.truth, True), (1 - of.truth, False)):
        found = Reconstruction(points.astype(np.float64), np.zeros(1, np.bool_), np.zeros(1, np.int64), 0.0)
        save_gif(FACES, of, [found], tmp_path / "one.gif")
        ((pixels, _),) = frames(tmp_path / "one.gif")
        grey = pixels[:, 40:200].astype(int)
        stolen = grey[-200:-60]
        above = range(len(grey) - 200 - len(stolen))
        away = min(np.abs(grey[at : at + len(stolen)] - stolen).mean() for at in above)
        assert (away < 5) == same


def test_what_shows_nothing_new_takes_no_time(tmp_path: Path) -> None:
    """Rounds that look the same are one frame, and of very many rounds only some are shown, with the last."""
    of, rounds = attack(FACES, Setting(batch=4))
    save_gif(FACES, of, [rounds[-1]] * 5, tmp_path / "same.gif")
    assert [duration for _, duration in frames(tmp_path / "same.gif")] == [LAST]
    steps = [
        Reconstruction(
            of.truth.astype(np.float64) * (1 - left / 250), np.zeros(4, np.bool_), np.zeros(4, np.int64), 0.0
        )
        for left in range(99, -1, -1)
    ]
    save_gif(FACES, of, steps, tmp_path / "many.gif")
    shown = frames(tmp_path / "many.gif")
    assert MOST_FRAMES / 2 < len(shown) <= MOST_FRAMES
    assert framed(shown[-1][0]) > 0
    assert framed(shown[0][0]) == 0


@pytest.mark.parametrize("name", ["digits", "heart"])
def test_other_data_are_animated_too(name: str, tmp_path: Path) -> None:
    """Digits and records come apart likewise, no wider."""
    data = built_in(name)
    of, rounds = attack(data, Setting(data=name, batch=20))
    save_gif(data, of, [rounds[0], rounds[-1]], tmp_path / "shown.gif")
    shown = frames(tmp_path / "shown.gif")
    assert len(shown) == 2
    assert shown[0][0].shape[1] <= WIDEST
    assert framed(shown[0][0]) < framed(shown[1][0])


def test_colours_and_shapes_are_kept(tmp_path: Path) -> None:
    """A wide coloured picture, of which nothing was found, is shown wide and in colour, above an empty place."""
    random = np.random.default_rng(0)
    red = np.zeros((6, 3, 4, 8), np.float32)
    red[:, 0] = random.random((6, 4, 8)) / 2 + 0.5
    data = Exhibit("Reds", "", red.reshape(6, -1), np.arange(6) % 2, 2, shape=(3, 4, 8))
    of = victims(Setting(batch=6), data, 0)[0]
    nothing = Reconstruction(np.zeros((0, 96)), np.zeros(0, np.bool_), np.zeros(0, np.int64), 0.0)
    save_gif(data, of, [nothing], tmp_path / "red.gif")
    ((pixels, _),) = frames(tmp_path / "red.gif")
    coloured = (pixels[..., 0] > 100) & (pixels[..., 1:].max(axis=2) < 60)
    rows, columns = np.flatnonzero(coloured.any(axis=1)), np.flatnonzero(coloured.any(axis=0))
    assert coloured.sum() > 10_000
    assert rows[-1] < len(pixels) / 2 + 20
    assert columns[-1] - columns[0] > rows[-1] - rows[0]


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A folder that is not there is named; an animation of nothing is a mistake of the caller."""
    of, rounds = attack(FACES, Setting(batch=2))
    with pytest.raises(Refused, match="cannot be written") as refused:
        save_gif(FACES, of, rounds, tmp_path / "no" / "x.gif")
    assert refused.value.diagnostics[0].code == "FU514"
    with pytest.raises(ValueError, match="a round"):
        save_gif(FACES, of, [], tmp_path / "x.gif")
