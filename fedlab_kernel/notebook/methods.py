"""The paragraph about privacy that a paper needs, written from what really happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import fsum
from textwrap import fill

from .. import __version__
from ..federation.contact import HospitalInfo
from ..federation.result import CellResult
from ..models.fitted import FittedModel
from ..privacy.numerals import spent
from ..privacy.quote import ReleaseQuote
from .page import Line, Page
from .result_page import answers_of

_LAPLACE = "discrete Laplace noise (Ghosh, Roughgarden and Sundararajan 2012)"
_GAUSSIAN = "discrete Gaussian noise (Canonne, Kamath and Steinke 2020)"
_INFERENCE = frozenset({"test", "fit", "curve"})


class Paragraph(str):
    """Text to paste, which a notebook shows as prose instead of as a quoted string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return fill(self, 100)

    def _repr_html_(self) -> str:
        return Page((Line(self),))._repr_html_()


def methods(runs: Sequence[CellResult], hospitals: Mapping[str, HospitalInfo]) -> Paragraph:
    """One paragraph: mechanism, price, privacy unit, hospitals, budget, what the error bars mean.

    Args:
        runs: the cells that ran, one at least; their prices are added up.
        hospitals: the hospitals that were asked, as they described themselves.
    """
    run = _together(runs)
    if not run.receipts:
        return Paragraph("No private data were used: every value was computed from values released before.")
    sentences = [
        f"Values were obtained with fedlab {__version__} by federated analysis.",
        "Patient records did not leave the hospitals.",
        _who(run, hospitals),
        _sums(run),
        *_trainings(run),
        "This makes the release differentially private (Dwork, McSherry, Nissim and Smith 2006).",
        "Neighbouring data sets differ by one patient with all their rows, added or removed.",
        _price(run),
        _budget([hospitals[name] for name in run.asked if name in hospitals]),
        _errors(run),
        _tests(run),
    ]
    return Paragraph(" ".join(sentence for sentence in sentences if sentence))


def _together(runs: Sequence[CellResult]) -> CellResult:
    """Several cells as if they were one; only a hospital that answered all of them has answered."""
    asked = tuple(dict.fromkeys(name for run in runs for name in run.asked))
    failures = {name: why for run in runs for name, why in run.failures.items()}
    releases = tuple(release for run in runs for release in run.quote.releases)
    return replace(
        runs[0],
        answers={f"{at} {name}": answer for at, run in enumerate(runs) for name, answer in run.answers.items()},
        quote=replace(runs[0].quote, releases=releases),
        epsilon=fsum(run.epsilon for run in runs), delta=fsum(run.delta for run in runs),
        asked=asked, answered=tuple(name for name in asked if name not in failures), failures=failures,
        receipts=tuple(receipt for run in runs for receipt in run.receipts),
    )  # fmt: skip


def _tests(run: CellResult) -> str:
    if not any(answer.shape in _INFERENCE for answer in answers_of(run)):
        return ""
    return (
        "Intervals and p-values of tests, regressions and curves account for the privacy noise as well as for sampling "
        "(parametric bootstrap, Ferrando, Wang and Sheldon 2022, or the linear part of the noise's effect)."
    )


def _who(run: CellResult, hospitals: Mapping[str, HospitalInfo]) -> str:
    titles = [hospitals[name].title if name in hospitals else name for name in run.answered]
    if len(run.answered) == len(run.asked):
        return f"All {len(titles)} hospitals that were asked answered: {_listed(titles)}."
    missing = [hospitals[name].title if name in hospitals else name for name in run.failures]
    return (
        f"Of {len(run.asked)} hospitals that were asked, {len(run.answered)} answered ({_listed(titles)}); "
        f"{_listed(missing)} did not."
    )


def _sums(run: CellResult) -> str:
    """The mechanism of all releases but trainings."""
    released = [release for release in run.quote.releases if release.training is None]
    if not released:
        return ""
    other = "other " if len(released) < len(run.quote.releases) else ""
    noise = _noise(released)
    return f"Each {other}released value comes from a sum over patients to which every hospital added its own {noise}."


def _trainings(run: CellResult) -> Iterator[str]:
    """The mechanism of each model."""
    for answer in answers_of(run):
        card = answer.value.card if isinstance(answer.value, FittedModel) else None
        if card is None or card.training is None:
            continue
        done = card.training
        steps = f" of {done.steps} local steps" if done.steps > 1 else ""
        filled = [f"{one.name} as {one.filled}" for one in card.inputs if one.filled]
        yield (
            f"The model {card.name} ({card.size:,} weights) was trained by differentially private stochastic gradient "
            f"descent (Abadi et al. 2016) in {card.rounds:,} rounds{steps} ({card.updates})."
        )
        yield (
            f"In each step every hospital drew each patient with probability {done.sample_rate:g}, independently, "
            f"clipped the patient's gradient to L2 norm {done.clip:g}, added up, and added rounded Gaussian noise with "
            f"noise multiplier {done.noise_multiplier:.4g}."
        )
        yield (
            "The rounds were accounted for together, by Rényi differential privacy of the sampled Gaussian mechanism "
            f"(Mironov, Talwar and Zhang 2019), at ε = {done.epsilon:.4g} and δ = {done.delta:.2g}."
        )
        if filled:
            yield f"Missing values were taken as declared: {_listed(filled)}."


def _noise(released: Sequence[ReleaseQuote]) -> str:
    kinds = {release.delta > 0 for release in released}
    if kinds == {True, False}:
        return f"{_LAPLACE} or, for vectors bounded in L2, {_GAUSSIAN}"
    return _GAUSSIAN if kinds == {True} else _LAPLACE


def _price(run: CellResult) -> str:
    # A loop releases several times at one line and two releases can have one name: count what was proved.
    releases = sum(receipt.hospital == run.answered[0] for receipt in run.receipts) if run.answered else 0
    subject = "The release costs" if releases == 1 else f"The {releases} releases together cost"
    delta = f" and δ = {run.delta:.2g}" if run.delta else " (δ = 0)"
    return f"{subject} at most ε = {spent(run.epsilon)}{delta} per patient, by basic composition."


def _budget(hospitals: Sequence[HospitalInfo]) -> str:
    caps = {(info.policy.budget_epsilon, info.policy.budget_delta) for info in hospitals}
    if not caps:
        return ""
    listed = " or ".join(f"(ε = {epsilon:g}, δ = {delta:.2g})" for epsilon, delta in sorted(caps))
    return f"Each hospital limits everything it answers to one researcher, over all queries, to {listed} per patient."


def _errors(run: CellResult) -> str:
    if all(answer.half_width is None for answer in answers_of(run)):
        return ""
    text = "Values are given with the half-width of the 95 % interval of the privacy noise"
    if any(answer.sampling is not None for answer in answers_of(run)):
        text += ", and where stated with a 95 % interval that includes sampling error"
        bounded = any(answer.sampling_at_most for answer in answers_of(run))
        return f"{text} (an upper bound where the spread was not released)." if bounded else f"{text}."
    return f"{text} alone; it does not include sampling error."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
