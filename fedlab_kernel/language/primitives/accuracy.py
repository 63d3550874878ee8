"""`accuracy(model, on=test_set, threshold=0.5)`: the share of persons of whom a model predicts what was observed.

Of one score a person the second outcome is predicted above the threshold; of a score a label, that of the highest.
It is the `proportion` of persons for whom both are the same, and that is what hospitals are sent.
Sensitivity: that of the proportion: a person adds (1, 0) or (0, 1), so 1 in L1.
Accuracy: as of the proportion, by Fieller's argument; the sampling error is binomial.
"""

from __future__ import annotations

from ..fault import Fault
from ..judging import MODEL, ON, TARGET, Judged, judged
from ..operators import binary
from ..primitive import OVER, Call, Parameter, Primitive
from ..public import make_list
from ..statistics.keys import BY
from ..values import ColumnValue, Value
from . import proportion

_FARTHEST = 1e15
_MOST_LABELS = 64


def apply(call: Call) -> Value:
    """The aggregate of right predictions."""
    judging = judged(call)
    right = (
        _among_labels(judging) if len(judging.score.shape) == 1 and judging.score.shape != (2,) else _of_two(judging)
    )
    return proportion.apply(Call({**judging.call.arguments, "condition": right}, call.context, "proportion"))


def _of_two(judging: Judged) -> ColumnValue:
    score, outcome = judging.binary()
    threshold = judging.call.number("threshold", -_FARTHEST, _FARTHEST) if judging.call.given("threshold") else 0.5
    return binary("==", binary(">", score, threshold), outcome)


def _among_labels(judging: Judged) -> ColumnValue:
    call, score, target = judging.call, judging.score, judging.target
    (labels,) = score.shape
    if call.given("threshold"):
        raise Fault("FQ204", "Of a score for each label the highest counts, without a threshold.", "threshold")
    if labels > _MOST_LABELS:
        raise Fault("FQ301", f"`accuracy` tells at most {_MOST_LABELS} labels apart.", "model")
    if target.shape or target.kind in ("float", "date"):
        raise Fault("FQ210", "What was observed is a label, a condition or a whole number.", "target")
    known = {"bool": 2, "category": len(target.categories)}.get(target.kind, labels)
    if known != labels:
        message = f"The model tells {labels} labels apart, and the target has {known}."
        raise Fault("FQ212", message, "target" if call.given("target") else "model")
    corners = make_list(make_list(int(at == own) for at in range(labels)) for own in range(labels))
    # Of all corners, that of the largest entry is closest: |x - e_i|² is |x|² + 1 - 2·x_i.
    predicted = call.context.call_builtin("nearest", [score, corners])
    both = [call.context.call_builtin("onehot", [one, labels]) for one in (predicted, target)]
    return binary(">", binary("@", *both), 0.5)  # type: ignore[arg-type]  # columns, of columns


PRIMITIVE = Primitive(
    "accuracy", "aggregate",
    (
        MODEL, TARGET, ON,
        Parameter("threshold", "above which score the second is predicted; 0.5 by default", False, named=True),
        BY, OVER,
    ),
    "The share of persons of whom a model predicts what was observed.", apply,
    example='p = table("heart")\nm = release(logistic_regression(on=p, inputs=["age"], target="disease"), epsilon=1)\n'
    "right = release(accuracy(m, on=p), epsilon=0.2)\n"
    "of_age = release(accuracy(p.age, p.disease, threshold=55), epsilon=0.2)",
)  # fmt: skip
