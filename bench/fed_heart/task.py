"""The Fed-Heart-Disease task: four hospitals' patients, prepared and split as FLamby does.

Ogier du Terrail et al. 2022, "FLamby: Datasets and Benchmarks for Cross-Silo Federated Learning in Realistic
Healthcare Settings"; the data are UCI Heart Disease (Janosi, Steinbrunn, Pfisterer, Detrano 1988).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

CENTRES: Final = {"cleveland": "Cleveland", "hungarian": "Hungary", "switzerland": "Switzerland", "va": "Long Beach"}
FEATURES: Final = 13
USED: Final = 10  # columns of the file that are features; of the others, three are mostly missing
CATEGORIES: Final = {2: (2, 3, 4), 6: (1, 2)}  # chest pain, resting ECG: levels but the first
TRAINING_SHARE: Final = 0.66
SPLIT_SEED: Final = 43


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Patients: features of shape (n, 13) and labels of shape (n,), 1 for heart disease of any degree, else 0."""

    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Indices) -> Part:
        """The patients with those numbers."""
        return Part(self.x[rows], self.y[rows])


@dataclass(frozen=True, slots=True)
class Centre:
    """One hospital's patients to train with, and those that are kept for the test."""

    name: str
    train: Part
    test: Part


@dataclass(frozen=True, slots=True)
class Task:
    """Standardised features, by two rules.

    Attributes:
        centres: features minus the mean, divided by the standard deviation, of the hospital's own training patients.
        pooled: the same patients in the same order as if one hospital had them all: by the mean and standard
            deviation of all training patients. No hospital of a federation knows these, but FLamby's "Pooled Test"
            uses them for every method.
    """

    centres: tuple[Centre, ...]
    pooled: Centre

    @property
    def together(self) -> Centre:
        """The patients of `centres` one after another, each standardised by the own hospital's statistics."""
        return _together(self.centres)


def load(folder: Path | None = None) -> Task:
    """The task, from the folder of the four UCI files; by default the one of `data_folder`.

    Raises:
        FileNotFoundError: one of the files is not there.
    """
    return standardised(read(data_folder() if folder is None else folder))


def data_folder() -> Path:
    """`heart-disease` in the folder that FEDLAB_DATA names, else in shared/data beside the repository."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("FEDLAB_DATA", beside)) / "heart-disease"


def read(folder: Path) -> list[Centre]:
    """The four hospitals, split, their features as they are.

    Raises:
        FileNotFoundError: one of the files is not there.
    """
    return [_split(name, _patients(folder / f"processed.{site}.data")) for site, name in CENTRES.items()]


def standardised(centres: Sequence[Centre]) -> Task:
    """The task of hospitals whose features are as they are. Tests take the statistics of the training patients."""
    return Task(tuple(_standardised(centre) for centre in centres), _standardised(_together(centres)))


def _patients(file: Path) -> Part:
    """The patients of a file, in its order, without those of whom a used column is missing."""
    with file.open(encoding="ascii", newline="") as lines:
        rows = [row[:USED] + row[-1:] for row in csv.reader(lines)]
    table = np.array([row for row in rows if "?" not in row], dtype=np.float32)
    plain = [table[:, column] for column in range(USED) if column not in CATEGORIES]
    levels = [table[:, column] == level for column, others in CATEGORIES.items() for level in others]
    return Part(np.column_stack([*plain, *levels]).astype(np.float32), (table[:, -1] > 0).astype(np.float32))


def _split(name: str, patients: Part) -> Centre:
    """FLamby's split: by label where both labels have three patients at least; Switzerland has one healthy patient."""
    counts = np.bincount(patients.y.astype(np.int64), minlength=2)
    train, test = train_test_split(
        np.arange(len(patients)),
        train_size=TRAINING_SHARE,
        test_size=1 - TRAINING_SHARE,
        random_state=SPLIT_SEED,
        stratify=patients.y if counts.min() > 2 else None,
    )
    return Centre(name, patients.take(np.sort(train)), patients.take(np.sort(test)))


def _together(centres: Sequence[Centre]) -> Centre:
    return Centre("all", _joined(centre.train for centre in centres), _joined(centre.test for centre in centres))


def _joined(parts: Iterable[Part]) -> Part:
    all_parts = list(parts)
    return Part(np.concatenate([part.x for part in all_parts]), np.concatenate([part.y for part in all_parts]))


def _standardised(centre: Centre) -> Centre:
    known = centre.train.x.astype(np.float64)
    mean, deviation = known.mean(axis=0), known.std(axis=0, ddof=1)
    # A feature that is constant in training (Swiss cholesterol is 0 throughout) says nothing, so a test patient who
    # differs must not stand out. FLamby adds 1e-9 to the deviation; on this split the features come out the same.
    scale = np.where(deviation > 0, deviation, 1)
    parts = (Part(((part.x - mean) / scale).astype(np.float32), part.y) for part in (centre.train, centre.test))
    return Centre(centre.name, *parts)
