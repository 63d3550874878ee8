"""Well-typed queries of every kind, on data of every kind: a hospital adds up what it was told to, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.language import check
from fedlab_kernel.language.attachments import unpack
from fedlab_kernel.language.slices import read, write
from fedlab_kernel.language.statistics.statistic import Statistic
from tests.language.generated_people import queries
from tests.language.primitives.people import catalogue, total
from tests.language.primitives.test_sensitivity import _norm, _without, hospitals


@settings(max_examples=150)
@given(query=queries(), rows=hospitals(), complete=st.sets(st.sampled_from(["a", "k", "n", "flag", "hue", "day"])))
def test_a_hospital_reads_a_query_as_it_was_written_and_adds_no_more_than_it_may(
    query: str, rows: Rows, complete: set[str]
) -> None:
    """Whatever may be missing there, vector and sensitivity are the researcher's, and one person's share is within.

    Shortcuts of adding up give what verified vectors do.
    """
    *lines, last = query.splitlines()
    text = "\n".join(['p = table("people")', *lines, f"x = release({last}, epsilon=1.0)"])
    tables = catalogue(len(rows.present))
    checked = check(text, tables)
    assert all(found.span is not None for found in checked.findings)
    assume(checked.ok)
    event(last.partition("(")[0])
    asked = checked.releases[0].aggregate
    cut = write(asked.node, 1.0)
    columns = {
        name: replace(column, may_miss=column.may_miss and name not in complete)
        for name, column in tables["people"].columns.items()
    }
    theirs = {"people": replace(tables["people"], columns=columns)}
    attachments = {name: unpack(name, data) for name, data in cut.attachments.items()}
    aggregate = read(cut.text, theirs, attachments).aggregate
    statistic = aggregate.statistic
    for same in ("dimension", "norm", "sensitivity"):
        assert getattr(statistic, same) == getattr(asked.statistic, same)

    missing = {name: mask & (name not in complete) for name, mask in rows.missing.items()}
    rows = replace(rows, missing=missing)
    everybody = total(aggregate, rows)
    bound = statistic.sensitivity if statistic.norm == "l1" else statistic.sensitivity**2
    for person in np.flatnonzero(rows.present):
        without = total(aggregate, _without(rows, person))
        change = [one - other for one, other in zip(everybody, without, strict=True)]
        assert _norm(change, statistic.norm) <= bound, (text, change, bound)

    class General(type(statistic)):  # type: ignore[misc]
        total = Statistic.total

    fields = {name: getattr(statistic, name) for name in statistic.__dataclass_fields__}
    assert total(replace(aggregate, statistic=General(**fields)), rows) == everybody
