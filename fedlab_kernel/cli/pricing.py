"""The price of a query file: of all its cells together, also by hospitals' folders alone where none of them runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path

from ..errors import Diagnostic, Refused
from ..federation import pricing
from ..federation.contact import HospitalInfo, at
from ..federation.pricing import Published
from ..hospital.catalogue import read_folder
from ..language.values import Value
from ..policy.names import require_known
from ..policy.policy import Policy
from ..privacy.quote import Quote
from .queries import QueryFile


@dataclass(frozen=True, slots=True)
class PricedFile:
    """A query file, checked and priced; nothing was asked.

    Attributes:
        findings: of all cells, located in the file.
        quote: of all cells together, lines counted in the file; None where one may not run.
    """

    findings: tuple[Diagnostic, ...]
    quote: Quote | None

    @property
    def ok(self) -> bool:
        """Whether it may run."""
        return self.quote is not None


def published_by(folders: Sequence[Path]) -> Published:
    """What the hospitals of these folders publish; a folder with a fault is left out and named.

    Raises:
        Refused: FH301, with every fault, where no folder is sound.
    """
    hospitals: dict[str, HospitalInfo] = {}
    faults: list[Diagnostic] = []
    for folder in folders:
        try:
            described = read_folder(folder)
            tables = {name: source.table for name, source in described.tables.items()}
            policy = Policy.from_dict(described.policy)
            require_known(policy, tables)
        except Refused as refused:
            faults.extend(at(folder.name, finding) for finding in refused.diagnostics)
        else:
            hospitals[folder.name] = HospitalInfo(
                described.name, described.title, "ready", policy=policy, tables=tables
            )
    if not hospitals:
        raise Refused(*faults)
    return pricing.published(hospitals, [replace(fault, severity="warning") for fault in faults])


def priced(file: QueryFile, offer: Published, researcher: str) -> PricedFile:
    """Check and price all cells of a file, each knowing the names of those before.

    Args:
        file: the cells.
        offer: what the hospitals publish.
        researcher: as `federation.pricing.priced` takes it.
    """
    names: Mapping[str, Value] = {}
    findings: list[Diagnostic] = []
    quotes: list[Quote] = []
    for cell in file.cells:
        found = pricing.priced(cell.text, offer, names, researcher)
        names = found.checked.names
        findings += cell.located(found.findings)
        if found.quote is not None:
            lines = tuple(replace(line, span=cell.moved(line.span)) for line in found.quote.releases)
            quotes.append(replace(found.quote, releases=lines))
    if any(finding.severity == "error" for finding in findings):
        return PricedFile(tuple(findings), None)
    return PricedFile(tuple(findings), _together(quotes))


def _together(quotes: Sequence[Quote]) -> Quote:
    return Quote(
        tuple(line for one in quotes for line in one.releases),
        fsum(one.epsilon for one in quotes),
        fsum(one.delta for one in quotes),
    )
