"""What is attacked: the lab's own exhibits, and MNIST and CIFAR-10 from the folder that FEDLAB_DATA names."""

from __future__ import annotations

import gzip
import os
from functools import cache
from pathlib import Path

import numpy as np

from fedlab_kernel.exhibits import Exhibit, titles
from fedlab_kernel.exhibits.files import load
from fedlab_kernel.exhibits.pictures import pictures

_CLASSES = 10
_NPZ = "cifar10-test-2000.npz"


class MissingError(Exception):
    """Files of real pictures are not there; the message says which."""


@cache
def exhibit(name: str) -> Exhibit:
    """A built-in set of the lab, `mnist` (10,000 test pictures) or `cifar10` (2,000 test pictures).

    Raises:
        MissingError: the files are not there.
    """
    if name in titles():
        return load(name)
    return {"mnist": _mnist, "cifar10": _cifar10}[name]()


def _mnist() -> Exhibit:
    with gzip.open(_given("mnist", "t10k-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 28, 28)
    with gzip.open(_given("mnist", "t10k-labels-idx1-ubyte.gz")) as file:
        labels = np.frombuffer(file.read()[8:], np.uint8).astype(np.int64)
    inputs, shape, greys = pictures(pixels, "mnist")
    return Exhibit("MNIST", "LeCun, Cortes and Burges; the test pictures.", inputs, labels, _CLASSES, shape, greys)


def _cifar10() -> Exhibit:
    with np.load(_given("cifar10", _NPZ)) as held:
        pixels, labels = held["images"], held["labels"].astype(np.int64)
    inputs, shape, greys = pictures(pixels, "cifar10")
    return Exhibit("CIFAR-10", "Krizhevsky 2009; 2,000 test pictures.", inputs, labels, _CLASSES, shape, greys)


def _given(folder: str, name: str) -> Path:
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    path = Path(os.environ.get("FEDLAB_DATA", default)) / folder / name
    if not path.is_file():
        raise MissingError(f"set FEDLAB_DATA to a folder that holds {folder}/{name}")
    return path
