"""What can be attacked: pictures or records as a model takes them, and what is needed to show them to people."""

from __future__ import annotations

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
    shape: Shape | None = None
    greys: int | None = None
    columns: tuple[Column, ...] = ()
    notes: str = ""

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        numbers = len(self.columns) if self.shape is None else int(np.prod(self.shape))
        if self.inputs.shape != (len(self.labels), numbers):
            raise ValueError(f"inputs have shape {self.inputs.shape} instead of {(len(self.labels), numbers)}")

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
