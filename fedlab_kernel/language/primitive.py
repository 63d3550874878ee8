"""What a primitive is: an entry of the vocabulary, described once for checker, evaluator and documentation."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, Protocol

from .catalogue import Catalogue
from .dates import day_of
from .fault import Fault
from .names import nearest
from .prices import Asked
from .public import PUBLIC, List, Public, Tensor, Unknown, bounds, describe, is_number, kind_of
from .translations import of_argument
from .values import PRIVATE, Aggregate, Columns, ColumnValue, FunctionValue, TableValue, Value

World = Literal["persons", "person", "aggregate", "public", "exit", "wire"]
_MANY = 8  # parameters; of more a message shows only those that are needed
Nesting = Literal["folded", "each", "rows"]
Steps = Generator[Any, Any, Value]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a primitive.

    Attributes:
        name: as written in a call.
        about: what it takes, for people.
        required: whether a call must give it.
        named: whether it can only be given by name.
        unless_column: whether it is not needed where the first argument is a column, as slices write it.
        many: whether it takes all further positional arguments; where it is `named` too, all further named ones.
    """

    name: str
    about: str
    required: bool = True
    named: bool = False
    many: bool = False
    unless_column: bool = False


class Context(Protocol):
    """What a primitive may ask of the interpreter."""

    @property
    def catalogue(self) -> Catalogue:
        """The tables that can be asked about."""
        ...

    @property
    def attachments(self) -> Mapping[str, Public | Tensor]:
        """Long lists that travel beside the text, by their hash."""
        ...

    @property
    def allowance(self) -> Fraction | None:
        """The epsilon of a release of weight 1 that states no price; None where there is no cap to split."""
        ...

    def call_function(self, function: FunctionValue, arguments: list[Value]) -> Steps:
        """The value a function of the query gives for one person, its first argument; the others are public."""
        ...

    def enter(self, function: FunctionValue, arguments: list[Value], *, one_person: bool) -> Steps:
        """The value a function of the query gives, for one person or of public values only."""
        ...

    def call_builtin(self, name: str, arguments: list[Value]) -> Value:
        """The value a primitive gives that was named without being called."""
        ...

    def occurrence(self, digest: bytes) -> int:
        """How often this computation was asked for before in this cell."""
        ...

    def release(self, aggregate: Aggregate, asked: Asked) -> Value:
        """The released value of an aggregate, known or not yet known."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the primitive `name`: its arguments by parameter name, and the interpreter."""

    arguments: Mapping[str, Any]
    context: Context
    name: str = ""

    def given(self, name: str) -> bool:
        """Whether an argument was given for the parameter."""
        return name in self.arguments

    def __getitem__(self, name: str) -> Any:
        if name not in self.arguments:
            raise Fault("FQ204", f"`{name}` is needed here.")
        return self.arguments[name]

    def table(self, name: str) -> TableValue:
        """The argument as persons."""
        value = self[name]
        if not isinstance(value, TableValue):
            fix = f'write `table("{value}")`' if isinstance(value, str) and value in self.context.catalogue else None
            raise Fault("FQ210", f"`{name}` takes a table, not {describe(value)}.", name, fix)
        return value

    def column(self, name: str) -> ColumnValue:
        """The argument as one value a person."""
        value = self[name]
        if isinstance(value, TableValue):
            column = next(iter(value.table.columns), "age")
            raise Fault("FQ210", f"`{name}` takes a column, not a table.", name, f"name a column: `$it.{column}`")
        if isinstance(value, Aggregate):
            raise Fault("FQ210", f"`{name}` takes a column, not {describe(value)}.", name)
        if not isinstance(value, ColumnValue):
            raise Fault("FQ210", f"`{name}` takes a column, not {describe(value)}.", name)
        return value

    def columns(self, name: str) -> tuple[ColumnValue, ...]:
        """The argument as a list of columns; one column is a list of one."""
        value = self[name]
        return value.items if isinstance(value, Columns) else (self.column(name),)

    def numbers(self, name: str) -> ColumnValue:
        """The argument as a column of numbers (conditions count as 0 and 1)."""
        column = self.column(name)
        if column.kind == "category":
            message = f"`{name}` takes numbers, and this column holds categories."
            raise Fault("FQ210", message, name, "count its labels with `histogram` or `crosstab`")
        if column.kind == "date":
            message = f"`{name}` takes numbers, and this column holds dates."
            raise Fault("FQ210", message, name, "`year_of(…)`, `years_between(…)`, or the days `later - earlier`")
        return column

    def date(self, name: str) -> ColumnValue | str:
        """The argument as a column of dates, or a public date such as "2015-01-01"."""
        value = self[name]
        if isinstance(value, ColumnValue) and value.kind != "date":
            raise Fault("FQ210", f"`{name}` takes a date, and this column holds none.", name)
        if not isinstance(value, ColumnValue):
            day_of(value, name)
        return value  # type: ignore[no-any-return]  # a string, as `day_of` requires, or a column

    def operand(self, name: str) -> ColumnValue | Public:
        """The argument as a column of numbers, a public number or a public list of numbers."""
        value = self[name]
        if isinstance(value, ColumnValue):
            return self.numbers(name)
        if is_number(value) or isinstance(value, List):
            bounds(value)
            return value  # type: ignore[no-any-return]  # narrowed by the test above
        raise Fault("FQ210", f"`{name}` takes numbers, not {describe(value)}.", name)

    def public(self, name: str) -> Public:
        """The argument as a public value."""
        value = self[name]
        if isinstance(value, PRIVATE):
            message = f"`{name}` is public: it cannot be {describe(value)}, which is private."
            raise Fault("FQ203", message, name, "use a literal, or release the value first")
        if isinstance(value, PUBLIC):
            return value
        raise Fault("FQ210", f"`{name}` takes a public value, not {describe(value)}.", name)

    def number(self, name: str, lo: float, hi: float) -> int | float | Unknown:
        """The argument as one public number between `lo` and `hi`."""
        value = self.public(name)
        if type(value) in (int, float) and lo <= value <= hi:  # type: ignore[operator]  # numbers, by their type
            return value  # type: ignore[return-value]  # likewise
        if isinstance(value, bool) or not is_number(value):
            raise Fault("FQ210", f"`{name}` takes a number, not {describe(value)}.", name)
        low, high = bounds(value)
        if high < lo or low > hi or (not isinstance(value, Unknown) and not lo <= low <= hi):
            raise Fault("FQ215", f"`{name}` is a number from {lo:g} to {hi:g}.", name)
        return value  # type: ignore[return-value]  # strings and bools were refused above

    def whole(self, name: str, lo: int, hi: int) -> int:
        """The argument as one whole number, known before running."""
        value = self.public(name)
        if isinstance(value, Unknown):
            raise Fault("FQ216", f"`{name}` must be known before running.", name, "write a number")
        if kind_of(value) != "int" or not is_number(value) or not lo <= int(bounds(value)[0]) <= hi:
            raise Fault("FQ215", f"`{name}` is a whole number from {lo:,} to {hi:,}.", name)
        return int(bounds(value)[0])

    def cohort(self, column: ColumnValue) -> TableValue:
        """The persons to sum over: `over=` where given, else the column's own."""
        if not self.given("over"):
            return column.cohort
        table = self.table("over")
        self.require_within(table, column, "over")
        return table

    def require_within(self, persons: TableValue, column: ColumnValue, argument: str) -> None:
        """Refuse persons for whom a column is not known.

        Raises:
            Fault: FQ206, at `argument`.
        """
        if not persons.within(column.cohort):
            if argument == "over":
                message = "`over` is not a selection of the persons this column belongs to."
            else:
                message = f"`{argument}` does not belong to all the persons that are asked about."
            raise Fault("FQ206", message, argument, "take the column from the same selection")


OVER = Parameter("over", "the persons to sum over; by default those the column was taken from", False, named=True)


@dataclass(frozen=True, slots=True)
class Primitive:
    """An entry of the vocabulary.

    Attributes:
        name: as written in a query.
        world: which world it belongs to ("wire" marks those that only slices contain).
        parameters: in order.
        summary: one sentence for completion, hover and the reference.
        example: a query that the tests run through the checker, over table `heart`.
        apply: types a call; may be a generator where it calls functions of the query.
        evaluate: computes it over columns, `evaluate(xp, *arguments)`; None where the evaluator itself does.
        sees_missing: whether `evaluate` takes and gives `cells.Cell`s, because it looks at what is missing.
        nesting: what it makes of one value a row of a person: refuses it, because it wants one value a person
            ("folded"); does with each row's what it does with a person's ("each"), the result then being one value a
            row too; or looks at rows itself ("rows"), as folds do.
        named: whether its name alone is a value, for primitives that take a function, such as a loss.
        method: whether it is called as `table.name(...)`, its first parameter being the table.
    """

    name: str
    world: World
    parameters: tuple[Parameter, ...]
    summary: str
    apply: Callable[[Call], Value | Steps]
    example: str = ""
    evaluate: Callable[..., Any] | None = None
    sees_missing: bool = False
    method: bool = False
    named: bool = False
    nesting: Nesting = "folded"

    def signature(self) -> str:
        """The call as documentation shows it."""
        shown = [_shown(parameter) for parameter in self.parameters]
        return f"table.{self.name}({', '.join(shown[1:])})" if self.method else f"{self.name}({', '.join(shown)})"

    def _needed(self) -> str:
        """The call for messages: of a long one, what must be given."""
        if len(self.parameters) <= _MANY:
            return self.signature()
        needed = replace(self, parameters=tuple(one for one in self.parameters if one.required)).signature()
        return f"{needed.removesuffix(')')}, …)"

    def bind(self, positional: list[Value], named: Mapping[str, Value]) -> dict[str, Any]:
        """Arguments by parameter name.

        Raises:
            Fault: FQ204, naming what is missing, unknown or given twice, and showing the signature.
        """
        bound: dict[str, Any] = {}
        rest = list(positional)
        for parameter in self.parameters:
            if parameter.many and not parameter.named:
                bound[parameter.name], rest = tuple(rest), []
            elif rest and not parameter.named:
                bound[parameter.name] = rest.pop(0)
        if rest:
            raise self._too_many()
        further = next((parameter.name for parameter in self.parameters if parameter.many and parameter.named), None)
        if further is not None:
            bound[further] = {}
        for name, value in named.items():
            if not any(parameter.name == name and not parameter.many for parameter in self.parameters):
                if further is not None:
                    bound[further][name] = value
                    continue
                raise self._unknown_argument(name)
            if name in bound:
                raise self._misuse(f"was given `{name}` twice")
            bound[name] = value
        of_column = isinstance(bound.get(self.parameters[0].name), ColumnValue) if self.parameters else False
        for parameter in self.parameters:
            if parameter.unless_column and of_column:
                continue
            if parameter.required and (parameter.name not in bound or (parameter.many and not bound[parameter.name])):
                raise self._misuse(f"needs `{parameter.name}`: {parameter.about}")
        return bound

    def _unknown_argument(self, name: str) -> Fault:
        message = f"`{self.name}` has no argument `{name}`."
        translated = of_argument(name, message, {parameter.name for parameter in self.parameters if not parameter.many})
        if translated is not None:
            return translated
        known = nearest(name, (parameter.name for parameter in self.parameters if not parameter.many))
        if known is None:
            return Fault("FQ204", message, fix=f"the call is `{self._needed()}`")
        return Fault("FQ204", message, f"{name}=", f"did you mean `{known}`?", f"{known}=$value")

    def _too_many(self) -> Fault:
        """What is left over is likely meant for an argument that is written with its name."""
        plain = [parameter.name for parameter in self.parameters if not parameter.named][self.method :]
        named = len(plain) < len(self.parameters) - self.method
        behind = f"; what follows `{plain[-1]}` is written with its name" if plain and named else ""
        if not plain:
            needed = ", ".join(f"{parameter.name}=…" for parameter in self.parameters if parameter.required)
            behind = f"; its arguments go by name: `{needed}`"
        fix = f"the call is `{self._needed()}`{behind}"
        return Fault("FQ204", f"`{self.name}` was given too many arguments.", fix=fix)

    def _misuse(self, problem: str) -> Fault:
        return Fault("FQ204", f"`{self.name}` {problem}.", fix=f"the call is `{self._needed()}`")


def _shown(parameter: Parameter) -> str:
    """A parameter in a signature."""
    if parameter.many:
        return "name=…" if parameter.named else f"*{parameter.name}"
    return parameter.name if parameter.required and not parameter.named else f"{parameter.name}=…"
