"""The page that shows the result of a cell: answers with error bars, who answered, what was charged, the proofs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..errors.render import in_a_line
from ..federation.result import Answer, CellResult, Receipt
from ..privacy.numerals import epsilon, error_summary, flat, interval, spent
from . import plots
from .kinds import kind_of
from .page import Block, Folded, Line, Page, Picture, Table, Tone, filled


def result_page(run: CellResult) -> Page:
    """Everything there is to know of a cell that ran, what matters most first."""
    answers = answers_of(run)
    blocks: list[Block] = [*_headline(run)]
    if answers:
        blocks.append(_overview(answers))
        blocks.append(Line(_legend(answers), "quiet"))
    for note in run.notes:
        tone: Tone = "quiet" if note.severity == "note" else "warning"
        blocks.append(Line(in_a_line(note), tone))
    blocks.extend(Line(f"`{name}` has no value: {why}.", "quiet") for name, why in run.absent.items())
    drawn = [answer for answer in answers if plots.drawable(answer)]
    if drawn:
        names = ", ".join(answer.name or "result" for answer in drawn)
        blocks.append(Picture(lambda: plots.png(plots.figure(drawn)), f"Figure with 95 % error bars of: {names}"))
    for answer in answers:
        blocks.extend(parts(answer))
    if run.receipts:
        blocks.append(_receipt(run))
    return Page(tuple(blocks))


def answers_of(run: CellResult) -> list[Answer]:
    """The answers in order, and the last bare expression where it is more than the name of one of them."""
    answers, last = list(run.answers.values()), run.last
    if last is None or any(replace(answer, name="") == last for answer in answers):
        return answers
    return [*answers, last]


def answered(run: CellResult) -> str:
    """For example "3 of 4 hospitals answered"."""
    return f"{len(run.answered)} of {len(run.asked)} hospitals answered"


def _headline(run: CellResult) -> Iterator[Block]:
    if not run.receipts and not run.failures:
        if run.answers or run.last is not None:
            yield Line("Computed from values that are public already; no hospital was asked.", "strong")
        else:
            yield Line("Nothing is released in this cell; later cells know its names.", "strong")
            yield Line("To see a number, release it: n = release(count(patients), epsilon=0.1)", "quiet")
        return
    if run.charged > 0:
        cost = f"charged now: {epsilon(run.charged, run.delta)}, at each hospital that answered"
    else:
        cost = "charged now: nothing, these answers were paid for before"
    yield Line(f"{answered(run)} · {cost}", "warning" if run.failures else "strong")
    partly = [name for name in run.failures if any(receipt.hospital == name for receipt in run.receipts)]
    for name, why in run.failures.items():
        what = "is not in all of it" if name in partly else "did not answer"
        yield Line(f"{name} {what}: {why}", "warning")
    if run.failures and run.answered:
        those = ", ".join(run.answered)
        whose = f"of {those}, and in part of {', '.join(partly)}" if partly else f"of {those} only"
        yield Line(f"The values below are about the patients {whose}.", "warning")


def _overview(answers: Sequence[Answer]) -> Table:
    header = ("name", "value", "unit", "with sampling error", "persons", "ε")
    rows = [
        (
            answer.name or "(result)", _value(answer), answer.unit, sampling_summary(answer),
            "" if answer.used is None else f"≈ {max(0.0, answer.used):,.0f}",
            spent(answer.epsilon) if answer.epsilon else "",
        )
        for answer in answers
    ]  # fmt: skip
    return filled(Table(header, tuple(rows), frozenset({1, 3, 4, 5})))


def sampling_summary(answer: Answer) -> str:
    """The half-width of noise and sampling together; empty where it is not known."""
    summary = error_summary(answer.sampling)
    return f"at most {summary}" if summary and answer.sampling_at_most else summary


def _legend(answers: Sequence[Answer]) -> str:
    if not any(answer.epsilon for answer in answers):
        return "Computed from released values; no error bar is worked out for it."
    text = "ε is the price per patient at one hospital."
    if any(answer.half_width is not None for answer in answers):
        text = f"± is the 95 % half-width of the privacy noise; {text}"
    if any(answer.sampling is not None for answer in answers):
        text += " With sampling error: how well these persons stand for others like them, noise included"
        text += ", at most where the spread was not released" if any(a.sampling_at_most for a in answers) else ""
        text += "; the wide bars of the figure."
    if any(answer.half_width is None and not answer.epsilon and answer.shape != "model" for answer in answers):
        text += " A value without ± was computed from released ones."
    if any(answer.used is not None for answer in answers):
        text += " Persons: the noisy number behind the value, missing values left out."
    return text


def _value(answer: Answer) -> str:
    if answer.shape in ("number", "text"):
        return interval(answer.value, next(flat(answer.half_width), None))
    return kind_of(answer).summary(answer)


def parts(answer: Answer) -> Iterator[Block]:
    """The numbers of a value that has several."""
    if answer.shape not in ("number", "text"):
        yield from kind_of(answer).blocks(answer)


def _receipt(run: CellResult) -> Folded:
    rows = tuple(
        (
            receipt.name or f"line {receipt.line}", receipt.hospital, _source(receipt),
            spent(receipt.epsilon), f"{receipt.position:,} of {receipt.size:,}",
        )
        for receipt in run.receipts
    )  # fmt: skip
    header = ("release", "hospital", "answer", "ε charged", "entry in its log")
    draw = f" It is draw {run.draw}; each draw is paid for once." if run.draw else ""
    again = "Re-running this cell unchanged is free."
    if run.unfinished:
        again = "Re-running this cell asks for what was not released; the rest is free."
    quoted = epsilon(run.quote.epsilon, run.quote.delta)
    return Folded(
        "Receipt: what was charged where, and the proofs",
        (
            Table(header, rows, frozenset({3, 4})),
            Line(f"Log proofs: {run.audit}, {len(rows)} of them."),
            Line(f"Quoted: {quoted}; what is charged is never more than that."),
            Line(f"{again}{draw} It took {run.seconds:.1f} s."),
        ),
    )


def _source(receipt: Receipt) -> str:
    if receipt.replayed:
        return "from your journal"
    return "new" if receipt.epsilon > 0 else "stored at the hospital"
