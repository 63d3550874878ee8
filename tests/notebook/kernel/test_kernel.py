"""The fedlab kernel as a process, with real hospitals, as a frontend sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.live import PATIENCE, Live

pytestmark = pytest.mark.long

COUNT = 'patients = table("heart")\nn = release(count(patients), epsilon=0.5)'
SAID = "Local: this cell runs where this notebook's Python runs, not at a hospital."
TRAINING = """p = table("heart")
def predict(w, x):
    return sigmoid(x @ w.W + w.b)
m = release(train(predict, params(W=zeros(4, 1), b=zeros(1)), loss=bce, on=p,
    inputs=["age", "sex", "thalach", "exang"], target="disease", rounds=10000), epsilon=2)
"""


@pytest.fixture(scope="module")
def notebook(kernelspec: Path) -> Iterator[Live]:
    """A notebook with the hospitals of heart, which start with its kernel."""
    live = Live(kernelspec, "fedlab")
    yield live
    live.close()


def reply(live: Live, request: str, text: str, cursor: int | None = None) -> dict[str, Any]:
    """What the kernel replies to a request about a text."""
    content: dict[str, Any] = getattr(live.client, request)(text, cursor, reply=True, timeout=PATIENCE)["content"]
    return content


def begin_training(notebook: Live) -> str:
    """Begin a long training, and wait until a round of it is done; its cell."""
    training = notebook.begin(TRAINING)
    notebook.until(lambda: any("round " in json.dumps(one["content"]) for one in notebook._outputs[training]))
    return training


def test_a_first_cell_is_answered(notebook: Live) -> None:
    """A cell without a magic waits for the hospitals that start with the kernel, and is answered by all of them."""
    said = notebook.run(COUNT)
    assert "4 of 4 hospitals answered" in said
    assert "charged now: ε = 0.5" in said
    found = re.search(r"^n +(\d+) ± \d+", said, re.MULTILINE)
    assert found
    assert 800 < int(found[1]) < 1050  # 910 persons; the noise leaves these bounds with probability 4e-21
    assert "free" in notebook.run(f"%%fedquery -o answers\n{COUNT}")


def test_python_is_local_and_said_to_be(notebook: Live) -> None:
    """`%%python`, `%%local` and `!` run in the notebook's own process; the first of a session says that it is local."""
    notebook.run("%reset -f")
    first = notebook.run("%%python\nimport os\nmine = os.getpid()\nmine")
    assert first.startswith(SAID)
    assert int(first.removeprefix(SAID)) == notebook.manager.provisioner.pid
    assert notebook.run("%%local\nmine == os.getpid()") == "True"
    assert notebook.run("!echo $((20 + 3))").strip() == "23"
    assert "FQ200" in notebook.run("mine")


def test_a_result_can_be_bound_for_python(notebook: Live) -> None:
    """`-o` in a cell that is a query anyway binds the result to a name of Python."""
    notebook.run(f"%%fedquery -o answers\n{COUNT}")
    assert int(notebook.run("%%python\nanswers.n")) > 0
    assert "hospitals answered" in notebook.run("%%python\nanswers.quote and answers")


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        ("x = bad", "1:5"),
        ("# how many?\n\nx = bad", "3:5"),
        ("\n\n%%fedquery --draw 1\nx = bad", "4:5"),
        ("%fedlab budget\n!true\nx = bad", "3:5"),
        ('s = "é😀"\r\nx = bad\r\n', "2:5"),
        ("%%fedquery\r\nx = bad\r\n", "2:5"),
    ],
)
def test_a_mistake_is_where_the_cell_has_it(notebook: Live, cell: str, place: str) -> None:
    """Line and column of a mistake are the cell's own, whatever stands above the query."""
    said = notebook.run(cell)
    assert f"--> cell:{place}\n" in said
    assert "Traceback" not in said


def test_a_python_error_is_where_the_cell_has_it(notebook: Live) -> None:
    """The traceback of local Python counts the line of the magic."""
    assert re.search(r"line 3\b", re.sub(r"\x1b\[[\d;]*m", "", notebook.run("%%python\nx = 1\n1 / 0")))


def test_what_magics_run_is_python(notebook: Live) -> None:
    """IPython's magics run Python as ever, and a query that is marked as one below them."""
    assert "per loop" in notebook.run("%timeit -n1 -r1 1 + 1")
    assert "Wall time" in notebook.run("%%time\n1 + 1")
    assert "FQ200" in notebook.run("%%time\n%%fedquery\nx = bad")
    assert notebook.run("%%time\n%%local\nprint('here')").startswith("here")


@pytest.mark.parametrize(
    "cell", ["", "  \n", "# nothing", "%%fedquery", "%%python", "%%local\n", "%load_ext fedlab_kernel"]
)
def test_cells_that_say_nothing_do_no_harm(notebook: Live, cell: str) -> None:
    """Cells of a magic's line, a comment or nothing raise no traceback, and queries work after them."""
    assert "Traceback" not in notebook.run(cell)
    assert "free" in notebook.run(COUNT)


def test_an_interrupt_while_hospitals_start_is_a_refusal(notebook: Live) -> None:
    """A query waits for hospitals that are being started; whoever interrupts that reads that nothing is charged."""
    notebook.run("""%%python
import fedlab_kernel.notebook.kernel.kernel as kernel
from fedlab_kernel.notebook.workbench import interrupted_start
awaited = kernel.await_hospitals
def interrupted(_):
    raise interrupted_start()
kernel.await_hospitals = interrupted""")
    said = notebook.run(COUNT)
    notebook.run("%%python\nkernel.await_hospitals = awaited")
    assert "FF406" in said
    assert "nothing was asked" in said
    assert "Traceback" not in said
    assert "free" in notebook.run(COUNT)


def test_completion_counts_code_points_of_the_cell(notebook: Live) -> None:
    """What is completed after characters of two UTF-16 units is replaced where it stands, with no magic to be seen."""
    notebook.run(COUNT)
    text = 't = "é😀"; a = table("heart").thal'
    found = reply(notebook, "complete", text)
    assert set(found["matches"]) == {"thal", "thalach"}
    assert text[found["cursor_start"] : found["cursor_end"]] == "thal"
    assert reply(notebook, "complete", 't = "é😀"; p = table("/')["matches"] == []
    assert "%%local" in reply(notebook, "complete", "%%lo")["matches"]
    below = reply(notebook, "complete", "%%python\nimport os\nos.getcw")
    assert (below["matches"][0], below["cursor_start"]) == ("getcwd", 22)


def test_words_of_a_query_are_inspected(notebook: Live) -> None:
    """Shift+Tab and `?` show what a word means in a query, as text and as Markdown, and Python's own in local cells."""
    found = reply(notebook, "inspect", 't = "é😀"; a = table("heart").thalach', 36)
    assert set(found["data"]) == {"text/plain", "text/markdown"}
    assert "heart" in found["data"]["text/plain"]
    assert found["data"]["text/markdown"].startswith("**thalach**")
    assert "Of persons" not in found["data"]["text/plain"]
    assert "mean(x" in reply(notebook, "inspect", "mean?", 4)["data"]["text/plain"]
    assert reply(notebook, "inspect", "print", 5)["found"] is False
    assert "Prints the values" in reply(notebook, "inspect", "%%python\nprint", 14)["data"]["text/plain"]
    for cell, said in (("mean?", "mean(x"), ("?n", "n — "), ("%fedlab budget\nmean??", "mean(x")):
        (page,) = notebook.client.execute(cell, reply=True, timeout=PATIENCE)["content"]["payload"]
        assert page["data"]["text/plain"].startswith(said)


def test_widgets_and_plots_are_shown(notebook: Live) -> None:
    """`%fedleak` opens its widget, and figures are drawn inline."""
    shown = notebook.outputs(notebook.begin("%fedleak phantoms"))
    assert any("application/vnd.jupyter.widget-view+json" in one["content"].get("data", {}) for one in shown)
    drawn = notebook.outputs(notebook.begin("%%python\n%matplotlib inline\nanswers.plot()"))
    assert any("image/png" in one["content"].get("data", {}) for one in drawn)


def test_an_interrupt_ends_a_training(notebook: Live) -> None:
    """Interrupting a long training ends it at the hospitals, says so under its code, and the kernel goes on."""
    training = begin_training(notebook)
    notebook.manager.interrupt_kernel()
    said = json.dumps([one["content"] for one in notebook.outputs(training)], ensure_ascii=False)
    assert "You interrupted the training after" in said
    assert "FF409" in said
    assert "KeyboardInterrupt" not in said
    assert "free" in notebook.run(COUNT)


def test_a_restart_keeps_what_was_paid_for(notebook: Live) -> None:
    """After a restart in mid-query names are gone, hospitals are there again, and what was paid for is free."""
    notebook.run(COUNT)
    begin_training(notebook)
    notebook.manager.restart_kernel(now=True)
    notebook.client.wait_for_ready(PATIENCE)
    assert "FQ200" in notebook.run("x = n")
    said = notebook.run(COUNT)
    assert "charged now: nothing" in said or "free" in said
    assert notebook.run("%%python\n1").startswith(SAID)


@pytest.mark.parametrize(("data", "code"), [("nowhere", "FU501"), ("", "FF401")])
def test_a_kernel_without_hospitals_says_why(kernelspec: Path, data: str, code: str) -> None:
    """A kernel that could not or should not start hospitals says so in the first cell, and serves once they start."""
    live = Live(kernelspec, "fedlab", {"FEDLAB_HOSPITALS": data, "FEDLAB_STATE": str(kernelspec / f"other-{code}")})
    try:
        said = live.run(COUNT)
        assert f"error {code}" in said
        assert "fix:" in said
        assert "Traceback" not in said
        assert live.run("%%python\n1 + 1").endswith("2")
        live.run("%fedlab start heart")
        assert "4 of 4 hospitals answered" in live.run(COUNT)
    finally:
        live.close()


@pytest.mark.usefixtures("kernelspec")
def test_files_beside_the_notebook_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a notebook runs nothing that lies in its folder; `%%python` can import from there."""
    (tmp_path / "fedlab_kernel" / "notebook" / "kernel").mkdir(parents=True)
    for place in ("fedlab_kernel/notebook/kernel/__main__", "random", "msgspec", "torch"):
        (tmp_path / f"{place}.py").write_text("open('was-run', 'a').close()\n")
    (tmp_path / "mine.py").write_text("answer = 42\n")
    monkeypatch.chdir(tmp_path)
    live = Live(tmp_path, "fedlab", {"FEDLAB_HOSPITALS": ""})
    try:
        assert "42" in live.run("%%python\nimport mine\nmine.answer")
    finally:
        live.close()
    assert not (tmp_path / "was-run").exists()
