"""The admission gate against forged networks: `python -m bench.admission_gate [SEED]`.

On each data set half of the rows are the hospital's public ones, from which it makes its checks. From the other half
300 honest networks come (half of them fresh, half trained), and the forged ones, which know the other half and honest
networks to hide among. What separates is the gate's own verdict, as a number: the larger of the anomaly score over its
limit, and the excess exposure over its limit; 1 is the boundary.

Then attackers who know the gate, its rows and its limits make each family of forged networks as strong as it can be
without being seen: with a score of at most the limit, and with one of at most the median of honest networks.
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from fedlab_kernel.attacks.network import Network
from fedlab_kernel.attacks.sent import Knowledge
from fedlab_kernel.gate.anomaly import score
from fedlab_kernel.gate.exposure import excess, exposure
from fedlab_kernel.gate.gate import Checks
from fedlab_kernel.gate.honest import population
from fedlab_kernel.gate.synthetic import synthetic as synthetic_rows

from .forged_networks import FAMILIES, RECIPES

SEED = 20_261_127
HONEST, FORGED = 50, 10  # a cell; there are two widths a data set
WIDTHS = (100, 300)
_MOST_ROWS = 1600
_HALVINGS = 7

Data = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


def digits() -> Data:
    """1,797 pictures of 64 pixels, from 0 to 1."""
    from sklearn.datasets import load_digits

    held = load_digits()
    return (held.data / 16).astype(np.float32), held.target


def patients() -> Data:
    """569 records of 30 numbers, from 0 to 1, and their diagnoses."""
    from sklearn.datasets import load_breast_cancer

    held = load_breast_cancer()
    low, high = held.data.min(axis=0), held.data.max(axis=0)
    return ((held.data - low) / (high - low)).astype(np.float32), held.target


def mnist() -> Data:
    """10,000 pictures of 784 pixels, from 0 to 1, in the folder that FEDLAB_DATA names."""
    folder = Path(os.environ.get("FEDLAB_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "mnist"
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784)
    with gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read()[8:], np.uint8)
    return (pixels / np.float32(255)).astype(np.float32), labels.astype(np.int64)


CELLS: tuple[tuple[Callable[[], Data], int], ...] = ((digits, 50), (patients, 20), (mnist, 50))
"""Data, and the batch."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One network at the gate.

    Attributes:
        unusual: its score over the limit.
        beyond: its excess exposure over the limit.
        exposed: the larger share that came out.
    """

    unusual: float
    beyond: float
    exposed: float

    @property
    def verdict(self) -> float:
        """Above 1 the network is refused."""
        return max(self.unusual, self.beyond)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A data set, a width, and what is tried there.

    Attributes:
        checks: of the hospital.
        known: what the server knows.
        models: honest ones to hide among.
        honest: these, at the gate.
        random: for what is forged.
    """

    checks: Checks
    known: Knowledge
    models: Sequence[Network]
    honest: Sequence[Tried]
    random: np.random.Generator

    @classmethod
    def of(cls, data: Data, batch: int, neurons: int, honest: int, seed: Sequence[int], synthetic: bool) -> Cell:
        """A cell.

        Args:
            data: inputs and labels.
            batch: B.
            neurons: N.
            honest: how many honest networks are tried.
            seed: of everything.
            synthetic: whether the hospital has no public rows and makes some.
        """
        random = np.random.default_rng(seed)
        order = random.permutation(len(data[0]))[:_MOST_ROWS]
        half = len(order) // 2
        (rows, labels), (others, theirs) = ((data[0][some], data[1][some]) for some in (order[:half], order[half:]))
        if synthetic:
            rows, labels = synthetic_rows(len(rows), rows.shape[1], int(data[1].max()) + 1, random)
        checks = Checks.of(neurons, rows, labels, batch, random)
        models = list(population(honest, neurons, others, theirs, random))
        known = Knowledge(neurons, int(data[1].max()) + 1, batch, others)
        return cls(checks, known, models, [tried(model, checks) for model in models], random)

    def forged(self, recipe: str, count: int) -> list[Tried]:
        """So many networks of a recipe, at the gate."""
        return [tried(RECIPES[recipe](self.known, self.models, self.random), self.checks) for _ in range(count)]

    def hidden(self, family: str, limit: float) -> Tried:
        """The strongest network of a family whose score stays within a limit, found by halving."""
        sender, low, high = FAMILIES[family]
        seed = self.random.integers(2**63)
        within = sender(self.known, self.models, np.random.default_rng(seed), low)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            network = sender(self.known, self.models, np.random.default_rng(seed), middle)
            if score(network, self.checks.reference) <= limit:
                low, within = middle, network
            else:
                high = middle
        return tried(within, self.checks)


def tried(network: Network, checks: Checks) -> Tried:
    """What the gate makes of a network."""
    found = exposure(network, checks.rows, checks.labels, checks.batch)
    unusual = score(network, checks.reference) / checks.reference.limit
    beyond = excess(found, checks.usual) / checks.most_excess
    return Tried(unusual, beyond, max(found.passive, found.peeled or 0.0))


def auc(forged: npt.ArrayLike, honest: npt.ArrayLike) -> float:
    """The probability that a forged network's number is above an honest one's; ties count half."""
    ours, others = np.asarray(forged)[:, None], np.asarray(honest)
    return float((ours > others).mean() + (ours == others).mean() / 2)


def interval(forged: Sequence[float], honest: Sequence[float], seed: int) -> tuple[float, float]:
    """The 95 % interval of the AUC, by resampling networks a thousand times."""
    random = np.random.default_rng(seed)
    drawn = [auc(random.choice(forged, len(forged)), random.choice(honest, len(honest))) for _ in range(1000)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def share(hits: int, of: int) -> str:
    """A count and its 95 % interval (Clopper and Pearson 1934)."""
    from scipy.stats import beta  # type: ignore[import-untyped]  # it ships no type information

    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return f"{hits}/{of} [{low:.3f}, {high:.3f}]"


def line(name: str, forged: Sequence[Tried], honest: Sequence[Tried]) -> str:
    """A recipe: how well it is told from honest networks, how often it is refused and by what, what comes out."""
    ours, others = [one.verdict for one in forged], [one.verdict for one in honest]
    low, high = interval(ours, others, SEED)
    weights = auc([one.unusual for one in forged], [one.unusual for one in honest])
    refused = share(sum(one > 1 for one in ours), len(ours))
    exposed = np.mean([one.exposed for one in forged])
    told = f"{auc(ours, others):.3f} [{low:.3f}, {high:.3f}]  {weights:.3f}"
    return f"{name:30s} {told}  {refused:26s} {_by(forged):9s} {exposed:.2f}"


def report(cells: Sequence[Cell], forged: int) -> Iterable[str]:
    """The table, line by line."""
    honest = [one for cell in cells for one in cell.honest]
    alarms = share(sum(one.verdict > 1 for one in honest), len(honest))
    yield f"honest: refused {alarms}; by weights, by exposure {_by(honest)}"
    yield f"largest: weights {max(one.unusual for one in honest):.2f}, exposure {max(one.beyond for one in honest):.2f}"
    fresh, trained = (np.mean([one.exposed for cell in cells for one in cell.honest[at::2]]) for at in (0, 1))
    yield f"exposed: fresh {fresh:.2f}, trained {trained:.2f}"
    yield f"{'recipe':30s} AUC                   weights refused                   by w., e. exposed"
    for name in RECIPES:
        yield line(name, [one for cell in cells for one in cell.forged(name, forged)], honest)
    for family in FAMILIES:
        for what, at in (("limit", None), ("median", 0.5)):
            found = [
                cell.hidden(family, cell.checks.reference.limit * (1 if at is None else _usual(cell, at)))
                for cell in cells for _ in range(forged)
            ]  # fmt: skip
            yield line(f"{family}, hidden to the {what}", found, honest)


def _by(networks: Sequence[Tried]) -> str:
    return f"{sum(one.unusual > 1 for one in networks)}, {sum(one.beyond > 1 for one in networks)}"


def _usual(cell: Cell, quantile: float) -> float:
    return float(np.quantile([one.unusual for one in cell.honest], quantile))


def main(seed: int) -> None:
    """Print both tables: with public rows, and with synthetic ones."""
    for synthetic in (False, True):
        started = perf_counter()
        print(f"{'synthetic' if synthetic else 'public'} rows at the gate, seed {seed}")
        cells = [
            Cell.of(load(), batch, neurons, HONEST, [seed, at, neurons], synthetic)
            for at, (load, batch) in enumerate(CELLS) for neurons in WIDTHS
        ]  # fmt: skip
        for text in report(cells, FORGED):
            print(text, flush=True)
        print(f"{perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEED)
