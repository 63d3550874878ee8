"""Differential peeling: two-class batches that fire no neuron alone come out, and what is certified is right."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

from fedlab_kernel.attacks import pairs
from fedlab_kernel.attacks.network import Network, mean_gradient
from fedlab_kernel.attacks.pairs import Persons, Sums, contradicted, differing_by_one
from fedlab_kernel.attacks.read import differential as attack
from fedlab_kernel.attacks.read.differential import differential, rounds
from fedlab_kernel.attacks.read.passive import passive
from fedlab_kernel.attacks.reconstruction import EXACT, recall
from fedlab_kernel.attacks.row_space import lengths
from fedlab_kernel.attacks.sent import Knowledge, honest, ladder, trap
from fedlab_kernel.datasets.heart_uci import FILES

from .batches import Sender, attacked, certificates, furthest, peelable
from .pictures import Pictures, mnist


def scored(inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Inputs with mean 0 and standard deviation 1; what never varies stays 0."""
    apart = inputs - inputs.mean(axis=0)
    return (apart / np.maximum(inputs.std(axis=0), 1e-2)).astype(np.float32)


def patients() -> Pictures:
    """569 records of 30 numbers, z-scored, and their diagnoses."""
    held = load_breast_cancer()
    apart = held.data - held.data.mean(axis=0)
    return (apart / held.data.std(axis=0)).astype(np.float32), held.target


def ranged_patients() -> Pictures:
    """The same records from 0 to 1."""
    held = load_breast_cancer()
    low, high = held.data.min(axis=0), held.data.max(axis=0)
    return ((held.data - low) / (high - low)).astype(np.float32), held.target


def parities() -> Pictures:
    """10,000 handwritten digits, z-scored, and whether they are odd: more inputs than coordinates are kept for."""
    inputs, digits = mnist()
    return scored(inputs.astype(np.float64)), digits % 2


def small_parities() -> Pictures:
    """1,797 pictures of 64 pixels, z-scored, and whether they are odd."""
    held = load_digits()
    return scored(held.data), held.target % 2


def hearts(folder: Path) -> Pictures:
    """920 patients of four hospitals, 13 numbers each, z-scored, what is missing at the median; and their diagnoses."""
    rows = [row for name in FILES for row in csv.reader((folder / name).read_text().splitlines()) if row]
    held = np.array([[np.nan if cell == "?" else float(cell) for cell in row] for row in rows])
    inputs = np.where(np.isnan(held), np.nanmedian(held, axis=0), held)[:, :-1]
    return scored(inputs), (held[:, -1] > 0).astype(np.int64)


def forged(*given: object) -> Network:
    """Large random weights: most persons are answered right, or wrong, for certain."""
    known, random = given
    assert isinstance(known, Knowledge)
    assert isinstance(random, np.random.Generator)
    shapes = (known.neurons, known.inputs), (known.neurons,), (known.classes, known.neurons), (known.classes,)
    return Network(*((random.standard_normal(shape) / 2).astype(np.float32) for shape in shapes))


GOALS = [
    (patients, 20, 1.0, 10),
    (patients, 50, 0.95, 10),
    (ranged_patients, 100, 0.98, 5),
    (parities, 20, 0.98, 3),
    (small_parities, 20, 0.98, 3),
]


def _recalls(data: Pictures, batch: int, seed: int, draws: int = 10) -> tuple[float, float]:
    """Mean recall by single neurons, and by their differences, over batches drawn by chance."""
    read, found = [], []
    for draw in range(draws):
        truth, network, update = attacked(data, batch, honest.network, [seed, draw])
        points = differential(update, network, batch).points
        found.append(recall(points, truth))
        read.append(recall(passive(update).points, truth))
    print(f"{np.mean(read):.3f} alone, {np.mean(found):.3f} by differences, worst {min(found):.2f}, of {batch}")
    return float(np.mean(read)), float(np.mean(found))


@pytest.mark.parametrize(("load", "batch", "goal", "draws"), GOALS)
def test_whole_batches_come_out(load: Callable[[], Pictures], batch: int, goal: float, draws: int, seed: int) -> None:
    """Over some batches nearly all persons are recovered to a thousandth, where reading single neurons finds few."""
    read, found = _recalls(load(), batch, seed, draws)
    assert found >= goal
    assert read < 0.5 * found


def test_patients_of_four_hospitals_come_out(heart_folder: Path, seed: int) -> None:
    """Of the UCI heart patients whole batches of twenty come out, though they have thirteen numbers only."""
    data = hearts(heart_folder)
    assert data[0].shape == (920, 13)
    _, found = _recalls(data, 20, seed)
    assert found >= 0.98


@pytest.mark.long
def test_more_come_out_than_can_be_peeled(seed: int) -> None:
    """Of two hundred records from 0 to 1 nearly all come out, where peeling with perfect arithmetic finds few."""
    data, found, bound = ranged_patients(), [], []
    for draw in range(5):
        truth, network, update = attacked(data, 200, honest.network, [seed, draw])
        found.append(recall(differential(update, network, 200).points, truth))
        bound.append(peelable(truth, network))
    print(f"{np.mean(found):.3f}, by plain peeling at most {np.mean(bound):.3f}")
    assert np.mean(found) >= 0.95
    assert np.mean(bound) < 0.8


CERTIFIED = [(patients, (20, 50)), (ranged_patients, (30, 100)), (small_parities, (20,))]
SENDERS = (honest.network, trap.network, ladder.network, forged)


def _certificates(load: Callable[[], Pictures], sizes: tuple[int, ...], senders: tuple[Sender, ...],
                  seeds: list[list[int]]) -> tuple[int, int, int]:  # fmt: skip
    """Wrong certificates, certificates and exact points over batches of some sizes and networks."""
    data = load()
    return certificates(
        differential,
        (
            attacked(data, batch, sender, [*drawn, batch])
            for batch in sizes for sender in senders for drawn in seeds
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("load", "sizes"), CERTIFIED)
def test_what_is_certified_is_right(load: Callable[[], Pictures], sizes: tuple[int, ...], seed: int) -> None:
    """No certified point differs from a person by a thousandth, whatever network was sent; of honest ones most are."""
    wrong, _, _ = _certificates(load, sizes, SENDERS[1:], [[seed, 0]])
    assert wrong == 0
    wrong, certified, exact = _certificates(load, sizes, SENDERS[:1], [[seed, 0], [seed, 1]])
    assert wrong == 0
    assert certified >= 0.9 * exact > 0


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("load", "sizes"), CERTIFIED)
def test_what_is_certified_is_right_in_many_batches(
    load: Callable[[], Pictures], sizes: tuple[int, ...], seed: int
) -> None:
    """The same over twenty batches of each size and network."""
    seeds = [[seed + 1, draw] for draw in range(20)]
    assert _certificates(load, sizes, SENDERS[1:], seeds)[0] == 0
    wrong, certified, exact = _certificates(load, sizes, SENDERS[:1], seeds)
    assert wrong == 0
    assert certified >= 0.9 * exact > 0


@pytest.mark.parametrize("batch", [60, 120])
def test_too_large_a_batch_is_never_certified_wrongly(batch: int, seed: int) -> None:
    """Where blends are all that pairs of neurons tell, nobody is certified who is not in the batch."""
    for draw in range(2):
        truth, network, update = attacked(patients(), batch, honest.network, [seed, draw])
        found = differential(update, network, batch)
        assert np.all(furthest(found.points[found.certified], truth) < EXACT)


def test_pairs_that_one_person_tells_apart_give_that_person(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among the differences of rows that pass are those of quiet neurons whose firing differs by one person."""
    monkeypatch.setattr(pairs, "_MOST", 1_000_000)
    truth, network, update = attacked(patients(), 20, honest.network, [seed])
    sums = Sums.of(update, network, 20)
    at = np.flatnonzero(pairs.quiet_rows(sums.rounding))
    summands, errors, _ = differing_by_one(sums, sums.rows, sums.rounding, np.zeros((0, len(sums.rows))), at)
    points = (summands / errors[:, None])[:, :-1]
    fires = sums.fired(np.c_[truth, np.ones(20)])[:, at]
    differ = fires[:, :, None] ^ fires[:, None, :]
    told = differ[:, differ.sum(axis=0) == 1].any(axis=1)
    print(f"{told.sum()} of 20 are told by some pair")
    assert told.sum() >= 15
    assert recall(points, truth[told]) == 1.0


def test_a_blend_is_contradicted_and_a_person_is_not(seed: int) -> None:
    """With half of a batch taken away, the rows speak against the mean of two others, and for everybody taken."""
    truth, network, update = attacked(patients(), 40, honest.network, [seed])
    sums = Sums.of(update, network, 40)
    points = np.c_[truth, np.ones(40)].astype(np.float64)
    shares = sums.errors(points, np.zeros(40, np.int64))
    labels = mean_labels(sums, points, shares)
    blend = points[38:].mean(axis=0)[None]
    taken = np.concatenate([points[:36], blend])
    parts = sums.fired(taken) * sums.errors(taken, np.r_[labels[:36], 0])[:, None]
    left = sums.rows - parts.T @ taken
    verdicts = [contradicted(left, 3 * sums.rounding, part, point) for part, point in zip(parts, taken, strict=True)]
    assert verdicts == [False] * 36 + [True]


def mean_labels(sums: Sums, points: npt.NDArray[np.float64], shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The labels with which points add up to the rows' biases, by least squares."""
    errors, *_ = np.linalg.lstsq(sums.fired(points).T.astype(np.float64), sums.rows @ sums.space.one, rcond=None)
    return np.rint(shares - errors).astype(np.int64)


def test_a_blend_that_was_taken_for_a_person_goes_back(seed: int) -> None:
    """A solver that begins with somebody who is not in the batch gives them back, and still finds everybody."""
    truth, network, update = attacked(patients(), 40, honest.network, [seed])
    solver = attack._Solver(Sums.of(update, network, 40), 40)
    nobody = np.r_[truth[:2].mean(axis=0), 1.0][None]
    noise = np.array([float(np.median(solver._sums.rounding))])
    solver._know(Persons(nobody, np.array([1]), noise, np.zeros(1, np.bool_)))
    for _ in range(60):
        if not solver.round():
            break
    found = solver.reconstruction(0.0)
    assert recall(found.points, truth) == 1.0
    assert found.certified.all()
    assert len(found.points) == 40
    assert (np.abs(solver._blends - nobody).max(axis=1) < 1e-3).any()


def test_labels_come_out_too(seed: int) -> None:
    """Every recovered person has the label that they were trained with."""
    inputs, labels = patients()
    random = np.random.default_rng(seed)
    drawn = random.choice(len(inputs), 40, replace=False)
    network = honest.network(Knowledge(1000, 2, 40, inputs), random)
    found = differential(mean_gradient(network, inputs[drawn], labels[drawn]), network, 40)
    assert len(found.points) == 40
    nearest = [int(np.abs(inputs[drawn] - point).max(axis=1).argmin()) for point in found.points]
    assert found.labels.tolist() == labels[drawn][nearest].tolist()


def test_what_is_known_grows(seed: int) -> None:
    """The attack tells of more persons after each round, and nothing is certified before all is explained."""
    _, network, update = attacked(patients(), 50, honest.network, [seed])
    told = list(rounds(update, network, 50))
    assert len(told[0].points) < len(told[-1].points) == 50
    assert told[-1].certified.all()
    assert not told[0].certified.any()


@pytest.mark.parametrize("sender", [honest.network, trap.network, ladder.network])
def test_one_person_alone_is_certified(sender: Sender, seed: int) -> None:
    """A batch of one comes out with its label, and explains the whole update."""
    random = np.random.default_rng(seed)
    x, y = random.random((1, 50), np.float32), np.array([1])
    network = sender(Knowledge(200, 2, 1, random.random((99, 50), np.float32)), random)
    found = differential(mean_gradient(network, x, y), network, 1)
    assert recall(found.points, x) == 1.0
    assert found.certified.tolist() == [True]
    assert found.labels.tolist() == [1]


@pytest.mark.parametrize(("batch", "bias", "output"), [(2, -1, 1), (9, -1, 1), (2, 1, 0), (9, 1, 0)])
def test_where_nothing_is_told_nothing_is_found(batch: int, bias: float, output: float) -> None:
    """Neurons that nobody fires, or that speak to both classes alike, give no points."""
    weights = np.zeros((2, 5), np.float32)
    weights[1] = -output
    mute = Network(np.zeros((5, 3), np.float32), np.full(5, bias, np.float32), weights, np.zeros(2, np.float32))
    found = differential(mean_gradient(mute, np.ones((batch, 3), np.float32), np.zeros(batch, np.int64)), mute, batch)
    assert found.points.shape == (0, 3)
    assert found.certified.shape == (0,)


def test_what_it_needs_is_said(seed: int) -> None:
    """Three classes are refused, and an update that is not finite."""
    random = np.random.default_rng(seed)
    x, y = random.random((5, 8), np.float32), np.array([0, 1, 2, 0, 1])
    three = honest.network(Knowledge(50, 3, 5, x), random)
    with pytest.raises(ValueError, match="two classes"):
        differential(mean_gradient(three, x, y), three, 5)
    two = honest.network(Knowledge(50, 2, 5, x), random)
    update = mean_gradient(two, x, y % 2)
    update.w1[0, 0] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        differential(update, two, 5)


def explained(seed: int, off: float = 0.0) -> tuple[attack._Solver, npt.NDArray[np.float64], int]:
    """A solver that knows all of twenty patients, one number of the quietest being off; e of each, and who that is."""
    truth, network, update = attacked(patients(), 20, honest.network, [seed])
    solver = attack._Solver(Sums.of(update, network, 20), 20)
    points = np.c_[truth, np.ones(20)].astype(np.float64)
    labels = mean_labels(solver._sums, points, solver._sums.errors(points, np.zeros(20, np.int64)))
    errors = solver._sums.errors(points, labels)
    quietest = int(np.abs(errors).argmin())
    points[quietest, 0] += off
    solver._know(Persons(points, labels, np.full(20, 1e-6), np.zeros(20, np.bool_)))
    return solver, errors, quietest


def test_only_what_explains_the_whole_update_certifies(seed: int) -> None:
    """Everybody known is certified: not if one person more was there, nor where something is left."""
    solver, _, _ = explained(seed)
    assert solver._certified().all()
    solver._batch = 21
    assert not solver._certified().any()
    solver._batch = 20
    solver.left = solver.left + 1e-4 * np.abs(solver._sums.rows).max()
    assert not solver._certified().any()


def test_who_least_squares_would_move_is_not_certified(seed: int) -> None:
    """Of a whole that is explained up to a person's last digits, that person alone is not certified."""
    solver, _, quietest = explained(seed)
    solver.left = solver.left + 5e-4 * np.outer(solver.parts[quietest], np.eye(31)[0])
    solver._batch = 20
    assert solver._explains()
    assert np.flatnonzero(~solver._certified()).tolist() == [quietest]


def test_who_least_squares_leaves_unsure_is_not_certified(seed: int) -> None:
    """What nobody's summands can explain is noise, beside which too quiet a person is not certified."""
    solver, _, quietest = explained(seed)
    parts = solver.parts
    parts[quietest] *= 1e-2
    noise = np.random.default_rng(seed).standard_normal(solver.left.shape)
    weighted = (parts / solver._sums.rounding).T
    apart = noise - weighted @ np.linalg.lstsq(weighted, noise, rcond=None)[0]
    solver.left = 8 * apart * solver._sums.rounding[:, None]
    assert solver._explains()
    assert np.flatnonzero(~solver._certified()).tolist() == [quietest]


def test_a_neuron_on_the_edge_of_firing_speaks_for_nobody(seed: int) -> None:
    """What is left in a row that rounding decides, as a point is on its neuron's edge, contradicts no certificate."""
    solver, _, _ = explained(seed)
    point, space = solver.found.points[0], solver._sums.space
    edge = int(lengths(solver._sums.rows).argmax())
    space.neurons[edge] -= point * (space.neurons[edge] @ point) / (point @ point)
    solver.left[edge] = 1.0
    assert not solver._sums.decided(solver.found.points)[edge]
    assert solver._explains()
    solver.left[(edge + 1) % len(solver.left)] = 1.0
    assert not solver._explains()


def test_who_fire_the_same_neurons_are_not_certified(seed: int) -> None:
    """Of two persons in the same neurons only a sum is told: other points explain it too, and none are proved."""
    random = np.random.default_rng(seed)
    w1, w2 = (random.standard_normal(shape).astype(np.float32) / 10 for shape in ((30, 6), (2, 30)))
    network = Network(w1[:5], np.full(5, 3, np.float32), w2[:, :5], np.zeros(2, np.float32))
    truth, labels = random.standard_normal((2, 6)).astype(np.float32), np.array([0, 1])
    solver = attack._Solver(Sums.of(mean_gradient(network, truth, labels), network, 2), 2)
    points = np.c_[truth, np.ones(2)].astype(np.float64)
    unseen = np.r_[np.linalg.svd(network.w1)[2][-1], 0.0]
    other = points + unseen / solver._sums.errors(points, labels)[:, None] * np.array([[1], [-1]])
    for known in (points, other):
        solver._know(Persons(known, labels, np.full(2, 1e-8), np.zeros(2, np.bool_)))
        assert solver._explains()
        assert not solver._certified().any()


def test_a_blend_is_not_taken_twice(seed: int) -> None:
    """Whoever was given back is nobody from then on, and the search ends after more than a batch of them."""
    truth, network, update = attacked(patients(), 40, honest.network, [seed])
    solver = attack._Solver(Sums.of(update, network, 40), 40)
    nobody = np.r_[truth[:2].mean(axis=0), 1.0][None]
    error = solver._sums.errors(nobody, np.array([1]))
    noise = np.array([1e-6])
    solver._columns = None
    assert len(solver._persons(nobody * error[:, None], error, noise).points) == 1
    solver._blends = nobody
    assert len(solver._persons(nobody * error[:, None], error, noise).points) == 0
    solver._blends = np.repeat(nobody, 41, axis=0)
    assert not solver.round()
    solver._blends = nobody
    assert solver.round()
