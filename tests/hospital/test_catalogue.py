from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.columns import code_key
from fedlab_kernel.language import days

HOSPITAL: dict[str, Any] = {"name": "north", "title": "North Hospital", "policy": {"epsilon": 3.0}}
TABLE: dict[str, Any] = {
    "population": "patients",
    "size": 100,
    "capacity": 128,
    "person": "id",
    "columns": {
        "age": {"type": "int", "lo": 18, "hi": 100, "unit": "years", "label": "age", "default": 50},
        "chol": {"type": "float", "lo": 80, "hi": 650.5, "missing": ["?", 0]},
        "smoker": {"type": "bool", "default": True},
        "died": {"type": "bool"},
        "sex": {"type": "category", "categories": ["female", "male"], "codes": [[1, "f"], 2], "missing": [9]},
        "born": {"type": "date", "lo": date(1900, 1, 1), "hi": date(2010, 12, 31), "default": date(1970, 1, 3)},
    },
    "nested": {
        "labs": {
            "person": "id",
            "most": 5,
            "order": "day",
            "separator": ";",
            "columns": {
                "day": {
                    "type": "date",
                    "lo": date(2010, 1, 1),
                    "hi": date(2020, 12, 31),
                    "missing": ["", "2011-11-11"],
                },
                "ldl": {"type": "float", "lo": 0, "hi": 400, "unit": "mg/dl"},
            },
        },
    },
}


def _folder(place: Path, hospital: dict[str, Any] = HOSPITAL, table: dict[str, Any] = TABLE) -> Path:
    path = place / "north"
    (path / "tables").mkdir(parents=True)
    (path / "hospital.toml").write_text(tomli_w.dumps(hospital), encoding="utf-8")
    (path / "tables" / "visits.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


def _messages(path: Path) -> list[str]:
    with pytest.raises(Refused) as refusal:
        read_folder(path)
    assert {d.code for d in refusal.value.diagnostics} == {"FH301"}
    assert all(d.fix for d in refusal.value.diagnostics)
    return [d.message for d in refusal.value.diagnostics]


def _changed(path: Path, keys: str, value: Any) -> str:
    """The one message about TABLE with the dotted key changed (removed where value is None)."""
    table = copy.deepcopy(TABLE)
    *parents, last = keys.split(".")
    place = table
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    (message,) = _messages(_folder(path, table=table))
    return message


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    """Name, title, policy, sizes, the person column and every column's public and private facts arrive."""
    hospital = read_folder(_folder(tmp_path))
    assert (hospital.name, hospital.title, hospital.path) == ("north", "North Hospital", tmp_path / "north")
    assert hospital.policy == {"epsilon": 3.0}
    described = hospital.tables["visits"]
    table, source = described.table, described.source
    assert (table.name, table.population, table.size, table.capacity) == ("visits", "patients", 100, 128)
    assert (source.person, source.separator, source.header) == ("id", ",", ())
    assert source.file == tmp_path / "north" / "tables" / "visits.csv"
    assert list(table.columns) == ["age", "chol", "smoker", "died", "sex", "born"]
    age, chol, smoker, _, sex, born = table.columns.values()
    assert (age.kind, age.lo, age.hi, age.unit, age.label) == ("int", 18, 100, "years", "age")
    assert (chol.kind, chol.lo, chol.hi) == ("float", 80, 650.5)
    assert (smoker.kind, smoker.lo, smoker.hi) == ("bool", 0, 1)
    assert (sex.kind, sex.lo, sex.hi, sex.categories) == ("category", 0, 1, ("female", "male"))
    assert source.columns["age"].default == 50
    assert source.columns["smoker"].default == 1
    assert source.columns["chol"].missing == {"?", 0.0}
    assert source.columns["sex"].codes == ({1.0, "f"}, {2.0})
    assert (born.kind, born.lo, born.hi, born.may_miss) == ("date", days.parse("1900-01-01"), 14974, False)
    assert source.columns["born"].default == 2


def test_nested_rows_are_read_with_their_table(tmp_path: Path) -> None:
    """What hangs on the persons has a file of its own beside the table's, and facts like a table's."""
    described = read_folder(_folder(tmp_path)).tables["visits"]
    labs, source = described.table.nested["labs"], described.nested["labs"]
    assert (labs.name, labs.most, labs.order, list(labs.columns)) == ("labs", 5, "day", ["day", "ldl"])
    assert labs.columns["ldl"].unit == "mg/dl"
    assert source.file == tmp_path / "north" / "tables" / "visits.labs.csv"
    assert (source.person, source.separator) == ("id", ";")
    assert source.columns["day"].missing == {"", "2011-11-11"}
    assert [each.file.name for each in described.sources] == ["visits.csv", "visits.labs.csv"]


def test_a_column_may_miss_values_unless_it_has_a_default_and_no_missing_code(tmp_path: Path) -> None:
    """A column without default may miss values even where no code says so: its bad cells become missing."""
    columns = read_folder(_folder(tmp_path)).tables["visits"].table.columns
    assert {name: column.may_miss for name, column in columns.items()} == {
        "age": False, "chol": True, "smoker": False, "died": True, "sex": True, "born": False,
    }  # fmt: skip


def test_a_header_may_be_declared(tmp_path: Path) -> None:
    """The names of a file without a header line stand in the catalogue, with its separator."""
    fields = ["id", "age", "chol", "smoker", "died", "sex", "born"]
    folder = _folder(tmp_path, table=TABLE | {"header": fields, "separator": ";"})
    source = read_folder(folder).tables["visits"].source
    assert source.header == tuple(fields)
    assert source.separator == ";"


@pytest.mark.parametrize(
    ("keys", "value", "expected"),
    [
        ("sise", 3, "unknown field `sise`"),
        ("size", None, "missing required field `size`"),
        ("size", "many", "`size`: Expected `int`, got `str`"),
        ("size", True, "`size`: Expected `int`, got `bool`"),
        ("size", -1, "`size`: Expected `int` >= 0"),
        ("size", 200, "`capacity`: 128 is below size = 200"),
        ("capacity", 10**12, "`capacity`: Expected `int` <= 10000000"),
        ("separator", "x", "`separator`: Invalid enum value"),
        ("header", False, "`header`: the fields have no names"),
        ("header", ["id", "id"], "`header`: it names a field twice"),
        ("population", "a b", "`population`: `a b` is no name"),
        ("person", "age", "`person`: `age` is a column too"),
        ("columns", {}, "`columns`: Expected `object` of length >= 1"),
        ("columns.age.type", "text", "column `age`, `type`: Invalid value 'text'"),
        ("columns.born.lo", 1900, "column `born`, `lo`: Expected `date`, got `int`"),
        ("columns.born.lo", date(2011, 1, 1), "column `born`, `lo`: 2011-01-01 to 2010-12-31 is no interval"),
        ("columns.born.default", date(1899, 1, 1), "column `born`, `default`: 1899-01-01 is out of bounds"),
        ("columns.born.unit", "days", "column `born`: Object contains unknown field `unit`"),
        ("nested.labs.most", None, "rows `labs`: Object missing required field `most`"),
        ("nested.labs.most", 0, "rows `labs`, `most`: Expected `int` >= 1"),
        ("nested.labs.most", 5000, "rows `labs`, `most`: Expected `int` <= 4096"),
        ("nested.labs.order", "ldl", "rows `labs`, `order`: `ldl` is no date column"),
        ("nested.labs.order", "date", "rows `labs`, `order`: `date` is no date column"),
        ("nested.labs.person", "ldl", "rows `labs`, `person`: `ldl` is a column too"),
        ("nested.labs.header", False, "rows `labs`, `header`: the fields have no names"),
        ("nested.labs.size", 3, "rows `labs`: Object contains unknown field `size`"),
        ("nested.labs.columns", {}, "rows `labs`, `columns`: Expected `object` of length >= 1"),
        ("nested.labs.columns.ldl.hi", "x", "rows `labs`, column `ldl`, `hi`: Expected `float`, got `str`"),
        ("nested.labs.columns.where", {"type": "bool"}, "rows `labs`, column `where`: `where` has another meaning"),
        ("nested.age", {"person": "id", "most": 1, "columns": {"x": {"type": "bool"}}}, "a column has this name too"),
        ("nested.a b", {"person": "id", "most": 1, "columns": {"x": {"type": "bool"}}}, "`a b` is no name"),
        ("nested.where", {"person": "id", "most": 1, "columns": {"x": {"type": "bool"}}}, "another meaning"),
        ("columns.age.type", None, "column `age`: Object missing required field `type`"),
        ("columns.age.low", 3, "column `age`: Object contains unknown field `low`"),
        ("columns.age.categories", ["a"], "column `age`: Object contains unknown field `categories`"),
        ("columns.sex.lo", 0, "column `sex`: Object contains unknown field `lo`"),
        ("columns.age.lo", "18", "column `age`, `lo`: Expected `int`, got `str`"),
        ("columns.age.lo", 18.5, "column `age`, `lo`: Expected `int`, got `float`"),
        ("columns.age.lo", 101, "column `age`, `lo`: 101.0 to 100.0 is no interval"),
        ("columns.age.hi", 2**60, "column `age`, `hi`: Expected `int` <="),
        ("columns.chol.hi", float("inf"), "column `chol`, `lo`: 80.0 to inf is no interval"),
        ("columns.chol.lo", float("nan"), "column `chol`, `lo`: nan to 650.5 is no interval"),
        ("columns.age.default", 17, "column `age`, `default`: 17 is out of bounds"),
        ("columns.chol.default", float("nan"), "column `chol`, `default`: nan is out of bounds"),
        ("columns.age.unit", "a\nb", "column `age`, `unit`: the text holds control characters"),
        ("columns.age.label", "a\u202eb", "column `age`, `label`: the text holds control characters"),
        ("columns.age.missing", [True], "column `age`, `missing[0]`: Expected"),
        ("columns.sex.categories", ["a", "a"], "column `sex`, `categories`: a label stands twice"),
        ("columns.sex.categories", ["a", "b\\c"], "column `sex`, `categories`: a label has a backslash"),
        ("columns.sex.categories", ["a", "b'c\""], "column `sex`, `categories`: a label has a backslash"),
        ("columns.sex.categories", ["a", " "], "column `sex`, `categories`: a label is empty"),
        ("columns.sex.categories", [], "column `sex`, `categories`: Expected `array` of length >= 1"),
        ("columns.sex.categories", ["a"] * 4097, "`categories`: Expected `array` of length <= 4096"),
        ("columns.sex.categories", ["a"], "column `sex`, `codes`: 2 entries for 1 categories"),
        ("columns.sex.codes", [1, "1.0"], "column `sex`, `codes`: one code stands for two categories"),
        ("columns.sex.codes", [1, []], "column `sex`, `codes`: an entry is empty"),
        ("columns.sex.missing", ["2.0"], "column `sex`, `missing`: it holds a category's code"),
        ("columns.sex.default", "other", "column `sex`, `default`: `other` is no category"),
        ("columns.smoker.default", 1, "column `smoker`, `default`: Expected `bool | null`, got `int`"),
        ("columns._age", {"type": "bool"}, "column `_age`: `_age` is no name a query can use"),
        ("columns.class", {"type": "bool"}, "column `class`: `class` is no name a query can use"),
        ("columns.größe", {"type": "bool"}, "column `größe`: `größe` is no name a query can use"),
        ("columns.where", {"type": "bool"}, "column `where`: `where` has another meaning"),
    ],
)  # fmt: skip
def test_a_faulty_table_is_refused_by_file_column_and_key(keys: str, value: Any, expected: str, tmp_path: Path) -> None:
    """Each fault names the file and, where there is one, the column and the key."""
    message = _changed(tmp_path, keys, value)
    assert message.startswith("tables/visits.toml")
    assert expected in message


def test_nested_rows_that_no_memory_holds_are_refused(tmp_path: Path) -> None:
    """Rows a person times capacity is bounded, since every column is padded to it."""
    table = copy.deepcopy(TABLE) | {"capacity": 10**6}
    table["nested"]["labs"]["most"] = 101
    (message,) = _messages(_folder(tmp_path, table=table))
    assert "rows `labs`, `most`: 101 rows for each of 1,000,000 persons are more than 100,000,000" in message


def test_all_faulty_columns_are_reported_together(tmp_path: Path) -> None:
    """A steward sees every faulty column at once, not one a start."""
    table = copy.deepcopy(TABLE)
    table["columns"]["age"]["lo"] = "x"
    table["columns"]["sex"]["codes"] = [1]
    messages = _messages(_folder(tmp_path, table=table))
    assert [m.split(", ")[1] for m in messages] == ["column `age`", "column `sex`"]


@pytest.mark.parametrize(
    ("hospital", "expected"),
    [
        ({"name": "a b"}, "hospital.toml, `name`: `a b` is no name"),
        ({"name": "south"}, "hospital.toml, `name`: `south` is not what its folder is called, `north`"),
        ({"name": ""}, "hospital.toml, `name`: `` is no name"),
        ({"title": "x"}, "hospital.toml: Object missing required field `name`"),
        ({"name": "north", "polices": {}}, "hospital.toml: Object contains unknown field `polices`"),
        ({"name": "north", "policy": 3}, "hospital.toml, `policy`: Expected `object`, got `int`"),
        ({"name": "north", "title": "\x1b[2J"}, "hospital.toml, `title`: the text holds control characters"),
    ],
)
def test_a_faulty_hospital_file_is_refused(hospital: dict[str, Any], expected: str, tmp_path: Path) -> None:
    """hospital.toml is read as strictly as a table's catalogue."""
    (message,) = _messages(_folder(tmp_path, hospital=hospital))
    assert expected in message


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    """An absent hospital.toml and an absent table are named."""
    folder = tmp_path / "north"
    folder.mkdir()
    assert "hospital.toml: it cannot be read" in _messages(folder)[0]
    (folder / "hospital.toml").write_text('name = "north"')
    assert "there is no table" in _messages(folder)[0]


def test_text_that_is_no_toml_is_refused_by_line(tmp_path: Path) -> None:
    """A TOML mistake and text that is not UTF-8 are located, not raised as they are."""
    folder = _folder(tmp_path)
    file = folder / "tables" / "visits.toml"
    file.write_text("size = \n")
    assert "tables/visits.toml: it is not TOML" in _messages(folder)[0]
    assert "line 1" in _messages(folder)[0]
    file.write_bytes(b'population = "\xff"')
    assert "tables/visits.toml: it is not UTF-8 text" in _messages(folder)[0]


@pytest.mark.parametrize(
    ("text", "key"),
    [(" 0.0 ", 0.0), ("-0", 0.0), ("?", "?"), (" NA ", "NA"), ("1e2", 100.0), ("1_0", "1_0"), ("nan", "nan")],
)
def test_codes_are_compared_as_numbers_where_they_are(text: str, key: float | str) -> None:
    """Two spellings of a number are one code; other codes are compared as text without outer spaces."""
    assert code_key(text) == key
