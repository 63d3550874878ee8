"""Operations that are computed better together: a loss with the function before it, a bias with its product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from fedlab_kernel.language.node import Node, Operand, make, topological
from fedlab_kernel.language.training import shape_of

from .losses import LOSSES


def fused(root: Node, dependent: Container[bytes]) -> Node:
    """The same computation with fewer operations.

    Args:
        root: the computation.
        dependent: digests of the nodes below it that depend on weights; only those are changed.

    Returns:
        A node in which `bce(sigmoid(z), y)` and the like read z, `bce(sigmoid(z)[0], y)` too, and `(x @ W) + b`, of
        weights W and b with as many columns as entries, is one operation "affine" of x, W and b.
    """
    nodes = [node for node in topological(root) if node.digest in dependent]
    uses = Counter(operand.digest for node in nodes for operand in node.operands)
    new: dict[bytes, Node] = {}

    def renewed(operand: Operand) -> Operand:
        return new.get(operand.digest, operand) if isinstance(operand, Node) else operand

    for node in nodes:
        if node.op == "weights":
            continue
        together = _with_function(node) or _affine(node, uses) or node
        new[node.digest] = make(together.op, *map(renewed, together.args), **dict(together.keywords))
    return new.get(root.digest, root)


def _with_function(node: Node) -> Node | None:
    """A loss of what a function was made of."""
    first = node.args[0] if node.args else None
    if node.op == "bce" and isinstance(first, Node) and first.op == "[]" and first.args[1] == 0:
        # Of a vector this loss takes the first entry itself.
        first = first.args[0]
    if isinstance(first, Node) and f"{node.op} of {first.op}" in LOSSES:
        return make(f"{node.op} of {first.op}", first.args[0], *node.args[1:])
    return None


def _affine(node: Node, uses: Counter[bytes]) -> Node | None:
    """A product and a bias, where nothing else needs the product."""
    if node.op != "+" or len(node.operands) != 2:
        return None
    for product, bias in (node.operands, node.operands[::-1]):
        if product.op == "@" and bias.op == "weights" and uses[product.digest] == 1:
            vector, matrix = product.args
            if isinstance(matrix, Node) and matrix.op == "weights" and shape_of(matrix)[1:] == shape_of(bias):
                return make("affine", vector, matrix, bias)
    return None
