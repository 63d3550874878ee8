"""`poisson(rate, count)`: rate - count log(rate): minus the log-likelihood of a count, for Poisson regression.

What depends on the count alone, log(count!), is left out, so it may lie below 0 (McCullagh and Nelder, Generalized
Linear Models, 2nd ed. 1989, section 6.2). A rate below 1e-8 counts as 1e-8; `exp(…)` makes a rate of any number,
and times the years somebody was observed it is what is expected of them.
"""

from __future__ import annotations

import math
from typing import Any

from .. import intervals, layers, losses
from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..values import Value

LEAST_RATE = 1e-8


def apply(call: Call) -> Value:
    """One number a person."""
    rate = losses.number(call, "rate", "make the last layer one wide")
    count = losses.number(call, "count")
    if layers.interval(count)[0] < 0.0:
        message = f"`poisson` compares with a count, from 0 on; this one goes from {layers.interval(count)[0]:g} on."
        raise Fault("FQ215", message, "count", "move it into bounds with `max(…, 0)`, or use `mse`")
    held = intervals.largest(layers.interval(rate), (LEAST_RATE, LEAST_RATE))
    logs = intervals.rising(math.log, held)
    limits = intervals.subtract(held, intervals.multiply(layers.interval(count), logs))
    return layers.made(call, "float", limits, (), rate, count)


def evaluate(xp: Any, rate: Any, count: Any) -> Any:
    """One number a person."""
    rate, count = losses.one(xp, rate), losses.one(xp, count)
    rate = xp.maximum(rate, LEAST_RATE)
    return rate - count * xp.log(rate)


PRIMITIVE = Primitive(
    "poisson", "person",
    (Parameter("rate", "the predicted rate, such as `exp(…)`"), Parameter("count", "the count that was observed")),
    "The Poisson loss, for predicted rates of counts.", apply, evaluate=evaluate, named=True,
    example='p = table("heart")\nrate = exp((p.age - 60) / 15)\n'
    "loss = release(mean(clip(poisson(rate, p.ca), 0, 10)), epsilon=0.3)",
)  # fmt: skip
