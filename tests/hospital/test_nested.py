from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital import files
from fedlab_kernel.hospital.catalogue import FileSource, TableSource
from fedlab_kernel.hospital.columns import ColumnSource
from fedlab_kernel.hospital.data import load
from fedlab_kernel.hospital.nested import NestedRows
from fedlab_kernel.language.catalogue import Column, Nested, Table
from fedlab_kernel.language.days import parse

CAPACITY, MOST = 4, 3
COLUMNS = {"day": Column("day", "date", 0, 20_000), "x": Column("x", "int", 0, 9)}
WRITTEN = {"day": ColumnSource((), frozenset({"", 0.0, "2011-11-11"})), "x": ColumnSource((), frozenset({"?"}))}


def _described(place: Path, rows: str | bytes, order: str = "", default: float | None = None) -> TableSource:
    (place / "t.csv").write_text("id,age\nann,30\nbob,40\ncid,50\n")
    (place / "t.visits.csv").write_bytes(rows if isinstance(rows, bytes) else rows.encode())
    written = {**WRITTEN, "x": ColumnSource((), frozenset({"?"}), default)}
    age = FileSource(place / "t.csv", "id", ",", (), {"age": ColumnSource()}, "table `t`")
    visits = FileSource(place / "t.visits.csv", "who", ",", (), written, "rows `visits` of table `t`")
    nested = Nested("visits", COLUMNS, MOST, order)
    table = Table("t", "people", {"age": Column("age", "int", 0, 99)}, 3, CAPACITY, {"visits": nested})
    return TableSource(table, age, {"visits": visits})


def _read(place: Path, rows: str, order: str = "", default: float | None = None) -> NestedRows:
    return load(_described(place, rows, order, default)).nested["visits"]


def _of(rows: NestedRows, person: int) -> list[float | None]:
    """The values of `x` of a person's rows, None where missing."""
    kept = np.flatnonzero(rows.present[:, person])
    assert kept.tolist() == list(range(kept.size))  # padding comes last
    return [None if rows.missing["x"][row, person] else float(rows.values["x"][row, person]) for row in kept]


def test_rows_hang_on_their_person_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Every row stands with its person, wherever in the file, padded to the declared numbers and read-only."""
    rows = _read(tmp_path, "who,day,x\nbob,2011-01-02,1\nann,2011-01-01,2\nbob,2010-01-01,3\n")
    assert [_of(rows, person) for person in range(CAPACITY)] == [[2], [1, 3], [], []]
    assert rows.values["day"][0, 1] == parse("2011-01-02")
    for array in (*rows.values.values(), *rows.missing.values(), rows.present):
        assert array.shape == (MOST, CAPACITY)
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1
    assert rows.values["x"].dtype == np.float64
    assert (rows.strangers, rows.beyond, rows.faults) == (0, 0, {"day": 0, "x": 0})


def test_a_declared_order_is_by_date_with_ties_as_in_the_file_and_missing_dates_last(tmp_path: Path) -> None:
    """The earliest row comes first; equal days keep the file's order; rows without a day come after all others."""
    text = "who,day,x\nann,,1\nann,2012-01-01,2\nann,2010-01-01,3\n"
    assert _of(_read(tmp_path, text, "day"), 0) == [3, 2, 1]
    text = "who,day,x\nann,2012-01-01,1\nann,2012-01-01,2\nann,2010-01-01,3\n"
    assert _of(_read(tmp_path, text, "day"), 0) == [3, 1, 2]
    assert _of(_read(tmp_path, text), 0) == [1, 2, 3]


def test_rows_beyond_the_most_are_dropped_in_their_order_and_counted(tmp_path: Path) -> None:
    """Of each person the first rows in their order are kept, and the owner is told how many were not."""
    lines = [f"ann,20{20 - at}-01-01,{at}" for at in range(5)] + ["bob,2010-01-01,7"]
    text = "\n".join(["who,day,x", *lines]) + "\n"
    rows = _read(tmp_path, text)
    assert (_of(rows, 0), _of(rows, 1), rows.beyond) == ([0, 1, 2], [7], 2)
    rows = _read(tmp_path, text, "day")
    assert (_of(rows, 0), _of(rows, 1), rows.beyond) == ([4, 3, 2], [7], 2)


def test_rows_of_unknown_persons_are_dropped_and_counted(tmp_path: Path) -> None:
    """An id that is not in the table, or none at all, hangs on nobody."""
    rows = _read(tmp_path, "who,day,x\neve,2010-01-01,1\n,2010-01-01,2\n ann ,2010-01-01,3\n")
    assert [_of(rows, person) for person in range(CAPACITY)] == [[3], [], [], []]
    assert rows.strangers == 2


@pytest.mark.parametrize("cell", ["2011-02-29", "2011-1-1", "1.1.2011", "20110101", "1969-12-31", "2024-12-31x", "7"])
def test_a_bad_date_is_missing_and_counted(cell: str, tmp_path: Path) -> None:
    """What is no day, written in another way or out of bounds is a bad cell, as in tables."""
    rows = _read(tmp_path, f"who,day,x\nann,{cell},1\nann,2010-01-01,2\n")
    assert rows.missing["day"][:, 0].tolist() == [True, False, False]
    assert rows.faults == {"day": 1, "x": 0}


def test_missing_codes_of_dates_match_as_text(tmp_path: Path) -> None:
    """A date can be a missing code itself; the code 0 is not the day 0."""
    rows = _read(tmp_path, "who,day,x\nann,2011-11-11,1\nann,0.0,2\nann,1970-01-01,3\n")
    assert rows.missing["day"][:, 0].tolist() == [True, True, False]
    assert rows.faults == {"day": 0, "x": 0}


def test_bad_cells_take_the_default(tmp_path: Path) -> None:
    """With a default a bad cell holds it, without it the value is missing; a missing code is no fault."""
    text = "who,day,x\nann,2010-01-01,77\nann,2010-01-01,?\n"
    assert _of(_read(tmp_path, text, default=5), 0) == [5, None]
    rows = _read(tmp_path, text)
    assert _of(rows, 0) == [None, None]
    assert rows.faults == {"day": 0, "x": 1}


def test_chunks_do_not_change_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file longer than one chunk is read as if it were one."""
    text = "who,day,x\n" + "".join(f"{who},2010-01-0{day},{day}\n" for day in (3, 1, 2) for who in ("cid", "ann"))
    whole = _read(tmp_path, text, "day")
    monkeypatch.setattr(files, "CHUNK", 2)
    assert [_of(_read(tmp_path, text, "day"), person) for person in (0, 1, 2)] == [[1, 2, 3], [], [1, 2, 3]]
    np.testing.assert_array_equal(whole.values["x"], _read(tmp_path, text, "day").values["x"])


def test_no_rows_are_fine(tmp_path: Path) -> None:
    """A file with nothing but its header, and one where nobody is known, hang nothing on anybody."""
    for text in ("who,day,x\n", "who,day,x\neve,2010-01-01,1\n"):
        assert not _read(tmp_path, text, "day").present.any()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("who,x\nann,1\n", "there is no field `day`"),
        ("who,day,x,x\n", "the header names `x` twice"),
        ("who,day,x\nann,2010-01-01\n", "row 1 has 2 fields instead of 3"),
        (b"who,day,x\nZEBRA,\xff,1\n", "the file is not UTF-8 text"),
        ('who,day,x\nZEBRA,"2010"1,1\n', "the file is not well-formed"),
    ],
)
def test_a_schema_fault_names_file_and_rows(text: str | bytes, expected: str, tmp_path: Path) -> None:
    """What makes the whole file doubtful stops the hospital, with a message that holds no cell."""
    with pytest.raises(Refused) as refusal:
        load(_described(tmp_path, text))
    (found,) = refusal.value.diagnostics
    assert found.code == "FH301"
    assert found.message.startswith(f"tables/t.visits.csv: rows `visits` of table `t`: {expected}")
    assert "ZEBRA" not in repr(found) + repr(refusal.value.__cause__)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    """Declared rows without their file are a schema fault."""
    described = _described(tmp_path, "")
    described.nested["visits"].file.unlink()
    with pytest.raises(Refused, match=r"FH301.*tables/t.visits.csv.*cannot be read"):
        load(described)
