"""Certificates over a thousand batches of honest networks: whether any is wrong, and how many points have one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fedlab_kernel.leakage.outcome import Outcome
from fedlab_kernel.leakage.setting import Setting

from ..admission_gate import share
from .table import Line, Table, at_least, at_most, of_lines
from .trials import trials

CELLS = {
    "cifar10": (20, 50, 100), "mnist": (20, 50), "digits": (20, 50, 100), "faces": (20, 50), "phantoms": (20, 50),
    "patients": (20, 50, 100), "patients-z": (20, 50), "heart": (20, 50),
}  # fmt: skip
"""Data and batches."""

DRAWS = 6
"""Batches of each kind a seed, each with a network of its own."""


def tables(seeds: Sequence[int]) -> Iterator[Table]:
    """One table."""
    found = {name: [_drawn(name, seed) for seed in seeds] for name in CELLS}
    together = [[one for name in CELLS for one in found[name][at]] for at in range(len(seeds))]
    lines = [
        Line(
            f"wrong certificates in {len(together[0])} batches",
            [sum(one.certified_wrong for one in some) for some in together],
            goal=at_most(0),
            digits=0,
        ),
        Line("share of exact points that are certified", [_share(some) for some in together], goal=at_least(0.9)),
    ]
    lines += [Line(f"the same, {name}", [_share(some) for some in by_seed]) for name, by_seed in found.items()]
    every = [one for some in together for one in some]
    bad = share(sum(one.certified_wrong > 0 for one in every), len(every))
    wrong, points = (sum(int(getattr(one, of)) for one in every) for of in ("certified_wrong", "certified"))
    note = (
        "Honest networks, N = 1000; attack `peel`. Batches of "
        + "; ".join(f"{name} {', '.join(map(str, sizes))}" for name, sizes in CELLS.items())
        + ". A certificate is wrong if its point equals nobody to .001. There was a wrong one in "
        f"{bad} batches (95 % interval), and of {points:,} certified points {wrong} were wrong. Exact points that only "
        "single neurons gave count as not certified."
    )
    yield of_lines("Certificates", note, lines)


def _drawn(name: str, seed: int) -> list[Outcome]:
    some = range(DRAWS * seed, DRAWS * (seed + 1))
    return [one for batch in CELLS[name] for one in trials(Setting(data=name, batch=batch), some)]


def _share(some: Sequence[Outcome]) -> float:
    right = sum(one.certified - one.certified_wrong for one in some)
    return right / sum(one.exact for one in some)
