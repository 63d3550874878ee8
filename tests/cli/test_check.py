from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fedlab_kernel import datasets
from fedlab_kernel.federation import processes

from .conftest import Fedlab

GOOD = """\
patients = table("heart")
n = release(count(patients), epsilon=0.1)
# %% cholesterol
chol = []
for step in range(3):
    chol = append(chol, release(mean(clip(patients.chol, 100, 400)), epsilon=0.25))
"""


def write(folder: Path, text: str, name: str = "query.fq") -> Path:
    """A query file."""
    file = folder / name
    file.write_text(text, encoding="utf-8", newline="")
    return file


def objects(out: str) -> list[dict[str, Any]]:
    """The JSON objects of an output, one a line."""
    return [json.loads(line) for line in out.splitlines()]


def test_a_good_file_is_quoted(fedlab: Fedlab, tmp_path: Path) -> None:
    """Exit 0, and a table with every release's line, price and expected error."""
    code, out, err = fedlab("check", write(tmp_path, GOOD), "--data", "heart")
    assert (code, err) == (0, "")
    assert "epsilon 0.85" in out
    assert "0.25 × 3" in out
    assert "mg/dl" in out


def test_json_has_exactly_the_agreed_shape(fedlab: Fedlab, tmp_path: Path) -> None:
    """Keys, line numbers of the file (cells counted through), times and numbers are those of the contract."""
    file = write(tmp_path, GOOD)
    code, out, err = fedlab("check", file, "--data", "heart", "--format", "json")
    (found,) = objects(out)
    assert (code, err) == (0, "")
    assert found.keys() == {"file", "ok", "diagnostics", "quote"}
    assert (found["file"], found["ok"], found["diagnostics"]) == (str(file), True, [])
    assert found["quote"].keys() == {"epsilon", "delta", "releases"}
    assert found["quote"]["epsilon"] == pytest.approx(0.85)
    first, second = found["quote"]["releases"]
    assert first.keys() == {"name", "line", "times", "epsilon", "half_width"}
    assert (first["name"], first["line"], first["times"]) == ("n", 2, 1)
    assert (second["name"], second["line"], second["times"]) == ("chol", 6, 3)
    assert first["half_width"] > 0


def test_a_half_width_is_a_number_a_list_or_null(fedlab: Fedlab, tmp_path: Path) -> None:
    """A histogram's error is a list, and what waits for a release has none yet."""
    text = (
        'p = table("heart")\nages = release(histogram(p.age, bins=[20, 50, 80]), epsilon=0.2)\n'
        "m = release(sum(clip(p.age, 0, max(ages[0], 20))), epsilon=0.2)\n"
    )
    _, out, _ = fedlab("check", write(tmp_path, text), "--data", "heart", "--format", "json")
    ages, total = objects(out)[0]["quote"]["releases"]
    assert [type(width) for width in ages["half_width"]] == [float, float]
    assert total["half_width"] is None


def test_columns_count_from_one_in_code_points(fedlab: Fedlab, tmp_path: Path) -> None:
    """A character outside the first plane before the fault counts as one column."""
    text = 'p = table("heart")\nq = p.where(p.sex == "\N{GRINNING FACE}ä"); n = release(count(r), epsilon=0.1)\n'
    code, out, _ = fedlab("check", write(tmp_path, text), "--data", "heart", "--format", "json")
    found = {one["code"]: one for one in objects(out)[0]["diagnostics"]}["FQ200"]
    assert code == 1
    line = text.splitlines()[1]
    assert (found["line"], found["column"], found["end_column"]) == (2, line.index("(r)") + 2, line.index("(r)") + 3)
    assert found.keys() == {
        "code", "severity", "line", "column", "end_line", "end_column", "message", "reason", "fix",
    }  # fmt: skip


def test_a_refused_file_has_no_quote_and_the_others_are_checked(fedlab: Fedlab, tmp_path: Path) -> None:
    """Exit 1 for one bad file; there is one object a file, in the order given."""
    bad = write(tmp_path, 'n = release(count(table("hart")), epsilon=0.1)', "bad.fq")
    code, out, err = fedlab("check", bad, write(tmp_path, GOOD), "--data", "heart", "--format", "json")
    first, second = objects(out)
    assert (code, err) == (1, "")
    assert (first["ok"], first["quote"], second["ok"]) == (False, None, True)
    assert [one["code"] for one in first["diagnostics"]] == ["FQ201"]


def test_text_points_at_the_fault_in_the_file(fedlab: Fedlab, tmp_path: Path) -> None:
    """A fault in the second cell is shown at its line of the file, on standard error."""
    file = write(tmp_path, 'p = table("heart")\n# %%\nn = release(count(q), epsilon=0.1)\n')
    code, out, err = fedlab("check", file, "--data", "heart")
    assert (code, out) == (1, "")
    assert f"{file}:3:19" in err
    assert "^" in err


def test_a_price_out_of_range_is_refused(fedlab: Fedlab, tmp_path: Path) -> None:
    """The hospitals' published policy is applied before anything is sent."""
    file = write(tmp_path, 'n = release(count(table("heart")), epsilon=50)')
    code, _, err = fedlab("check", file, "--data", "heart")
    assert code == 1
    assert "FP105" in err


def test_a_forbidden_column_is_refused(fedlab: Fedlab, tmp_path: Path) -> None:
    """A column that one hospital's policy leaves out is refused, with the hospital's name."""
    folders = datasets.write("heart", None, tmp_path / "hospitals")
    with (folders[1] / "hospital.toml").open("a", encoding="utf-8") as file:
        file.write('columns = {heart = ["age"]}\n')
    query = write(tmp_path, 'n = release(mean(table("heart").chol), epsilon=1)')
    code, _, err = fedlab("check", query, "--data", tmp_path / "hospitals")
    assert code == 1
    assert f"FP103: {folders[1].name}" in err


def test_a_faulty_hospital_is_left_out_and_named(fedlab: Fedlab, tmp_path: Path) -> None:
    """A folder that no hospital could start from is a warning; with no other folder it is a refusal."""
    folders = datasets.write("heart", None, tmp_path / "hospitals")
    (folders[0] / "hospital.toml").write_text("name = 3\n", encoding="utf-8")
    code, _, err = fedlab("check", write(tmp_path, GOOD), "--data", tmp_path / "hospitals")
    assert code == 0
    assert f"warning FH301: {folders[0].name}" in err
    code, _, err = fedlab("check", write(tmp_path, GOOD), "--data", folders[0])
    assert code == 1
    assert "error FH301" in err


def test_a_file_that_is_not_utf8_is_located(fedlab: Fedlab, tmp_path: Path) -> None:
    """Exit 1 with the line and column, in code points, of the first byte that does not belong."""
    file = tmp_path / "latin.fq"
    file.write_bytes("x = 1\n# ä".encode() + b"\xff")
    code, out, _ = fedlab("check", file, "--data", "heart", "--format", "json")
    (found,) = objects(out)[0]["diagnostics"]
    assert code == 1
    assert (found["code"], found["line"], found["column"]) == ("FU508", 2, 4)


def test_missing_things_are_usage_errors(fedlab: Fedlab, tmp_path: Path) -> None:
    """Exit 2 for a file or data that are not there, and for missing arguments; a folder as a file is refused."""
    code, out, err = fedlab("check", tmp_path / "no.fq", "--data", "heart", "--format", "json")
    assert (code, objects(out)[0]["diagnostics"][0]["code"], err) == (2, "FU501", "")
    assert fedlab("check", write(tmp_path, GOOD), "--data", "hart")[0] == 2
    assert fedlab("check", write(tmp_path, GOOD))[0] == 2
    assert fedlab("check", tmp_path, "--data", "heart")[0] == 1


def test_a_file_without_end_is_not_read_to_its_end(fedlab: Fedlab) -> None:
    """A file far over the limit is refused after the limit."""
    code, _, err = fedlab("check", "/dev/zero", "--data", "heart")
    assert code == 1
    assert "FQ001" in err


def test_checking_starts_no_process_and_leaves_nothing(
    fedlab: Fedlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No host is started and no state folder is made."""

    def started(*_: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(processes.subprocess, "Popen", started)
    assert fedlab("check", write(tmp_path, GOOD), "--data", "heart")[0] == 0
    assert not (tmp_path / "state").exists()


def test_windows_line_ends_make_no_difference(fedlab: Fedlab, tmp_path: Path) -> None:
    """A file with CRLF has the same cells, lines and quote."""
    _, unix, _ = fedlab("check", write(tmp_path, GOOD), "--data", "heart", "--format", "json")
    code, windows, _ = fedlab(
        "check", write(tmp_path, GOOD.replace("\n", "\r\n")), "--data", "heart", "--format", "json"
    )
    assert code == 0
    assert objects(windows) == objects(unix)
