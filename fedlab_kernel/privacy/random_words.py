"""The randomness that privacy rests on: uniform numbers from a cryptographic source, fast, and new in every process."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class RandomWords:
    """Uniform 64-bit numbers without end: AES-256 in counter mode under a new key of the operating system."""

    def __init__(self) -> None:
        self._stream = Cipher(algorithms.AES(os.urandom(32)), modes.CTR(bytes(16))).encryptor()

    def draw(self, count: int) -> npt.NDArray[np.uint64]:
        """The next `count` of them."""
        words = np.empty(count + 2, dtype=np.uint64)  # the library asks for a spare block
        self._stream.update_into(bytes(8 * count), words.data.cast("B"))
        return words[:count]


def random_words(count: int) -> npt.NDArray[np.uint64]:
    """`count` uniform 64-bit numbers under a key of their own."""
    return RandomWords().draw(count)
