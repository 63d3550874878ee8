"""What an evaluation begins with: who is in a table, the rows that hang on them, columns, and sides of a split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.hospital.readers import Bools, Floats
from fedlab_kernel.language.catalogue import Column, Table
from fedlab_kernel.language.cells import Cell
from fedlab_kernel.language.nested import origin
from fedlab_kernel.language.node import Node, make
from fedlab_kernel.language.operators import numbers
from fedlab_kernel.language.public import List

Source = Callable[[slice], Cell]


@dataclass(frozen=True, slots=True)
class Sources:
    """A hospital's rows of one table, as a query written for the hospitals' agreed catalogue reads them.

    Attributes:
        rows: as loaded.
        table: as the hospital itself declares it.
        secret: the key of the splits.
    """

    rows: Rows
    table: Table
    secret: bytes

    def of(self, node: Node) -> Source | None:
        """What gives the cells of some persons for a node that depends on no other; None for other nodes."""
        match node.op:
            case "table":
                present = self.rows.present
                return lambda here: Cell(present[here])
            case "rows":
                hanging = origin(node)
                assert hanging is not None
                name, most = hanging
                kept = self.rows.nested[name].present[:most]  # all there are, where the query was written for more
                return lambda here: Cell(kept[:, here])
            case "column":
                return self._column(node)
        return None

    def first_part(self, node: Node) -> Callable[[slice], Bools]:
        """Who is in part 0 of the split of a "part" node, the same for a person for ever: a keyed hash of their id.

        Padded rows are hashed as well, so that time does not tell how many persons there are.
        """
        split, fraction = make("split", *node.args[:3]).digest, node.args[1]
        assert isinstance(fraction, float)

        def members(here: slice) -> Bools:
            persons = self.rows.persons[here]
            nobody = [b""] * (here.stop - here.start - len(persons))
            keyed = blake2b(key=self.secret, digest_size=8)
            digests = bytearray()
            for person in (*persons, *nobody):
                state = keyed.copy()
                state.update(person + split)
                digests += state.digest()
            # The upper 53 bits of the 64, which a float holds exactly: a share from 0 to 1, 1 excluded.
            return (np.frombuffer(digests, dtype=">u8") >> 11).astype(np.float64) * 2.0**-53 < fraction

        return members

    def _column(self, node: Node) -> Source:
        """Values within the bounds, or positions among the labels, that the query was written for.

        What the catalogue settles is not looked at row by row: a column that cannot miss has no mask (one of nested
        rows keeps it, as its shape tells rows from persons), and one whose declared bounds or labels are among the
        query's has nothing to move.
        """
        kind = node.args[2]
        values, mask, declared = self._declared(node)

        def missing(here: slice) -> Bools | None:
            return mask[..., here] if declared.may_miss or mask.ndim > 1 else None

        if kind == "bool":
            return lambda here: Cell(values[..., here] != 0, missing(here))
        if kind == "category":
            assert isinstance(node.args[3], List)
            labels = tuple(str(label) for label in node.args[3])
            known = [labels.index(label) if label in labels else -1 for label in declared.categories]
            if known == [*range(len(known))]:
                return lambda here: Cell(values[..., here], missing(here), labels)
            theirs = np.array(known, dtype=np.float64)

            def category(here: slice) -> Cell:
                found = theirs[values[..., here].astype(np.intp)]
                return Cell(np.maximum(found, 0.0), mask[..., here] | (found < 0), labels)

            return category
        lo, hi = (numbers(np, bound) for bound in node.args[3:])
        if lo <= declared.lo and declared.hi <= hi:
            return lambda here: Cell(values[..., here], missing(here))
        return lambda here: Cell(np.minimum(np.fmax(values[..., here], lo), hi), missing(here))

    def _declared(self, node: Node) -> tuple[Floats, Bools, Column]:
        """A column's values, where they are missing, and how this hospital declares it."""
        name, hanging = str(node.args[1]), origin(node)
        if hanging is None:
            return self.rows.values[name], self.rows.missing[name], self.table.columns[name]
        where, most = hanging
        rows = self.rows.nested[where]
        return rows.values[name][:most], rows.missing[name][:most], self.table.nested[where].columns[name]
