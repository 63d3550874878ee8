"""The price of a query file by what hospitals publish; from their folders alone where no hospital runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path

from ..errors import Diagnostic, Refused, diagnose
from ..federation.contact import HospitalInfo, at, together
from ..federation.harmonise import harmonise
from ..federation.judgement import over_policy
from ..hospital.catalogue import read_folder
from ..language.catalogue import Catalogue
from ..language.check import check
from ..language.values import Value
from ..policy.policy import Policy
from ..privacy.quote import Quote, Terms, quote
from .queries import QueryFile


@dataclass(frozen=True, slots=True)
class Published:
    """What hospitals that are asked together publish.

    Attributes:
        hospitals: those that can be asked, by name.
        catalogue: the tables they share.
        terms: what prices depend on, the strictest of all.
        notes: what differs between them, and who is left out.
    """

    hospitals: Mapping[str, HospitalInfo]
    catalogue: Catalogue
    terms: Terms
    notes: tuple[Diagnostic, ...] = ()


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
        except Refused as refused:
            faults.extend(at(folder.name, finding) for finding in refused.diagnostics)
        else:
            hospitals[folder.name] = HospitalInfo(
                described.name, described.title, "ready", policy=policy, tables=tables
            )
    if not hospitals:
        raise Refused(*faults)
    return published(hospitals, [replace(fault, severity="warning") for fault in faults])


def published(hospitals: Mapping[str, HospitalInfo], notes: Iterable[Diagnostic] = ()) -> Published:
    """What these hospitals publish together; those that are not ready are left out."""
    ready = {name: info for name, info in hospitals.items() if info.state == "ready"}
    if not ready:
        raise Refused(diagnose("FF401", "None of the hospitals can be reached."))
    catalogue, differences = harmonise({name: info.tables for name, info in ready.items()})
    policies = [info.policy for info in ready.values()]
    terms = Terms(
        hospitals=len(ready),
        delta=min(policy.release_delta for policy in policies),
        epsilon_min=max(policy.epsilon_min for policy in policies),
        epsilon_max=min(policy.epsilon_max for policy in policies),
        sizes={name: table.size for name, table in catalogue.items()},
    )
    return Published(ready, catalogue, terms, (*notes, *differences))


def priced(file: QueryFile, offer: Published, researcher: str) -> PricedFile:
    """Check and price all cells of a file, each knowing the names of those before.

    Args:
        file: the cells.
        offer: what the hospitals publish.
        researcher: the public key that will sign, in hex; "" where it is not known, so nobody can say whether
            the hospitals know it.
    """
    names: Mapping[str, Value] = {}
    findings: list[Diagnostic] = []
    quotes: list[Quote] = []
    for cell in file.cells:
        checked = check(cell.text, offer.catalogue, names)
        names = checked.names
        findings += cell.located(checked.findings)
        if not checked.ok:
            continue
        cost, faults = quote(checked.releases, offer.terms)
        if not faults:
            judged = over_policy(checked.releases, offer.terms, offer.hospitals, researcher, len(cell.text))
            faults = tuple(together(pair for pair in judged if researcher or pair[1].code != "FP101"))
        findings += cell.located(faults)
        lines = tuple(replace(line, span=cell.moved(line.span)) for line in cost.releases)
        quotes.append(replace(cost, releases=lines))
    if any(finding.severity == "error" for finding in findings):
        return PricedFile(tuple(findings), None)
    return PricedFile(tuple(findings), _together(quotes))


def _together(quotes: Sequence[Quote]) -> Quote:
    return Quote(
        tuple(line for one in quotes for line in one.releases),
        fsum(one.epsilon for one in quotes),
        fsum(one.delta for one in quotes),
    )
