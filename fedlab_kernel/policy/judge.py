"""Whether a policy allows a question: pure functions of public facts, the same for client and hospital."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fedlab_kernel.errors import Diagnostic, diagnose
from fedlab_kernel.language.statistics.statistic import Noised, Norm
from fedlab_kernel.language.training import Training
from fedlab_kernel.privacy.accounting import Budget, Price, price
from fedlab_kernel.privacy.calibration import calibrate

from .names import PLUMBING
from .policy import ANYONE, Policy


@dataclass(frozen=True, slots=True)
class Question:
    """All of one release that a policy looks at.

    Attributes:
        researcher: the Ed25519 public key that signed it, in lower-case hex.
        size: bytes of the whole request, but for weights that do not count.
        tables, primitives: names.
        columns: (table, column) pairs.
        epsilon, delta: what the release asks for.
        weights: of the model that it trains; 0 where it trains none.
    """

    researcher: str
    size: int
    tables: frozenset[str]
    columns: frozenset[tuple[str, str]]
    primitives: frozenset[str]
    epsilon: float
    delta: float
    weights: int = 0


def judge(policy: Policy, question: Question) -> list[Diagnostic]:
    """Every rule of the policy that the question breaks, FP101 to FP108; empty if it is allowed.

    Whether the budget suffices is asked of the ledger; see `over_budget`.
    """
    return [*_about_access(policy, question), *_about_amounts(policy, question)]


def weights_of(released: Noised) -> int:
    """How many weights a release trains; 0 where it trains none."""
    return released.dimension if isinstance(released, Training) else 0


def over_budget(
    policy: Policy,
    budget: Budget,
    spent: Price,
    asked: Price,
    shared: bool = False,
) -> Diagnostic:
    """The finding FP106: what was asked, what is left, what would fit, a line each.

    Args:
        policy: of the hospital; bounds what one release may ask for.
        budget: that `asked` does not fit in.
        spent: the sum of all prices charged to it so far.
        asked: the price of the request; with a delta it is taken to be Gaussian.
        shared: whether the budget is the one over all researchers.
    """
    norm: Norm = "l2" if asked.delta > 0 else "l1"
    fits = largest_fitting(policy, budget, spent, norm)
    kind = "Gaussian" if norm == "l2" else "Laplace"
    owner = "the budget over all researchers" if shared else "your budget"
    would_fit = f"one release with epsilon up to {fits:g} ({kind} noise)" if fits else "nothing; what is stored is free"
    # The Rényi account charges a Gaussian less, so more than a Laplace release may be left for it.
    left = max(budget.left(spent), fits)
    left = _round_down(left) if left > 1e-9 * budget.epsilon else 0.0  # what rounding leaves is not worth a word
    return diagnose(
        "FP106",
        f"Asked: epsilon {asked.epsilon:.4g}{f', delta {asked.delta:.3g}' if asked.delta else ''}; "
        "the budget does not allow it.\n"
        f"Left: epsilon {left:g} of {budget.epsilon:g} in {owner}.\n"
        f"Would fit: {would_fit}.",
        fix=f"epsilon={fits:g}" if fits else None,
    )


def largest_fitting(policy: Policy, budget: Budget, spent: Price, norm: Norm) -> float:
    """The largest epsilon, rounded down to three digits, that one release may have here; 0 for none."""

    def fits(epsilon: float) -> bool:
        event = calibrate(norm, 1, epsilon, policy.release_delta)
        delta = policy.release_delta if norm == "l2" else 0.0
        return budget.admits(spent + price(event, delta, budget.order))

    if norm == "l2" and policy.release_delta == 0:
        return 0.0
    lowest, highest = policy.epsilon_min, policy.epsilon_max
    if not fits(lowest):
        return 0.0
    if fits(highest):
        return highest
    for _ in range(24):
        middle = math.sqrt(lowest * highest)
        lowest, highest = (middle, highest) if fits(middle) else (lowest, middle)
    # Bisection stops just below a round number that fits; the hair upwards finds it again.
    for candidate in (_round_down(lowest * (1 + 1e-6)), _round_down(lowest)):
        if candidate >= policy.epsilon_min and fits(candidate):
            return candidate
    return policy.epsilon_min


def _about_access(policy: Policy, question: Question) -> Iterator[Diagnostic]:
    if policy.researchers != (ANYONE,) and question.researcher not in policy.researchers:
        yield _unknown_researcher(policy, question.researcher)
    tables = policy.tables
    if tables is not None:
        for name in sorted(question.tables - tables):
            yield diagnose("FP102", f"The table {name} may not be asked about.", fix=_one_of(tables))
    for table, column in sorted(question.columns):
        allowed = None if policy.columns is None else policy.columns.get(table)
        if allowed is not None and column not in allowed:
            yield diagnose("FP103", f"The column {table}.{column} may not be asked about.", fix=_one_of(allowed))
    primitives = policy.primitives
    if primitives is not None:
        for name in sorted(question.primitives - primitives - PLUMBING):
            yield diagnose("FP104", f"The primitive {name} is not allowed here.", fix=_one_of(primitives))


def _about_amounts(policy: Policy, question: Question) -> Iterator[Diagnostic]:
    # Negated comparisons, so that nan is refused.
    if not policy.epsilon_min <= question.epsilon <= policy.epsilon_max:
        nearest = policy.epsilon_max if question.epsilon > policy.epsilon_max else policy.epsilon_min
        yield diagnose(
            "FP105",
            f"epsilon {question.epsilon:g} is outside {policy.epsilon_min:g} to {policy.epsilon_max:g}, "
            "the range of one release.",
            fix=f"epsilon={nearest:g}",
        )
    if not 0 <= question.size <= policy.max_request_bytes:
        yield diagnose(
            "FP107",
            f"The request has {question.size} bytes; this hospital reads at most {policy.max_request_bytes}.",
        )
    if not 0 <= question.weights <= policy.max_weights:
        yield diagnose(
            "FP107",
            f"The model has {question.weights:,} weights; this hospital trains at most {policy.max_weights:,}.",
            fix="use smaller layers",
        )
    if not 0 <= question.delta <= policy.release_delta:
        yield diagnose(
            "FP108",
            f"delta {question.delta:g} is more than the {policy.release_delta:g} that one release may use.",
            fix=f"delta={policy.release_delta:g}",
        )


def _unknown_researcher(policy: Policy, key: str) -> Diagnostic:
    """FP101, with what the data steward pastes into hospital.toml."""
    paste = f'add "{key}" to `researchers`' if policy.researchers else f'write researchers = ["{key}"]'
    return diagnose(
        "FP101",
        f"Your public key {key} is not on this hospital's list.",
        fix=f"its data steward can {paste} under [policy] in hospital.toml; or ask the others: --sites …",
    )


def _one_of(allowed: frozenset[str]) -> str | None:
    return f"one of {', '.join(sorted(allowed))}" if allowed else None


def _round_down(value: float) -> float:
    """Three significant digits, never above `value`."""
    if value <= 0:
        return 0.0
    rounded = float(f"{value:.3g}")
    return rounded if rounded <= value else rounded - 10.0 ** (math.floor(math.log10(value)) - 2)
