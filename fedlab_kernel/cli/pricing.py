"""The price of a query file: of all its cells together, also by hospitals' folders alone where none of them runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import fsum
from pathlib import Path

from ..errors import Diagnostic, Refused
from ..federation import pricing
from ..federation.contact import HospitalInfo, at
from ..federation.pricing import Published
from ..hospital.catalogue import read_folder
from ..language.bill import Released
from ..language.check import check
from ..language.values import Value
from ..policy.names import require_known
from ..policy.policy import Policy
from ..privacy.allowance import allowance_of
from ..privacy.quote import Quote
from .queries import QueryFile


@dataclass(frozen=True, slots=True)
class PricedFile:
    """A query file, checked and priced; nothing was asked.

    Attributes:
        findings: of all cells, located in the file.
        quote: of all cells together, lines counted in the file; None where one may not run.
        allowance: the share of a release of weight 1 of the cap; None without a cap.
    """

    findings: tuple[Diagnostic, ...]
    quote: Quote | None
    allowance: Fraction | None = None

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


def priced(file: QueryFile, offer: Published, researcher: str, cap: float | None = None) -> PricedFile:
    """Check and price all cells of a file, each knowing the names of those before.

    Args:
        file: the cells.
        offer: what the hospitals publish.
        researcher: as `federation.pricing.priced` takes it.
        cap: the most epsilon that all cells together may be quoted; releases without a price share what it leaves.
    """
    try:
        allowance = None if cap is None else _allowance(file, offer, cap)
    except Refused as refused:
        return PricedFile(refused.diagnostics, None)
    names: Mapping[str, Value] = {}
    findings: list[Diagnostic] = []
    quotes: list[Quote] = []
    for cell in file.cells:
        found = pricing.priced(cell.text, offer, names, researcher, cap, allowance)
        names = found.checked.names
        findings += cell.located(found.findings)
        if found.quote is not None:
            lines = tuple(replace(line, span=cell.moved(line.span)) for line in found.quote.releases)
            quotes.append(replace(found.quote, releases=lines))
    together = _together(quotes)
    if cap is not None and not any(finding.severity == "error" for finding in findings):
        findings += pricing.over_cap(together, cap, file.name)
    if any(finding.severity == "error" for finding in findings):
        # Where a cell may not run, nobody knows the shares of the others.
        return PricedFile(tuple(finding for finding in findings if finding.code != "FU509"), None)
    return PricedFile(tuple(findings), together, allowance)


def _allowance(file: QueryFile, offer: Published, cap: float) -> Fraction:
    """The share of a release of weight 1 of a cap over all cells; any, where nothing takes a share of it.

    Raises:
        Refused: located in the file, where nothing is left to split.
    """
    names: Mapping[str, Value] = {}
    bills: list[Sequence[Released]] = []
    for cell in file.cells:
        checked = check(cell.text, offer.catalogue, names, allowance=pricing.PROVISIONAL)
        names = checked.names
        if not checked.ok:
            return pricing.PROVISIONAL  # the findings are told when the cells are priced
        bills.append([replace(release, span=cell.moved(release.span)) for release in checked.releases])
    if all(release.weight is None for bill in bills for release in bill):
        return pricing.PROVISIONAL
    return allowance_of(bills, cap, offer.terms)


def _together(quotes: Sequence[Quote]) -> Quote:
    return Quote(
        tuple(line for one in quotes for line in one.releases),
        fsum(one.epsilon for one in quotes),
        fsum(one.delta for one in quotes),
    )
