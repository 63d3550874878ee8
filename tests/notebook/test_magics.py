from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from fedlab_kernel.notebook.errors import RefusedCell
from fedlab_kernel.notebook.page import Page
from fedlab_kernel.notebook.result import Result
from fedlab_kernel.notebook.workbench import Workbench

from .live import hosts_below

Cell = Callable[[str], Any]

COUNT = 'patients = table("heart")\nn = release(count(patients), epsilon=0.5)'


def test_importing_fedlab_is_light() -> None:
    """`import fedlab_kernel` brings nothing but itself; the magics bring neither opendp, pandas nor matplotlib."""
    probe = (
        "import sys; before = set(sys.modules); "
        "import fedlab_kernel; "
        "top = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(top - sys.stdlib_module_names)); "
        "import fedlab_kernel.notebook.magics; "
        "print([m for m in ('opendp', 'pandas', 'matplotlib', 'sklearn', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["['fedlab_kernel']", "[]"], done.stderr


@pytest.mark.parametrize("text", ["%fedlab status", f"%%fedquery\n{COUNT}", "%fedlab budget"])
def test_without_hospitals_the_way_to_start_them_is_shown(cell: Cell, text: str) -> None:
    """Whatever needs hospitals says which line starts some."""
    with pytest.raises(RefusedCell, match="FF401") as refused:
        cell(text)
    assert "run `%fedlab start heart` first" in "\n".join(refused.value._render_traceback_())


@pytest.mark.parametrize(
    "text", ["%fedlab dance", "%fedlab start", "%%fedquery -o 1x\nx = 1", "%%fedquery --cap x\nx = 1"]
)
def test_bad_options_are_usage_errors(cell: Cell, text: str) -> None:
    """A mistake in a magic's own line is no refusal of the query."""
    with pytest.raises(UsageError):
        cell(text)


def test_unknown_data_is_refused_with_the_names(cell: Cell) -> None:
    """Data that do not exist are refused without a traceback."""
    with pytest.raises(RefusedCell, match="FU50"):
        cell("%fedlab start nowhere")


def test_a_forgotten_magic_is_named(cell: Cell) -> None:
    """A query without `%%fedquery` is a NameError, below which stands how a query begins; others stay bare."""
    with capture_output() as shown, pytest.raises(NameError):
        cell("n = release(count(patients), epsilon=0.1)")
    assert "A query begins with `%%fedquery`" in str([one.data for one in shown.outputs])
    with capture_output() as shown, pytest.raises(NameError):
        cell("nobody_knows_this")
    assert shown.outputs == []


def test_hospitals_of_another_are_left_and_not_stopped(connected: Cell) -> None:
    """`%fedlab stop` does not say that it stopped what this notebook did not start."""
    assert "are left to it" in repr(connected("%fedlab stop"))
    assert "No hospital was running" in repr(connected("%fedlab stop"))


def test_hospitals_that_are_just_being_started_are_stopped_too(
    connected: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop that waited for a start says that it stopped something, though nothing ran when it was asked for."""
    connected("%fedlab stop")
    monkeypatch.setattr(Workbench, "stop", lambda _self: True)
    assert "Hospitals stopped" in repr(connected("%fedlab stop"))


def test_help_lists_the_vocabulary(shell: InteractiveShell) -> None:
    """`%%fedquery?` shows the options and every primitive with its signature."""
    text = shell.find_cell_magic("fedquery").__doc__
    assert "--dry-run" in text
    assert "histogram(x, bins=…, by=…, over=…)" in text


def test_a_cell_from_start_to_stop(cell: Cell, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    """Real hospitals answer a cell; result, price, replay, refusals, audit and completion are as they should be."""
    started = cell("%fedlab start heart")
    assert isinstance(started, Page)
    assert "4 of 4 hospitals are ready" in repr(started)

    names = set(shell.user_ns)
    quote = cell(f"%%fedquery --dry-run\n{COUNT}")
    assert "Quote: at most ε = 0.5 per patient" in repr(quote)
    assert set(shell.user_ns) - names <= {"_", "__", "___", "_i", "_ii", "_iii", *_history(shell)}

    first = cell(f"%%fedquery -o answers\n{COUNT}")
    assert isinstance(first, Result)
    assert shell.user_ns["answers"] is first
    assert "n" not in shell.user_ns
    assert first.run.charged == pytest.approx(0.5)
    assert first.quote.releases[0].span.line == 3  # the cell's own, its magic line counted
    assert 800 < first.n < 1050  # 910 persons; the noise leaves these bounds with probability 4e-21

    again = cell(f"%%fedquery\n# said differently\n{COUNT.replace('patients', 'people')}")
    assert (again.n, again.run.charged) == (first.n, 0.0)
    assert "reserved 0 " not in repr(cell("%fedlab budget"))
    assert cell("%%fedquery --sites hungary\nm = release(count(patients), epsilon=0.5)").run.asked == ("hungary",)
    assert cell(f"%%fedquery --draw 1\n{COUNT}").run.charged == pytest.approx(0.5)

    with pytest.raises(RefusedCell) as refused:
        cell("%%fedquery\nx = release(mean(patients.agee), epsilon=0.1)\nimport os")
    shown = refused.value._render_traceback_()
    assert shown[0].startswith("error FQ201:")
    assert shown[1].startswith("  --> cell:2:")
    assert "  --> cell:3:1" in shown
    assert "2 | x = release(mean(patients.agee), epsilon=0.1)" in shown
    capsys.readouterr()
    with pytest.raises(RefusedCell, match="FU504"):
        cell("%%fedquery --cap 0.1\nx = release(count(patients.where(patients.age > 50)), epsilon=0.2)")
    printed = capsys.readouterr()
    assert "FU504" in printed.out + printed.err
    split = "The cap of 0.3 is split by weight: a 0.1, b 0.2."
    shared = "--cap 0.3\na = release(count(patients))\nb = release(mean(patients.age), weight=2)"
    assert split in repr(cell(f"%%fedquery --dry-run {shared}"))
    assert split in repr(cell(f"%%fedquery {shared}"))
    assert "Traceback" not in printed.out + printed.err
    with pytest.raises(RefusedCell, match="FP106"):
        cell("%%fedquery\nx = release(count(patients.where(patients.age > 50)), epsilon=9.9)")

    assert "4 of 4 logs verified" in repr(cell("%fedlab audit"))
    assert "trestbps" in repr(cell("%fedlab tables"))
    assert "deadline" in repr(cell("%fedlab status"))
    assert _completions(shell, "%%fedquery\nx = mean(patients.tha") == {"patients.thalach", "patients.thal"}
    shared = "%%fedquery --cap 1\nh = release(histogram(patients.sex))\nx = max(h."
    assert _completions(shell, shared) == {"h.labels", "h.counts"}

    cell("%fedlab forget")
    with pytest.raises(RefusedCell, match="FQ2"):
        cell("%%fedquery\nn = release(count(patients), epsilon=0.5)")
    with pytest.raises(RefusedCell, match="FU503"):
        cell("%fedlab restart nobody")
    assert "stopped" in repr(cell("%fedlab stop"))
    with pytest.raises(RefusedCell, match="FF401"):
        cell("%fedlab status")


def hosts() -> list[psutil.Process]:
    """The hospitals' hosts that this process started."""
    return hosts_below(psutil.Process())


def test_a_hospital_that_dies_is_named_and_can_be_restarted(cell: Cell) -> None:
    """After one process is killed the answer is of 3 of 4, says who is missing, and `restart` brings it back."""
    cell("%fedlab start heart")
    (host,) = hosts()
    host.children()[0].kill()
    result = cell(f"%%fedquery\n{COUNT}")
    (dead,) = result.run.failures
    assert "3 of 4 hospitals answered" in repr(result)
    assert f"%fedlab restart {dead}" in repr(cell("%fedlab status"))
    assert f"%fedlab restart {dead}" not in repr(cell(f"%fedlab restart {dead}"))
    assert cell(f"%%fedquery --draw 1\n{COUNT}").run.failures == {}


def test_unloading_stops_the_hospitals(shell: InteractiveShell) -> None:
    """No process is left behind when the extension goes."""
    shell.run_line_magic("fedlab", "start heart")
    assert hosts()
    shell.run_line_magic("unload_ext", "fedlab_kernel")
    assert not hosts()
    shell.run_line_magic("load_ext", "fedlab_kernel")


def test_a_folder_with_blanks_in_its_name_can_be_quoted(cell: Cell, tmp_path: Path) -> None:
    """A quoted path reaches the federation whole, for data and for state, and variables are put in."""
    with pytest.raises(RefusedCell) as refused:
        cell(f'folder = "{tmp_path}/my data"\n%fedlab start "{{folder}}" --state "{tmp_path}/my state"')
    assert f"{tmp_path}/my data" in str(refused.value)


def _history(shell: InteractiveShell) -> set[str]:
    return {name for name in shell.user_ns if name.startswith("_")}


def _completions(shell: InteractiveShell, text: str) -> set[str]:
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return {text[text.rindex("(") + 1 : each.start] + each.text for each in found}
