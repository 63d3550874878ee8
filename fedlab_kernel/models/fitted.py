"""A trained model as a researcher holds it: it predicts, shows its weights and its card, and lives in a file.

The file is safetensors: the weights, and as text the card and the prediction as a checked query. Nothing in it is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from fedlab_kernel.errors import Diagnostic, Refused, diagnose
from fedlab_kernel.errors.render import printable
from fedlab_kernel.language.public import Tensor

from .card import Card
from .evaluation import Arrays, evaluated
from .frames import columns_of
from .prediction import Prediction, damaged, read

if TYPE_CHECKING:
    from pandas import DataFrame

LARGEST_FILE: Final = 2**26
"""Bytes; the largest model has 2**22 weights of four bytes."""

_FORMAT: Final = "fedlab model 1"
_KEYS: Final = frozenset({"fedlab", "card", "prediction", "attachments"})
_BLOCK: Final = 2**22  # numbers that are held at a time, 32 MiB


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FittedModel:
    """A released model.

    Attributes:
        card: what it was trained on and how, what it cost, what it reads.
        weights: by name, float32, each in its own shape; they cannot be written to.
        prediction: what it computes; where it cannot, why.
    """

    card: Card
    weights: Arrays
    prediction: Prediction | Diagnostic

    @classmethod
    def of(cls, card: Card, tensors: Mapping[str, Tensor], prediction: Prediction | Diagnostic) -> FittedModel:
        """The model of released weights."""
        return cls(card, _kept({name: _array(one) for name, one in sorted(tensors.items())}), prediction)

    def predict(self, frame: DataFrame | Mapping[str, Any]) -> npt.NDArray[np.float64]:
        """What the model predicts, a row a person: the same numbers as `predicted(model, on=…)` at a hospital.

        Args:
            frame: a pandas DataFrame, or equally long columns by name, with the columns of `card.inputs` in the
                catalogue's units and labels. A missing value is filled as in training, one outside the bounds is moved
                to the nearest.

        Returns:
            Shape (n,), or (n, k) where the model gives vectors.

        Raises:
            Refused: FU512 where a column is not there or holds something else, or the model cannot predict.
        """
        prediction = self._prediction()
        columns, count = columns_of(frame, prediction.columns)
        if count == 0:
            return np.zeros((0, *prediction.shape))
        first = {name: _rows(cell, 0, 1) for name, cell in columns.items()}
        _, numbers = evaluated(prediction.node, first, self.weights, 1)
        size = max(1, _BLOCK // numbers)
        return np.concatenate([*self._blocks(prediction, columns, count, size)])

    def _blocks(
        self, prediction: Prediction, columns: Mapping[str, Any], count: int, size: int
    ) -> Iterator[npt.NDArray[np.float64]]:
        for start in range(0, count, size):
            here = min(size, count - start)
            some = {name: _rows(cell, start, start + here) for name, cell in columns.items()}
            cell, _ = evaluated(prediction.node, some, self.weights, here)
            values = np.broadcast_to(np.asarray(cell.values, dtype=np.float64), (*prediction.shape, here))
            yield np.moveaxis(values, -1, 0)

    def save(self, path: str | Path) -> None:
        """Write the model to a file that `load` reads.

        Raises:
            Refused: FU512 where the model cannot predict, so that the file would be of no use.
            OSError: the file cannot be written.
        """
        from safetensors.numpy import save_file

        written = self._prediction().written
        metadata = {
            "fedlab": _FORMAT,
            "card": msgspec.json.encode(self.card).decode(),
            "prediction": written.text,
            "attachments": msgspec.json.encode(dict(written.attachments)).decode(),
        }
        save_file({name: np.ascontiguousarray(array) for name, array in self.weights.items()}, str(path), metadata)

    @classmethod
    def load(cls, path: str | Path) -> FittedModel:
        """Read a model from a file, believing nothing in it.

        Raises:
            Refused: FU511 where the file is no model's, or was changed.
            OSError: the file cannot be read.
        """
        weights, metadata = _read_file(Path(path))
        if metadata.get("fedlab") != _FORMAT or metadata.keys() != _KEYS:
            raise Refused(damaged("It was not written by `save`."))
        try:
            card = msgspec.json.decode(metadata["card"], type=Card)
            attachments = msgspec.json.decode(metadata["attachments"], type=dict[str, bytes])
        except (msgspec.MsgspecError, UnicodeError):
            raise Refused(damaged("Its card cannot be read.")) from None
        prediction = read(metadata["prediction"], {one.name: one.column for one in card.inputs}, attachments)
        shapes = {name: array.shape for name, array in weights.items()}
        if not shapes == dict(card.shapes) == {**shapes, **prediction.weights}:
            raise Refused(damaged("Its weights are not those that its text and its card name."))
        if not all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights.values()):
            raise Refused(damaged("Its weights are not finite float32 numbers."))
        return cls(card, _kept(weights), prediction)

    def __repr__(self) -> str:
        return printable(f"model {self.card.name}".rstrip()) + f"\n{self.card}"

    def _prediction(self) -> Prediction:
        if isinstance(self.prediction, Diagnostic):
            raise Refused(self.prediction)
        return self.prediction


def _rows(cell: Any, start: int, stop: int) -> Any:
    missing = None if cell.missing is None else cell.missing[start:stop]
    return type(cell)(cell.values[start:stop], missing, cell.labels)


def _array(tensor: Tensor) -> npt.NDArray[np.float32]:
    assert tensor.data is not None
    return np.frombuffer(tensor.data, "<f4").astype(np.float32).reshape(tensor.shape)


def _kept(weights: Mapping[str, npt.NDArray[np.float32]]) -> Arrays:
    for array in weights.values():
        array.flags.writeable = False
    return MappingProxyType(dict(weights))


def _read_file(path: Path) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    if path.stat().st_size > LARGEST_FILE:
        raise Refused(diagnose("FU511", f"This file is larger than any model: more than {LARGEST_FILE >> 20} MiB."))
    try:
        with safe_open(str(path), framework="numpy") as file:
            return {name: file.get_tensor(name) for name in sorted(file.keys())}, file.metadata() or {}
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError):
        # A type that numpy lacks surfaces as any of the latter.
        raise Refused(damaged("It is not a safetensors file of float32 numbers.")) from None
