from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from ..given import ROOT
from .live import listening_in

PATIENCE = 300  # seconds for a cell; the machines that run the tests are shared
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

OPENING = re.compile(
    r"# (?P<title>[^\n]+)\n\n(?P<about>[^\n]+) After this notebook you can\n\n(?P<bullets>(?:- [^\n]+\n?)+)"
)
EXERCISES = re.compile(r"## Exercises\n\n(?P<list>(?:\d\. [^\n]+\n)+)\n[^\n]+")
CHARGED = re.compile(r"charged now: ε = [\d.]+")


def read(path: Path) -> Any:
    """A notebook, read strictly."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def tagged(cell: Any, tag: str) -> bool:
    """Whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def run(path: Path, room: Path) -> Any:
    """A notebook after its kernel, which listens in a folder, ran it.

    Every output can be read without a kernel, and what should be refused was.
    """
    notebook = read(path)
    resources, private = {"metadata": {"path": str(path.parent)}}, listening_in(room)
    NotebookClient(notebook, timeout=PATIENCE, startup_timeout=PATIENCE, resources=resources, config=private).execute()
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        errors = [output for output in outputs if output.output_type == "error"]
        assert bool(errors) == tagged(cell, "raises-exception"), cell.source
        for error in errors:
            assert error.ename == "RefusedCell"
            assert "Traceback" not in "".join(error.traceback)
        for output in outputs:
            if output.output_type in ("display_data", "execute_result"):
                assert output.data.get("text/plain", "").strip(), cell.source
                assert "<script" not in output.data.get("text/html", ""), cell.source
    return notebook


@each_notebook
def test_a_notebook_is_committed_clean(path: Path) -> None:
    """No outputs, no counters, and the kernel that every Jupyter has."""
    notebook = read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@each_notebook
def test_a_notebook_opens_with_what_one_will_be_able_to_do(path: Path) -> None:
    """Its first cell is a title, one or two sentences, and three to five things that one can do afterwards."""
    first, second, *_ = read(path).cells
    opening = OPENING.fullmatch(first.source)
    assert opening, first.source
    assert 1 <= len(re.findall(r"[.!?](?=\s|$)", opening["about"])) <= 2
    assert 3 <= len(opening["bullets"].splitlines()) <= 5
    assert second.source == "%load_ext fedlab_kernel"


@each_notebook
def test_a_notebook_has_short_cells(path: Path) -> None:
    """No cell of code is longer than ten lines, and few are longer than eight."""
    lengths = [len(cell.source.splitlines()) for cell in read(path).cells if cell.cell_type == "code"]
    assert max(lengths) <= 10
    assert sum(length > 8 for length in lengths) <= 2


@each_notebook
def test_a_notebook_has_three_exercises_with_hidden_solutions(path: Path) -> None:
    """Three exercises stand before the solutions, which are folded and say in their first line which they are."""
    cells = read(path).cells
    (at,) = (number for number, cell in enumerate(cells) if cell.source.startswith("## Exercises"))
    exercises = EXERCISES.fullmatch(cells[at].source)
    assert exercises, cells[at].source
    assert [line[:2] for line in exercises["list"].splitlines()] == ["1.", "2.", "3."]
    solutions = cells[at + 1 : -2]
    assert solutions == [cell for cell in cells if tagged(cell, "solution")]
    assert all(cell.metadata.jupyter.source_hidden for cell in solutions)
    begun = [re.match(r"(?:%%fedquery.*\n)?# Solution (\d)", cell.source) for cell in solutions]
    assert all(begun), [cell.source for cell in solutions]
    numbers = [int(one[1]) for one in begun if one]
    assert numbers == sorted(numbers)
    assert set(numbers) == {1, 2, 3}


def test_all_notebooks_end_alike() -> None:
    """The last two cells are the same in all: the hospitals are stopped, and what is stored is free."""
    endings = {tuple(cell.source for cell in read(path).cells[-2:]) for path in NOTEBOOKS}
    ((said, done),) = endings
    assert said.startswith("## Stop the hospitals\n")
    assert "what is stored is free" in said
    assert done == "%fedlab stop"


@pytest.mark.timeout(900)
@each_notebook
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs from top to bottom, solutions too, without any data but those that come with fedlab."""
    monkeypatch.setenv("FEDLAB_DATA", str(tmp_path))
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))
    run(path, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if "FEDLAB_DATA" in path.read_text("utf-8")], ids=lambda path: path.stem
)
def test_a_notebook_runs_with_the_real_data(
    path: Path, heart_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook that looks for the real data runs with them, too, and takes them."""
    monkeypatch.setenv("FEDLAB_DATA", str(heart_folder.parent))
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))
    run(path, tmp_path)
    assert (tmp_path / "state" / "hospitals" / heart_folder.name).is_dir()


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_budget_lasts_for_all_notebooks_and_nothing_is_paid_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other on one state, no hospital refuses for want of budget; a second time nothing is charged."""
    monkeypatch.setenv("FEDLAB_DATA", str(tmp_path))  # the twin, whose hospitals three notebooks share
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))
    charged = []
    for _ in range(2):
        texts = [
            output.data["text/plain"]
            for path in NOTEBOOKS
            for cell in run(path, tmp_path).cells
            for output in cell.get("outputs", [])
            if output.output_type == "execute_result"
        ]
        charged.append(sum(len(CHARGED.findall(text)) for text in texts))
    assert charged[0] > 0
    assert charged[1] == 0
