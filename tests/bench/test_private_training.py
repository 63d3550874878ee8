from dataclasses import replace

import numpy as np
import pytest

from bench.private_training import Case, Compared, Judged, cases, compared, held_out, rows

SMALL = 200


@pytest.fixture(scope="module")
def known() -> dict[str, Case]:
    """The benchmark's cases by name."""
    return {case.name: case for case in cases()}


def test_the_cases_are_those_that_were_promised(known: dict[str, Case]) -> None:
    """569 women, 1,797 images and 20,000 persons, each with a model of what stands in one column."""
    sizes = {name: len(next(iter(case.persons.values()))) for name, case in known.items()}
    assert sizes == {"breast-cancer": 569, "digits": 1_797, "cohort": 20_000}
    for case in known.values():
        assert case.target not in case.inputs
        assert f'target="{case.target}"' in case.query(3.0)


def test_nobody_is_both_learned_from_and_kept() -> None:
    """The kept persons are 30 % of all, always the same, and no row of theirs is among the others."""
    persons = {"row": list(range(1_000)), "other": list(range(1_000))}
    learning, kept = held_out(persons)
    assert (len(kept["row"]), len(learning["row"])) == (300, 700)
    assert not set(learning["row"]) & set(kept["row"])
    assert list(kept["row"]) == list(kept["other"])
    assert held_out(persons) == (learning, kept)


@pytest.mark.parametrize("name", ["breast-cancer", "digits", "cohort"])
def test_four_hospitals_and_one_are_trained_through_the_product(name: str, known: dict[str, Case]) -> None:
    """Some persons, two seeds, a round and hardly any noise: every run is judged by the persons that were kept."""
    case = known[name]
    few = {column: list(cells)[:SMALL] for column, cells in case.persons.items()}
    primitive = case.model.split("(", 1)[0]
    (found,) = compared(replace(case, persons=few, model=f"{primitive}(rounds=1, sample_rate=1)"), (50.0,), 2)
    assert (len(found.four), len(found.one)) == (2, 2)
    for each in (*found.four, *found.one):
        assert 0 <= each.accuracy <= 1
        assert (each.auc is None) == (name == "digits")
        if name == "breast-cancer":
            assert each.auc is not None
            assert each.auc > 0.9


def test_rows_state_both_and_the_gap() -> None:
    """Accuracy in per cent and AUC, of four hospitals and of one, and the mean of what each seed loses."""
    four, one = [(0.5, 0.6), (0.6, 0.7)], [(0.7, 0.7), (0.7, 0.9)]
    found = Compared("x", 1.0, tuple(Judged(*each) for each in four), tuple(Judged(*each) for each in one))
    stated = list(rows(found))
    values = {row.name: row.value for row in stated}
    assert len(values) == len(stated)
    assert values["x, ε 1, 4 hospitals, accuracy"] == pytest.approx(55)
    assert values["x, ε 1, one hospital, accuracy"] == pytest.approx(70)
    assert values["x, ε 1, gap in accuracy"] == pytest.approx(15)
    assert values["x, ε 1, 95 % half-width of the gap in accuracy"] > 0
    assert values["x, ε 1, gap in AUC"] == pytest.approx(np.mean([0.1, 0.2]))
    images = Compared("y", 1.0, (Judged(0.5, None), Judged(0.6, None)), (Judged(0.7, None), Judged(0.7, None)))
    assert not any("AUC" in row.name for row in rows(images))
