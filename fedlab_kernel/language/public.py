"""Public values: numbers, strings, lists and released records; known, or known in shape until something is released."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, TypeVar

from .fault import Fault

T = TypeVar("T")
TOKENS = count()  # names for what is not known yet
MAX_LENGTH = 4096
MAX_LIST_DEPTH = 4
MAX_INT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Unknown:
    """A number that will be known once something is released.

    Attributes:
        kind: "bool", "int" or "float".
        lo, hi: its bounds, infinite where nothing bounds it.
        token: tells it from other numbers that are not known yet, which may turn out to be different.
        counted: whether it will be a `Counted`.
    """

    kind: str = "float"
    lo: float = -math.inf
    hi: float = math.inf
    token: int = field(default_factory=TOKENS.__next__, compare=False, repr=False)
    counted: bool = False


class Counted(int):
    """A released number of persons that remembers each hospital's part; what is computed from it does not.

    Attributes:
        parts: by hospital.
    """

    parts: Mapping[str, int]

    @classmethod
    def of(cls, total: int, parts: Mapping[str, int]) -> Counted:
        """The number with its parts, whose noise adds up to its own."""
        counted = cls(total)
        counted.parts = dict(parts)
        return counted


@dataclass(frozen=True, slots=True, eq=False)
class List:
    """An immutable list of public values; `size` counts the numbers in it, `depth` its nesting.

    What is computed from the whole list again and again (its text, its bounds) is kept with it.
    """

    items: tuple[Public, ...]
    size: int
    depth: int
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def cached(self, name: str, compute: Callable[[List], T]) -> T:
        """`compute(self)`, computed once."""
        if name not in self._kept:
            self._kept[name] = compute(self)
        return self._kept[name]  # type: ignore[no-any-return]  # one name, one function

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Public]:
        return iter(self.items)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """Weights of a model: an array of float32 numbers, or one that will be known once something is released.

    Attributes:
        shape: of the array.
        data: the numbers, row-major and little-endian; None while they are not known.
        token: tells it from other arrays that are not known yet.
    """

    shape: tuple[int, ...]
    data: bytes | None = None
    token: int = field(default_factory=TOKENS.__next__, repr=False)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def packed(self) -> Packed | None:
        """The array as it travels beside a slice; None while it is not known."""
        if self.data is None:
            return None
        if "packed" not in self._kept:
            header = f"float32 {' '.join(map(str, self.shape))}\n".encode()
            self._kept["packed"] = Packed.of(header + self.data)
        return self._kept["packed"]  # type: ignore[no-any-return]  # one name, one kind of value

    @property
    def described(self) -> str:
        """The value in the researcher's words."""
        return f"an array of {' × '.join(map(str, self.shape))} weights"


@dataclass(frozen=True, slots=True)
class Packed:
    """Numbers as bytes, and the hash that names them."""

    hash: str
    data: bytes

    @classmethod
    def of(cls, data: bytes) -> Packed:
        """The bytes with their hash, hex SHA-256."""
        return cls(sha256(data).hexdigest(), data)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A released value with named parts, such as a histogram.

    Attributes:
        kind: what it is, for people and for displays.
        fields: its parts in order; lists of one length are columns of one table.
        main: the part that indexing and loops read, and that error bars belong to.
        declared: the parts that are known before anything is released, such as edges and labels.
    """

    kind: str
    fields: tuple[tuple[str, Public], ...]
    main: str
    declared: frozenset[str] = frozenset()

    @property
    def cells(self) -> List:
        """The part called `main`; empty where that is no list."""
        cells = self.field(self.main)
        return cells if isinstance(cells, List) else make_list(())

    @property
    def members(self) -> Mapping[str, Public]:
        """What can stand after a dot."""
        return dict(self.fields)

    def field(self, name: str) -> Public | None:
        """The part called `name`, or None."""
        return next((value for key, value in self.fields if key == name), None)


_NUMBERS = (bool, int, float)
_NUMBER = (*_NUMBERS, Unknown)
Scalar = bool | int | float | str
Public = Scalar | Unknown | List | Record
PUBLIC = (*_NUMBERS, str, Unknown, List, Record)


def make_list(items: Iterable[Public]) -> List:
    """A list, within the limits of the language."""
    values = tuple(items)
    size, depth = len(values), 1
    if List in set(map(type, values)):
        nested = [item for item in values if isinstance(item, List)]
        size += sum(max(1, item.size) for item in nested) - len(nested)  # an empty list takes a place, too
        depth += max(item.depth for item in nested)
    if max(size, len(values)) > MAX_LENGTH:
        raise Fault("FQ301", f"A list holds at most {MAX_LENGTH:,} values.", fix="use a shorter list")
    if depth > MAX_LIST_DEPTH:
        raise Fault("FQ301", f"Lists are nested at most {MAX_LIST_DEPTH} deep.", fix="use a flatter list")
    return List(values, size, depth)


def is_number(value: object) -> bool:
    """Whether a value is one public number (a bool counts, as in Python)."""
    return isinstance(value, _NUMBER)


def is_known(value: Public) -> bool:
    """Whether nothing in the value waits for a release."""
    if isinstance(value, List):
        return all(is_known(item) for item in value.items)
    if isinstance(value, Record):
        return all(is_known(item) for _, item in value.fields)
    return not isinstance(value, Unknown)


def bounds(value: Public) -> tuple[float, float]:
    """The interval that the numbers of a value lie in."""
    if isinstance(value, Unknown):
        return value.lo, value.hi
    if isinstance(value, List):
        return value.cached("bounds", _bounds_of_list)
    if isinstance(value, _NUMBERS):
        return float(value), float(value)
    raise Fault("FQ210", f"A number is needed here, not {describe(value)}.")


def _bounds_of_list(value: List) -> tuple[float, float]:
    pairs = [bounds(item) for item in value.items] or [(0.0, 0.0)]
    return min(lo for lo, _ in pairs), max(hi for _, hi in pairs)


def kind_of(value: Public) -> str:
    """The kind ("bool", "int" or "float") of a number or of a list of numbers."""
    if isinstance(value, Unknown):
        return value.kind
    if isinstance(value, List):
        return value.cached("kind", _kind_of_list)
    return "int" if isinstance(value, Counted) else type(value).__name__


def _kind_of_list(value: List) -> str:
    kinds = {kind_of(item) for item in value.items} or {"int"}
    return next(kind for kind in ("float", "int", "bool", "str") if kind in kinds)


def shape_of(value: Public) -> tuple[int, ...]:
    """() for a number, (d,) for a list of numbers, (r, c) for a list of equally long lists of numbers."""
    if not isinstance(value, List):
        if not is_number(value):
            raise Fault("FQ210", f"A number is needed here, not {describe(value)}.")
        return ()
    return value.cached("shape", _shape_of_list)


def _shape_of_list(value: List) -> tuple[int, ...]:
    shapes = {shape_of(item) for item in value.items}
    if len(shapes) != 1:
        raise Fault("FQ212", "The lists in this list differ in length." if shapes else "This list is empty.")
    return (len(value), *shapes.pop())


def plain(value: Public) -> object:
    """The value as plain Python, for displaying and for handing to a library."""
    if isinstance(value, List):
        return [plain(item) for item in value.items]
    if isinstance(value, Record):
        return {name: plain(item) for name, item in value.fields}
    return int(value) if isinstance(value, Counted) else value


def from_plain(value: object) -> Public:
    """The public value of plain Python lists, numbers and strings."""
    if isinstance(value, float):
        return value + 0.0  # -0.0 becomes 0.0
    if isinstance(value, PUBLIC):
        return value
    if isinstance(value, Sequence):
        return make_list(from_plain(item) for item in value)
    raise TypeError(f"not a public value: {type(value).__name__}")


def describe(value: object) -> str:
    """A value in the researcher's words, for messages."""
    if isinstance(value, Unknown):
        return "a released number"
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, List):
        return f"a list of {len(value)}"
    if isinstance(value, Record):
        return f"a released {value.kind}"
    return str(getattr(value, "described", "something else"))


def join(first: Public, second: Public) -> Public | None:
    """What is known of a value that is one or the other, or None where the two have nothing in common."""
    if first is second:
        return first
    if isinstance(first, List) and isinstance(second, List) and len(first) == len(second):
        items = [join(a, b) for a, b in zip(first, second, strict=True)]
        return None if any(item is None for item in items) else make_list(item for item in items if item is not None)
    if isinstance(first, Record) and isinstance(second, Record):
        return first if first.kind == second.kind and len(first.cells) == len(second.cells) else None
    if is_number(first) and is_number(second):
        if type(first) is type(second) and first == second:
            return first
        (a, b), (c, d) = bounds(first), bounds(second)
        kinds = {kind_of(first), kind_of(second)}
        return Unknown(next(kind for kind in ("float", "int", "bool") if kind in kinds), min(a, c), max(b, d))
    return first if isinstance(first, str) and first == second else None
