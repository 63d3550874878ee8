"""Splits one table at random over hospitals of equal size."""

from __future__ import annotations

import numpy as np

from fedlab_kernel.datasets.folder import Cells, Site


def split(table: str, fields: dict[str, Cells], hospitals: int, seed: int) -> list[Site]:
    """`hospitals` hospitals that share the rows of `fields` at random; row i is person i of the source."""
    persons = np.arange(1, len(next(iter(fields.values()))) + 1)
    order = np.random.default_rng(seed).permutation(persons.size)
    everything = {"person": persons, **fields}
    return [
        Site(
            f"hospital_{at}",
            f"Hospital {at}",
            {table: {name: np.asarray(cells)[part] for name, cells in everything.items()}},
        )
        for at, part in enumerate(np.array_split(order, hospitals), start=1)
    ]
