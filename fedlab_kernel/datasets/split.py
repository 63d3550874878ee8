"""Splits one table over hospitals: at random and equally, or unequally and each with a mix of labels of its own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from fedlab_kernel.datasets.folder import Cells, Site

CONCENTRATION = 0.5  # of the Dirichlet distribution of label mixes, for each label; small: few labels dominate


def split(table: str, fields: dict[str, Cells], hospitals: int, seed: int) -> list[Site]:
    """`hospitals` hospitals that share the rows of `fields` at random; row i is person i of the source."""
    order = np.random.default_rng(seed).permutation(len(next(iter(fields.values()))))
    return _sites(table, fields, np.array_split(order, hospitals))


def split_by_label(table: str, fields: dict[str, Cells], label: str, hospitals: int, seed: int) -> list[Site]:
    """`hospitals` hospitals of unequal size that hold different mixes of `label`; row i is person i of the source.

    Each hospital is given half of an equal share of the persons; the rest fall to the hospitals by chance, with
    probabilities that are uniform on the simplex. Each has a mix of labels drawn from a Dirichlet distribution
    (Hsu, Qi, Brown 2019, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual
    Classification", arXiv:1909.06335; their α, for equally frequent labels, is the sum of `CONCENTRATION` over the
    labels). Then all places of all hospitals are filled in random order: each takes a person with a label of its
    hospital's mix, renormalised over the labels of which persons are left. So nobody is lost or stands twice.
    """
    rng = np.random.default_rng(seed)
    labels, of_person = np.unique(np.asarray(fields[label]), return_inverse=True)
    least = of_person.size // (2 * hospitals)
    others = of_person.size - least * hospitals
    sizes = least + rng.multinomial(others, rng.dirichlet(np.ones(hospitals)))
    mixes = rng.dirichlet(np.full(labels.size, CONCENTRATION), hospitals)
    left = [rng.permutation(np.flatnonzero(of_person == at)).tolist() for at in range(labels.size)]
    parts: list[list[int]] = [[] for _ in range(hospitals)]
    for hospital in rng.permutation(np.repeat(np.arange(hospitals), sizes)).tolist():
        shares = np.where([len(persons) > 0 for persons in left], mixes[hospital], 0)
        parts[hospital].append(left[rng.choice(labels.size, p=shares / shares.sum())].pop())
    return _sites(table, fields, map(np.array, parts))


def _sites(table: str, fields: dict[str, Cells], parts: Iterable[npt.NDArray[np.int64]]) -> list[Site]:
    everything = {"person": np.arange(1, len(next(iter(fields.values()))) + 1), **fields}
    return [
        Site(
            f"hospital_{at}",
            f"Hospital {at}",
            {table: {name: np.asarray(cells)[part] for name, cells in everything.items()}},
        )
        for at, part in enumerate(parts, start=1)
    ]
