"""`brier(model, on=test_set)`: the mean squared error of a predicted probability (Brier 1950); 0 is best.

It is the `mean` of (probability - outcome)², which lies between 0 and 1, and that is what hospitals are sent.
Sensitivity: that of the `mean`, G in L1 on its grid.
Accuracy: as of the mean: about the noise of one count, divided by the number of persons. Read from binned scores it
would carry the noise of all bins, and be off by up to a bin's width besides.
Sampling: at most that of a proportion with the same mean.
"""

from __future__ import annotations

from ..judging import MODEL, ON, TARGET, judged
from ..losses import require_probabilities
from ..operators import binary
from ..primitive import OVER, Call, Primitive
from ..statistics.keys import BY
from ..values import Value
from . import mean


def apply(call: Call) -> Value:
    """The aggregate of squared errors."""
    judging = judged(call)
    score, outcome = judging.binary()
    require_probabilities(call, "model", score, "sigmoid")
    error = binary("**", binary("-", score, outcome), 2)
    arguments = {**judging.call.arguments, "x": error}
    return mean.apply(Call(arguments, call.context, "mean"))


PRIMITIVE = Primitive(
    "brier", "aggregate", (MODEL, TARGET, ON, BY, OVER),
    "The mean squared error of predicted probabilities.", apply,
    example='p = table("heart")\nm = release(logistic_regression(on=p, inputs=["age"], target="disease"), epsilon=1)\n'
    "error = release(brier(m, on=p), epsilon=0.2)\nof_age = release(brier(p.age / 100, p.disease), epsilon=0.2)",
)  # fmt: skip
