from __future__ import annotations

from fedlab_kernel.federation.harmonise import harmonise
from fedlab_kernel.language.catalogue import Column, Table


def table(*columns: Column, population: str = "patients", size: int = 100) -> dict[str, Table]:
    """A catalogue with one table."""
    return {"heart": Table("heart", population, {column.name: column for column in columns}, size, 512)}


AGE = Column("age", "int", 20, 80, unit="years")


def test_bounds_labels_and_sizes_are_united() -> None:
    """The harmonised table holds for every hospital: widest bounds, all labels, summed sizes, largest capacity."""
    sex, more = (Column("sex", "category", 0, n - 1, ("female", "male", "other")[:n]) for n in (2, 3))
    tables, notes = harmonise(
        {"north": table(AGE, sex), "south": table(Column("age", "int", 30, 99, unit="years", may_miss=True), more)}
    )
    age, both = tables["heart"].columns["age"], tables["heart"].columns["sex"]
    assert (age.lo, age.hi, age.may_miss) == (20, 99, True)
    assert both.categories == ("female", "male", "other")
    assert tables["heart"].size == 200
    assert [note.severity for note in notes] == ["note", "note"]


def test_whole_and_decimal_numbers_become_decimal() -> None:
    """A column that is whole at one hospital and decimal at another is decimal."""
    tables, _ = harmonise({"north": table(AGE), "south": table(Column("age", "float", 20, 80, unit="years"))})
    assert tables["heart"].columns["age"].kind == "float"


def test_what_does_not_fit_is_left_out_and_named() -> None:
    """Columns of another kind or unit, or that somebody lacks, are left out with a note that names them."""
    chol = Column("chol", "float", 80, 650, unit="mg/dl")
    north = table(AGE, chol, Column("sick", "bool", 0, 1), Column("x", "bool", 0, 1))
    south = table(AGE, Column("chol", "float", 2, 17, unit="mmol/l"), Column("sick", "int", 0, 1))
    tables, notes = harmonise({"north": north, "south": south})
    assert set(tables["heart"].columns) == {"age"}
    said = " ".join(note.message for note in notes)
    assert all(name in said for name in ("heart.chol", "heart.sick", "heart.x"))


def test_tables_of_different_populations_are_not_added() -> None:
    """Persons counted in different id spaces cannot be added up."""
    tables, notes = harmonise({"north": table(AGE), "south": table(AGE, population="staff")})
    assert tables == {}
    assert "populations" in notes[0].message


def test_a_table_that_a_hospital_lacks_is_left_out() -> None:
    """A table must be at every hospital that is asked."""
    tables, notes = harmonise({"north": table(AGE), "south": {}})
    assert tables == {}
    assert "south" in notes[0].message
