"""What is left of a notebook without its kernel: every kind of result, as VS Code, Colab and nbviewer show it."""

# mypy: disable-error-code="no-untyped-call"
# (nbformat has no types.)

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from .live import listening_in

WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"""(?:\b(?:src|href|srcset)\s*=|\burl\()(?!\s*["']?(?:data:|#))""", re.IGNORECASE)
"""Something that would be fetched, or followed."""

QUERY = """%%fedquery -o answers
patients = table("heart")
n = release(count(patients), epsilon=0.1)
age = release(mean(patients.age), epsilon=0.2)
ages = release(histogram(patients.age, bins=4), epsilon=0.2)
pain = release(crosstab(patients.cp, patients.disease), epsilon=0.2)
fit = release(linear_regression(patients.thalach, [patients.age]), epsilon=0.5)"""
TRAINING = """%%fedquery -o trained
patients = table("heart")
m = release(mlp(on=patients, inputs=["age", "sex"], target="disease", hidden=[4], rounds=3), epsilon=1)"""
PENDING = '%%fedquery --no-block -o handle\npatients = table("heart")\nm = release(count(patients), epsilon=0.15)'

CELLS = {
    "load": "%load_ext fedlab_kernel",
    "start": "%fedlab start heart",
    "tables": "%fedlab tables",
    "status": "%fedlab status",
    "query": QUERY,
    "quote": QUERY.replace("-o answers", "--dry-run"),
    "whole": "answers",
    "part": "answers.fit",
    "answer": 'answers.answer("n")',
    "frame": "answers.to_frame()",
    "plot": "answers.plot()",
    "plotted part": "answers.fit.plot()",
    "receipt": "answers.run",
    "training": TRAINING,
    "model": "trained.m",
    "pending": PENDING,
    "handle": "handle",
    "result": "handle.result()",
    "mistake": '%%fedquery\npatients = table("heart")\n# é😀\nx = release(mean(patients.agee), epsilon=1)',
    "refusal": '%%fedquery\npatients = table("heart")\nx = release(count(patients), epsilon=90)',
    "budget": "%fedlab budget",
    "audit": "%fedlab audit",
    "leak": "%fedleak digits --batch 5",
    "once": "%fedleak digits --batch 5 --once",
    "stop": "%fedlab stop",
}
REFUSED = {"mistake": "patients.agee", "refusal": "epsilon=90"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The outputs of a notebook with every kind of result, by the name of the cell."""
    room = tmp_path_factory.mktemp("saved")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDLAB_STATE", str(room / "state"))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS.values()])
        NotebookClient(
            notebook, timeout=300, startup_timeout=120, kernel_name="python3", allow_errors=True,
            resources={"metadata": {"path": str(room)}}, config=listening_in(room),
        ).execute()  # fmt: skip
    return {name: list(cell.outputs) for name, cell in zip(CELLS, notebook.cells, strict=True)}


def shown(outputs: list[Any]) -> Iterator[dict[str, Any]]:
    """The bundles of what was displayed."""
    return (one.data for one in outputs if one.output_type in ("display_data", "execute_result"))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_output_says_something_as_plain_text(saved: dict[str, list[Any]]) -> None:
    """Nothing is the name of an object or of a widget, and every cell but a few shows something."""
    for name, outputs in saved.items():
        assert outputs or name == "load", name
        for bundle in shown(outputs):
            text = bundle["text/plain"]
            assert re.search(r"\w{2,}", text), name
            assert not re.search(r"<[\w.]+ (?:object )?at 0x|^(?:VBox|HBox|HTML|Output)\(|\b0x[0-9a-f]{6,}", text), (
                name,
                text,
            )
            assert "\x1b" not in text, name


@pytest.mark.long
def test_no_output_needs_script_network_or_kernel(saved: dict[str, list[Any]]) -> None:
    """HTML holds no script, fetches nothing, and stands beside every widget with words that explain it."""
    for name, outputs in saved.items():
        for bundle in shown(outputs):
            html = bundle.get("text/html", "")
            assert not re.search(r"<script|<iframe|<link|@import|\son\w+\s*=", html, re.IGNORECASE), name
            assert not ADDRESS.search(html), (name, ADDRESS.search(html))
            assert "http" not in re.sub(r'xmlns(?::\w+)?="[^"]*"', "", html), name
            if WIDGET in bundle:
                assert "run this cell" in html, name
                assert "run this cell" in bundle["text/plain"], name
            assert set(bundle) <= {"text/plain", "text/html", "image/png", WIDGET}, name


@pytest.mark.long
def test_errors_are_carets_and_nothing_else(saved: dict[str, list[Any]]) -> None:
    """The kept traceback of a refusal points into the cell; no other cell failed."""
    for name, outputs in saved.items():
        errors = [one for one in outputs if one.output_type == "error"]
        assert bool(errors) == (name in REFUSED), (name, errors)
        for error in errors:
            text = "\n".join(error.traceback)
            assert error.ename == "RefusedCell"
            assert REFUSED[name] in text
            assert "^" in text
            assert "Traceback" not in text
            assert ".py" not in text


@pytest.mark.long
def test_what_came_late_is_what_is_kept(saved: dict[str, list[Any]]) -> None:
    """A query in the background and a training leave their last state, not their first one."""
    (late,) = shown(saved["pending"])
    assert "hospitals answered" in late["text/plain"]
    assert "Running in the background" not in late["text/html"]
    texts = [bundle["text/plain"] for bundle in shown(saved["training"])]
    assert any("round 3 of 3" in text for text in texts), texts
    (again,) = shown(saved["handle"])
    assert again["text/plain"] == late["text/plain"]


@pytest.mark.long
def test_words_stand_below_a_widget(saved: dict[str, list[Any]]) -> None:
    """Where a frontend waits for a widget that is gone, an output of its own says to run the cell."""
    widget, words = shown(saved["leak"])
    assert WIDGET in widget
    assert WIDGET not in words
    assert "run this cell" in words["text/html"]
