"""Capital letters five pixels high, as they are burned into a small picture.

A letter is as wide as it needs to be to be told from the others: M, V and W take five pixels, most take three.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

HEIGHT: Final = 5
_SPACE = 2  # pixels between two words, beside those between two letters

# Rows from above, of each letter.
_DRAWN: Final = {
    "A": ".#. #.# ### #.# #.#",
    "B": "##. #.# ##. #.# ##.",
    "C": ".## #.. #.. #.. .##",
    "D": "##. #.# #.# #.# ##.",
    "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..",
    "G": ".### #... #.## #..# .##.",
    "H": "#.# #.# ### #.# #.#",
    "I": "# # # # #",
    "J": "..# ..# ..# #.# .#.",
    "K": "#..# #.#. ##.. #.#. #..#",
    "L": "#.. #.. #.. #.. ###",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#",
    "O": ".##. #..# #..# #..# .##.",
    "P": "##. #.# ##. #.. #..",
    "Q": ".##. #..# #..# #.#. .#.#",
    "R": "##. #.# ##. #.# #.#",
    "S": ".## #.. .#. ..# ##.",
    "T": "### .#. .#. .#. .#.",
    "U": "#.# #.# #.# #.# ###",
    "V": "#...# #...# .#.#. .#.#. ..#..",
    "W": "#...# #...# #.#.# ##.## #...#",
    "X": "#.# #.# .#. #.# #.#",
    "Y": "#.# #.# .#. .#. .#.",
    "Z": "### ..# .#. #.. ###",
}


def lettering(text: str) -> npt.NDArray[np.bool_]:
    """Which pixels of a line of text are ink, shape (5, width), one empty column between two letters.

    Args:
        text: letters from A to Z and spaces, neither first nor last a space.

    Raises:
        KeyError: for any other character.
    """
    gap = np.zeros((HEIGHT, 1), np.bool_)
    parts = [part for char in text for part in (_letter(char), gap)]
    return np.concatenate(parts[:-1], axis=1)


def _letter(char: str) -> npt.NDArray[np.bool_]:
    if char == " ":
        return np.zeros((HEIGHT, _SPACE - 1), np.bool_)
    return np.array([[dot == "#" for dot in row] for row in _DRAWN[char].split()])
