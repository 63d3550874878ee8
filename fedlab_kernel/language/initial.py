"""What `zeros`, `ones`, `glorot` and `normal` share: an array of start weights, described and not yet drawn."""

from __future__ import annotations

import math

from .fault import Fault
from .learned import Initial
from .primitive import Call
from .public import describe, is_known
from .training import MOST_WEIGHTS

_MOST_AXES = 4


def initial(call: Call, kind: str, deviation: object = None) -> Initial:
    """The start weights of the shape that a call says.

    Raises:
        Fault: FQ204 for more than four sizes, FQ215 for what is no size, FQ301 for too many weights, FQ216 for a
            deviation that is not known before running.
    """
    sizes = call["sizes"]
    if len(sizes) > _MOST_AXES:
        raise Fault("FQ204", f"Weights have at most {_MOST_AXES} axes.", "sizes")
    for size in sizes:
        if type(size) is not int or size < 1:
            what = size if isinstance(size, int | float) else describe(size)
            fix = "write whole numbers: `glorot(5, 16)` takes 5 numbers to 16"
            raise Fault("FQ215", f"A size is a positive whole number known before running, not {what}.", "sizes", fix)
    if math.prod(sizes) > MOST_WEIGHTS:
        raise Fault("FQ301", f"A model has at most {MOST_WEIGHTS:,} weights.", "sizes", "use smaller layers")
    if kind == "glorot" and len(sizes) == 3:
        raise Fault("FQ204", "`glorot` takes 1, 2 or 4 sizes: it must know what a layer's inputs are.", "sizes")
    if deviation is not None and not (isinstance(deviation, int | float) and is_known(deviation)):
        raise Fault("FQ216", "`deviation` must be known before running.", "deviation", "write a number")
    return Initial(kind, tuple(sizes), None if deviation is None else float(deviation))
