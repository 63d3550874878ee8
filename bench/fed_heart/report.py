"""The whole table, beside what FLamby published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from statistics import mean

from .aligned import aligned, spread
from .baselines import SEEDS
from .metrics import COVERAGE, Score, interval
from .published import TESTED
from .results import Result, Results
from .task import Centre, Part

RULES = """
Mean and standard deviation over seeds {first} to {last}; in brackets, FLamby's figure for the same settings.
"pooled rule" standardises test patients by the statistics of all training patients, as FLamby's "Pooled Test" does for
every method, though federated and local models were trained on features standardised by each hospital's own.
"own rule" standardises each by the statistics of the own hospital, as federated models were trained.
""".strip()


def report(results: Results) -> str:
    """Four paragraphs: the task, accuracy beside FLamby's, what was chosen, all measures with intervals."""
    header = RULES.format(first=SEEDS[0], last=SEEDS[-1])
    return "\n\n".join([_counts(results), header, _accuracy(results), _chosen(results), _measures(results)])


def _counts(results: Results) -> str:
    cells = [("hospital", "training", "of them sick", "test", "of them sick")]
    cells += [(centre.name, *_numbers(centre.train), *_numbers(centre.test)) for centre in results.task.centres]
    return aligned(cells)


def _numbers(part: Part) -> tuple[str, str]:
    return str(len(part)), str(int(part.y.sum()))


def _accuracy(results: Results) -> str:
    centres = [centre.name for centre in results.task.centres]
    cells = [("accuracy", "pooled rule", "FLamby", "seeds alike", *centres, "own rule")]
    for row in results.rows.values():
        of_seeds = [scores.pooled.accuracy for scores in row.scores]
        own = [scores.own.accuracy for scores in row.scores]
        published = "" if row.published is None else f"({row.published.mean:.3f} ± {row.published.deviation:.3f})"
        cells.append((row.name, spread(of_seeds), published, _alike(row), *_of_centres(row), spread(own)))
    return aligned(cells)


def _alike(row: Result) -> str:
    """How many seeds have as many patients right as in FLamby's file."""
    if row.published is None:
        return ""
    right = [round(scores.pooled.accuracy * TESTED) for scores in row.scores]
    return f"{sum(ours == theirs for ours, theirs in zip(right, row.published.right, strict=True))} of {len(right)}"


def _of_centres(row: Result) -> list[str]:
    ours = [f"{mean(values):.3f}" for values in zip(*(scores.centres for scores in row.scores), strict=True)]
    if row.published is None:
        return ours
    return [f"{mine} ({theirs:.3f})" for mine, theirs in zip(ours, row.published.centres, strict=True)]


def _chosen(results: Results) -> str:
    lines = ["Rates chosen by cross-validation within the training patients (smallest held-out log-loss, own rule):"]
    for each in results.chosen:
        options = ", ".join(f"{field.name} {getattr(each.strategy, field.name):g}" for field in fields(each.strategy))
        lines.append(f"  {each.name}: local rate {each.rate:g}, {options}")
    return "\n".join([*lines, f"The best of these by the same measure: {results.best}."])


def _measures(results: Results) -> str:
    percent = f"{COVERAGE:.0%}"
    cells: list[tuple[str, ...]] = [("mean", "rule", "accuracy", percent, "AUC", percent, "log-loss", percent)]
    rules = (("own", results.task.together), ("pooled", results.task.pooled))
    sizes = [len(centre.test) for centre in results.task.centres]
    for row in results.rows.values():
        for rule, patients in rules:
            score = row.own if rule == "own" else row.pooled
            cells.append((row.name, rule, *_with_intervals(row, score, patients, sizes)))
    return aligned(cells)


def _with_intervals(row: Result, score: Score, patients: Centre, sizes: Sequence[int]) -> list[str]:
    low, high = interval(row.weights, patients.test, sizes)
    shown: list[str] = []
    for field in fields(Score):
        shown.append(f"{getattr(score, field.name):.3f}")
        shown.append(f"{getattr(low, field.name):.3f} to {getattr(high, field.name):.3f}")
    return shown
