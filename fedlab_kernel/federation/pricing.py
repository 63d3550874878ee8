"""The price of a cell by what hospitals publish, found by the rules that they apply themselves; nobody is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ..errors import Diagnostic, Refused, diagnose
from ..language.catalogue import Catalogue
from ..language.check import Checked, check
from ..language.values import Value
from ..privacy.allowance import allowance_of, split_note
from ..privacy.quote import Quote, Terms, quote
from .contact import HospitalInfo, together
from .harmonise import harmonise
from .judgement import over_policy
from .naming import listed

PROVISIONAL: Final = Fraction(1)
"""The allowance with which a cell is checked to see its weights; what it releases does not depend on it."""


@dataclass(frozen=True, slots=True)
class Published:
    """What hospitals that are asked together publish.

    Attributes:
        hospitals: all of them, by name; those that are not ready publish nothing.
        catalogue: the tables they share.
        terms: what prices depend on, the strictest of all.
        notes: what differs between them, and who is left out.
    """

    hospitals: Mapping[str, HospitalInfo]
    catalogue: Catalogue
    terms: Terms
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Priced:
    """A cell, checked and priced; nothing was asked.

    Attributes:
        checked: what the language found.
        quote: what it would cost; None where the language found errors.
        findings: everything found, the language's, the prices' and the policies'.
        allowance: the epsilon of a release of weight 1; None where every release states its price.
    """

    checked: Checked
    quote: Quote | None
    findings: tuple[Diagnostic, ...]
    allowance: Fraction | None = None

    @property
    def ok(self) -> bool:
        """Whether the cell may run."""
        return not any(finding.severity == "error" for finding in self.findings)


def chosen(hospitals: Mapping[str, HospitalInfo], sites: Collection[str]) -> dict[str, HospitalInfo]:
    """The hospitals that are named; all of them where none is.

    Raises:
        Refused: FU503 for a name that is not one of theirs.
    """
    unknown = sorted(name for name in sites if name not in hospitals)
    if unknown:
        raise Refused(diagnose("FU503", f"There is no hospital {unknown[0]}; there are: {listed(hospitals)}."))
    return {name: info for name, info in hospitals.items() if not sites or name in sites}


def published(hospitals: Mapping[str, HospitalInfo], notes: Iterable[Diagnostic] = ()) -> Published:
    """What these hospitals publish together.

    Args:
        hospitals: those that shall be asked.
        notes: what is known of them besides; said first.

    Raises:
        Refused: FF401 where none of them is ready.
    """
    ready = {name: info for name, info in hospitals.items() if info.state == "ready"}
    if not ready:
        why = listed((f"{name}: {info.message}" for name, info in hospitals.items() if info.message), "\n")
        raise Refused(diagnose("FF401", f"None of the hospitals can be reached.\n{why}".rstrip()))
    catalogue, differences = harmonise({name: info.tables for name, info in ready.items()})
    policies = [info.policy for info in ready.values()]
    terms = Terms(
        hospitals=len(ready),
        delta=min(policy.release_delta for policy in policies),
        epsilon_min=max(policy.epsilon_min for policy in policies),
        epsilon_max=min(policy.epsilon_max for policy in policies),
        sizes={name: table.size for name, table in catalogue.items()},
    )
    return Published(hospitals, catalogue, terms, (*notes, *differences))


def priced(
    text: str,
    offer: Published,
    names: Mapping[str, Value],
    researcher: str,
    cap: float | None = None,
    allowance: Fraction | None = None,
) -> Priced:
    """Check and price a cell, as each hospital will.

    Args:
        text: the cell.
        offer: what the hospitals publish.
        names: what earlier cells left.
        researcher: the public key that will sign, in hex; "" where it is not known, so nobody can say whether
            the hospitals know it.
        cap: the most epsilon that the cell may be quoted; releases without a price share what it leaves.
        allowance: the share of a release of weight 1, where the cap is one of several cells, whose sum the caller
            compares with it.
    """
    alone = cap is not None and allowance is None
    checked = check(text, offer.catalogue, names, allowance=PROVISIONAL if alone else allowance)
    if not checked.ok:
        return Priced(checked, None, checked.findings)
    notes: list[Diagnostic] = []
    if cap is not None and any(release.weight is not None for release in checked.releases):
        if alone:
            try:
                allowance = allowance_of([checked.releases], cap, offer.terms)
            except Refused as refused:
                return Priced(checked, None, (*checked.findings, *refused.diagnostics))
            checked = check(text, offer.catalogue, names, allowance=allowance)
        notes.extend(split_note(checked.releases, cap, offer.terms))
    cost, findings = quote(checked.releases, offer.terms)
    if not findings:
        judged = over_policy(checked.releases, offer.terms, offer.hospitals, researcher, len(text))
        findings = tuple(together(pair for pair in judged if researcher or pair[1].code != "FP101"))
    if not findings and cap is not None and alone:
        findings = tuple(over_cap(cost, cap, "The cell"))
    return Priced(checked, cost, (*checked.findings, *notes, *cost.warnings, *findings), allowance)


def over_cap(cost: Quote, cap: float, what: str) -> Iterator[Diagnostic]:
    """The finding that a quote is above the researcher's own cap, where it is."""
    if not cost.epsilon <= cap * (1 + 1e-9):
        message = f"{what} is quoted epsilon {cost.epsilon:.4g}, more than the cap of {cap:g}."
        yield diagnose("FU504", message)
