"""Many hospitals in a sentence."""

from __future__ import annotations

from fedlab_kernel.federation.naming import listed


def test_a_few_are_all_named() -> None:
    """Up to eight parts are said as they are."""
    assert listed(["north", "south"]) == "north, south"
    assert listed("abcdefgh") == "a, b, c, d, e, f, g, h"
    assert listed([]) == ""


def test_of_many_the_rest_is_counted() -> None:
    """Of four hundred hospitals the first eight are named, so that a message can still be read."""
    said = listed(f"site_{number}" for number in range(400))
    assert said.endswith("site_7, and 392 more")
    assert listed(["a"] * 10, "\n").count("\n") == 8
