"""Sampling error: how far the persons of a study can be from the population they were drawn from."""

from __future__ import annotations

import math

NORMAL_95 = 1.959964  # two-sided 95 % quantile of the normal distribution


def of_share(share: float, persons: float) -> float:
    """The 95 % half-width of a share, or an upper bound for that of the mean of any values from 0 to 1.

    The longer side of Wilson's interval (1927): the farthest m with |share - m| = z·sqrt(m(1 - m) / persons).
    m(1 - m) is the variance of a condition with mean m, and the largest that values from 0 to 1 with mean m can
    have (Bhatia and Davis 2000). Unlike the variance at the share itself it is not 0 where nobody, or everybody, was
    seen to have the condition.

    Args:
        share: from 0 to 1.
        persons: how many, positive.
    """
    z2 = NORMAL_95**2 / persons
    centre = (share + z2 / 2) / (1 + z2)
    half = math.sqrt(z2 * (share * (1 - share) + z2 / 4)) / (1 + z2)
    return half + abs(centre - share)
