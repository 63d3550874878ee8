"""Trainings over made-up persons, as one hospital computes them, and what torch.func makes of the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fedlab_kernel.hospital.training import Local, Prepared, prepare, run_round
from fedlab_kernel.language import check
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.privacy.events import SampledGaussian
from fedlab_kernel.privacy.noise_for import event_for
from tests.language.primitives.people import SECRET, Person, catalogue, rows_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

LINEAR = "x @ w.W + w.b"
NETWORK = "tanh(x @ w.W + w.b) @ w.V"
SMALL = "W=zeros(2, 1), b=zeros(1)"
LARGER = "W=zeros(2, 3), b=zeros(3), V=zeros(3, 1)"
STARTS = [(LINEAR, SMALL), (NETWORK, LARGER)]
STEADY = Local(0.1, 0.0, None)
PERSONS: list[Person] = [{"a": a, "b": b, "k": k} for a, b, k in ((1.0, 2.0, 3), (-4.0, 0.5, -2), (9.0, -9.0, 5))]


def never() -> bool:
    """The usual answer to whether time is up."""
    return False


def aggregate_of(
    capacity: int, predict: str = LINEAR, more: str = "", on: str = "p", start: str = SMALL, rate: float = 1.0
) -> Aggregate:
    """The training of a function of `fill(p.a, 0)`, `fill(p.b, 0)` towards `p.k`, as a hospital reads it."""
    text = (
        f'p = table("people")\nq = {on}\ndef predict(w, x):\n    return {predict}\n'
        f"m = release(train(predict, params({start}), loss=mse, on=q, inputs=[fill(q.a, 0), fill(q.b, 0)],"
        f" target=q.k, rounds=3, sample_rate={rate}{more}), epsilon=1.0)"
    )
    checked = check(text, catalogue(capacity))
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    (found,) = checked.releases
    return found.aggregate


def prepared_of(
    persons: Sequence[Person], capacity: int = 8, *, present: Sequence[int] | None = None, **asked: Any
) -> Prepared:
    """A training over these persons, or over those of them that are `present`, each at the place of their number."""
    rows = rows_of(persons, capacity)
    if present is not None:
        rows = replace(rows, present=np.isin(np.arange(capacity), present))
    return prepare(aggregate_of(capacity, **asked), rows, SECRET, capacity)


def event_of(prepared: Prepared, epsilon: float = 1.0) -> SampledGaussian:
    """The noise that it is charged for."""
    event = event_for(prepared.training, epsilon, 1e-8)
    assert isinstance(event, SampledGaussian)
    return event


def weights_of(prepared: Prepared, *values: float) -> Floats:
    """Weights, by default small ones that all differ."""
    dimension = prepared.training.dimension
    return np.array(values or np.linspace(-0.3, 0.4, dimension), np.float32)


def once(prepared: Prepared, weights: Floats | None = None, event: SampledGaussian | None = None) -> Ints:
    """What a round gives."""
    given = weights_of(prepared) if weights is None else weights
    return run_round(prepared, given, event or event_of(prepared), STEADY, deadline=never, cancelled=never)


def reference(persons: Sequence[Person], weights: Floats, prepared: Prepared) -> npt.NDArray[np.float64]:
    """The clipped sum of (x @ W + b - k)**2, in grid steps, by torch.func in float64 and a loop."""
    public = prepared.training
    split = prepared.program.split(torch.from_numpy(weights))
    start = {name: one.double() for name, one in split.items()}

    def loss(w: Mapping[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if "V" in w:
            return ((torch.tanh(x @ w["W"] + w["b"]) @ w["V"])[0] - y) ** 2
        return ((x @ w["W"] + w["b"])[0] - y) ** 2

    total = np.zeros(public.dimension)
    for person in persons:
        if person.get("k") is None:
            continue
        x = torch.tensor([float(person.get("a") or 0) / 10, float(person.get("b") or 0) / 10], dtype=torch.float64)
        slopes = torch.func.grad(loss)(start, x, torch.tensor(float(person["k"]), dtype=torch.float64))  # type: ignore[arg-type]
        flat = torch.cat([slopes[name].flatten() for name in sorted(slopes)]).numpy()
        total += flat * min(1.0, public.clip / max(float(np.linalg.norm(flat)), 1e-300))
    return total / public.step
