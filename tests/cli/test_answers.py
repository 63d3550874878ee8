"""Answers on a terminal."""

from __future__ import annotations

from fedlab_kernel.cli.answers import answers_text
from fedlab_kernel.federation.result import Answer, CellResult
from fedlab_kernel.privacy.quote import Quote


def test_an_upper_bound_is_called_one_once() -> None:
    """Of several sampling errors that are bounds the largest is shown, as "at most", and said so once."""
    answer = Answer("means", [1.0, 2.0], "list", half_width=[0.1, 0.2], sampling=[1.0, 2.0], sampling_at_most=True)
    quote = Quote((), 0.1, 0.0)
    result = CellResult(
        answers={"means": answer}, last=None, absent={}, quote=quote, notes=(), epsilon=0.1, delta=0.0, charged=0.1,
        asked=("a",), answered=("a",), failures={}, receipts=(), cell="", draw=0, seconds=0.0,
    )  # fmt: skip
    (line,) = (line for line in answers_text(result).splitlines() if "means" in line)
    assert line.endswith("  at most ± 2")
