"""The invariants that the tree itself must keep, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "fedlab_kernel"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    """Every dotted name that a module imports, names imported from modules included."""
    place = ["fedlab_kernel", *file.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = place[: len(place) - node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{origin}.{name.name}" for name in node.names)


def users_of(name: str) -> set[str]:
    """The modules that import a name, relative to the package."""
    return {
        str(file.relative_to(PACKAGE))
        for file in MODULES
        if any(found == name or found.startswith(f"{name}.") for found in imported(file))
    }


@pytest.mark.parametrize("module", ["pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"])
def test_nothing_unpickles(module: str) -> None:
    """No module of the package imports a library that can turn bytes into code."""
    assert users_of(module) == set()


def test_nothing_is_executed_as_python() -> None:
    """No module calls exec, eval, compile or __import__: a query is never run as Python."""
    calls = [
        (file.name, node.func.id)
        for file in MODULES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in {"exec", "eval", "compile", "__import__"}
    ]
    assert calls == []


def test_noise_is_drawn_at_the_exit_only() -> None:
    """Of the hospital's modules only `release` draws noise; the host merely loads the library early."""
    assert users_of("fedlab_kernel.privacy.mechanisms") == {"hospital/release.py", "hospital/host.py"}


def test_replies_are_encoded_at_the_exit_only() -> None:
    """Of the hospital's modules only `release` turns replies into bytes."""
    hospital = {user for user in users_of("fedlab_kernel.wire.codec.encode") if user.startswith("hospital/")}
    assert hospital == {"hospital/release.py"}


def test_rows_are_loaded_by_the_hospital_only() -> None:
    """Rows are read by `data` and reach `hospital` and what evaluates, trains or teaches on them, nobody else."""
    asking = {"hospital/hospital.py", "hospital/rounds.py", "hospital/trainable.py", "hospital/classroom.py"}
    readers = {*asking, "hospital/evaluation.py", "hospital/sources.py", "hospital/training.py"}
    assert users_of("fedlab_kernel.hospital.data") <= readers
    assert users_of("fedlab_kernel.hospital.nested") == {"hospital/data.py"}


def test_sums_are_formed_for_the_exit_only() -> None:
    """Only `hospital`, which hands every sum to the exit, asks for one; training reads columns of rows, not sums, and
    so do lessons, of rows that ship with fedlab.
    """
    assert users_of("fedlab_kernel.hospital.evaluation") == {"hospital/hospital.py", "hospital/trainable.py"}
    assert users_of("fedlab_kernel.hospital.training") == {"hospital/rounds.py", "hospital/classroom.py"}
    assert users_of("fedlab_kernel.privacy.rounded_gaussian") == {"hospital/release.py"}


def test_the_researchers_side_never_imports_the_hospitals() -> None:
    """Neither the federation nor the notebook can reach code that sees a row."""
    users = users_of("fedlab_kernel.hospital")
    assert not [user for user in users if user.startswith(("federation/", "notebook/"))]


def test_no_operation_on_persons_takes_time_that_depends_on_values() -> None:
    """Division with remainder by a library runs longer for larger quotients, so no evaluation uses it."""
    slow = {"remainder", "fmod", "mod", "floor_divide", "divmod"}
    used = [
        (file.name, node.attr)
        for file in MODULES
        if "language" in file.parts or "hospital" in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in slow and isinstance(node.value, ast.Name)
        if node.value.id in {"xp", "np"}
    ]
    assert used == []
