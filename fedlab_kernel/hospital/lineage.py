"""What charges on parts of a population cost one person: parallel composition over the parts of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fedlab_kernel.privacy.accounting import Price

Lineage = tuple[tuple[str, int], ...]
"""The splits a query went through, outermost first: (split id, part 0 or 1); () is the whole population."""

NOTHING = Price(0.0, 0.0, 0.0)


def spent(charges: Iterable[tuple[Lineage, Price]]) -> Price:
    """The most that any one person of the population is charged by `charges`, in each unit of a price.

    A node of the tree is a lineage. Its total is its own charges, plus for every split made of it the
    larger of the totals of the two parts, component by component:

        spent(node) = own(node) + Σ_split max(spent(node, part 0), spent(node, part 1))

    and the result is the total of (). This is sound for the following reason. A split id determines the
    part that each person is in, now and later, by a keyed function of their person id alone (so the id
    must name all else that matters: lineage, fraction and occurrence of the split; the key never
    changes). A release about the other part is computed from data in which that person does not occur:
    adding or removing them does not change it, and it costs them nothing. By induction from the leaves,
    spent(node) bounds what releases at or below the node cost anybody in it: own(node) they all pay, and
    for each split only one of the two parts' totals. The bound holds for ε, for δ and for the Rényi value
    each by itself, because each adds up along a person's path (basic composition; composition at one
    Rényi order, Mironov 2017, prop. 1), also when charges were chosen after seeing earlier answers.
    Different splits of the same node overlap, so they add. This is McSherry's parallel composition
    (2009, thm. 4), applied at each split.

    Args:
        charges: (lineage, price) pairs, in any order.

    Raises:
        ValueError: if a part is neither 0 nor 1.
    """
    totals: defaultdict[Lineage, Price] = defaultdict(lambda: NOTHING)
    for lineage, price in charges:
        if any(part not in (0, 1) for _, part in lineage):
            raise ValueError(f"a split has parts 0 and 1 only, not as in {lineage}")
        totals[lineage] += price
    for depth in range(max(map(len, totals), default=0), 0, -1):
        larger: defaultdict[tuple[Lineage, str], Price] = defaultdict(lambda: NOTHING)
        for node in [node for node in totals if len(node) == depth]:
            split = (node[:-1], node[-1][0])
            larger[split] = _larger(larger[split], totals[node])
        for (parent, _), price in larger.items():
            totals[parent] += price
    return totals[()]


def _larger(one: Price, other: Price) -> Price:
    return Price(max(one.epsilon, other.epsilon), max(one.delta, other.delta), max(one.renyi, other.renyi))
