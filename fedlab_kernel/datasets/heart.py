"""A synthetic twin of the UCI heart-disease hospitals: same hospitals, same catalogue, no real patient.

The model, with age in decades from 54 and d = 1 for disease:

    sex, age   by hospital: share of men; normal with the hospital's mean and standard deviation 9
    d          Bernoulli of logit a + 0.6 age + 1.2 male, with a chosen by hospital
    cp, slope, thal, restecg    drawn from a table of probabilities given d
    trestbps   normal(130 + 5 age + 2 d, 17)
    chol       log-normal around 225 + 8 age + 15 female + 10 d, relative spread 0.2
    fbs        Bernoulli of logit -1.8 + 0.3 age
    thalach    normal(152 - 8 age - 14 d, 18)
    exang      Bernoulli 0.15 + 0.4 d
    oldpeak    normal(0.3 + 1.1 d, 0.9), not below 0
    ca         Poisson(0.25 + 0.3 age + 0.8 d), at most 3

Each cell is then missing with a probability that the hospital and the column set (Switzerland measured no
cholesterol). The numbers are hand-picked round figures of the plausible size; nothing was fitted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedlab_kernel.datasets import heart_uci
from fedlab_kernel.datasets.folder import Cells, Site

NAME = "heart"

docs = """
Heart disease, synthetic: drawn from a small documented model with the hospitals and the catalogue of the UCI
heart-disease data. No row describes a real person.
Terms: free of rights (CC0).
"""

catalogue = heart_uci.catalogue

# Share of men, mean age, intercept of the disease logit, chance that a column's cell is missing.
PROFILES: dict[str, tuple[float, float, float, dict[str, float]]] = {
    "cleveland": (0.68, 54, -1.0, {"ca": 0.01, "thal": 0.01}),
    "hungary": (0.72, 48, -1.1, {"chol": 0.08, "fbs": 0.03, "slope": 0.65, "ca": 0.99, "thal": 0.9}),
    "switzerland": (
        0.92, 55, 1.6,
        {"chol": 1.0, "fbs": 0.6, "trestbps": 0.02, "oldpeak": 0.05, "slope": 0.14, "ca": 0.96, "thal": 0.42},
    ),
    "long_beach": (
        0.97, 59, -0.2,
        {"trestbps": 0.28, "chol": 0.28, "fbs": 0.04, "thalach": 0.27, "exang": 0.27, "oldpeak": 0.28,
         "slope": 0.5, "ca": 0.99, "thal": 0.83},
    ),
}  # fmt: skip

# UCI's codes, and their probabilities without and with disease.
CODED: dict[str, tuple[list[int], list[float], list[float]]] = {
    "cp": ([1, 2, 3, 4], [0.07, 0.33, 0.34, 0.26], [0.04, 0.06, 0.15, 0.75]),
    "restecg": ([0, 1, 2], [0.65, 0.15, 0.20], [0.50, 0.22, 0.28]),
    "slope": ([1, 2, 3], [0.60, 0.35, 0.05], [0.24, 0.66, 0.10]),
    "thal": ([3, 6, 7], [0.78, 0.05, 0.17], [0.28, 0.10, 0.62]),
}


def rows(seed: int = 0, hospitals: int | None = None, persons: int | None = None) -> list[Site]:
    """The four hospitals with their declared numbers of patients.

    Args:
        seed: of the pseudo-random numbers.
        hospitals: how many; the fifth is another Cleveland (`cleveland_2`), and so on.
        persons: in each hospital, instead of the declared number.
    """
    rng = np.random.default_rng(seed)
    sites = []
    for index in range(4 if hospitals is None else hospitals):
        turn, which = divmod(index, 4)
        _, name, title, size = heart_uci.HOSPITALS[which]
        fields = _patients(rng, size if persons is None else persons, name)
        if turn:
            name, title = f"{name}_{turn + 1}", f"{title} ({turn + 1})"
        ids = [f"{name}-{at:03d}" for at in range(1, len(fields["age"]) + 1)]
        sites.append(Site(name, f"{title}, synthetic twin", {"heart": {"patient": ids, **fields}}))
    return sites


def _patients(rng: np.random.Generator, n: int, hospital: str) -> dict[str, Cells]:
    men, mean_age, intercept, missing = PROFILES[hospital]
    male = rng.random(n) < men
    age = _whole(rng.normal(mean_age, 9, n), 28, 79)
    decades = (age - 54) / 10
    d = rng.random(n) < _logistic(intercept + 0.6 * decades + 1.2 * male)
    coded = {name: _draw(rng, d, *table) for name, table in CODED.items()}
    chol = (225 + 8 * decades + 15 * ~male + 10 * d) * np.exp(rng.normal(0, 0.2, n))
    fields: dict[str, npt.NDArray[Any]] = {
        "age": age,
        "sex": male.astype(int),
        "cp": coded["cp"],
        "trestbps": _whole(rng.normal(130 + 5 * decades + 2 * d, 17), 80, 200),
        "chol": _whole(chol, 100, 600),
        "fbs": (rng.random(n) < _logistic(-1.8 + 0.3 * decades)).astype(int),
        "restecg": coded["restecg"],
        "thalach": _whole(rng.normal(152 - 8 * decades - 14 * d, 18), 60, 205),
        "exang": (rng.random(n) < 0.15 + 0.4 * d).astype(int),
        "oldpeak": np.clip(rng.normal(0.3 + 1.1 * d, 0.9), 0, 6.2).round(1),
        "slope": coded["slope"],
        "ca": np.minimum(rng.poisson(np.maximum(0.05, 0.25 + 0.3 * decades + 0.8 * d)), 3),
        "thal": coded["thal"],
        "disease": d.astype(int),
    }
    return {name: _with_missing(rng, cells, missing.get(name, 0.0)) for name, cells in fields.items()}


def _draw(
    rng: np.random.Generator,
    d: npt.NDArray[np.bool_],
    codes: list[int],
    healthy: list[float],
    ill: list[float],
) -> npt.NDArray[Any]:
    return np.where(d, rng.choice(codes, d.size, p=ill), rng.choice(codes, d.size, p=healthy))


def _with_missing(rng: np.random.Generator, cells: npt.NDArray[Any], chance: float) -> list[Any]:
    unknown = rng.random(cells.size) < chance
    return ["?" if gone else cell for gone, cell in zip(unknown.tolist(), cells.tolist(), strict=True)]


def _whole(values: npt.NDArray[np.float64], lo: int, hi: int) -> npt.NDArray[np.int64]:
    return np.clip(values.round(), lo, hi).astype(np.int64)


def _logistic(logit: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1 / (1 + np.exp(-logit))
