"""Real pictures to steal: MNIST and CIFAR-10 as `tests.given` finds them."""

from __future__ import annotations

import gzip

import numpy as np
import numpy.typing as npt

from tests.given import given

Pictures = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


def mnist() -> Pictures:
    """10,000 digits, shape (10000, 784), from 0 to 1, and their labels."""
    images, digits = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
    folder = given("mnist", (images, digits))
    with gzip.open(folder / images) as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784)
    with gzip.open(folder / digits) as file:
        labels = np.frombuffer(file.read()[8:], np.uint8)
    return (pixels / np.float32(255)).astype(np.float32), labels.astype(np.int64)


def cifar10() -> Pictures:
    """2,000 photographs, shape (2000, 3072), from 0 to 1, and their labels."""
    name = "cifar10-test-2000.npz"
    held = np.load(given("cifar10", (name,)) / name)
    pixels = held["images"].reshape(-1, 3072) / np.float32(255)
    return pixels.astype(np.float32), held["labels"].astype(np.int64)
