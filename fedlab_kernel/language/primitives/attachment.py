"""`attachment("…")`: a long public list that travels beside a slice, named by its hash."""

from __future__ import annotations

from ..fault import Fault
from ..primitive import Call, Parameter, Primitive
from ..values import Value


def apply(call: Call) -> Value:
    """The list whose hash is written in the text."""
    value = call.context.attachments.get(call["hash"]) if isinstance(call["hash"], str) else None
    if value is None:
        raise Fault("FQ201", "There is no attachment with this hash.", "hash")
    return value


PRIMITIVE = Primitive("attachment", "wire", (Parameter("hash", "its hash"),), "A long public list.", apply)
