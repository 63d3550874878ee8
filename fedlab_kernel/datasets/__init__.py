"""The data sets that come with fedlab, and hospital folders found on disk.

One module a data set, found by its `NAME`; each has `docs` (source and terms), `catalogue()` and
`rows(seed, hospitals)`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from fedlab_kernel.errors import Refused, diagnose

from .folder import rows_of, write_folder

MAX_HOSPITALS = 100


def names() -> list[str]:
    """The names of the built-in data sets, in alphabetical order."""
    return sorted(_modules())


def docs(name: str) -> str:
    """The source and the terms of a built-in data set.

    Raises:
        Refused: FU502 if there is none of that name.
    """
    return str(_module(name).docs).strip()


def write(name: str, hospitals: int | None, out: Path, seed: int = 0) -> list[Path]:
    """Write a built-in data set as hospital folders under `out`, and return their paths.

    Args:
        name: one of `names()`.
        hospitals: how many, 1 to 100; None for the data set's own number.
        out: the folder that holds the hospital folders.
        seed: the same seed writes the same bytes; folders that hold them already stay as they are.

    Raises:
        Refused: FU502 for an unknown name or number of hospitals; FU507 if a folder holds other data.
    """
    module = _module(name)
    if hospitals is not None and not 1 <= hospitals <= MAX_HOSPITALS:
        problem = f"{hospitals} hospitals are not possible"
        raise Refused(diagnose("FU502", problem, fix=f"choose a number from 1 to {MAX_HOSPITALS}"))
    catalogue = module.catalogue()
    return [write_folder(site, catalogue, module.docs, out) for site in module.rows(seed, hospitals)]


def ships(files: Mapping[str, bytes]) -> bool:
    """Whether these are, byte for byte, one hospital's rows of a table that comes with fedlab.

    Args:
        files: content by name: the table's own, NAME.csv, and those of rows that hang on its persons.
    """
    for module in _modules().values():
        if any(f"{table}.csv" in files for table in module.catalogue()):
            for hospitals in (None, 1):
                for site in module.rows(0, hospitals):
                    written = {name: text.encode() for name, text in rows_of(site).items()}
                    if all(written.get(name) == content for name, content in files.items()):
                        return True
    return False


def recognise(path: Path, out: Path) -> list[Path]:
    """The hospital folders that `path` stands for.

    It may be one hospital folder, a folder of hospital folders, or a folder with the four UCI
    heart-disease files, which are converted into hospital folders under `out`.

    Raises:
        Refused: FU501 if there is no such folder, FU502 if it holds nothing of the kind, FU507 if
            `out` holds other data.
    """
    from . import heart_uci

    if not path.is_dir():
        raise Refused(diagnose("FU501", f"there is no folder {path}", fix="check the path"))
    if _is_hospital(path):
        return [path]
    entries = sorted(path.iterdir())
    if hospitals := [entry for entry in entries if _is_hospital(entry)]:
        return hospitals
    found = {entry.name for entry in entries}
    if found.issuperset(heart_uci.FILES):
        catalogue = heart_uci.catalogue()
        return [write_folder(site, catalogue, heart_uci.docs, out) for site in heart_uci.rows(path)]
    raise Refused(diagnose("FU502", _unrecognised(path, [entry.name for entry in entries], heart_uci.FILES)))


def _is_hospital(path: Path) -> bool:
    return (path / "hospital.toml").is_file()


def _unrecognised(path: Path, found: list[str], uci: tuple[str, ...]) -> str:
    listed = ", ".join(found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")
    return (
        f"{path} holds {listed or 'nothing'}; expected a hospital folder (with hospital.toml), a folder of "
        f"hospital folders, or UCI's files {', '.join(uci)}"
    )


def _module(name: str) -> ModuleType:
    modules = _modules()
    if name not in modules:
        problem = f"there is no built-in data set `{name}`"
        raise Refused(diagnose("FU502", problem, fix=f"choose one of {', '.join(sorted(modules))}"))
    return modules[name]


def _modules() -> dict[str, ModuleType]:
    found = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {module.NAME: module for module in found if hasattr(module, "NAME")}
