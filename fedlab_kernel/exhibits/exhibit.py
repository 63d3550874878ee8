"""What can be attacked: pictures or records as a model takes them, and what is needed to show them to people."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .column import Column

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """Pictures, or records of patients.

    Attributes:
        title: its name for people.
        source: where it is from and on what terms, one sentence.
        inputs: as the model takes them, shape (n, d), float32: from 0 to 1, or z-scores of records.
        labels: shape (n,), int64, from 0 to classes - 1.
        classes: how many there are, at least 2.
        label_names: of each class, for people; empty where a class is just a number.
        shape: channels, height and width of a picture, whose numbers `inputs` has in this order; None for records.
        greys: every number is one of 0, 1/greys, ..., 1; None where it can be any.
        columns: of records, d of them; none of pictures.
        notes: what people should know of these data before they believe a result; may be empty.
    """

    title: str
    source: str
    inputs: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    classes: int
    label_names: tuple[str, ...] = ()
    shape: Shape | None = None
    greys: int | None = None
    columns: tuple[Column, ...] = ()
    notes: str = ""

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        numbers = len(self.columns) if self.shape is None else int(np.prod(self.shape))
        if self.inputs.shape != (len(self.labels), numbers):
            raise ValueError(f"inputs have shape {self.inputs.shape} instead of {(len(self.labels), numbers)}")

    @property
    def digest(self) -> str:
        """SHA-256 of types, shapes and bytes of inputs and labels, in hexadecimal: equal for equal data only."""
        hashed = hashlib.sha256()
        for array, kind in ((self.inputs, "<f4"), (self.labels, "<i8")):
            hashed.update(f"{kind} {array.shape}\n".encode())
            hashed.update(np.ascontiguousarray(array, kind).tobytes())
        return hashed.hexdigest()

    def picture(self, point: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """A point as a picture, from 0 to 1, shape (height, width), or (height, width, 3) in colour.

        Args:
            point: shape (d,); what lies outside of 0 to 1, or is no number, is moved there.

        Raises:
            ValueError: the data are records.
        """
        if self.shape is None:
            raise ValueError("records are no pictures")
        pixels = np.clip(np.nan_to_num(np.asarray(point, np.float64)), 0, 1).reshape(self.shape).transpose(1, 2, 0)
        return pixels[..., 0] if self.shape[0] == 1 else pixels

    def describe(self, point: npt.NDArray[np.floating]) -> str:
        """A record in its own units: "age 62 years · sex F · cholesterol 241 mg/dl".

        Args:
            point: on the model's scale, shape (d,); reconstructed ones are rounded as the columns are written.

        Raises:
            ValueError: the data are pictures.
        """
        self._require_records()
        return " · ".join(column.shown(float(at)) for column, at in zip(self.columns, point, strict=True))

    def same_row(self, one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> bool:
        """Whether two records agree in every column to within half a unit of the last digit that is written.

        Args:
            one: on the model's scale, shape (d,).
            other: likewise.

        Raises:
            ValueError: the data are pictures.
        """
        self._require_records()
        pairs = zip(self.columns, one, other, strict=True)
        return all(column.same(float(a), float(b)) for column, a, b in pairs)

    def _require_records(self) -> None:
        if self.shape is not None:
            raise ValueError("pictures have no columns to describe")
