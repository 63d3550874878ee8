"""The figures of experiments in sentences, the one that people want to know first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .outcome import Outcome, mean
from .setting import DELTA, Setting

_BRIEF: Final = 0.01  # seconds from which on a duration is told


def in_words(setting: Setting, title: str, outcomes: Sequence[Outcome]) -> list[str]:
    """One sentence each.

    Args:
        setting: what was tried.
        title: of the data.
        outcomes: of at least one experiment.
    """
    return [_recalled(setting, title, mean(outcomes), outcomes), *_more(mean(outcomes))]


def _recalled(setting: Setting, title: str, mean: Outcome, outcomes: Sequence[Outcome]) -> str:
    persons = f"{setting.seen} person" + "s" * (setting.seen > 1)
    if setting.seen < setting.persons:
        persons += " of one hospital"
    took = f"{mean.seconds:.2g} s" if mean.seconds >= _BRIEF else "less than 10 ms"
    recalls = [one.recall for one in outcomes]
    shares, average = f"{mean.recall:.0%}", ""
    if len(recalls) > 1:
        shares += f"; from {min(recalls):.0%} to {max(recalls):.0%} in {len(recalls)} experiments"
        average = " on average"
    if mean.exact == 0:
        each = f" in any of {len(recalls)} experiments" if len(recalls) > 1 else ""
        return f"{title}: none of {persons} came out exactly{each}; the attack took {took}."
    return f"{title}: {mean.exact:.4g} of {persons} came out exactly{average} ({shares}), in {took}."


def _more(mean: Outcome) -> Iterator[str]:
    if mean.certified:
        wrong = f"{mean.certified_wrong:.3g} of these wrongly" if mean.certified_wrong else "none of these wrongly"
        yield f"The attack proved {mean.certified:.3g} of its reconstructions without seeing the truth, {wrong}."
    else:
        yield "The attack could not prove any of its reconstructions."
    if mean.precision is not None and mean.active is not None:
        yield f"{mean.active:.0%} of the neurons fired, and {mean.precision:.1%} of these tell one person exactly."
    if mean.psnr is not None and mean.ssim is not None:
        yield f"The nearest pictures have a PSNR of {mean.psnr:.1f} dB and an SSIM of {mean.ssim:.2f}."
    if mean.epsilon is not None:
        yield guarantee(mean.epsilon)


def guarantee(epsilon: float) -> str:
    """What noise promises of the one step that is seen, to three digits."""
    rounded = float(f"{epsilon:.3g}")
    written = f"{rounded:,.0f}" if rounded >= 1000 else f"{rounded:g}"
    return f"With this noise the step has ε = {written} at δ = {DELTA:g}."
