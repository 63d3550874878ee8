"""What a `%%fedquery` cell gives: its public values by name, and ways to show, tabulate, draw and describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..federation.contact import HospitalInfo
from ..federation.result import Answer, CellResult
from ..language.names import near
from ..language.statistics.statistic import HalfWidth
from ..privacy.quote import Quote
from . import plots
from .frame import COLUMNS, rows
from .methods import methods
from .released import ReleasedValue
from .result_page import answers_of, result_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class Result:
    """The public values of a cell.

    `answers.n` and `answers["n"]` are plain Python values, a `ReleasedValue` where a value has parts, or a
    `FittedModel`; where a name of the cell is also a method's, only the second reaches it.
    The value of a last bare expression is `answers.last`.

    Args:
        run: what the federation gave.
        hospitals: those that were asked, as they described themselves.
    """

    def __init__(self, run: CellResult, hospitals: Mapping[str, HospitalInfo]) -> None:
        self._run = run
        self._hospitals = dict(hospitals)

    def __getitem__(self, name: str) -> Any:
        return _value(self.answer(name))

    def __getattr__(self, name: str) -> Any:
        # Names of a query never begin with an underscore; Python asks for many such (copy, pickle, displays).
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as missing:
            raise AttributeError(missing.args[0]) from None

    def __contains__(self, name: object) -> bool:
        return name in self._run.answers

    def __iter__(self) -> Iterator[str]:
        return iter(self._run.answers)

    def __len__(self) -> int:
        return len(self._run.answers)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._run.answers]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._run.answers)

    def __repr__(self) -> str:
        return repr(result_page(self._run))

    def _repr_html_(self) -> str:
        return result_page(self._run)._repr_html_()

    def answer(self, name: str) -> Answer:
        """A value with its error bar, price and the number of persons behind it.

        Raises:
            KeyError: there is none of that name; it says why, if a branch was not taken.
        """
        if name in self._run.answers:
            return self._run.answers[name]
        if name in self._run.absent:
            raise KeyError(f"`{name}` has no value: {self._run.absent[name]}")
        hint = near(name, self._run.answers) or f"it set {', '.join(self._run.answers) or 'none'}"
        raise KeyError(f"the cell set no public value `{name}`; {hint}")

    @property
    def last(self) -> Any:
        """The value of a last bare expression, or None."""
        return None if self._run.last is None else _value(self._run.last)

    @property
    def half_widths(self) -> dict[str, HalfWidth]:
        """The 95 % half-width of the privacy noise of every value, in the value's shape; None where computed."""
        return {name: answer.half_width for name, answer in self._run.answers.items()}

    @property
    def quote(self) -> Quote:
        """What the cell was quoted before it ran."""
        return self._run.quote

    @property
    def run(self) -> CellResult:
        """Everything: hospitals that answered, failures, charges, receipts."""
        return self._run

    def to_frame(self) -> DataFrame:
        """One row a number: name, cell of a histogram or crosstab, value, half_width, unit, persons, epsilon."""
        import pandas as pd

        frame = pd.DataFrame(rows(answers_of(self._run)), columns=COLUMNS)
        return frame.astype(dict.fromkeys(("half_width", "with_sampling", "persons", "epsilon"), float))

    def plot(self) -> Figure:
        """All values that have error bars.

        Raises:
            ValueError: none has.
        """
        return plots.figure(answers_of(self._run))

    def methods(self, *others: Result) -> str:
        """A paragraph about privacy, ready for a paper, of this cell and others together."""
        hospitals = {name: info for result in (self, *others) for name, info in result._hospitals.items()}
        return methods([result._run for result in (self, *others)], hospitals)


def _value(answer: Answer) -> Any:
    return ReleasedValue(answer) if isinstance(answer.value, dict) else answer.value
