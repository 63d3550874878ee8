"""Real pictures to steal: MNIST and CIFAR-10 from the folder that FEDLAB_DATA names."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pictures = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


def mnist(folder: Path) -> Pictures:
    """10,000 digits, shape (10000, 784), from 0 to 1, and their labels."""
    with gzip.open(folder / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784)
    with gzip.open(folder / "mnist" / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read()[8:], np.uint8)
    return (pixels / np.float32(255)).astype(np.float32), labels.astype(np.int64)


def cifar10(folder: Path) -> Pictures:
    """2,000 photographs, shape (2000, 3072), from 0 to 1, and their labels."""
    held = np.load(folder / "cifar10" / "cifar10-test-2000.npz")
    pixels = held["images"].reshape(-1, 3072) / np.float32(255)
    return pixels.astype(np.float32), held["labels"].astype(np.int64)
