"""Writes hospital folders: hospital.toml, and for each table a catalogue (.toml) and rows (.csv)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy.typing as npt
import tomli_w

from fedlab_kernel.errors import Refused, diagnose

# Data that ship with fedlab are for anyone to ask; budgets still hold. Policy comes last: lines can be appended.
DEMO_POLICY = """\
[policy]
researchers = ["*"]  # anyone; a real hospital lists public keys, as `fedlab key` prints them

# What else can be set, with its default (docs/hospital.md explains each). Delete the "# " to change one.
# tables = ["heart"]  # may be asked about; all if left out
# columns = { heart = ["age", "sex"] }  # likewise, table by table; "visits.cost" for a column of nested rows
# primitives = ["count", "mean"]  # likewise; choosing persons and arithmetic are always allowed
# epsilon_min = 0.001  # the range of one release
# epsilon_max = 10.0
# budget_epsilon = 10.0  # all answers to one researcher
# budget_delta = 1e-6
# total_epsilon = 20.0  # all answers to all researchers together
# total_delta = 2e-6
# release_delta = 1e-8  # of one release with Gaussian noise
# max_request_bytes = 1048576
# max_weights = 1000000  # of a model that is trained
# deadline_seconds = 30.0  # what takes longer is refused
# tick_seconds = 0.05  # replies leave at multiples of this
# minimum_hospitals = 1  # recorded, not enforced yet
# classroom = false  # true gives raw updates, of data that ship with fedlab only
# admission = []  # ["start", "anomaly", "exposure"] checks a model before it is trained
"""

Document = dict[str, Any]
Cells = Sequence[Any] | npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Site:
    """One hospital of a data set.

    Attributes:
        name: an identifier, the name of its folder.
        title: its name for people.
        tables: for each table its fields by name (the person id among them), each a cell a person.
        size: the declared number of persons; None for the true number, rounded to tens.
        nested: likewise the rows that hang on a table's persons, by "table.rows", each a cell a row.
    """

    name: str
    title: str
    tables: Mapping[str, Mapping[str, Cells]]
    size: int | None = None
    nested: Mapping[str, Mapping[str, Cells]] = field(default_factory=dict)


def write_folder(site: Site, catalogue: Mapping[str, Document], source: str, out: Path) -> Path:
    """Write one hospital's folder under `out` and return its path.

    Args:
        site: the hospital and its rows.
        catalogue: for each table the content of its catalogue file; size and capacity are added here.
        source: where the data come from and under which terms; stands at the top of each catalogue.
        out: the folder of all hospitals; created where it is absent.

    A folder that already holds exactly these tables is left as it is, its hospital.toml (which
    may have been edited) included. The folder appears at once and complete, also when several write it
    at the same time.

    Raises:
        Refused: FU507 if the folder holds other tables: rows under an existing ledger are never replaced.
    """
    folder = out / site.name
    files = {}
    for name, fields in site.tables.items():
        persons = len(next(iter(fields.values())))
        size = round(persons, -1) if site.size is None else site.size
        sizes = {"size": size, "capacity": capacity(max(size, persons))}
        document = tomli_w.dumps(sizes | catalogue[name])
        files[f"tables/{name}.toml"] = _comment(source) + document
    files |= {f"tables/{name}": text for name, text in rows_of(site).items()}
    if folder.exists():
        _require_same(folder, files)
        return folder
    out.mkdir(parents=True, exist_ok=True)
    hospital = tomli_w.dumps({"name": site.name, "title": site.title}) + "\n" + DEMO_POLICY
    # One level down: what lies directly in `out` could be taken for a hospital before it is complete.
    with TemporaryDirectory(dir=out, prefix=".new-") as room:
        complete = Path(room) / site.name
        complete.mkdir(mode=0o700)
        (complete / "tables").mkdir()
        for name, text in {**files, "hospital.toml": hospital}.items():
            (complete / name).write_text(text, encoding="utf-8", newline="")
        try:
            complete.rename(folder)
        except OSError:
            if not folder.exists():
                raise
            _require_same(folder, files)  # somebody else was quicker
    return folder


def rows_of(site: Site) -> dict[str, str]:
    """The rows of a hospital's tables, and of those that hang on their persons, as the content of files by name."""
    return {f"{name}.csv": _csv(fields) for name, fields in {**site.tables, **site.nested}.items()}


def _require_same(folder: Path, files: Mapping[str, str]) -> None:
    if (folder / "hospital.toml").exists() and all(_holds(folder / name, text) for name, text in files.items()):
        return
    problem = f"the folder {folder} exists and holds other data"
    raise Refused(diagnose("FU507", problem, fix="choose another folder, or delete this one"))


def capacity(persons: int) -> int:
    """The declared capacity for a number of persons: the next power of two, at least 512."""
    return max(512, 1 << (persons - 1).bit_length())


def _comment(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.strip().splitlines()) + "\n"


def _csv(fields: Mapping[str, Cells]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    # tolist() turns numpy's numbers into Python's, whose text is the shortest that reads back the same.
    columns = [cells.tolist() if hasattr(cells, "tolist") else cells for cells in fields.values()]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_bytes() == text.encode()
