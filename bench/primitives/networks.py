"""Layers and losses of networks, summed up."""

from __future__ import annotations

import numpy as np

from .case import Array
from .one_person import _of, _softmax

IMAGE = "reshape(vector(p.dose, p.time, p.sick, 1), [1, 2, 2])"
PIXELS = ("dose", "time", "sick")


def _image(dose: Array, time: Array, sick: Array) -> Array:
    return np.stack([dose, time, sick, np.ones_like(dose)]).reshape(2, 2, -1)


def _normal(dose: Array, time: Array, sick: Array) -> Array:
    x = _image(dose, time, sick).reshape(4, -1)
    normal: Array = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
    return normal


def _probability(x: Array) -> Array:
    probability: Array = 1 / (1 + np.exp(-x))
    return probability


def _bce(dose: Array, sick: Array) -> Array:
    p = _probability(dose)
    loss: Array = -np.log(np.where(sick > 0, p, 1 - p))
    return loss


def _cross_entropy(age: Array, chol: Array, sick: Array) -> Array:
    loss: Array = -np.log(np.take_along_axis(_softmax(age, chol), sick.astype(np.int64)[None], axis=0)[0])
    return loss


def _hazard(dose: Array, time: Array, sick: Array) -> Array:
    h = _probability(np.stack([dose, dose - 1]))
    late = time >= 5
    last = np.where(late, h[1], h[0])
    loss: Array = -np.where(late, np.log(1 - h[0]), 0) - np.log(np.where(sick > 0, last, 1 - last))
    return loss


def _embedded(cp: Array) -> Array:
    return np.arange(1.0, 9).reshape(4, 2)[cp.astype(np.int64)].T


CASES = (
    _of("tanh(p.dose)", np.tanh, "dose", bound=1.0, exact=False),
    _of(f"flatten(conv({IMAGE}, [[[[-1, 1]]]], [0]))", lambda *x: np.diff(_image(*x), axis=1)[:, 0], *PIXELS,
        bound=16.0, exact=False),
    _of(f"flatten(mean_pool({IMAGE}, 2))", lambda *x: _image(*x).mean(axis=(0, 1))[None], *PIXELS, bound=8.0,
        exact=False),
    _of(f"flatten(max_pool({IMAGE}, 2))", lambda *x: _image(*x).max(axis=(0, 1))[None], *PIXELS, bound=16.0),
    _of("group_norm(vector(p.dose, p.time, p.sick, 1), 1, [1, 1, 1, 1], [0, 0, 0, 0])", _normal, *PIXELS, bound=4.0,
        exact=False),
    _of("embedding([[1, 2], [3, 4], [5, 6], [7, 8]], p.cp)", _embedded, "cp", bound=16.0, exact=False),
    _of("bce(sigmoid(p.dose), p.sick)", _bce, "dose", "sick", bound=8.0, exact=False),
    _of("cross_entropy(softmax(vector(p.age / 100, p.chol / 650)), p.sick)", _cross_entropy, "age", "chol", "sick",
        bound=8.0, exact=False),
    _of("mse(p.dose, p.time)", lambda x, y: (x - y) ** 2, "dose", "time", bound=256.0),
    _of("poisson(exp(p.dose), p.time)", lambda x, y: np.exp(x) - y * x, "dose", "time", bound=64.0, exact=False),
    _of("hazard(sigmoid(vector(p.dose, p.dose - 1)), floor(p.time / 5), p.sick)", _hazard, "dose", "time", "sick",
        bound=16.0, exact=False),
)  # fmt: skip
