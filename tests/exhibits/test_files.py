"""The user's own data: what is read as what, and the sentence about everything that cannot be attacked."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fedlab_kernel.errors import Refused
from fedlab_kernel.exhibits import built_in
from fedlab_kernel.exhibits.files import load


def _saved(folder: Path, **arrays: Any) -> str:
    path = folder / "mine.npz"
    np.savez(path, **arrays)
    return str(path)


def _picture(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)


def _refused(where: str | Path) -> str:
    """What is said about data that cannot be attacked, and what to do."""
    with pytest.raises(Refused) as refused:
        load(str(where))
    (found,) = refused.value.diagnostics
    assert found.code == "FU513"
    assert found.fix
    return f"{found.message} | {found.fix}"


def _grey(seed: int, persons: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (persons, 4, 3), np.uint8)


def test_a_built_in_name_is_read():
    """A name of a built-in set gives that set."""
    assert (load("digits").inputs == built_in("digits").inputs).all()


def test_grey_pictures_of_an_npz_are_read(tmp_path: Path, seed: int):
    """Pictures of bytes become numbers from 0 to 1, row by row, with their labels counted from 0."""
    images = _grey(seed)
    data = load(_saved(tmp_path, images=images, labels=np.array([7, 3, 3, 7, 9, 9])))
    assert (data.shape, data.greys, data.classes, data.notes) == ((1, 4, 3), 255, 3, "")
    assert (np.rint(data.inputs * 255).reshape(6, 4, 3) == images).all()
    assert data.labels.tolist() == [1, 0, 0, 1, 2, 2]


def test_colour_pictures_of_an_npz_are_read_channel_by_channel(tmp_path: Path, seed: int):
    """A colour picture becomes its red, its green and its blue picture, one after another; floats stay as they are."""
    images = np.random.default_rng(seed).random((5, 4, 3, 3)).astype(np.float32)
    data = load(_saved(tmp_path, images=images, labels=np.array(["a", "b", "a", "b", "a"])))
    assert (data.shape, data.greys, data.labels.tolist()) == ((3, 4, 3), None, [0, 1, 0, 1, 0])
    assert (data.inputs.reshape(5, 3, 4, 3)[:, 2] == images[..., 2]).all()


def test_records_of_an_npz_are_read(tmp_path: Path):
    """Records are scaled from the lowest to the highest of each column, a constant one to 0, and shown in full."""
    records = np.array([[20, 1.5, 3], [70, 2.5, 3], [45, 2.25, 3]])
    data = load(_saved(tmp_path, records=records, labels=np.array([True, False, True])))
    assert data.inputs.tolist() == [[0, 0, 0], [1, 1, 0], [0.5, 0.75, 0]]
    shown = [column.shown(float(at)) for column, at in zip(data.columns, data.inputs[2], strict=True)]
    assert [column.name for column in data.columns] == ["column 1", "column 2", "column 3"]
    assert shown == ["45", "2.25", "3"]
    assert (data.labels.tolist(), data.shape, data.greys) == ([1, 0, 1], None, None)


def test_missing_labels_are_made_up_and_said_to_be(tmp_path: Path, seed: int):
    """Without labels there are ten made-up classes, always the same, and the notes say so."""
    where = _saved(tmp_path, images=_grey(seed, 50))
    data = load(where)
    assert data.classes == 10
    assert "made-up classes" in data.notes
    assert (load(where).labels == data.labels).all()
    assert set(data.labels.tolist()) <= set(range(10))


def test_a_folder_of_pictures_is_read_in_the_order_of_names(tmp_path: Path, seed: int):
    """Loose grey pictures are read without loss, other files are left alone, and classes are made up."""
    images = _grey(seed)
    for at, pixels in enumerate(images):
        _picture(tmp_path / "scans" / f"{at}.png", pixels)
    (tmp_path / "scans" / "README.txt").write_text("hello")
    (tmp_path / "scans" / ".hidden.png").write_text("no picture")
    data = load(str(tmp_path / "scans"))
    assert (data.shape, data.greys, data.classes) == ((1, 4, 3), 255, 10)
    assert (np.rint(data.inputs * 255).reshape(6, 4, 3) == images).all()


def test_folders_in_a_folder_are_classes(tmp_path: Path, seed: int):
    """Each folder of pictures is a class; where one picture has colour, all get three channels."""
    images = _grey(seed)
    for at, pixels in enumerate(images[:5]):
        _picture(tmp_path / ("ill" if at < 2 else "well") / f"{at}.png", pixels)
    _picture(tmp_path / "well" / "colour.jpeg", np.repeat(images[5][..., None], 3, axis=2))
    (tmp_path / "empty").mkdir()
    data = load(str(tmp_path))
    assert (data.shape, data.labels.tolist()) == ((3, 4, 3), [0, 0, 1, 1, 1, 1])
    assert (np.rint(data.inputs[0] * 255).reshape(3, 4, 3) == images[0]).all()


def test_an_unknown_name_asks_what_was_meant():
    """A misspelt built-in name is corrected; any other name lists what there is."""
    assert "did you mean `faces`?" in _refused("facse")
    said = _refused("nonsense-here")
    assert "there are no built-in data, file or folder called `nonsense-here`" in said
    assert "digits, faces, heart, patients, patients-z, phantoms" in said


def test_another_file_is_refused(tmp_path: Path):
    """A file that is no npz is refused by its name."""
    (tmp_path / "table.csv").write_text("1,2\n")
    assert "table.csv is neither an npz file nor a folder" in _refused(tmp_path / "table.csv")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no archive at all"])
def test_a_broken_npz_is_refused(tmp_path: Path, content: bytes):
    """A file that only has the name of an npz is refused."""
    (tmp_path / "mine.npz").write_bytes(content)
    assert "mine.npz is not a readable npz file" in _refused(tmp_path / "mine.npz")


def test_a_single_array_called_npz_is_refused(tmp_path: Path, seed: int):
    """What `numpy.save` wrote has no names in it, whatever it is called."""
    with (tmp_path / "mine.npz").open("wb") as file:
        np.save(file, _grey(seed))
    assert "mine.npz is not a readable npz file" in _refused(tmp_path / "mine.npz")


class _Trap:
    """What does harm when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("harm"),))


def test_nothing_in_a_file_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pickled objects are refused and never opened, as an array in an npz and as a whole file."""
    monkeypatch.chdir(tmp_path)
    where = _saved(tmp_path, images=np.array([_Trap()], object))
    assert "`images` is damaged, or holds Python objects, which the lab never opens" in _refused(where)
    Path(where).write_bytes(pickle.dumps(_Trap()))
    assert "not a readable npz file" in _refused(where)
    assert not Path("harm").exists()


def test_damage_within_an_npz_is_refused(tmp_path: Path, seed: int):
    """A changed byte in an array is noticed."""
    where = Path(_saved(tmp_path, images=_grey(seed, 100), labels=np.arange(100)))
    content = bytearray(where.read_bytes())
    content[600] ^= 1
    where.write_bytes(content)
    assert "`images` is damaged" in _refused(where)


FOUR = np.zeros((4, 2, 2))
BAD_ARRAYS: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"pictures": FOUR}, "mine.npz holds neither `images` nor `records`"),
    "both keys": ({"images": FOUR, "records": FOUR[0]}, "mine.npz holds both `images` and `records`"),
    "flat images": ({"images": FOUR[0]}, "`images` has shape (2, 2)"),
    "channels first": ({"images": np.zeros((4, 3, 8, 8))}, "save `images.transpose(0, 2, 3, 1)`"),
    "one channel": ({"images": np.zeros((4, 8, 8, 1))}, "save `images[..., 0]`"),
    "scalar": ({"images": np.float64(1)}, "`images` has shape ()"),
    "no images": ({"images": FOUR[:0]}, "there are no pictures in it"),
    "no pixels": ({"images": np.zeros((4, 0, 2))}, "there are no pictures in it"),
    "large images": ({"images": np.zeros((1, 400, 400), np.uint8)}, "a picture has 160,000 numbers"),
    "to 255": ({"images": FOUR + 200.0}, "`images` run from 200 to 200; the attack needs numbers from 0 to 1 | div"),
    "below zero": ({"images": FOUR - 0.5}, "from -0.5 to -0.5; the attack needs numbers from 0 to 1 | scale"),
    "integers": ({"images": FOUR.astype(np.int64)}, "`images` are of type int64; the attack needs uint8, or floats"),
    "infinite pixel": ({"images": np.where(np.arange(4)[:, None, None] == 2, np.inf, FOUR)}, "picture 3 has a pixel"),
    "records of three": ({"records": FOUR}, "`records` has shape (4, 2, 2); the attack needs (N, d), a row a person"),
    "no records": ({"records": FOUR[0, :0]}, "there are no records in it"),
    "words": ({"records": np.array([["a", "b"]])}, "`records` are of type <U1; the attack needs numbers"),
    "missing": (
        {"records": np.array([[1, 2], [np.nan, 3], [4, np.inf]])},
        "row 2, column 1 of `records` is no number (nan), and 1 more; the attack needs every number of every record",
    ),
    "one class": ({"images": FOUR, "labels": np.full(4, 3)}, "everybody is in one class; the attack needs two"),
    "few labels": ({"images": FOUR, "labels": np.arange(3)}, "the attack needs one label for each of 4 persons"),
    "fractions": ({"images": FOUR, "labels": np.arange(4) / 3}, "`labels` are neither whole numbers nor words"),
    "unknown label": ({"images": FOUR, "labels": np.array([0, 1, 0, np.nan])}, "neither whole numbers nor words"),
    "object labels": ({"images": FOUR, "labels": np.array([1, "a", 2, 3], object)}, "`labels` is damaged, or holds Py"),
}  # fmt: skip


@pytest.mark.parametrize(("arrays", "said"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_arrays_that_cannot_be_attacked_are_refused(tmp_path: Path, arrays: dict[str, Any], said: str):
    """Each array that no attack is made for is refused with a sentence that says what the attack needs."""
    assert said in _refused(_saved(tmp_path, **arrays))


def test_pictures_of_two_sizes_are_refused(tmp_path: Path, seed: int):
    """The sentence names the two pictures that differ, and their sizes as width by height."""
    _picture(tmp_path / "a.png", _grey(seed)[0])
    _picture(tmp_path / "b.png", _grey(seed)[0].T.copy())
    assert "a.png has 3 by 4 pixels and b.png has 4 by 3 pixels; the attack needs pictures of one size" in _refused(
        tmp_path
    )


def test_a_folder_without_pictures_is_refused(tmp_path: Path):
    """A folder in which there is nothing that the lab reads is refused."""
    (tmp_path / "notes.txt").write_text("")
    assert "holds no PNG or JPEG pictures" in _refused(tmp_path)


def test_one_folder_of_pictures_is_one_class(tmp_path: Path, seed: int):
    """A folder that holds a single class is refused, since there would be nothing to learn."""
    _picture(tmp_path / "ill" / "a.png", _grey(seed)[0])
    assert "everybody is in one class" in _refused(tmp_path)


def test_a_picture_beside_the_classes_is_refused(tmp_path: Path, seed: int):
    """A picture that lies beside folders of classes has no class, and nobody guesses one."""
    _picture(tmp_path / "ill" / "a.png", _grey(seed)[0])
    _picture(tmp_path / "b.png", _grey(seed)[1])
    assert "so b.png has no class" in _refused(tmp_path)


def test_a_picture_that_is_none_is_refused(tmp_path: Path, seed: int):
    """A broken picture, and one that is cut off, are refused by name."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "a.png cannot be read as a picture" in _refused(tmp_path)
    _picture(tmp_path / "a.png", np.random.default_rng(seed).integers(0, 256, (64, 64), np.uint8))
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:1000])
    assert "a.png cannot be read as a picture" in _refused(tmp_path)


def test_a_picture_of_sixteen_bits_is_refused(tmp_path: Path):
    """Sixteen bits are not cut down to eight behind the user's back."""
    _picture(tmp_path / "a.png", np.full((4, 4), 40_000, np.uint16))
    assert "a.png has more than 8 bits a pixel" in _refused(tmp_path)


def test_a_large_picture_is_refused_before_it_is_decoded(tmp_path: Path):
    """A photograph as a telephone takes it is too large for the attacked layer, and the sentence says to which size."""
    _picture(tmp_path / "a.jpg", np.zeros((3000, 4000), np.uint8))
    assert "a.jpg: a picture has 12,000,000 numbers; the attacked layer takes 150,528 at most" in _refused(tmp_path)
