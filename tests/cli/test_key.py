from __future__ import annotations

import re
from pathlib import Path

from fedlab_kernel.wire.keys import load_or_create_key

from .conftest import Fedlab


def test_the_key_is_made_once_and_printed(fedlab: Fedlab, tmp_path: Path) -> None:
    """The first call makes the key, later ones print the same: the public one that signs, alone on a line."""
    code, first, err = fedlab("key", "--state", tmp_path / "me")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"[0-9a-f]{64}\n", first)
    assert fedlab("key", "--state", tmp_path / "me") == (0, first, "")
    key = load_or_create_key(tmp_path / "me" / "researcher.key")
    assert key.public_key().public_bytes_raw().hex() == first.strip()
    assert fedlab("key")[1] != first


def test_a_place_that_cannot_hold_a_key_is_refused(fedlab: Fedlab, tmp_path: Path) -> None:
    """Where the state folder is a file, the refusal names the key file."""
    (tmp_path / "file").touch()
    code, out, err = fedlab("key", "--state", tmp_path / "file")
    assert (code, out) == (1, "")
    assert "FU506" in err
    assert "researcher.key" in err
