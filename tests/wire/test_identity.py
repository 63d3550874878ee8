from __future__ import annotations

import pytest

from fedlab_kernel.wire.identity import release_identity

IDENTITY = {
    "researcher": "ada",
    "text": "v0 = table('heart')",
    "attachments": ("aa", "bb"),
    "occurrence": 0,
    "draw": 0,
    "snapshot": "5e",
    "mechanism": "1",
    "delta": 1e-9,
}


@pytest.mark.parametrize(
    "change",
    [
        {"researcher": "bob"},
        {"text": "v0 = table('heart') "},
        {"attachments": ("aa",)},
        {"attachments": ("aabb",)},
        {"occurrence": 1},
        {"draw": 1},
        {"occurrence": 1, "draw": 1},
        {"snapshot": "5f"},
        {"mechanism": "2"},
        {"delta": 1e-8},
        {"snapshot": "5", "mechanism": "e1"},
        {"researcher": 'ada","v0', "text": " = table('heart')"},
    ],
)
def test_identity_differs(change: dict[str, object]) -> None:
    """Whatever may change an answer or its price changes the identity, also text that moves over."""
    assert release_identity(**IDENTITY) != release_identity(**(IDENTITY | change))


def test_identity_is_stable() -> None:
    """The identity never changes with a new version of this code, or paid answers would be paid for again."""
    expected = "954208470caa1b3f5c7d549804c1b10b17162191ab4568152c7043809bdb55e6"
    assert release_identity(**IDENTITY) == expected
    assert release_identity(**(IDENTITY | {"attachments": ("bb", "aa")})) == expected
