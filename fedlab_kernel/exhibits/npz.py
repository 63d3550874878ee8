"""Reads an npz file of pictures or records. Nothing in it is run: arrays of Python objects are refused."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose

from .classes import classes
from .exhibit import Exhibit
from .pictures import pictures
from .records import records

Arrays = dict[str, npt.NDArray[Any]]

_READ = ("images", "records", "labels")


def from_npz(path: Path) -> Exhibit:
    """The pictures or records of a file that `numpy.savez` wrote.

    Raises:
        Refused: FU513 if it cannot be read, or what it holds cannot be attacked.
    """
    held = _arrays(path)
    if ("images" in held) == ("records" in held):
        problem = f"{path.name} holds neither `images` nor `records`"
        if "images" in held:
            problem = f"{path.name} holds both `images` and `records`; the attack needs one of them"
        fix = "save `numpy.savez(file, images=..., labels=...)`, or the same with `records`"
        raise Refused(diagnose("FU513", problem, fix=fix))
    source = f"Your own file {path.name}."
    if "images" in held:
        inputs, shape, greys = pictures(held["images"], path.name)
        of = classes(held.get("labels"), len(inputs), path.name)
        return Exhibit(path.stem, source, inputs, of.labels, of.count, shape, greys, notes=of.note)
    inputs, columns = records(held["records"], path.name)
    of = classes(held.get("labels"), len(inputs), path.name)
    return Exhibit(path.stem, source, inputs, of.labels, of.count, columns=columns, notes=of.note)


def _arrays(path: Path) -> Arrays:
    """What the lab reads of the file, by name."""
    unreadable = diagnose("FU513", f"{path.name} is not a readable npz file", fix="save it with `numpy.savez`")
    try:
        with path.open("rb") as opened:  # numpy leaves a file open that turns out to be no archive
            file = np.load(opened, allow_pickle=False)
            if isinstance(file, np.lib.npyio.NpzFile):
                return {name: _array(file, name, path.name) for name in _READ if name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise Refused(unreadable) from error
    raise Refused(unreadable)


def _array(file: np.lib.npyio.NpzFile, name: str, where: str) -> npt.NDArray[Any]:
    try:
        return np.asarray(file[name])
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        problem = f"{where}: `{name}` is damaged, or holds Python objects, which the lab never opens"
        fix = f"save `{name}` as one array of numbers: rows of unequal length make an array of objects"
        raise Refused(diagnose("FU513", problem, fix=fix)) from error
