from __future__ import annotations

from dataclasses import replace

import pytest

from fedlab_kernel.editor import Total
from fedlab_kernel.errors import diagnose
from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.result import CellResult
from fedlab_kernel.federation.session import AuditLine
from fedlab_kernel.language import Column, Nested, Table
from fedlab_kernel.notebook import display
from fedlab_kernel.notebook.quote_page import quote_page

Hospitals = dict[str, HospitalInfo]


@pytest.fixture
def table() -> Table:
    """A table with a column of every kind."""
    columns = (
        Column("age", "int", 18, 100, unit="years", label="age"),
        Column("oldpeak", "float", -3, 8, unit="mm", may_miss=True),
        Column("fbs", "bool", 0, 1),
        Column("cp", "category", 0, 7, tuple("abcdefgh"), label="pain"),
    )
    visits = Nested("visits", {"day": Column("day", "date", 14610, 20088, label="date of visit")}, 16, "day")
    return Table("heart", "heart_patients", {column.name: column for column in columns}, 910, 1000, {"visits": visits})


def test_the_start_shows_what_a_newcomer_needs(hospitals: Hospitals, table: Table) -> None:
    """Hospitals, budgets, columns and a first cell to run are all there."""
    page = display.started_page(hospitals, {"heart": table}, [], new=True)
    for part in (
        "A new demonstration: 4 of 4 hospitals are ready", "Hospital of Cleveland", "reserved 0.8 of budget ε = 10",
        "%%fedquery -o answers", "age = release(mean(patients.age), epsilon=0.2)",
    ):  # fmt: skip
        assert part in repr(page), part
    assert "<meter" in page._repr_html_()


def test_a_hospital_that_is_not_ready_says_why(hospitals: Hospitals) -> None:
    """Its state and reason are shown, with the command that starts it again."""
    dead = replace(hospitals["hungary"], state="died", message="it was killed", balances=())
    shown = repr(display.status_page({**hospitals, "hungary": dead}, [], "ab" * 32))
    assert "process ended: it was killed (`%fedlab restart hungary`)" in shown
    assert "recorded, not enforced until aggregation is secure" in shown
    assert "ab" * 32 in shown


def test_the_start_is_a_warning_unless_all_are_ready(hospitals: Hospitals) -> None:
    """With a hospital missing, the first line stands out."""
    failed = replace(hospitals["hungary"], state="failed", message="bad table")
    page = display.started_page({**hospitals, "hungary": failed}, {}, [], new=False)
    assert repr(page).startswith("! 3 of 4 hospitals are ready.")


def test_budgets_say_what_they_guarantee(hospitals: Hospitals) -> None:
    """Each budget says what is reserved of how much, per patient, and that only the cap is a guarantee."""
    page = display.budget_page(hospitals)
    assert repr(page).count("reserved 0.8 of budget ε = 10, δ = 1e-06") == 4
    assert repr(page).count("everyone") >= 4
    assert "per patient" in repr(page)
    assert "Only the cap is a guarantee" in repr(page)
    assert page._repr_html_().count("<meter") == 8


def test_no_budget_is_known_of_hospitals_that_are_gone() -> None:
    """Without a ready hospital the page says so instead of showing an empty table."""
    assert "No hospital is ready" in repr(display.budget_page({}))


def test_tables_list_kinds_bounds_units_and_labels(table: Table) -> None:
    """Every column has its kind, its range or labels (long lists cut), unit and whether it can be missing."""
    shown = repr(display.tables_page({"heart": table}, [diagnose("FF404", "Column `x` is left out.", severity="note")]))
    for part in (
        "18 to 100", "years", "-3 to 8", "True, False", "a, b, c, d, e, f and 2 more", "possible", "FF404",
        "`heart.visits`: at most 16 rows a person, in order of `day`", "2010-01-01 to 2024-12-31", "date of visit",
    ):  # fmt: skip
        assert part in shown, part


def test_a_log_that_does_not_verify_stands_out() -> None:
    """One bad log turns the first line into an error that counts the good ones."""
    lines = [AuditLine("a", 7, True, "fine"), AuditLine("b", 0, False, "rewritten")]
    page = display.audit_page(lines)
    assert repr(page).startswith("! 1 of 2 logs verified.")
    assert "NOT VERIFIED" in repr(page)
    assert repr(display.audit_page(lines[:1])).startswith("1 of 1 logs verified.")


def test_the_quote_shows_price_and_error_of_every_line(run: CellResult) -> None:
    """Each release has its line, price and expected error, for a selection also if fewer match."""
    total = Total(1.3, 1e-8, 0.14, "hungary", "", "ε 1.3 · 14 % of what is left at hungary")
    shown = repr(quote_page(run.quote, total=total))
    assert shown.startswith("Quote: at most ε = 1.3, δ = 1e-08 per patient")
    assert "± 4.2 mg/dl if all 910 match; ± 41 if 91 match; ± 16 if 228 match" in shown
    (chol,) = (replace(line, declared=False) for line in run.quote.releases if line.name == "chol")
    assert "if 910 match; ± 41 if 91" in repr(quote_page(replace(run.quote, releases=(chol,))))
    assert "To pay now: ε 1.3 · 14 % of what is left at hungary." in shown
    assert "Nothing was asked" in shown


def test_a_quote_beyond_the_budget_says_so(run: CellResult) -> None:
    """A cell that cannot fit is announced before it is run."""
    total = Total(1.3, 1e-8, 2.0, "hungary", "more than the budget allows", "ε 1.3 · more than is left at hungary")
    shown = repr(quote_page(run.quote, total=total))
    assert "! To pay now: ε 1.3 · more than is left at hungary. It would be refused: more than the budget" in shown


def test_titles_and_labels_stay_text(hospitals: Hospitals, table: Table, hostile_text: str) -> None:
    """What a hospital calls itself, its columns' labels and its messages never become HTML."""
    bad = replace(hospitals["hungary"], title=hostile_text, state="failed", message=hostile_text)
    column = Column("cp", "category", 0, 0, (hostile_text,), hostile_text, hostile_text)
    pages = (
        display.started_page({"hungary": bad}, {"heart": table}, [diagnose("FF404", hostile_text)], new=False),
        display.tables_page({"heart": replace(table, columns={"cp": column})}, []),
        display.audit_page([AuditLine(hostile_text, 0, False, hostile_text)]),
    )
    assert all("<img src=x" not in page._repr_html_() and "<b>" not in page._repr_html_() for page in pages)


def test_the_sum_of_prices_is_shown_as_it_is_written(hospitals: Hospitals) -> None:
    """No character of it counts as one that must not be shown, and would be replaced."""
    page = display.budget_page(hospitals)
    for shown in (repr(page), page._repr_html_()):
        assert "\ufffd" not in shown
    assert "ε = " in repr(page)
