from __future__ import annotations

from fedlab_kernel.federation.harmonise import harmonise
from fedlab_kernel.language.catalogue import Column, Nested, Table


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


def test_what_stands_for_a_missing_label_keeps_its_meaning() -> None:
    """A default is a place among the labels of the hospital that declared it, and moves where labels are united."""
    north = Column("cp", "category", 0, 1, ("none", "typical"), may_miss=True)
    south = Column("cp", "category", 0, 1, ("other", "typical"), may_miss=True, default=0.0)
    cp = harmonise({"north": table(north), "south": table(south)})[0]["heart"].columns["cp"]
    assert cp.categories == ("none", "typical", "other")
    assert cp.default == 2.0


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


def hanging(*nested: Nested, columns: tuple[Column, ...] = (AGE,)) -> dict[str, Table]:
    """A catalogue with one table on whose persons rows hang."""
    return {"heart": Table("heart", "patients", {c.name: c for c in columns}, 100, 512, {n.name: n for n in nested})}


def visits(most: int, *columns: Column, order: str = "date") -> Nested:
    """Visits with a date and more columns."""
    return Nested("visits", {c.name: c for c in (Column("date", "date", 0, 9), *columns)}, most, order)


def test_nested_rows_are_united_like_tables() -> None:
    """The largest number of rows a person, the widest bounds; columns that somebody lacks are named with their rows."""
    north = hanging(visits(5, Column("cost", "float", 0, 10), Column("ward", "bool", 0, 1)))
    south = hanging(visits(9, Column("cost", "int", -1, 5)))
    tables, notes = harmonise({"north": north, "south": south})
    united = tables["heart"].nested["visits"]
    assert (united.most, united.order, list(united.columns)) == (9, "date", ["date", "cost"])
    assert (united.columns["cost"].kind, united.columns["cost"].lo, united.columns["cost"].hi) == ("float", -1, 10)
    said = " ".join(note.message for note in notes)
    assert "`heart.visits.ward` is left out: south" in said
    assert "`heart.visits.cost`: the hospitals' bounds" in said


def test_nested_rows_that_do_not_fit_are_left_out_and_named() -> None:
    """Rows that a hospital lacks, or that it calls as others call a column, cannot be asked about."""
    labs = Nested("labs", {"x": Column("x", "bool", 0, 1)}, 3)
    lone, named = Column("labs", "bool", 0, 1), Column("visits", "bool", 0, 1)
    tables, notes = harmonise({"north": hanging(visits(5), labs), "south": hanging(visits(5), columns=(AGE, lone))})
    assert list(tables["heart"].nested) == ["visits"]
    assert "Rows `heart.labs` are left out: south does not have them." in [note.message for note in notes]
    tables, _ = harmonise({"north": hanging(visits(5)), "south": hanging(columns=(AGE, named))})
    assert tables["heart"].nested == {}


def test_rows_ordered_differently_are_noted() -> None:
    """`first` and `last` mean what the hospitals' orders make of them, so a difference is said."""
    tables, notes = harmonise({"north": hanging(visits(5)), "south": hanging(visits(5, order=""))})
    assert tables["heart"].nested["visits"].order == ""
    assert "order them differently" in notes[0].message
