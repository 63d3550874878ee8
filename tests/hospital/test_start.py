from __future__ import annotations

from pathlib import Path

import pytest

from fedlab_kernel import datasets
from fedlab_kernel.errors import Refused
from fedlab_kernel.hospital.hospital import open_hospital

SEED = 20260102


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a hospital that could start."""
    print("seed", SEED)
    (folder,) = datasets.write("heart", 1, tmp_path, SEED)
    return folder


def refusals(folder: Path) -> list[str]:
    """Why a hospital does not start: message and fix of every finding, all of them FH301."""
    with pytest.raises(Refused) as refused:
        open_hospital(folder)
    assert {finding.code for finding in refused.value.diagnostics} == {"FH301"}
    return [f"{finding.message} {finding.fix}" for finding in refused.value.diagnostics]


def append(folder: Path, line: str) -> None:
    """Add a line to a hospital's policy."""
    with (folder / "hospital.toml").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def test_an_absent_csv_is_named(folder: Path) -> None:
    """A declared table without rows stops the hospital with the name of the file that it looks for."""
    (folder / "tables" / "heart.csv").unlink()
    (said,) = refusals(folder)
    assert "tables/heart.csv: table `heart`: the file cannot be read" in said


def test_a_name_unlike_the_folders_is_refused(folder: Path) -> None:
    """A hospital is asked by its folder's name, so a copied folder with the old name inside says both."""
    moved = folder.rename(folder.with_name("elsewhere"))
    (said,) = refusals(moved)
    assert f"`{folder.name}`" in said
    assert "`elsewhere`" in said


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('tables = ["hart"]', "tables: `hart` is no table of this hospital. did you mean `heart`?"),
        (
            'columns = {heart = ["chole"]}',
            "columns.heart: `chole` is no column of heart. did you mean `chol`?",
        ),
        (
            'columns = {hart = ["chol"]}',
            "columns: `hart` is no table of this hospital. did you mean `heart`?",
        ),
        (
            'primitives = ["histogramm"]',
            "primitives: `histogramm` is no primitive of the language. did you mean",
        ),
    ],
)
def test_a_policy_with_an_unknown_name_does_not_start(folder: Path, line: str, expected: str) -> None:
    """A policy is held against the hospital's own catalogue and the vocabulary before anything is answered."""
    append(folder, line)
    (said,) = refusals(folder)
    assert expected in said


def test_a_policy_with_known_names_starts(folder: Path) -> None:
    """Names of the catalogue and of the vocabulary, also of what is always allowed, are fine."""
    append(folder, 'tables = ["heart"]\ncolumns = {heart = ["chol"]}\nprimitives = ["mean", "where", "+"]')
    open_hospital(folder).close()
