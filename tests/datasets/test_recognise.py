from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fedlab_kernel import datasets
from fedlab_kernel.datasets import heart_uci
from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.hospital.data import Rows, load


@pytest.fixture(scope="module")
def hospitals(heart_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The rows of the four real hospitals, converted and loaded."""
    folders = datasets.recognise(heart_folder, tmp_path_factory.mktemp("uci"))
    return {folder.name: load(read_folder(folder).tables["heart"]) for folder in folders}


def test_uci_has_four_hospitals_of_known_size(hospitals: dict[str, Rows]) -> None:
    """Each of UCI's files becomes a hospital with all its patients and no bad cell."""
    sizes = {name: len(rows.persons) for name, rows in hospitals.items()}
    assert sizes == {"cleveland": 303, "hungary": 294, "switzerland": 123, "long_beach": 200}
    assert all(set(rows.faults.values()) == {0} for rows in hospitals.values())


def test_uci_missing_cholesterol_is_missing(hospitals: dict[str, Rows]) -> None:
    """A cholesterol of 0 or ? is missing: for all of Switzerland, for 49 + 7 in Long Beach."""
    missing = {name: int(rows.missing["chol"].sum()) for name, rows in hospitals.items()}
    assert missing == {"cleveland": 0, "hungary": 23, "switzerland": 123, "long_beach": 56}


def test_uci_disease_is_any_narrowing(hospitals: dict[str, Rows]) -> None:
    """`disease` is true where UCI's num is above 0."""
    ill = {name: int(rows.values["disease"][rows.present].sum()) for name, rows in hospitals.items()}
    assert ill == {"cleveland": 139, "hungary": 106, "switzerland": 115, "long_beach": 149}


def test_uci_categories_are_read_from_their_codes(hospitals: dict[str, Rows]) -> None:
    """Codes written 1.0 (Cleveland) or 1 (Hungary) are one category; thal's 3, 6, 7 are positions 0, 1, 2."""
    here = hospitals["cleveland"]
    counts = np.bincount(here.values["cp"][here.present].astype(int))
    assert counts.tolist() == [23, 50, 86, 144]
    known = here.present & ~here.missing["thal"]
    assert np.bincount(here.values["thal"][known].astype(int)).tolist() == [166, 18, 117]
    there = hospitals["hungary"]
    assert there.values["sex"][there.present].sum() == 213


def test_one_hospital_folder_stands_for_itself(tmp_path: Path) -> None:
    """A folder with a hospital.toml is one hospital."""
    (folder,) = datasets.write("diabetes", 1, tmp_path)
    assert datasets.recognise(folder, tmp_path / "out") == [folder]


def test_a_folder_of_hospital_folders_stands_for_all(tmp_path: Path) -> None:
    """Every hospital folder inside counts; what else lies there does not."""
    folders = datasets.write("diabetes", 3, tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "readme.txt").write_text("hello")
    assert datasets.recognise(tmp_path, tmp_path / "out") == folders


def test_an_unknown_folder_says_what_it_holds_and_what_is_expected(tmp_path: Path) -> None:
    """The refusal lists what was found, and UCI's files among what is expected."""
    (tmp_path / "processed.cleveland.data").write_text("")
    with pytest.raises(Refused) as refusal:
        datasets.recognise(tmp_path, tmp_path / "out")
    (diagnostic,) = refusal.value.diagnostics
    assert diagnostic.code == "FU502"
    assert f"holds {'processed.cleveland.data'};" in diagnostic.message
    assert "hospital.toml" in diagnostic.message
    assert "processed.va.data" in diagnostic.message


def test_an_absent_folder_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere is named."""
    with pytest.raises(Refused, match=r"FU501.*nowhere"):
        datasets.recognise(tmp_path / "nowhere", tmp_path / "out")


def _uci_folder(folder: Path, line: str) -> Path:
    folder.mkdir()
    for file in heart_uci.FILES:
        (folder / file).write_text(line + "\n")
    return folder


def test_a_line_of_another_length_is_refused_by_number(tmp_path: Path) -> None:
    """A damaged UCI file is refused before anything is written."""
    with pytest.raises(Refused, match=r"FU502.*line 1 has 3 fields instead of 14"):
        datasets.recognise(_uci_folder(tmp_path / "uci", "1,2,3"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_diagnosis_is_left_for_the_hospital_to_count(tmp_path: Path) -> None:
    """A num that is no number becomes a bad cell of `disease`, not a healthy patient."""
    folder = _uci_folder(tmp_path / "uci", "63,1,1,145,233,1,2,150,0,2.3,3,0,6,x")
    rows = load(read_folder(datasets.recognise(folder, tmp_path / "out")[0]).tables["heart"])
    assert rows.faults["disease"] == 1
    assert rows.missing["disease"][0]
