from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fedlab_kernel import __version__, datasets
from fedlab_kernel.cli import commands
from fedlab_kernel.cli.command import exit_code
from fedlab_kernel.cli.terminal import adapt, number, table
from fedlab_kernel.errors import RULES, diagnose

from .conftest import Fedlab

COMMANDS = ("audit", "check", "data", "demo", "explain", "host", "key", "leak", "ledger", "run")


def test_the_package_finds_its_subcommands() -> None:
    """Every file with a COMMAND is a subcommand, named as its file is."""
    assert tuple(command.name for command in commands()) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_subcommand_has_help(fedlab: Fedlab, command: str) -> None:
    """`--help` ends with 0, says how the command is called, and what it is for."""
    code, out, err = fedlab(command, "--help")
    assert (code, err) == (0, "")
    assert f"fedlab {command}" in out
    assert len(out.splitlines()) > 5


def test_help_and_version(fedlab: Fedlab) -> None:
    """The overview names every subcommand and the exit codes, and the version is the package's."""
    code, out, _ = fedlab("--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert fedlab("--version") == (0, f"fedlab {__version__}\n", "")


@pytest.mark.parametrize("argv", [[], ["dance"], ["check"], ["run", "--data"], ["audit", "bless", "."], ["ledger"]])
def test_misuse_is_a_usage_error(fedlab: Fedlab, argv: list[str]) -> None:
    """Exit 2, usage on standard error and nothing on standard output."""
    code, out, err = fedlab(*argv)
    assert (code, out) == (2, "")
    assert "usage: fedlab" in err


def test_explain_shows_a_rule(fedlab: Fedlab) -> None:
    """Title, reason, change and both examples are shown; small letters are understood."""
    code, out, _ = fedlab("explain", "fq203")
    rule = RULES["FQ203"]
    assert code == 0
    examples = (*rule.bad.strip().splitlines(), *rule.good.strip().splitlines())
    assert all(part in out for part in (rule.title, rule.why, rule.change, *examples))


def test_explain_lists_all(fedlab: Fedlab) -> None:
    """Without a code there is a line for every rule."""
    code, out, _ = fedlab("explain")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == sorted(RULES)


def test_explain_names_near_codes(fedlab: Fedlab) -> None:
    """An unknown code is a usage error that names codes like it."""
    code, out, err = fedlab("explain", "FQ20")
    assert (code, out) == (2, "")
    assert "FU505" in err
    assert "FQ20" in err.split("did you mean", 1)[1]


def test_data_writes_hospital_folders(fedlab: Fedlab, tmp_path: Path) -> None:
    """The printed paths are hospital folders; writing again changes nothing; other data are refused."""
    code, out, _ = fedlab("data", "cohort", "--hospitals", 2, "--out", tmp_path / "out")
    folders = [Path(line) for line in out.splitlines()]
    assert code == 0
    assert len(folders) == 2
    assert all((folder / "hospital.toml").is_file() for folder in folders)
    before = {file: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert fedlab("data", "cohort", "--hospitals", 2, "--out", tmp_path / "out")[0] == 0
    assert {file: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()} == before
    code, _, err = fedlab("data", "cohort", "--hospitals", 1, "--out", tmp_path / "out")
    assert code == 1
    assert "FU507" in err


def test_data_lists_what_there_is(fedlab: Fedlab) -> None:
    """Without a name every built-in data set is listed; an unknown name or no place to write is a usage error."""
    code, out, _ = fedlab("data")
    assert code == 0
    assert all(name in out.splitlines() for name in datasets.names())
    assert all(name in fedlab("data", "--help")[1] for name in datasets.names())
    assert fedlab("data", "hart", "--out", "x")[0] == 2
    assert fedlab("data", "heart")[0] == 2


def test_a_folder_without_a_ledger_is_a_usage_error(fedlab: Fedlab, tmp_path: Path) -> None:
    """`ledger` and `audit verify` say that there is nothing, with exit 2."""
    for argv in (["ledger", tmp_path], ["audit", "verify", tmp_path], ["ledger", tmp_path / "no"]):
        code, out, err = fedlab(*argv)
        assert (code, out) == (2, "")
        assert "FU501" in err


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([], 0), (["FQ200"], 1), (["FU504"], 1), (["FU501"], 2), (["FF401"], 3), (["FP106", "FF401"], 3)],
)
def test_exit_codes_say_what_happened(codes: list[str], expected: int) -> None:
    """0 fine, 1 refused, 2 usage, 3 unreachable; notes and warnings change nothing."""
    findings = [diagnose(code, "No.") for code in codes] + [diagnose("FF401", "A note.", severity="note")]
    assert exit_code(findings) == expected


def test_a_terminal_without_unicode_gets_words() -> None:
    """What the encoding lacks is spelled out, and nothing fails."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    adapt(stream)
    stream.write("ε ± 3 × … é")
    assert raw.getvalue() == rb"epsilon +- 3 x ... \xe9"


def test_a_closed_pipe_is_quiet() -> None:
    """When the reader has left there is no complaint."""
    command = [sys.executable, "-m", "fedlab_kernel", "explain"]
    reader, writer = os.pipe()
    os.close(reader)  # before anything is written, which may be all of it at once
    try:
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_tables_are_aligned() -> None:
    """Columns begin below each other, numbers end below each other, and a cell cannot break its row."""
    shown = table([["a", "1"], ["long", "1,000"], ["b\nc\x1b", ""]], indent="", right=frozenset({1}))
    assert shown == "a         1\nlong  1,000\nb c\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (12, "12"), (12345, "12,345"), (0.1 + 0.2, "0.3"), (1234.56, "1,235"), (float("inf"), "inf")],
)
def test_numbers_are_short(value: float, expected: str) -> None:
    """Whole numbers are shown in full, others to four digits."""
    assert number(value) == expected
