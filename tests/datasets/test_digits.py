from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from fedlab_kernel import datasets
from fedlab_kernel.datasets import digits
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.data import load


def test_every_image_is_the_sources(seed: int, tmp_path: Path) -> None:
    """Four hospitals hold each of the 1,797 images once, pixel by pixel as in the source, with its digit."""
    bunch, found = load_digits(), []
    for path in datasets.write("digits", None, tmp_path, seed):
        rows = load(read_folder(path).tables["digits"])
        at = np.array(rows.persons).astype(int) - 1
        images = np.stack([rows.values[name][rows.present] for name in digits.PIXELS], axis=1)
        np.testing.assert_array_equal(images.reshape(-1, 8, 8), bunch.images[at])
        np.testing.assert_array_equal(rows.values["label"][rows.present], bunch.target[at])
        found.append(at)
    assert len(found) == 4
    assert sorted(np.concatenate(found)) == list(range(1797))


def test_pixels_are_whole_numbers_that_are_never_missing(tmp_path: Path) -> None:
    """64 pixels from 0 to 16, row by row, and the label: what a network needs without filling in."""
    (path,) = datasets.write("digits", 1, tmp_path)
    columns = read_folder(path).tables["digits"].table.columns
    assert list(columns) == [f"pixel_{at:02d}" for at in range(64)] + ["label"]
    pixels = [columns[name] for name in digits.PIXELS]
    assert {(pixel.kind, pixel.lo, pixel.hi, pixel.may_miss) for pixel in pixels} == {("int", 0, 16, False)}
    assert pixels[10].label.startswith("ink in row 1, column 2")
    assert columns["label"].categories == tuple("0123456789")
