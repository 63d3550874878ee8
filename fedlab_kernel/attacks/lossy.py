"""Updates made smaller before they are sent: what saves bandwidth, and is often taken for a protection.

This is not privacy. Each of these takes a person's update and rounds it, or leaves the small part of it out; none adds
anything that an attacker could not tell from a person. Exact copies may get lost while pictures stay recognisable, and
no epsilon follows from any of it.
"""

from __future__ import annotations

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


def bfloat16(update: Network) -> Network:
    """Rounded to eight binary digits, ties to even: what float32's upper half holds. This is not privacy."""

    def rounded(one: Floats) -> Floats:
        bits = np.ascontiguousarray(one, np.float32).view(np.uint32)
        kept = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
        return kept.astype(np.uint32).view(np.float32)

    return update.each(rounded)


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
