"""Private values as nodes of a Merkle DAG: what a value *is* does not depend on the names and lines that made it.

A node's digest covers its operation and its operands' digests, so equal computations are equal nodes
at every hospital and in every cell, whatever the researcher called them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from .public import List, Public, Record, Unknown


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An operation on private values and public literals.

    Attributes:
        op: the name of a primitive, or an operator's symbol.
        args: operands in order; a Node, or a public literal.
        keywords: named public literals, or nodes, after them.
        digest: 16 bytes that identify the computation.
        ready: whether every literal in it is known.
    """

    op: str
    args: tuple[Node | Public, ...]
    keywords: tuple[tuple[str, Node | Public], ...]
    digest: bytes
    ready: bool

    def operands(self) -> list[Node]:
        """The operands that are nodes."""
        named = [value for _, value in self.keywords if isinstance(value, Node)]
        return [value for value in self.args if isinstance(value, Node)] + named


def make(op: str, *args: Node | Public, **keywords: Node | Public) -> Node:
    """The node of an operation."""
    state = blake2b(op.encode(), digest_size=16)
    ready = True
    for name, value in (*(("", arg) for arg in args), *keywords.items()):
        state.update(name.encode() + b"\0")
        if isinstance(value, Node):
            state.update(b"n" + value.digest)
            ready = ready and value.ready
        else:
            text = literal(value)
            ready = ready and text is not None
            state.update(b"?" if text is None else b"l%d:" % len(text) + text.encode())
    return Node(op, args, tuple(keywords.items()), state.digest(), ready)


def literal(value: Public) -> str | None:
    """The canonical text of a public value, or None where it waits for a release.

    Integers and floats stay apart (2 and 2.0), floats are written as their shortest repr, -0.0 as 0.0.
    """
    if isinstance(value, List):
        texts = [literal(item) for item in value.items]
        return None if None in texts else f"[{', '.join(text for text in texts if text is not None)}]"
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Record):
        raise TypeError("a record is not a literal")
    return repr(value + 0.0) if isinstance(value, float) else repr(value)


def topological(root: Node) -> list[Node]:
    """Every node below and including `root`, operands first, each computation once."""
    order: list[Node] = []
    seen: set[bytes] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, expanded = stack.pop()
        if node.digest in seen:
            continue
        if expanded:
            seen.add(node.digest)
            order.append(node)
        else:
            stack.append((node, True))
            stack.extend((operand, False) for operand in reversed(node.operands()))
    return order


