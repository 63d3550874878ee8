"""A released value with parts, as a notebook holds it: numbers by name, a table, a figure, plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..federation.result import Answer
from ..language.statistics.statistic import HalfWidth
from . import plots
from .columns import columns
from .page import Page
from .result_page import parts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class ReleasedValue(Mapping[str, Any]):
    """A histogram, a table, a curve, a fit or a test.

    Its parts are plain Python, as items and as attributes: `fit.coefficients`, `fit["p"]`. Arithmetic on them is free.
    """

    def __init__(self, answer: Answer) -> None:
        assert isinstance(answer.value, dict)
        self._answer, self._parts = answer, answer.value

    def __getitem__(self, name: str) -> Any:
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._parts:
            raise AttributeError(f"there is no part `{name}`; there are: {', '.join(self.__dict__.get('_parts', ()))}")
        return self._parts[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._parts]

    def __eq__(self, other: object) -> bool:
        """Whether the parts are equal, also to those of a plain dict."""
        return self._parts == (other._parts if isinstance(other, ReleasedValue) else other)

    __hash__ = None  # type: ignore[assignment]  # as a dict: it holds lists

    @property
    def kind(self) -> str:
        """What it is: "histogram", "curve", "fit", "test", …."""
        return self._answer.shape

    @property
    def half_width(self) -> HalfWidth:
        """The 95 % half-widths of the privacy noise, in the shape of the main part."""
        return self._answer.half_width

    def to_frame(self) -> DataFrame:
        """One row a number of the main part, with its half-width; one row where there are single numbers only."""
        import pandas as pd

        found = columns(self._answer)
        if not found:
            return pd.DataFrame([self._parts])
        table = {column.name: column.values for column in found}
        errors = next((column.errors for column in found if column.errors is not None), None)
        return pd.DataFrame(table if errors is None else {**table, "half_width": errors})

    def plot(self) -> Figure:
        """Its figure.

        Raises:
            ValueError: there is nothing to draw of this kind, or no error bar is known.
        """
        return plots.figure([self._answer])

    def __repr__(self) -> str:
        return repr(Page(tuple(parts(self._answer))))

    def _repr_html_(self) -> str:
        return Page(tuple(parts(self._answer)))._repr_html_()
