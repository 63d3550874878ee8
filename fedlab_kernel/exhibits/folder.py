"""Reads a folder of PNG and JPEG pictures; its sub-folders, if it has any with pictures, are classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose

from .classes import classes
from .exhibit import Exhibit
from .pictures import pictures, require_small

SUFFIXES = (".png", ".jpg", ".jpeg")

_GREY = ("1", "L", "LA")  # as Pillow calls them
_DEEP = ("I", "F")  # the first letter of what has more than 8 bits


def from_folder(path: Path) -> Exhibit:
    """The pictures of a folder, in the order of their names.

    Where all are grey they have one channel, else all have three. What is transparent is shown as if it were not.

    Raises:
        Refused: FU513 if there are none, they differ in size, or one cannot be read.
    """
    loose = _pictures_in(path)
    folders = {below.name: found for below in _entries(path) if below.is_dir() and (found := _pictures_in(below))}
    if loose and folders:
        problem = f"{path.name} holds pictures beside folders of pictures, so {loose[0].name} has no class"
        raise Refused(diagnose("FU513", problem, fix="put every picture into the folder of its class"))
    files = loose or [file for found in folders.values() for file in found]
    if not files:
        raise Refused(diagnose("FU513", f"{path.name} holds no PNG or JPEG pictures", fix="check the path"))
    labels = np.array([name for name, found in folders.items() for _ in found]) if folders else None
    of = classes(labels, len(files), path.name)
    inputs, shape, greys = pictures(_pixels(files), path.name)
    return Exhibit(path.name, f"Your own folder {path.name}.", inputs, of.labels, of.count, shape, greys, notes=of.note)


def _entries(path: Path) -> list[Path]:
    """What is in a folder and not hidden, in the order of its names."""
    try:
        return sorted(entry for entry in path.iterdir() if not entry.name.startswith((".", "__")))
    except OSError as error:
        raise Refused(diagnose("FU513", f"{path.name} cannot be opened", fix="check its permissions")) from error


def _pictures_in(path: Path) -> list[Path]:
    return [entry for entry in _entries(path) if entry.suffix.lower() in SUFFIXES and entry.is_file()]


def _pixels(files: list[Path]) -> npt.NDArray[np.uint8]:
    """All pictures, shape (N, height, width) or (N, height, width, 3)."""
    first, *others = read = [_read(file) for file in files]
    for file, picture in zip(files[1:], others, strict=True):
        if picture.shape[:2] != first.shape[:2]:
            problem = f"{files[0].name} has {_size(first)} and {file.name} has {_size(picture)}"
            problem += "; the attack needs pictures of one size"
            raise Refused(diagnose("FU513", problem, fix="scale or cut all pictures to one size"))
    if all(picture.ndim == 2 for picture in read):
        return np.stack(read)
    return np.stack([picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2) for picture in read])


def _read(file: Path) -> npt.NDArray[Any]:
    """One picture, uint8, shape (height, width) or (height, width, 3)."""
    from PIL import Image

    try:
        with Image.open(file) as picture:
            require_small(picture.width * picture.height, file.name)
            if picture.mode.startswith(_DEEP):
                problem = f"{file.name} has more than 8 bits a pixel; the attack needs pictures of 8 bits"
                raise Refused(diagnose("FU513", problem, fix="save it with 8 bits a channel"))
            return np.asarray(picture.convert("L" if picture.mode in _GREY else "RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        problem = f"{file.name} cannot be read as a picture"
        raise Refused(diagnose("FU513", problem, fix="open and save it again as PNG, or leave it out")) from error


def _size(picture: npt.NDArray[Any]) -> str:
    return f"{picture.shape[1]} by {picture.shape[0]} pixels"
