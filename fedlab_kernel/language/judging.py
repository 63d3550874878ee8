"""What judges a model: a score and an outcome of each person, from a released model or from columns.

A primitive that judges takes a model with `on=` and scores the persons itself, or a column of scores with `target=`,
which is also how a slice says what a model predicts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .edges import edges_of
from .fault import Fault
from .features import targets_of
from .learned import Model
from .operators import binary, entry
from .primitive import Call, Parameter
from .public import List
from .scoring import model_of, scores
from .statistics.keys import as_condition, narrowest
from .values import ColumnValue, TableValue

_SLACK = 1e-9  # bounds of probabilities are rounded outwards
_MOST_BINS = 1000

MODEL = Parameter("model", "a released model, or a column of scores")
TARGET = Parameter("target", "what was observed, a column or its name; by default what the model learned", False)
ON = Parameter("on", "the persons, for a model", named=True, unless_column=True)
BINS = Parameter("bins", "how many intervals of scores, or their public edges", False, named=True)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a call judges.

    Attributes:
        score: a number or vector a person.
        target: what was observed of them.
        call: the call, with the persons as `over=`.
    """

    score: ColumnValue
    target: ColumnValue
    call: Call

    def binary(self) -> tuple[ColumnValue, ColumnValue]:
        """One score a person, and whether the second of two outcomes was observed.

        A score that rounding alone may take beyond 0 and 1 is clipped; of two shares, it is the second.

        Raises:
            Fault: FQ212 for a score a label, where there are more than two; FQ210 for a target without two values.
        """
        score = self.score
        if score.shape == (2,):
            score = entry(score, 1)
        if score.shape:
            count = math.prod(score.shape)
            message = f"`{self.call.name}` takes one score a person, and this is {count} numbers."
            fix = "choose one label: `predicted(model, on=…)[0]`, with a comparison as `target`; `accuracy` takes all"
            raise Fault("FQ212", message, "model", fix)
        if -_SLACK <= score.lo < 0 or 1 < score.hi <= 1 + _SLACK:
            clipped = self.call.context.call_builtin("clip", [score, 0, 1])
            assert isinstance(clipped, ColumnValue)
            score = clipped
        return score, _outcome(self.target, self.call)

    def bins(self, score: ColumnValue, usual: int) -> List:
        """The public edges of the bins: those given, or as many as the call says, of one width.

        They go from 0 to 1 where the score does not leave these, else from its lower to its upper bound.

        Raises:
            Fault: as `edges_of`; FQ302 where nothing bounds the score.
        """
        if not self.call.given("bins") and not (math.isfinite(score.lo) and math.isfinite(score.hi)):
            message = "Nothing bounds these scores, so their bins are not known."
            raise Fault("FQ302", message, "model", "end the prediction with `sigmoid(…)`, or write `bins=[…]`")
        call = replace(self.call, arguments={"bins": usual, **self.call.arguments})
        within = replace(score, lo=0.0, hi=1.0) if score.lo >= 0 and score.hi <= 1 else score
        return edges_of(call, "bins", within, _MOST_BINS)


def judged(call: Call) -> Judged:
    """The scores and the outcomes that a call is about.

    Raises:
        Fault: FQ210 where there is no model and no column, FQ204 where the target is not known, FQ201 for an unknown
            one, FQ206 where it belongs to other persons.
    """
    first = call["model"]
    if call.given("target") and isinstance(call["target"], TableValue):
        raise Fault("FQ210", "`target` is a column, or its name, not a table.", "target", "write `on=$it`")
    persons = next((call.table(name) for name in ("on", "over") if call.given(name)), None)
    if isinstance(first, ColumnValue):
        score = call.numbers("model")
        target = _target(call, persons or first.cohort, None)
    else:
        model = model_of(call)
        persons = persons or call.table("on")
        target = _target(call, persons, model)
        score = scores(call.context, model, persons)
    if persons is None:
        persons = narrowest(call, score, target)
    call.require_within(persons, score, "model")
    call.require_within(persons, target, "target")
    return Judged(score, target, replace(call, arguments={**call.arguments, "over": persons}))


def _target(call: Call, persons: TableValue, model: Model | None) -> ColumnValue:
    if call.given("target"):
        targets = targets_of(call, persons)
        if len(targets) != 1:
            raise Fault("FQ210", f"`{call.name}` compares with one column.", "target")
        return targets[0][1]
    names = () if model is None else model.recipe.targets
    if len(names) != 1 or not names[0]:
        why = "the model's was computed, or several" if model is not None else "a column of scores has none"
        message = f"`{call.name}` needs `target`, what was observed: {why}."
        raise Fault("FQ204", message, None, "write `target=patients.age > 60`, or the name of a column")
    column = persons.column(names[0])
    if column is None:
        message = f"The model learned `{names[0]}`, which table `{persons.table.name}` does not have."
        raise Fault("FQ201", message, "on", "say what to compare with: `target=…`")
    return column


def _outcome(target: ColumnValue, call: Call) -> ColumnValue:
    if target.shape:
        raise Fault("FQ212", "What was observed is one value a person, not a vector.", "target")
    if target.kind == "bool":
        return target
    if target.kind == "category" and len(target.categories) == 2:
        return binary("==", target, target.categories[1])
    if target.kind == "int" and target.hi - target.lo == 1:
        return binary("==", target, int(target.hi))
    count = f"{len(target.categories)} labels" if target.kind == "category" else "more than two values"
    message = f"`{call.name}` compares with a condition or a column with two values; this one has {count}."
    fix = f"compare it: `target={as_condition(target)}`".replace("$it", "…")
    raise Fault("FQ210", message, "target", fix)
