from __future__ import annotations

import csv
import re
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from fedlab_kernel import datasets
from fedlab_kernel.datasets import breast_cancer, cohort, diabetes, heart, heart_uci
from fedlab_kernel.datasets.folder import Site, capacity, write_folder
from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.data import Rows, load
from fedlab_kernel.language.days import completed_years
from fedlab_kernel.policy import Policy

SEED = 20260101


def _hospitals(name: str, hospitals: int | None, out: Path) -> dict[str, Rows]:
    print("seed", SEED)
    read = [read_folder(path) for path in datasets.write(name, hospitals, out, SEED)]
    return {h.name: load(source) for h in read for source in h.tables.values()}


def _all(rows: dict[str, Rows], column: str) -> np.ndarray:
    return np.concatenate([r.values[column][r.present & ~r.missing[column]] for r in rows.values()])


def test_names_are_the_built_in_sets() -> None:
    """Every built-in data set is found by the name that the command line uses; helpers are not."""
    assert datasets.names() == ["breast-cancer", "cohort", "diabetes", "digits", "heart"]


@pytest.mark.parametrize("name", ["breast-cancer", "cohort", "diabetes", "digits", "heart"])
def test_every_written_cell_is_read_back_without_a_fault(name: str, tmp_path: Path) -> None:
    """What a data set writes, a hospital reads: no bad cell, every row of the file, sizes that fit."""
    for path in datasets.write(name, 5, tmp_path, SEED):
        hospital = read_folder(path)
        assert hospital.name == path.name
        assert hospital.policy == {"researchers": ["*"]}
        for source in hospital.tables.values():
            rows = load(source)
            with source.source.file.open(newline="") as file:
                written = list(csv.DictReader(file))
            assert rows.persons == [line[source.source.person].encode() for line in written]
            assert set(rows.faults.values()) == {0}
            assert rows.present.sum() == len(written) <= source.table.capacity
            assert source.table.size % 10 == 0
            for column in source.table.columns.values():
                assert column.label
                kept = rows.values[column.name][: len(written)]
                gone = rows.missing[column.name][: len(written)]
                for line, value, missing in zip(written, kept, gone, strict=True):
                    if column.kind in {"int", "float"} and not missing:
                        assert float(line[column.name]) == value


@pytest.mark.parametrize("name", ["breast-cancer", "cohort", "diabetes", "digits", "heart"])
def test_a_seed_fixes_every_byte(name: str, tmp_path: Path) -> None:
    """The same seed writes the same files, another seed other rows."""
    first, again, other = (datasets.write(name, 2, tmp_path / str(i), s) for i, s in enumerate([1, 1, 2]))
    for one, same, different in zip(first, again, other, strict=True):
        files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
        assert all((one / file).read_bytes() == (same / file).read_bytes() for file in files)
        rows = next(file for file in files if file.suffix == ".csv")
        assert (one / rows).read_bytes() != (different / rows).read_bytes()


@pytest.mark.parametrize("name", ["breast-cancer", "cohort", "diabetes", "digits", "heart"])
def test_docs_state_source_and_terms(name: str) -> None:
    """Every data set says where it comes from and under which terms."""
    text = datasets.docs(name)
    assert "Terms:" in text or "BSD-3-Clause" in text


@pytest.mark.parametrize(("name", "persons"), [("breast-cancer", 569), ("diabetes", 442), ("digits", 1797)])
@pytest.mark.parametrize("hospitals", [1, 3, 7])
def test_a_split_keeps_every_person_once(name: str, persons: int, hospitals: int, tmp_path: Path) -> None:
    """Splitting over hospitals neither loses nor doubles a person."""
    rows = _hospitals(name, hospitals, tmp_path)
    ids = [person for r in rows.values() for person in r.persons]
    assert len(rows) == hospitals
    assert sorted(map(int, ids)) == list(range(1, persons + 1))


def test_breast_cancer_carries_the_source_diagnosis(tmp_path: Path) -> None:
    """212 of the 569 women have a malignant tumour, with larger nuclei than the others."""
    rows = _hospitals("breast-cancer", 3, tmp_path)
    malignant = _all(rows, "diagnosis") == 1
    radius = _all(rows, "mean_radius")
    assert malignant.sum() == 212
    assert radius[malignant].mean() > radius[~malignant].mean() + 4
    assert len(breast_cancer.catalogue()["breast_cancer"]["columns"]) == 31


def test_diabetes_is_in_raw_units(tmp_path: Path) -> None:
    """Ages are years and progression runs from 25 to 346, as in the source."""
    rows = _hospitals("diabetes", 3, tmp_path)
    assert (_all(rows, "age").min(), _all(rows, "age").max()) == (19, 79)
    assert (_all(rows, "progression").min(), _all(rows, "progression").max()) == (25, 346)
    assert list(diabetes.catalogue()["diabetes"]["columns"])[:3] == ["age", "sex", "bmi"]


def test_the_twin_has_the_catalogue_and_the_hospitals_of_the_real_one() -> None:
    """A query written for the twin runs unchanged on the UCI hospitals."""
    assert heart.catalogue() == heart_uci.catalogue()
    sites = heart.rows(SEED)
    assert [site.name for site in sites] == [name for _, name, _, _ in heart_uci.HOSPITALS]
    assert [len(site.tables["heart"]["age"]) for site in sites] == [size for *_, size in heart_uci.HOSPITALS]


def test_the_twin_resembles_the_real_one(tmp_path: Path) -> None:
    """Sick patients of the twin reach a lower heart rate with more ST depression; Switzerland has no chol."""
    rows = _hospitals("heart", None, tmp_path)
    here = rows["cleveland"]
    ill = here.values["disease"][here.present] == 1
    assert 0.3 < ill.mean() < 0.6
    assert here.values["thalach"][here.present][ill].mean() < here.values["thalach"][here.present][~ill].mean() - 5
    assert here.values["oldpeak"][here.present][ill].mean() > here.values["oldpeak"][here.present][~ill].mean() + 0.5
    assert rows["switzerland"].missing["chol"].sum() == len(rows["switzerland"].persons)


def test_the_twin_has_any_size_and_number_of_hospitals() -> None:
    """A fifth hospital is another Cleveland with a name of its own."""
    sites = heart.rows(SEED, hospitals=5, persons=37)
    assert [site.name for site in sites][3:] == ["long_beach", "cleveland_2"]
    assert all(len(site.tables["heart"]["patient"]) == 37 for site in sites)


def test_the_cohort_has_realistic_dependence(tmp_path: Path) -> None:
    """Diabetes raises hba1c, age raises blood pressure and death, and hba1c is measured where it matters."""
    rows = _hospitals("cohort", 4, tmp_path)
    diabetic, age = _all(rows, "diabetic") == 1, _all(rows, "age")
    missing = np.concatenate([r.missing["hba1c"][r.present] for r in rows.values()])
    assert missing[diabetic].mean() < 0.2 < 0.4 < missing[~diabetic].mean()
    assert np.corrcoef(age, _all(rows, "systolic"))[0, 1] > 0.3
    assert _all(rows, "died")[age > 70].mean() > 3 * _all(rows, "died")[age < 50].mean()
    assert _all(rows, "hba1c")[diabetic[~missing]].mean() > _all(rows, "hba1c")[~diabetic[~missing]].mean() + 1


def test_the_cohorts_rows_agree_with_its_persons(tmp_path: Path) -> None:
    """Age fits birth and entry; rows lie in the follow-up, in order; stays are the admissions, up to the most rows."""
    for path in datasets.write("cohort", 3, tmp_path, SEED):
        (described,) = read_folder(path).tables.values()
        rows = load(described)
        assert {name: nested.most for name, nested in described.table.nested.items()} == {"visits": 16, "labs": 12}
        here = {name: column[rows.present] for name, column in rows.values.items()}
        ages = [completed_years(int(a), int(b)) for a, b in zip(here["birth"], here["entry"], strict=True)]
        assert ages == here["age"].tolist()
        end = here["entry"] + np.floor(365.25 * here["follow_up"])
        for nested in rows.nested.values():
            assert (nested.strangers, nested.beyond, set(nested.faults.values())) == (0, 0, {0})
            there, day = nested.present[:, rows.present], nested.values["date"][:, rows.present]
            assert there.any()
            assert ((day >= here["entry"]) & (day <= end))[there].all()
            assert (np.diff(day, axis=0) >= 0)[there[1:]].all()
        visits = rows.nested["visits"]
        stays = (visits.values["admitted"] == 1).sum(axis=0)[rows.present]
        few = visits.present.sum(axis=0)[rows.present] < 16
        assert (stays == here["admissions"])[few].all()
        assert (stays <= here["admissions"]).all()
        assert few.mean() > 0.95


def test_the_cohorts_laboratory_follows_its_risk(tmp_path: Path) -> None:
    """Diabetics are measured more often, with higher values; a stay costs more than a visit."""
    rows = _hospitals("cohort", 1, tmp_path)["hospital_1"]
    labs, visits = rows.nested["labs"], rows.nested["visits"]
    diabetic = (rows.values["diabetic"] == 1) & rows.present
    hba1c = labs.present & (labs.values["test"] == 0)
    assert hba1c[:, diabetic].sum() / diabetic.sum() > 2 * hba1c[:, ~diabetic].sum() / (rows.present & ~diabetic).sum()
    value = np.where(hba1c, labs.values["value"], np.nan)
    assert np.nanmean(value[:, diabetic]) > np.nanmean(value[:, ~diabetic]) + 1
    stay, cost = visits.values["admitted"] == 1, visits.values["cost"]
    assert cost[visits.present & stay].mean() > 5 * cost[visits.present & ~stay].mean()


def test_the_cohort_differs_between_hospitals(tmp_path: Path) -> None:
    """Hospitals are not copies of one another: each draws most patients from a region of its own."""
    rows = _hospitals("cohort", 4, tmp_path)
    commonest = [int(np.bincount(r.values["region"][r.present].astype(int)).argmax()) for r in rows.values()]
    means = [float(r.values["age"][r.present].mean()) for r in rows.values()]
    assert commonest == [0, 1, 2, 3]
    assert max(means) - min(means) > 1


def test_the_cohort_has_any_size() -> None:
    """The asked number of persons is spread over the asked number of hospitals."""
    sites = cohort.rows(SEED, hospitals=6, persons=1234)
    assert len(sites) == 6
    assert sum(len(site.tables["cohort"]["person"]) for site in sites) == 1234


def test_hospital_toml_shows_the_default_policy(tmp_path: Path) -> None:
    """Every setting stands in hospital.toml as a comment; taken out of it, those with a default say that default."""
    (folder,) = datasets.write("heart", 1, tmp_path, SEED)
    text = (folder / "hospital.toml").read_text(encoding="utf-8")
    shown = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE))["policy"]
    assert list(shown) == ["researchers", *(field.name for field in fields(Policy) if field.name != "researchers")]
    defaults = Policy().to_dict()
    assert {name: shown[name] for name in defaults} == {**defaults, "researchers": ["*"]}
    Policy.from_dict(shown)


def test_writing_again_leaves_a_folder_as_it_is(tmp_path: Path) -> None:
    """A policy that was edited after the first writing survives the second."""
    first = datasets.write("heart", 2, tmp_path, SEED)
    edited = 'name = "cleveland"\n[policy]\nedited = true\n'
    (first[0] / "hospital.toml").write_text(edited)
    assert datasets.write("heart", 2, tmp_path, SEED) == first
    assert (first[0] / "hospital.toml").read_text() == edited


def test_other_rows_are_never_written_over_a_hospital(tmp_path: Path) -> None:
    """Rows under an existing ledger stay what they were; the refusal says what to do."""
    (folder,) = datasets.write("heart", 1, tmp_path, 1)
    rows = (folder / "tables" / "heart.csv").read_bytes()
    with pytest.raises(Refused, match=r"FU507.*holds other data"):
        datasets.write("heart", 1, tmp_path, 2)
    assert (folder / "tables" / "heart.csv").read_bytes() == rows


def test_a_half_written_folder_is_not_taken_for_a_hospital(tmp_path: Path) -> None:
    """A folder without hospital.toml (the writer died) is refused, not silently completed."""
    (folder,) = datasets.write("heart", 1, tmp_path, SEED)
    (folder / "hospital.toml").unlink()
    with pytest.raises(Refused, match="FU507"):
        datasets.write("heart", 1, tmp_path, SEED)


def test_two_may_write_the_same_folder_at_once(tmp_path: Path) -> None:
    """Both find the folder absent, both succeed, and what is there is complete and alone."""
    for attempt in range(10):
        meeting = threading.Barrier(2)

        class Cells(list[int]):
            def tolist(self, meeting: threading.Barrier = meeting) -> list[int]:
                meeting.wait(60)
                return list(self)

        site = Site("north", "North", {"t": {"person": Cells(range(2000))}})
        out = tmp_path / str(attempt)
        with ThreadPoolExecutor(2) as pool:
            writers = [pool.submit(write_folder, site, {"t": {"person": "person"}}, "made up", out) for _ in range(2)]
        assert [writer.result() for writer in writers] == [out / "north"] * 2
        assert list(out.iterdir()) == [out / "north"]
        assert (out / "north" / "tables" / "t.csv").read_text().count("\n") == 2001
        assert (out / "north" / "hospital.toml").is_file()


def test_patients_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    """A hospital's folder is closed to group and others."""
    (folder,) = datasets.write("heart", 1, tmp_path, SEED)
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("hospitals", [0, -1, 101])
def test_an_impossible_number_of_hospitals_is_refused(hospitals: int, tmp_path: Path) -> None:
    """The number of hospitals is from 1 to 100."""
    with pytest.raises(Refused, match="FU502"):
        datasets.write("heart", hospitals, tmp_path)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    """Whoever mistypes a name sees the names there are."""
    with pytest.raises(Refused) as refusal:
        datasets.write("hart", None, tmp_path)
    (diagnostic,) = refusal.value.diagnostics
    assert diagnostic.code == "FU502"
    assert diagnostic.fix is not None
    assert all(name in diagnostic.fix for name in datasets.names())


@pytest.mark.parametrize(("persons", "rows"), [(0, 512), (1, 512), (512, 512), (513, 1024), (1_000_000, 1 << 20)])
def test_capacity_is_a_power_of_two_that_holds_everyone(persons: int, rows: int) -> None:
    """The declared capacity is the next power of two, at least 512."""
    assert capacity(persons) == rows


@pytest.mark.long
def test_a_million_persons_load(tmp_path: Path) -> None:
    """A hospital with a million persons reads its table, every cell of it."""
    print("seed", SEED)
    (site,) = cohort.rows(SEED, hospitals=1, persons=1_000_000)
    folder = write_folder(site, cohort.catalogue(), cohort.docs, tmp_path)
    rows = load(read_folder(folder).tables["cohort"])
    assert rows.present.sum() == len(rows.persons) == 1_000_000
    assert set(rows.faults.values()) == {0}
    np.testing.assert_array_equal(rows.values["bmi"][:1_000_000], site.tables["cohort"]["bmi"])
