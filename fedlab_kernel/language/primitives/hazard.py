"""`hazard(h, interval, event)`: minus the log-likelihood of a discrete-time hazard, for survival without Cox's model.

Time is cut into k intervals; h[j] is the predicted probability that the event comes in interval j where it has not come
before, and t the interval in which somebody was last observed. The loss is

    - sum over j < t of log(1 - h[j])  - log(h[t]) with the event, or - log(1 - h[t]) without:

who leaves without the event counts as having come through their last interval (Singer and Willett, It's About Time,
Journal of Educational Statistics 18, 1993; Gensheimer and Narasimhan, PeerJ 7:e6257, 2019, for
networks). It concerns one person, where Cox's partial likelihood compares persons. Logarithms are held at -100, so it
lies between 0 and 100 k. An interval outside 0 to k - 1 is moved to the nearest.
"""

from __future__ import annotations

from typing import Any

from .. import layers, losses
from ..fault import Fault
from ..operators import numbers
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """One number a person."""
    h = layers.operand(call, "h")
    shape = layers.shape(h)
    if len(shape) != 1:
        message = f"`hazard` takes a vector with a probability for each interval as `h`; this is {layers.said(shape)}."
        raise Fault("FQ212", message, "h", "make the last layer as wide as there are intervals")
    losses.require_probabilities(call, "h", h, "sigmoid")
    interval = layers.position(call, "interval", shape[0], "probabilities in `h`")
    event = call.column("event")
    if event.kind != "bool" or event.shape:
        message = "`event` is a condition: whether the event came in the last interval."
        raise Fault("FQ210", message, "event", "write a comparison, such as `p.status == 1`")
    limits = layers.summed((0.0, losses.LARGEST), shape[0])
    return layers.made(call, "float", limits, (), h, interval, event)


def evaluate(xp: Any, h: Any, interval: Any, event: Any) -> Any:
    """One number a person; intervals are added in their order, and those after the last change nothing."""
    h, interval, event = numbers(xp, h), numbers(xp, interval), numbers(xp, event)
    interval = xp.minimum(xp.fmax(interval, 0.0), len(h) - 1.0)
    total = xp.zeros_like(h[0])
    for at, chance in enumerate(h):
        came = (interval == at) & (event != 0)
        loss = -losses.log_probability(xp, xp.where(came, chance, 1.0 - chance))
        total = total + xp.where(interval >= at, loss, 0.0)
    return total


PRIMITIVE = Primitive(
    "hazard", "person",
    (
        Parameter("h", "predicted probabilities of the event, one for each interval, such as `sigmoid(…)`"),
        Parameter("interval", "the last interval somebody was observed in: a whole number from 0, or a category"),
        Parameter("event", "a condition: whether the event came in it"),
    ),
    "The loss of a discrete-time survival model: predicted hazards of the event in each interval of time.", apply,
    evaluate=evaluate, named=True,
    example='c = table("cohort")\nchances = sigmoid([-3, -3, -2, -2] + c.smoker)\n'
    "seen = floor(c.follow_up / 2.6)\n"
    "loss = release(mean(clip(hazard(chances, seen, c.died), 0, 10)), epsilon=0.3)",
)  # fmt: skip
