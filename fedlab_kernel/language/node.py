"""Private values as nodes of a Merkle DAG: what a value *is* does not depend on the names and lines that made it.

A node's digest covers its operation and its operands' digests, so equal computations are equal nodes
at every hospital and in every cell, whatever the researcher called them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from .public import TOKENS, List, Packed, Public, Record, Tensor, Unknown

_NUMBERS, _ALL = 2, 3  # of an operand's literals, that its numbers are known, or everything


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An operation on private values and public literals.

    Attributes:
        op: the name of a primitive, or an operator's symbol.
        args: operands in order; a Node, several nodes written as a list, or a public literal.
        keywords: named operands, after them.
        digest: 16 bytes that identify the computation.
        ready: whether every literal in it is known.
        settled: whether every number in it is; weights of a model may wait, which decide no bound and no grid.
        operands: those of the args and keywords that are nodes, in order.
    """

    op: str
    args: tuple[Operand, ...]
    keywords: tuple[tuple[str, Operand], ...]
    digest: bytes
    ready: bool
    settled: bool
    operands: tuple[Node, ...]


Operand = Node | tuple[Node, ...] | Public | Tensor


def nodes_of(operand: Operand) -> tuple[Node, ...]:
    """The nodes in an operand."""
    if isinstance(operand, Node):
        return (operand,)
    return operand if isinstance(operand, tuple) else ()


def make(op: str, *args: Operand, **keywords: Operand) -> Node:
    """The node of an operation."""
    parts = [op.encode()]
    nodes: list[Node] = []
    known = _ALL
    for value in args:
        known &= _hashed(value, parts, nodes)
    for name, value in keywords.items():
        parts.append(b"=" + name.encode())
        known &= _hashed(value, parts, nodes)
    digest = blake2b(b"\0".join(parts), digest_size=16).digest()
    return Node(op, args, tuple(keywords.items()), digest, known == _ALL, bool(known & _NUMBERS), tuple(nodes))


def _hashed(value: Operand, parts: list[bytes], nodes: list[Node]) -> int:
    """Add what identifies an operand, and the nodes in it; what of it is known."""
    if isinstance(value, Node):
        parts.append(b"n" + value.digest)
        nodes.append(value)
        return _known(value)
    if isinstance(value, tuple):
        parts.append(b"[%d:" % len(value) + b"".join(node.digest for node in value))
        nodes.extend(value)
        return min(map(_known, value), default=_ALL)
    text = literal(value)
    parts.append(b"?%d" % _token(value) if text is None else b"l" + text.encode())
    if text is None:
        return _NUMBERS if isinstance(value, Tensor) else 0
    return _ALL


def _known(node: Node) -> int:
    return _ALL if node.ready else _NUMBERS if node.settled else 0


def _token(value: Public | Tensor) -> int:
    """What tells a value that is not known yet from others: computations on the two may turn out to be different."""
    assert isinstance(value, Unknown | List | Tensor)
    return value.token if isinstance(value, Unknown | Tensor) else value.cached("token", lambda _: next(TOKENS))


def literal(value: Public | Tensor) -> str | None:
    """The canonical text of a public value, or None where it waits for a release.

    Integers and floats stay apart (2 and 2.0), floats are written as their shortest repr, -0.0 as 0.0.
    """
    if isinstance(value, List):
        return value.cached("literal", _list_literal)
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Tensor):
        return None if value.packed is None else attached(value.packed)
    if isinstance(value, Record):
        raise TypeError("a record is not a literal")
    return repr(value + 0.0) if isinstance(value, float) else repr(value)


def attached(packed: Packed) -> str:
    """How a text names what travels beside it."""
    return f'attachment("{packed.hash}")'


def _list_literal(value: List) -> str | None:
    texts: list[str] = []
    for item in value.items:
        text = literal(item)
        if text is None:
            return None
        texts.append(text)
    return f"[{', '.join(texts)}]"


def replaced(root: Node, given: Mapping[bytes, Node]) -> Node:
    """The same computation with other nodes in some places.

    Args:
        root: of the computation.
        given: what stands instead of a node, by the digest of that.
    """
    new: dict[bytes, Node] = {}

    def renewed(operand: Operand) -> Operand:
        if isinstance(operand, tuple):
            return tuple(new[node.digest] for node in operand)
        return new[operand.digest] if isinstance(operand, Node) else operand

    for node in topological(root):
        instead = given.get(node.digest)
        if instead is None:
            keywords = {name: renewed(value) for name, value in node.keywords}
            instead = make(node.op, *map(renewed, node.args), **keywords)
        new[node.digest] = instead
    return new[root.digest]


def topological(*roots: Node) -> list[Node]:
    """Every node below and including the roots, operands first, each computation once."""
    order: list[Node] = []
    seen: set[bytes] = set()
    stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, expanded = stack.pop()
        if node.digest in seen:
            continue
        if expanded:
            seen.add(node.digest)
            order.append(node)
        else:
            stack.append((node, True))
            stack.extend((operand, False) for operand in reversed(node.operands))
    return order
