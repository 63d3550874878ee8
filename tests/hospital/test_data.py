from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital import files
from fedlab_kernel.hospital.catalogue import FileSource, TableSource
from fedlab_kernel.hospital.columns import ColumnSource, code_key
from fedlab_kernel.hospital.data import Rows, load
from fedlab_kernel.language.catalogue import Column, Table

CAPACITY = 8


def _column(kind: Any, lo: float, hi: float, missing: list[str] | None = None, default: float | None = None,
            codes: list[str] | None = None) -> tuple[Column, ColumnSource]:  # fmt: skip
    keys = tuple(frozenset({code_key(code)}) for code in codes or [])
    absent = frozenset(code_key(code) for code in missing or [])
    return Column("x", kind, lo, hi), ColumnSource(keys, absent, default)


def _read(path: Path, cells: list[str], declared: tuple[Column, ColumnSource]) -> Rows:
    """The rows of a table whose one column `x` holds `cells`."""
    file = path / "t.csv"
    with file.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows([["id", "x"], *([str(at), cell] for at, cell in enumerate(cells))])
    column, source = declared
    written = FileSource(file, "id", ",", (), {"x": source}, "table `t`")
    return load(TableSource(Table("t", "people", {"x": column}, 4, CAPACITY), written))


def _source(file: Path, header: tuple[str, ...] = (), separator: str = ",") -> TableSource:
    column, source = _column("int", 0, 9)
    written = FileSource(file, "id", separator, header, {"x": source}, "table `t`")
    return TableSource(Table("t", "people", {"x": column}, 2, 3), written)


def _refusal(path: Path, text: str | bytes) -> str:
    file = path / "t.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Refused) as refusal:
        load(_source(file))
    (diagnostic,) = refusal.value.diagnostics
    assert diagnostic.code == "FH301"
    assert diagnostic.fix
    assert diagnostic.message.startswith("tables/t.csv: table `t`: ")
    return diagnostic.message


def test_rows_are_padded_to_capacity_and_read_only(tmp_path: Path) -> None:
    """Every array has the declared length, says who is there, and cannot be written to."""
    rows = _read(tmp_path, ["5", "7"], _column("int", 3, 9))
    assert rows.values["x"].tolist() == [5, 7, 3, 3, 3, 3, 3, 3]
    assert rows.values["x"].dtype == np.float64
    assert rows.present.tolist() == [True, True] + [False] * 6
    assert not rows.missing["x"].any()
    assert rows.persons == [b"0", b"1"]
    for array in (rows.values["x"], rows.missing["x"], rows.present):
        assert array.shape == (CAPACITY,)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_missing_codes_match_as_text_and_as_numbers(tmp_path: Path) -> None:
    """`missing = ["?", 0]` catches ?, 0, 0.0 and -0; such a cell is no fault and holds the lower bound."""
    rows = _read(tmp_path, ["?", "0", "0.0", " -0 ", "200"], _column("int", 80, 650, missing=["?", "0"]))
    assert rows.missing["x"].tolist() == [True] * 4 + [False] * 4
    assert rows.values["x"][:5].tolist() == [80, 80, 80, 80, 200]
    assert rows.faults == {"x": 0}


def test_a_missing_value_holds_the_default_where_there_is_one(tmp_path: Path) -> None:
    """A declared default fills missing values, which stay missing, and the padding."""
    rows = _read(tmp_path, ["?", "90"], _column("int", 80, 650, missing=["?"], default=240))
    assert rows.values["x"][:3].tolist() == [240, 90, 240]
    assert rows.missing["x"][:2].tolist() == [True, False]


BAD_NUMBERS = ["", "abc", "nan", "inf", "-inf", "1e999", "1_0", "10.5", "9", "21", "0x10", "1,5", "?"]


@pytest.mark.parametrize("cell", BAD_NUMBERS)
def test_a_bad_number_takes_the_default_and_is_counted(cell: str, tmp_path: Path) -> None:
    """What is no finite number, fractional in an int column or out of bounds takes the default."""
    rows = _read(tmp_path, ["11", cell, "12"], _column("int", 10, 20, default=15))
    assert rows.values["x"][:3].tolist() == [11, 15, 12]
    assert not rows.missing["x"].any()
    assert rows.faults == {"x": 1}


@pytest.mark.parametrize("cell", BAD_NUMBERS)
def test_a_bad_number_without_default_is_missing_and_counted(cell: str, tmp_path: Path) -> None:
    """Without a default a bad cell becomes missing."""
    rows = _read(tmp_path, ["11", cell, "12"], _column("int", 10, 20))
    assert rows.values["x"][:3].tolist() == [11, 10, 12]
    assert rows.missing["x"].tolist() == [False, True] + [False] * 6
    assert rows.faults == {"x": 1}


def test_numbers_in_every_usual_spelling_are_read(tmp_path: Path) -> None:
    """Spaces, signs, decimals and exponents are read; the bounds themselves are inside; -0 becomes 0."""
    rows = _read(tmp_path, [" 1.5 ", "+2", "1e0", ".5", "-3", "8", "-0.0"], _column("float", -3, 8))
    assert rows.values["x"][:7].tolist() == [1.5, 2, 1, 0.5, -3, 8, 0]
    assert not np.signbit(rows.values["x"][6])
    assert rows.faults == {"x": 0}


def test_categories_are_positions_of_their_codes(tmp_path: Path) -> None:
    """A category's codes match as text and as numbers; an unknown one is a bad cell."""
    column = _column("category", 0, 2, missing=["?", "9"], codes=["3", "6", "north"])
    rows = _read(tmp_path, ["3.0", " 6", "north", "?", "9.0", "4", "North"], column)
    assert rows.values["x"][:7].tolist() == [0, 1, 2, 0, 0, 0, 0]
    assert rows.missing["x"][:7].tolist() == [False, False, False, True, True, True, True]
    assert rows.faults == {"x": 2}


def test_an_unknown_code_takes_the_default_category(tmp_path: Path) -> None:
    """The default of a category column is a position too."""
    rows = _read(tmp_path, ["a", "c", "b"], _column("category", 0, 1, default=1, codes=["a", "b"]))
    assert rows.values["x"][:3].tolist() == [0, 1, 1]
    assert not rows.missing["x"].any()
    assert rows.faults == {"x": 1}


def test_chunks_do_not_change_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table longer than one chunk is read as if it were one."""
    cells = ["1", "?", "bad", "4", "5", "77", "0.0"]
    declared = _column("int", 0, 9, missing=["?"])
    whole = _read(tmp_path, cells, declared)
    monkeypatch.setattr(files, "CHUNK", 2)
    pieces = _read(tmp_path, cells, declared)
    np.testing.assert_array_equal(whole.values["x"], pieces.values["x"])
    np.testing.assert_array_equal(whole.missing["x"], pieces.missing["x"])
    assert whole.faults == pieces.faults == {"x": 2}
    assert whole.persons == pieces.persons


def test_values_stay_within_bounds_whatever_a_cell_holds(tmp_path: Path) -> None:
    """Random text never leaves a value outside the declared bounds or not finite, with or without default."""
    seed = 7
    print("seed", seed)
    rng = np.random.default_rng(seed)
    for default in (None, 4.0):
        for _ in range(50):
            cells = ["".join(rng.choice(list("0123456789.-+eE_nafi? "), rng.integers(0, 6))) for _ in range(8)]
            rows = _read(tmp_path, cells, _column("int", 2, 70, missing=["?"], default=default))
            assert ((rows.values["x"] >= 2) & (rows.values["x"] <= 70)).all(), cells
            assert (rows.values["x"] == np.floor(rows.values["x"])).all(), cells


def test_fields_beyond_the_catalogue_and_blank_lines_are_ignored(tmp_path: Path) -> None:
    """A file may hold more than it publishes, in any order, with a byte-order mark and blank lines."""
    file = tmp_path / "t.csv"
    file.write_bytes("\ufeffid,secret, x \na,1,5\n\nb,2,6\n\n".encode())
    rows = load(_source(file))
    assert rows.persons == [b"a", b"b"]
    assert rows.values["x"].tolist() == [5, 6, 0]
    assert list(rows.values) == ["x"]


def test_a_declared_header_names_the_fields_of_a_file_without_one(tmp_path: Path) -> None:
    """The first line is then a row; the separator is the declared one."""
    file = tmp_path / "t.csv"
    file.write_text('5;"a;1"\n6;b\n')
    rows = load(_source(file, header=("x", "id"), separator=";"))
    assert rows.persons == [b"a;1", b"b"]
    assert rows.values["x"][:2].tolist() == [5, 6]


def test_an_empty_table_is_read(tmp_path: Path) -> None:
    """A hospital without patients is a hospital."""
    rows = _read(tmp_path, [], _column("int", 3, 9))
    assert not rows.present.any()
    assert rows.persons == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,y\n1,2\n", "there is no field `x`"),
        ("", "there is no field `id`, `x`"),
        ("id,x,x\n1,2,3\n", "the header names `x` twice"),
        ("id,x\n1,2\n\n31,42,53\n", "row 2 has 3 fields instead of 2"),
        ("id,x\n1,2\n31\n", "row 2 has 1 fields instead of 2"),
        ("id,x\n1,2\n  ,42\n", "row 2 has no person id"),
        ("id,x\n77,2\n88,3\n 77,4\n", "rows 1 and 3 have the same person id"),
        ("id,x\n1,2\n2,2\n3,2\n4,2\n", "there are more persons than capacity = 3"),
        (b"id,x\n1,\xff\n", "the file is not UTF-8 text"),
        ('id,x\n1,"42\n', "the file is not well-formed"),
        ('id,x\n1,"42"z\n', "the file is not well-formed"),
    ],
)
def test_a_schema_fault_stops_the_hospital_with_a_message_for_its_owner(
    text: str | bytes, expected: str, tmp_path: Path
) -> None:
    """Each schema fault is named, with the row's number where there is one."""
    assert expected in _refusal(tmp_path, text)


def test_an_absent_file_stops_the_hospital(tmp_path: Path) -> None:
    """A catalogue without rows is a schema fault."""
    with pytest.raises(Refused, match=r"FH301.*tables/t.csv.*cannot be read"):
        load(_source(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    "text",
    [
        "id,x\n1,2\nZEBRA,42,ZEBRA\n",
        "id,x\nZEBRA,2\nZEBRA,4\n",
        'id,x\n1,"ZEBRA"ZEBRA\n',
        b"id,x\nZEBRA,\xff\n",
        "id,x\nZEBRA,1\nZEBRA2,1\nZEBRA3,1\nZEBRA4,1\n",
    ],
)
def test_no_message_or_its_cause_holds_a_value(text: str | bytes, tmp_path: Path) -> None:
    """Neither a refusal nor the exception it came from carries what a cell holds."""
    (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Refused) as refusal:
        load(_source(tmp_path / "t.csv"))
    error: BaseException | None = refusal.value
    while error is not None:
        assert "ZEBRA" not in repr(error) + str(error) + repr(error.args)
        error = error.__cause__
