"""Slices: the canonical text of one release, which is all of a query that a hospital is sent.

One operation a line, operands first, names v0, v1, …; public values as literals. The same computation has the
same slice whatever it was called in the cell, and a hospital accepts only text that it writes in the same way itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import Refused, diagnose
from .arithmetic import ARITHMETIC, COMPARISONS, LOGIC
from .attachments import LONG, pack
from .catalogue import Catalogue
from .check import check
from .nested import origin
from .node import Node, Operand, attached, literal, topological
from .public import List, Public, Tensor
from .values import Aggregate

_INFIX = frozenset({*ARITHMETIC, *COMPARISONS, *LOGIC, "**", "@"})


@dataclass(frozen=True, slots=True)
class Slice:
    """A release as it travels.

    Attributes:
        text: the canonical text.
        attachments: packed long lists, by hash.
    """

    text: str
    attachments: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Reading:
    """A slice as a hospital understood it.

    Attributes:
        aggregate: what is to be released.
        epsilon: at which price.
        tables, columns, primitives: what it uses, for the policy.
    """

    aggregate: Aggregate
    epsilon: float
    tables: frozenset[str]
    columns: frozenset[tuple[str, str]]
    primitives: frozenset[str]


def write(root: Node, epsilon: float) -> Slice:
    """The slice that releases `root` at `epsilon`; every literal in it must be known."""
    names: dict[bytes, str] = {}
    attachments: dict[str, bytes] = {}
    lines = []
    for number, node in enumerate(topological(root)):
        names[node.digest] = f"v{number}"
        lines.append(f"v{number} = {_operation(node, names, attachments)}")
    lines.append(f"release({names[root.digest]}, epsilon={float(epsilon)!r})")
    return Slice("\n".join(lines) + "\n", attachments)


def _operation(node: Node, names: Mapping[bytes, str], attachments: dict[str, bytes]) -> str:
    args = [_operand(arg, names, attachments) for arg in node.args]
    if node.op in _INFIX:
        return f"{args[0]} {node.op} {args[1]}"
    if node.op in ("neg", "~"):
        return f"{'-' if node.op == 'neg' else '~'}{args[0]}"
    if node.op == "[]":
        return f"{args[0]}[{args[1]}]"
    if node.op == "if":
        return f"{args[1]} if {args[0]} else {args[2]}"
    if node.op == "where":
        return f"{args[0]}.where({args[1]})"
    named = [f"{name}={_operand(value, names, attachments)}" for name, value in node.keywords]
    return f"{node.op}({', '.join([*args, *named])})"


def _operand(value: Operand, names: Mapping[bytes, str], attachments: dict[str, bytes]) -> str:
    if isinstance(value, Node):
        return names[value.digest]
    if isinstance(value, tuple):
        return f"[{', '.join(names[node.digest] for node in value)}]"
    packed = value.packed if isinstance(value, Tensor) else None
    if isinstance(value, List) and value.size > LONG:
        packed = pack(value)
    if packed is not None:
        attachments[packed.hash] = packed.data
        return attached(packed)
    text = literal(value)
    if text is None:
        raise ValueError("a slice is written when everything public in it is known")
    return text


def read(text: str, catalogue: Catalogue, attachments: Mapping[str, Public | Tensor]) -> Reading:
    """Check a slice as if it came from an enemy.

    Raises:
        Refused: with the checker's findings, or FW204 where the text is not the canonical text of one release.
    """
    checked = check(text, catalogue, attachments=attachments)
    if not checked.ok:
        raise Refused(*checked.findings)
    if len(checked.releases) != 1 or not isinstance(checked.releases[0].epsilon, float):
        raise Refused(diagnose("FW204", "A request contains exactly one release, with an epsilon."))
    release = checked.releases[0]
    assert isinstance(release.epsilon, float)
    if release.aggregate.node.op != "train" and any(
        node.op == "weights" for node in topological(release.aggregate.node)
    ):
        raise Refused(diagnose("FW204", "Only training has weights that are not written out."))
    again = write(release.aggregate.node, release.epsilon)
    if again.text != text or again.attachments.keys() != attachments.keys():
        raise Refused(diagnose("FW204", "The text differs from what this hospital makes of it."))
    return Reading(release.aggregate, release.epsilon, *uses(release.aggregate))


def uses(aggregate: Aggregate) -> tuple[frozenset[str], frozenset[tuple[str, str]], frozenset[str]]:
    """The tables, the columns as (table, column), and the primitives and operators that an aggregate is made of.

    A column of nested rows is (table, "visits.cost"), and what counts the rows themselves uses (table, "visits").
    """
    nodes = topological(aggregate.node)
    table = aggregate.cohort.table.name  # persons of two tables cannot meet in one aggregate
    columns: set[str] = set()
    for node in nodes:
        if node.op == "column":
            rows = origin(node)
            columns.add(f"{rows[0]}.{node.args[1]}" if rows else str(node.args[1]))
        elif node.op == "count_of" and len(node.args) == 1:
            columns.update(name for name, _ in filter(None, map(origin, node.operands)))
    return frozenset({table}), frozenset((table, name) for name in columns), frozenset(node.op for node in nodes)
