"""The answers of a run: as text with error bars and prices, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import fsum
from typing import Any

from ..errors.render import in_a_line
from ..federation.result import Answer, CellResult
from ..models.fitted import FittedModel
from ..notebook import result_page
from ..notebook.kinds import kind_of
from ..notebook.kinds.model import card_blocks
from ..notebook.text import render
from .amounts import error_text, finite
from .terminal import number, table

LAST = "_"
"""The name of a last bare expression, as in Jupyter."""

_LONGEST_LIST = 8


def answers_json(results: Sequence[CellResult]) -> dict[str, Any]:
    """The results of one file's cells as one object: later values replace earlier ones, costs are added up."""
    answers = {name: answer for result in results for name, answer in _named(result).items()}
    asked = list(dict.fromkeys(name for result in results for name in result.asked))
    failures: dict[str, str] = {}
    for result in results:
        failures = {**result.failures, **failures}  # of several cells, why the first went unanswered
    unverified = [result.audit for result in results if result.audit != "verified"]
    return {
        "values": {name: _plain(answer.value) for name, answer in answers.items()},
        "half_widths": {name: finite(answer.half_width) for name, answer in answers.items()},
        "n_used": {name: finite(answer.used) for name, answer in answers.items()},
        "epsilon": fsum(result.epsilon for result in results),
        "charged": fsum(result.charged for result in results),
        "hospitals": {"asked": len(asked), "answered": len(asked) - len(failures), "failures": failures},
        "audit": unverified[0] if unverified else "verified",
    }


def answers_text(result: CellResult) -> str:
    """The answers of one cell, who gave them, and what they cost."""
    parts = [_roster(result)]
    named = _named(result)
    if named:
        parts.append(_overview(named))
    parts += [_grid(name, answer) for name, answer in named.items() if isinstance(answer.value, dict | FittedModel)]
    parts += [f"  {name}: no value; {why}" for name, why in result.absent.items()]
    parts += [f"  {in_a_line(note)}" for note in result.notes]
    parts.append(_cost(result))
    return "\n\n".join(parts)


def _plain(value: object) -> Any:
    """A value as JSON knows it; of a model, its card and its weights."""
    if isinstance(value, FittedModel):
        return {"card": value.card.to_dict(), "weights": {name: one.tolist() for name, one in value.weights.items()}}
    return finite(value)


def _named(result: CellResult) -> dict[str, Answer]:
    return {**result.answers, **({LAST: result.last} if result.last is not None else {})}


def _roster(result: CellResult) -> str:
    lines = [f"{len(result.answered)} of {len(result.asked)} hospitals answered: {', '.join(result.answered)}"]
    lines += [f"  missing {name}: {why}" for name, why in result.failures.items()]
    return "\n".join(lines)


def _overview(answers: Mapping[str, Answer]) -> str:
    with_sampling = any(answer.sampling is not None for answer in answers.values())
    rows = [["name", "value", "noise (95 %)", "with sampling", "persons", "epsilon"]]
    for name, answer in answers.items():
        persons = "" if answer.used is None else number(answer.used)
        price = number(answer.epsilon) if answer.epsilon else ""
        rows.append([name, _value(answer), error_text(answer.half_width), _sampling(answer), persons, price])
    if not with_sampling:
        rows = [row[:3] + row[4:] for row in rows]
    return table(rows)


def _sampling(answer: Answer) -> str:
    text = error_text(answer.sampling)
    if not text or not answer.sampling_at_most:
        return text
    return f"at most {text.removesuffix(' at most')}"  # of several bounds the largest is one, too


def _value(answer: Answer) -> str:
    value = answer.value
    if isinstance(value, FittedModel):
        return kind_of(answer).summary(answer)
    if isinstance(value, dict):
        return answer.shape
    if isinstance(value, list):
        few = ", ".join(_short(item) for item in value[:_LONGEST_LIST])
        return f"[{few}{', …' if len(value) > _LONGEST_LIST else ''}]"
    return _short(value) + (f" {answer.unit}" if answer.unit else "")


def _short(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | list):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_short(item) for item in value)}]"
    return number(value)


def _grid(name: str, answer: Answer) -> str:
    """The parts of a value that has several, aligned, as the notebook's plain text shows them; of a model, its card."""
    value = answer.value
    named = replace(answer, name=name)
    blocks = card_blocks(value.card) if isinstance(value, FittedModel) else result_page.parts(named)
    return textwrap.indent(render(list(blocks)).strip("\n"), "  ")


def _cost(result: CellResult) -> str:
    quoted = number(result.quote.epsilon)
    if result.charged:
        now = f"Charged now: epsilon {number(result.charged)} of the {quoted} quoted."
    else:
        now = "Charged now: nothing; these answers were paid for before." if result.epsilon else "Charged: nothing."
    return f"{now} Log entries: {result.audit}."
