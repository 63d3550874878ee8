"""From the released sums of a run to what a researcher reads: values, error bars, prices, receipts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..language.bill import Released, worst
from ..language.check import Checked
from ..language.learned import Model
from ..language.public import List, Public, Record, Unknown, plain
from ..language.statistics.statistic import HalfWidth, Statistic
from ..language.values import Absent, Value
from .cards import fitted
from .pricing import Priced
from .result import Answer, CellResult, Shape
from .run import Run


def cell_result(text: str, checked: Checked, run: Run, cell: Priced, seconds: float) -> CellResult:
    """The result of a finished run of a priced cell."""
    assert cell.quote is not None
    answers: dict[str, Answer] = {}
    absent: dict[str, str] = {}
    for name in checked.assigned:
        value = checked.names.get(name)
        if value is None:
            absent[name] = "the branch that sets it was not taken"
        elif isinstance(value, Absent):
            absent[name] = value.why
        elif _is_public(value):
            answers[name] = _answer(name, value, checked.origins.get(name), run)
    last = None
    if checked.last is not None and _is_public(checked.last):
        last = _answer("", checked.last, checked.origins.get(""), run)
    released = list(run.outcomes.values())
    answered = [name for name in run.offer.hospitals if all(name in outcome.roster for outcome in released)]
    return CellResult(
        answers=answers, last=last, absent=absent, quote=cell.quote, notes=(*cell.findings, *run.notes),
        epsilon=sum(outcome.epsilon for outcome in released),
        delta=worst(checked.releases, lambda r: run.offer.terms.delta if r.aggregate.statistic.norm == "l2" else 0.0),
        charged=max((price.epsilon for price in run.charged.values()), default=0.0),
        asked=tuple(run.offer.hospitals), answered=tuple(answered), failures=_failures(run, answered),
        receipts=tuple(run.receipts), cell=text, draw=run.draw, seconds=seconds,
        interrupted=run.stopped, unfinished=any(one.key not in run.outcomes for one in checked.releases),
    )  # fmt: skip


def _failures(run: Run, answered: list[str]) -> Mapping[str, str]:
    return {
        name: run.failures.get(name, "it did not answer every release")
        for name in run.offer.hospitals
        if name not in answered
    }


def _is_public(value: Value) -> bool:
    return isinstance(value, bool | int | float | str | List | Record | Model)


def _answer(name: str, value: Value, release: Released | None, run: Run) -> Answer:
    outcome = run.outcomes.get(release.key) if release is not None and release.key is not None else None
    if isinstance(value, Model):
        model = fitted(name, value, outcome, run)
        if outcome is None:
            return Answer(name, model, "model")
        return Answer(
            name, model, "model", epsilon=outcome.epsilon, delta=run.offer.terms.delta,
            statistic=outcome.release.aggregate.node.op, line=outcome.release.span.line,
        )  # fmt: skip
    assert isinstance(value, bool | int | float | str | List | Record | Unknown)
    if outcome is None:
        return Answer(name, plain(value), _shape(value), main=_main(value))
    statistic = outcome.release.aggregate.statistic
    assert isinstance(statistic, Statistic)
    assert outcome.noise is not None
    half_width = statistic.half_width(outcome.total, outcome.noise)
    both = combined(half_width, statistic.sampling(outcome.total))
    return Answer(
        name, plain(value), _shape(value),
        half_width=half_width,
        sampling=both,
        used=statistic.used(outcome.total),
        epsilon=outcome.epsilon,
        delta=run.offer.terms.delta if statistic.norm == "l2" else 0.0,
        unit=outcome.release.aggregate.unit,
        statistic=outcome.release.aggregate.node.op,
        main=_main(value),
        line=outcome.release.span.line,
        sampling_at_most=both is not None and statistic.sampling_at_most,
    )  # fmt: skip


def combined(noise: HalfWidth, sampling: HalfWidth) -> HalfWidth:
    """Noise and sampling error are independent: their half-widths add as squares; None where one is not known."""
    if isinstance(noise, list) and isinstance(sampling, list) and len(noise) == len(sampling):
        return [combined(*pair) for pair in zip(noise, sampling, strict=True)]
    if isinstance(noise, float | int) and isinstance(sampling, float | int):
        return math.hypot(noise, sampling)
    return None


def _main(value: Public) -> str:
    return value.main if isinstance(value, Record) else ""


def _shape(value: Public) -> Shape:
    if isinstance(value, Record):
        return value.kind
    if isinstance(value, List):
        return "list"
    return "text" if isinstance(value, str) else "number"
