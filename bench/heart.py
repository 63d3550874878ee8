"""The hospitals that the benchmarks ask: the built-in table `heart`, in four folders."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fedlab_kernel import datasets
from fedlab_kernel.hospital.catalogue import read_folder
from fedlab_kernel.language.catalogue import Catalogue

HOSPITALS = 4


def folders(out: Path) -> list[Path]:
    """Four hospital folders under `out`."""
    return datasets.write("heart", HOSPITALS, out)


def catalogue() -> Catalogue:
    """What the first of them declares."""
    with TemporaryDirectory() as out:
        tables = read_folder(folders(Path(out))[0]).tables
    return {name: source.table for name, source in tables.items()}
