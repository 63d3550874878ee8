"""What holds for every file of the repository."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ("extension/src", "extension/style", "extension/schema")
TREES = ("fedlab_kernel", "tests", "bench", "docs", "notebooks", "binder", *EXTENSION)
CODE = {".py", ".ts", ".tsx", ".css", ".fq", ".ipynb"}
TEXT = CODE | {".md", ".toml", ".csv", ".json", ".yaml", ".yml", ".cfg", ".typed", ""}
CACHES = {"__pycache__", ".ipynb_checkpoints", "labextension"}
PURE = ("fedlab_kernel/language", "fedlab_kernel/errors")
# Folders of one machine; a query text that a test refuses may name what it likes.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|work|root|opt|mnt|srv)/\w+")
HOSTILE_TEXTS = ROOT / "tests" / "language"


def python_files(*folders: str) -> list[Path]:
    """All Python files below the folders, in a fixed order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def text_files() -> Iterator[Path]:
    """All text files of the repository: those at its top and those of its trees."""
    yield from sorted(path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT)
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*")):
            if path.is_file() and path.suffix in TEXT and not CACHES & set(path.parts):
                yield path


def name(path: Path) -> str:
    """A file's path below the root of the repository, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def test_every_test_says_what_it_states() -> None:
    """Every test function has a docstring, and there are test functions."""
    functions = [
        (path, node)
        for path in python_files("tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert functions
    silent = [f"{name(path)}: {node.name}" for path, node in functions if not ast.get_docstring(node)]
    assert not silent, silent


def test_every_module_says_its_job() -> None:
    """Every module of the package and of the benchmarks that holds anything begins with a docstring."""
    silent = [
        name(path)
        for path in python_files("fedlab_kernel", "bench")
        if (text := path.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent, silent


def test_files_stay_readable() -> None:
    """No file of the package is longer than 400 lines."""
    long = {
        name(path): lines
        for path in python_files("fedlab_kernel")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long, long


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """No file names a folder of one machine by its absolute path."""
    found = [
        f"{name(path)}: {match.group()}"
        for path in text_files()
        if HOSTILE_TEXTS not in path.parents
        for match in MACHINE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found, found


@pytest.mark.parametrize("package", PURE)
def test_the_language_is_pure(package: str) -> None:
    """The language and its errors import the standard library and each other, and nothing else."""
    allowed = sys.stdlib_module_names | {"fedlab_kernel"}
    foreign = [
        f"{name(path)}: {module}"
        for path in python_files(package)
        for module in imported(ast.parse(path.read_text(encoding="utf-8")))
        if module.partition(".")[0] not in allowed
    ]
    assert not foreign, foreign


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules a file imports by their full names, also inside functions; relative imports left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
