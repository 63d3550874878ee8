"""The price of a cell by what hospitals publish, found by the rules that they apply themselves; nobody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import Diagnostic, Refused, diagnose
from ..language.catalogue import Catalogue
from ..language.check import Checked, check
from ..language.values import Value
from ..privacy.quote import Quote, Terms, quote
from .contact import HospitalInfo, together
from .harmonise import harmonise
from .judgement import over_policy


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
    """

    checked: Checked
    quote: Quote | None
    findings: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether the cell may run."""
        return not any(finding.severity == "error" for finding in self.findings)


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
        why = "".join(f"\n{name}: {info.message}" for name, info in hospitals.items() if info.message)
        raise Refused(diagnose("FF401", f"None of the hospitals can be reached.{why}"))
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


def priced(text: str, offer: Published, names: Mapping[str, Value], researcher: str) -> Priced:
    """Check and price a cell, as each hospital will.

    Args:
        text: the cell.
        offer: what the hospitals publish.
        names: what earlier cells left.
        researcher: the public key that will sign, in hex; "" where it is not known, so nobody can say whether
            the hospitals know it.
    """
    checked = check(text, offer.catalogue, names)
    if not checked.ok:
        return Priced(checked, None, checked.findings)
    cost, findings = quote(checked.releases, offer.terms)
    if not findings:
        judged = over_policy(checked.releases, offer.terms, offer.hospitals, researcher, len(text))
        findings = tuple(together(pair for pair in judged if researcher or pair[1].code != "FP101"))
    return Priced(checked, cost, (*checked.findings, *findings))
