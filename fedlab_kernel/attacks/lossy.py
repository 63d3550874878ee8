"""Updates made smaller before they are sent: what saves bandwidth, and is often taken for a protection.

This is not privacy. Each of these takes a person's update and rounds it, or leaves the small part of it out; none adds
anything that an attacker could not tell from a person. Exact copies may get lost while pictures stay recognisable, and
no epsilon follows from any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np

from .network import Floats, Network


def float16(update: Network) -> Network:
    """Rounded to half precision: eleven binary digits, and nothing smaller than 6e-8. This is not privacy.

    Raises:
        ValueError: an entry is larger than half precision holds, 65504.
    """
    if any(np.abs(one).max() > np.finfo(np.float16).max for one in update.weights):
        raise ValueError("half precision holds numbers up to 65504")
    return update.each(lambda one: one.astype(np.float16).astype(np.float32))


def int8(update: Network) -> Network:
    """Rounded to a multiple of each array's largest absolute value over 127. This is not privacy."""

    def rounded(one: Floats) -> Floats:
        step = np.abs(one).max() / np.float32(127)
        return np.round(one / step) * step if step > 0 else one

    return update.each(rounded)


def top_k(update: Network, share: float) -> Network:
    """Only the entries of each array that are largest in absolute value, all others 0. This is not privacy.

    Args:
        update: to be sent.
        share: of each array's entries that are kept, at least one; above 0, at most 1.

    Raises:
        ValueError: the share is none.
    """
    if not 0 < share <= 1:
        raise ValueError("the share that is kept is above 0 and at most 1")

    def largest(one: Floats) -> Floats:
        sizes = np.abs(one).ravel()
        kept = max(1, round(share * sizes.size))
        chosen = np.argpartition(sizes, sizes.size - kept)[sizes.size - kept :]
        sent = np.zeros_like(one)
        sent.flat[chosen] = one.flat[chosen]
        return sent

    return update.each(largest)


UPLOADS: Final[Mapping[str, tuple[str, Callable[[Network], Network]]]] = {
    "float32": ("as it was computed", lambda update: update),
    "float16": ("rounded to 16 bits (not privacy)", float16),
    "int8": ("rounded to 8 bits (not privacy)", int8),
    "top10": ("the largest tenth (not privacy)", partial(top_k, share=0.1)),
}
"""What a client does to its update's numbers before it sends them: for people, and done."""
