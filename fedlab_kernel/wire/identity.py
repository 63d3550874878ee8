"""When two releases are the same: the second gets the stored reply of the first and costs nothing."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Sequence

MECHANISM = "opendp-discrete-1"
"""Version of noise and calibration; a new one makes new releases of all old questions."""


def release_identity(
    researcher: str,
    text: str,
    attachments: Sequence[str],
    occurrence: int,
    draw: int,
    snapshot: str,
    mechanism: str,
    delta: float,
    public: str = "",
) -> str:
    """What makes two releases the same: hex SHA-256 of everything that may change the answer or its price.

    The encoding is a JSON array, in which every field has one place and no two different arrays are
    written alike.

    Args:
        researcher: whose budget pays.
        text: the canonical slice, public inputs written into it.
        attachments: hashes of the long lists that travel beside the text; their order does not matter.
        occurrence: how many equal releases come before it in the cell.
        draw: the number in `%%fedquery --draw`.
        snapshot: the random name of the table's state.
        mechanism: version of the noise and its calibration.
        delta: the policy's δ for one release.
        public: hash of public inputs that the text does not say; "" where there are none.

    Raises:
        UnicodeEncodeError: if a string is not encodable (lone surrogates).
        ValueError: if delta is not finite.
    """
    fields = [
        "fedlab release",
        researcher,
        text,
        sorted(attachments),
        occurrence,
        draw,
        snapshot,
        mechanism,
        delta,
        *([public] if public else []),
    ]
    written = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def round_identity(weights: bytes, rate: float, proximal: float, correction: bytes) -> str:
    """What identifies the public inputs of a round of training: hex SHA-256."""
    given = hashlib.sha256(b"fedlab round\0" + struct.pack("<ddQ", rate, proximal, len(weights)))
    given.update(weights)
    given.update(correction)
    return given.hexdigest()
