"""Labels as the user gives them, made into classes; and classes for data that have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Refused, diagnose

MADE_UP: Final = 10
"""Classes of data without labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The classes of some persons.

    Attributes:
        labels: of each person, from 0 to count - 1, shape (n,).
        count: how many classes there are.
        note: what people should know of them; may be empty.
    """

    labels: npt.NDArray[np.int64]
    count: int
    note: str = ""


def made_up(persons: int) -> Classes:
    """A class for each of so many persons, by chance but always the same."""
    labels = np.random.default_rng(0).integers(0, MADE_UP, persons)
    return Classes(labels, MADE_UP, note=f"There are no labels: each is one of {MADE_UP} made-up classes.")


def classes(given: npt.NDArray[Any] | None, persons: int, where: str) -> Classes:
    """Classes counted from 0 in the order of their names; made up where no labels are given.

    Args:
        given: whole numbers or words, one a person, or nothing.
        persons: how many there are.
        where: what the labels belong to, for messages.

    Raises:
        Refused: FU513 if they are not that, or all the same.
    """
    if given is None:
        return made_up(persons)
    if given.shape != (persons,):
        problem = f"{where}: `labels` has shape {given.shape}; the attack needs one label for each of {persons} persons"
        raise Refused(diagnose("FU513", problem, fix=f"give `labels` the shape ({persons},)"))
    if given.dtype.kind not in "iubfU" or (given.dtype.kind == "f" and not (given == np.floor(given)).all()):
        problem = f"{where}: `labels` are neither whole numbers nor words"
        raise Refused(diagnose("FU513", problem, fix="name the class of each person by a whole number or a word"))
    found, labels = np.unique(given, return_inverse=True)
    if len(found) == 1:
        problem = (
            f"{where}: everybody is in one class; the attack needs two at least, since a network that has one answer "
            "learns nothing, and its update is zero"
        )
        raise Refused(diagnose("FU513", problem, fix="add persons of another class, or leave the classes out"))
    return Classes(labels.astype(np.int64), len(found))
