from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest

from fedlab_kernel.federation.contact import HospitalInfo
from fedlab_kernel.federation.result import Answer, CellResult
from fedlab_kernel.notebook.result import Result

Hospitals = dict[str, HospitalInfo]


@pytest.fixture
def result(run: CellResult, hospitals: Hospitals) -> Result:
    """The result of a cell that all hospitals answered."""
    return Result(run, hospitals)


def test_values_are_plain_python(result: Result) -> None:
    """A value is reached as an attribute or an item, and is the number or list itself."""
    assert result.n == result["n"] == 893
    assert result.s == [1.25, -0.5, 3.0]
    assert result.sick["counts"][1] == [266, 449]
    assert result.last == 893


def test_names_can_be_completed(result: Result) -> None:
    """Every name of the cell is offered by Tab, as an attribute and as a key."""
    assert {"n", "chol", "ages", "methods", "to_frame"} <= set(dir(result))
    assert result._ipython_key_completions_() == list(result) == ["n", "chol", "ages", "pain", "sick", "s", "share"]
    assert "n" in result
    assert "curve" not in result
    assert len(result) == 7


def test_a_branch_not_taken_says_so(result: Result) -> None:
    """A name that has no value raises the error of its kind of access, with the reason."""
    with pytest.raises(AttributeError, match="`curve` has no value: the branch that sets it was not taken"):
        _ = result.curve
    with pytest.raises(KeyError, match="branch that sets it was not taken"):
        _ = result["curve"]


def test_a_misspelt_name_is_corrected(result: Result) -> None:
    """An unknown name is answered with the nearest one."""
    with pytest.raises(AttributeError, match="did you mean `chol`"):
        _ = result.cholo


def test_a_result_can_be_copied_and_pickled(result: Result) -> None:
    """Copying asks for names with underscores, which are never looked up among the answers."""
    assert copy.copy(result).n == 893
    assert pickle.loads(pickle.dumps(copy.deepcopy(result))).chol == result.chol


def test_text_and_html_hold_every_answer(result: Result) -> None:
    """Both displays show each value with its error bar, unit, persons and price, and who answered."""
    for shown in (repr(result), result._repr_html_()):
        for part in (
            "4 of 4 hospitals answered", "ε = 1.3, δ = 1e-08 per patient", "893 ± 60", "246.6 ± 4.2", "mg/dl", "± 6.0",
            "≈ 716", "[20, 30)", "[70, 80]", "-7 ± 30", "outside", "449 ± 30", "-0.50 ± 0.50", "0.3333", "curve",
            "Re-running this cell unchanged is free", "7 of 14", "verified",
        ):  # fmt: skip
            assert part in shown, part
    assert "data:image/png;base64," in result._repr_html_()


def test_a_missing_hospital_is_prominent(three_of_four: CellResult, hospitals: Hospitals) -> None:
    """The first lines say that 3 of 4 answered, who did not and why, and whom the values are about."""
    lines = repr(Result(three_of_four, hospitals)).splitlines()
    assert lines[0].startswith("! 3 of 4 hospitals answered")
    assert lines[1] == "! switzerland did not answer: its process ended"
    assert "cleveland, hungary, long_beach only" in lines[2]
    assert '<p class="warning">3 of 4 hospitals answered' in Result(three_of_four, hospitals)._repr_html_()


def test_stored_answers_are_said_to_be_free(run: CellResult, hospitals: Hospitals) -> None:
    """A re-run says that nothing was charged, and the receipt says where each answer came from."""
    receipts = tuple(replace(each, epsilon=0.0, replayed=each.hospital == "hungary") for each in run.receipts)
    shown = repr(Result(replace(run, charged=0.0, receipts=receipts), hospitals))
    assert "charged now: nothing" in shown
    assert "from your journal" in shown
    assert "stored at the hospital" in shown


def test_a_stopped_cell_says_that_more_would_be_asked(run: CellResult, hospitals: Hospitals) -> None:
    """Where an interrupt left something unreleased, running the cell again is not free."""
    assert "asks for what was not released; the rest is free" in repr(Result(replace(run, unfinished=True), hospitals))


def test_a_computed_cell_asks_nobody(run: CellResult, hospitals: Hospitals, answers: dict[str, Answer]) -> None:
    """A cell without releases says so, and shows neither receipt nor empty columns."""
    computed = replace(run, answers={"share": answers["share"]}, last=None, receipts=(), charged=0.0)
    shown = repr(Result(computed, hospitals))
    assert shown.startswith("Computed from values that are public already")
    assert "Receipt" not in shown
    assert "persons" not in shown


def test_the_last_expression_is_shown_once(run: CellResult, hospitals: Hospitals) -> None:
    """A bare name at the end repeats no row; an expression of its own gets one."""
    assert "(result)" not in repr(Result(run, hospitals))
    other = replace(run, last=Answer("", 7.5, "number"))
    assert "(result)" in repr(Result(other, hospitals))


def test_hostile_labels_stay_text(run: CellResult, hospitals: Hospitals, hostile_text: str) -> None:
    """Labels, units, reasons and titles that hold HTML or formulas are shown as they are and break nothing."""
    labels = Answer(
        "pain",
        {"labels": [hostile_text, "b"], "counts": [1, 2]},
        "histogram",
        [1.0, 1.0],
        unit=hostile_text,
        main="counts",
    )
    table = {"rows": [hostile_text], "columns": [hostile_text, "<i>"], "counts": [[1, 2]]}
    cross = Answer("sick", table, "crosstab", [[1.0, 1.0]], main="counts")
    bad = replace(
        run, answers={"pain": labels, "sick": cross}, last=None, absent={"z": hostile_text},
        failures={hostile_text: hostile_text},
    )  # fmt: skip
    html = Result(bad, hospitals)._repr_html_()
    assert "<img src=x" not in html
    assert "<i>" not in html
    assert "&lt;img src=x" in html


def test_half_widths_and_quote(result: Result) -> None:
    """Error bars and the quote are there for programs too."""
    assert result.half_widths["ages"] == [30.0] * 6
    assert result.half_widths["share"] is None
    assert result.quote.epsilon == pytest.approx(1.3)


def test_the_frame_has_a_row_a_number(result: Result) -> None:
    """The long table has every cell of every answer with its own error bar."""
    frame = result.to_frame()
    assert len(frame) == 1 + 1 + 7 + 3 + 4 + 3 + 1
    ages = frame[frame["name"] == "ages"]
    assert list(ages["row"])[-2:] == ["[70, 80]", "outside"]
    assert set(ages["half_width"]) == {30.0}
    cell = frame[(frame["row"] == "male") & (frame["column"] == "True")].iloc[0]
    assert (cell["value"], cell["persons"], cell["epsilon"]) == (449, 920.0, 0.2)
    assert frame[frame["name"] == "chol"]["with_sampling"].iloc[0] == 6.02
    assert not frame["at_most"].any()


def test_the_combined_interval_is_shown_where_it_is_known(
    run: CellResult, answers: dict[str, Answer], hospitals: Hospitals
) -> None:
    """Table, cells, legend, frame and paragraph have the interval with sampling, and say where it is an upper bound."""
    chol = replace(answers["chol"], sampling_at_most=True)
    ages = replace(answers["ages"], sampling=[33.0, 34.0, 35.0, 36.0, 37.0, 38.0])
    sick = replace(answers["sick"], sampling=[[41.0, 42.0], [43.0, 44.0]])
    result = Result(replace(run, answers={**answers, "chol": chol, "ages": ages, "sick": sick}), hospitals)
    shown = repr(result)
    for part in ("at most ± 6.0", "± 33 to 38", "± 41 to 44", "at most where the spread was not released"):
        assert part in shown, part
    folded = result._repr_html_()
    assert folded.count("with sampling error</th>") == 2
    assert "± 36" in folded
    frame = result.to_frame()
    cells = frame[frame["name"] == "ages"]["with_sampling"]
    assert list(cells)[:-1] == ages.sampling
    assert cells.isna().iloc[-1]
    assert list(frame[frame["name"] == "sick"]["with_sampling"]) == [41, 42, 43, 44]
    assert list(frame[frame["at_most"]]["name"]) == ["chol"]
    assert "an upper bound where the spread was not released" in result.methods()


def test_the_paragraph_for_the_paper(run: CellResult, three_of_four: CellResult, hospitals: Hospitals) -> None:
    """It names mechanism, price, privacy unit, hospitals, budget, and what the error bars mean."""
    text = Result(run, hospitals).methods()
    for part in (
        "discrete Laplace", "discrete Gaussian", "ε = 1.3 and δ = 1e-08 per patient", "6 releases together",
        "one patient with all their rows, added or removed", "All 4 hospitals", "Hospital of Cleveland",
        "(ε = 10, δ = 1e-06)", "95 %", "includes sampling error",
    ):  # fmt: skip
        assert part in text, part
    assert "\n" not in text
    assert repr(text).split() == text.split()
    assert max(map(len, repr(text).splitlines())) <= 100
    assert "Of 4 hospitals that were asked, 3 answered" in Result(three_of_four, hospitals).methods()


def test_the_paragraph_can_be_about_several_cells(run: CellResult, hospitals: dict[str, HospitalInfo]) -> None:
    """Prices and releases of several cells are added up; a hospital that missed one of them is said not to answer."""
    one, other = Result(run, hospitals), Result(replace(run, answers={}, epsilon=1.5, delta=0.0), hospitals)
    releases = len(run.receipts) // len(run.asked)
    text = one.methods(other)
    assert f"The {2 * releases} releases together cost at most ε = {run.epsilon + 1.5:.4g}" in text
    missed = Result(replace(run, failures={"switzerland": "its process ended"}), hospitals)
    assert "Of 4 hospitals that were asked, 3 answered" in one.methods(missed)


def test_the_paragraph_names_only_the_noise_that_was_used(
    run: CellResult, hospitals: Hospitals, answers: dict[str, Answer]
) -> None:
    """A cell with one Laplace release mentions no Gaussian, no delta, and no sampling error it has not."""
    one = replace(
        run, answers={"n": answers["n"]}, quote=replace(run.quote, releases=run.quote.releases[:1], delta=0.0),
        receipts=run.receipts[:4], epsilon=0.1, delta=0.0,
    )  # fmt: skip
    text = Result(one, hospitals).methods()
    assert "Gaussian" not in text
    assert "The release costs at most ε = 0.1 (δ = 0)" in text
    assert "does not include sampling error" in text
