"""The hospitals' judgement, made before anything is sent: the same rules, on what the hospitals publish."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..errors import Diagnostic, diagnose
from ..gate.kind import unmet
from ..language.bill import Released, worst
from ..language.learned import Params
from ..language.slices import uses
from ..language.training import Training
from ..policy.judge import Question, judge, weights_of
from ..policy.judge import over_budget as finding_of
from ..policy.policy import Policy
from ..privacy.accounting import Budget, Price
from ..privacy.quote import Terms, epsilon_of, price_of
from ..wire.messages import Balance
from .contact import HospitalInfo


def over_policy(
    releases: Sequence[Released],
    terms: Terms,
    hospitals: Mapping[str, HospitalInfo],
    researcher: str,
    size: int,
) -> Iterator[tuple[str, Diagnostic]]:
    """What each hospital's policy will refuse, located at the release."""
    alike = _by_policy(hospitals)
    for release in releases:
        tables, columns, primitives = uses(release.aggregate)
        question = Question(
            researcher, size, tables, columns, primitives, epsilon_of(release, terms), terms.delta,
            weights_of(release.aggregate.statistic),
        )  # fmt: skip
        for policy, names in alike:
            for found in (*judge(policy, question), *_of_models(policy, release)):
                located = replace(found, span=release.span)
                yield from ((name, located) for name in names)


def _of_models(policy: Policy, release: Released) -> Iterator[Diagnostic]:
    """FP112 for a training whose text says already that its model will not be admitted, whatever its weights are."""
    statistic = release.aggregate.statistic
    if not policy.admission or not isinstance(statistic, Training) or statistic.recipe is None:
        return
    seeded = isinstance(statistic.recipe.start, Params)
    for why in unmet(policy.admission, release.aggregate.node.operands[0], seeded=seeded):
        yield diagnose("FP112", why)


def _by_policy(hospitals: Mapping[str, HospitalInfo]) -> list[tuple[Policy, list[str]]]:
    """The hospitals that are ready, those of one policy together: it needs to judge once only."""
    alike: list[tuple[Policy, list[str]]] = []
    for name, info in hospitals.items():
        if info.state == "ready":
            names = next((names for policy, names in alike if policy == info.policy), None)
            if names is None:
                alike.append((info.policy, [name]))
            else:
                names.append(name)
    return alike


class Reckoning:
    """What releases cost at hospitals' budgets; a price or a budget is worked out once, whoever asks.

    Args:
        terms: what prices depend on.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._prices: dict[tuple[Released, float], Price] = {}
        self._budgets: dict[tuple[str, Balance], tuple[Budget, Price]] = {}

    def over_budget(
        self, name: str, info: HospitalInfo, releases: Sequence[Released]
    ) -> Iterator[tuple[str, Diagnostic]]:
        """What of a hospital's budgets these releases do not fit in.

        Releases on parts of a split may share a charge; the hospital knows what was charged to which part, so
        cells with such releases are left to its judgement.
        """
        if any(release.aggregate.cohort.lineage for release in releases):
            return
        for mine, balance in _by_balance(info, releases):
            budget, spent = self._budget(info, balance)
            asked = self._total(mine, budget.order)
            if not budget.admits(spent + asked):
                finding = finding_of(info.policy, budget, spent, asked, balance.shared)
                if len(mine) > 1:  # what fits one release does not fit each of several
                    finding = replace(finding, fix=f"lower the prices of these {len(mine)} releases together")
                yield name, finding

    def share_of_left(self, info: HospitalInfo, releases: Sequence[Released]) -> float | None:
        """How much of what a hospital has left these releases take, of the budget of which they take most.

        Above 1 they do not fit; infinite where nothing is left. It is the step that the share reserved will make, so
        the cheaper of a budget's two accounts counts. None where no budget is known.
        """
        shares = []
        for mine, balance in _by_balance(info, releases):
            budget, spent = self._budget(info, balance)
            before, after = budget.fraction(spent), budget.fraction(spent + self._total(mine, budget.order))
            shares.append((after - before) / (1 - before) if before < 1 else math.inf)
        return max(shares, default=None)

    def _budget(self, info: HospitalInfo, balance: Balance) -> tuple[Budget, Price]:
        """A budget, and what is spent of it."""
        key = info.name, balance
        if key not in self._budgets:
            own, shared = info.policy.budgets()
            terms = (shared if balance.shared else own).to_dict()
            spent = Price(balance.spent_epsilon, balance.spent_delta, balance.spent_renyi)
            self._budgets[key] = Budget.from_dict({**terms, "order": balance.order}), spent
        return self._budgets[key]

    def _total(self, releases: Sequence[Released], order: float) -> Price:
        """The most the releases can cost; of two branches the dearer one, each part of a price by itself."""
        for release in releases:
            if (release, order) not in self._prices:
                self._prices[release, order] = price_of(release, self._terms, order)

        def total(part: Callable[[Price], float]) -> float:
            return worst(releases, lambda release: part(self._prices[release, order]))

        return Price(total(lambda p: p.epsilon), total(lambda p: p.delta), total(lambda p: p.renyi))


def _by_balance(info: HospitalInfo, releases: Sequence[Released]) -> Iterator[tuple[list[Released], Balance]]:
    """The budgets of a hospital that releases are charged to, each with its releases."""
    for population in dict.fromkeys(release.aggregate.cohort.table.population for release in releases):
        mine = [release for release in releases if release.aggregate.cohort.table.population == population]
        yield from ((mine, balance) for balance in info.balances if balance.population == population)
