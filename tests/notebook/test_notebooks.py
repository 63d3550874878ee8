from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from ..given import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> Any:
    """A notebook, read strictly."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_clean(path: Path) -> None:
    """No outputs, no counters, and the kernel that every Jupyter has."""
    notebook = read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("data", ["real", "twin"])
def test_a_notebook_runs(
    path: Path, data: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs from top to bottom, with the real data and the twin; what should be refused is, without traceback."""
    folder = request.getfixturevalue("heart_folder").parent if data == "real" else tmp_path
    monkeypatch.setenv("FEDLAB_DATA", str(folder))
    monkeypatch.setenv("FEDLAB_STATE", str(tmp_path / "state"))
    notebook = read(path)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        assert bool(errors) == ("raises-exception" in cell.metadata.get("tags", [])), cell.source
        for error in errors:
            assert error.ename == "RefusedCell"
            assert "Traceback" not in "".join(error.traceback)
