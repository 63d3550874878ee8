"""How far clipped sums in float32 are from exact ones, for values chosen to make that as much as possible."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fedlab_kernel.language.node import make
from fedlab_kernel.language.training import FLOAT_ERROR
from fedlab_kernel.models.clipping.book_keeping import BookKeeping
from fedlab_kernel.models.clipping.per_person import PerPerson
from fedlab_kernel.models.program import Program

from .nets import column, everybody, weights

PERSONS = 240


def contributions(engine: object, program: Program, start: dict[str, Tensor], inputs: list[Tensor]) -> Tensor:
    """What each person adds, found by leaving out all others: (n, dimension)."""
    rows = []
    for person in range(len(inputs[0])):
        member = torch.arange(len(inputs[0])) == person
        rows.append(engine.clipped_sum(program, start, inputs, member, 1.0))  # type: ignore[attr-defined]
    return torch.stack(rows)


@pytest.mark.parametrize("persons", [PERSONS, 1100])
def test_contributions_that_cancel_leave_a_bounded_error(persons: int, seed: int) -> None:
    """Persons whose contributions of the clipping norm cancel nearly: the sum is off by less than a 512th of it."""
    program = Program.of(make("*", make("@", column("x"), weights("w", 8)), column("s")))
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(persons, 8, generator=draw) * 2.0 ** torch.randint(-10, 11, (persons, 1), generator=draw)
    s = torch.where(torch.arange(persons) % 2 == 0, 1e6, -1e6)
    x[1::2] = x[::2] * (1 + 2.0**-12 * torch.randn(persons // 2, 8, generator=draw))
    inputs = [{"x": x, "s": s}[str(node.args[1])] for node in program.inputs]
    start = {"w": torch.zeros(8)}
    got = BookKeeping().clipped_sum(program, start, inputs, everybody(persons), 1.0)
    product = x.double() * s.double()[:, None]
    exact = (product / product.norm(dim=1, keepdim=True) * (1 - 2.0**-20)).sum(0)
    assert (got - exact).norm() <= FLOAT_ERROR
    if persons > 1000:  # in float64
        assert (got - exact).norm() <= 1e-9


@pytest.mark.parametrize("engine", [BookKeeping(), PerPerson()])
def test_places_of_one_image_that_cancel_leave_a_bounded_error(engine: object, seed: int) -> None:
    """Places whose huge gradients cancel within a person: the sum is that of what was formed of each person first."""
    image = make("conv", column("x"), weights("k", 2, 1, 2, 2), weights("b", 2), 1, 0)
    pixels = make("@", make("flatten", image), column("s"))
    program = Program.of(pixels)
    draw = torch.Generator().manual_seed(seed)
    persons = 60
    x = torch.randn(persons, 1, 3, 3, generator=draw) * 1e12
    x[:, :, 1:] = x[:, :, :2].clone()  # rows alike, so that places with opposite signs cancel but for rounding
    sign = torch.tensor([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
    s = sign * (1 + 2.0**-20 * torch.randn(persons, 8, generator=draw))
    inputs = [{"x": x, "s": s}[str(node.args[1])] for node in program.inputs]
    start = {"k": torch.zeros(2, 1, 2, 2), "b": torch.zeros(2)}
    each = contributions(engine, program, start, inputs)
    assert (each.norm(dim=1) <= 1.0).all()
    got = engine.clipped_sum(program, start, inputs, everybody(persons), 1.0)  # type: ignore[attr-defined]
    assert (got - each.sum(0)).norm() <= FLOAT_ERROR


def test_one_row_exchanged_changes_the_sum_by_the_clipping_norm_and_the_error(seed: int) -> None:
    """Weights that amplify rounding change nobody else's contribution when a row comes to count or not."""
    # With 256 numbers a row, libraries add up in an order that depends on where the row stands: persons that are
    # taken out, rather than left in their place, change the sum by half as much again here.
    hidden = make("@", column("x"), weights("W", 256, 1))
    loss = make("tanh", make("*", make("-", hidden, column("c")), weights("amplify", 1)))
    program = Program.of(make("mse", loss, column("y")))
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(40, 256, generator=draw)
    start = {"W": torch.randn(256, 1, generator=draw), "amplify": torch.full((1,), 2.0**22)}
    about = {"x": x, "c": x @ start["W"], "y": torch.ones(40)}
    inputs = [about[str(node.args[1])] for node in program.inputs]
    whole = BookKeeping().clipped_sum(program, start, inputs, everybody(40), 1.0)
    for person in range(0, 40, 3):
        member = everybody(40)
        member[person] = False
        absent = [torch.where(member.view(-1, *(1,) * (one.ndim - 1)), one, 0.0) for one in inputs]
        less = BookKeeping().clipped_sum(program, start, absent, member, 1.0)
        assert (whole - less).norm() <= 1 + 2 * FLOAT_ERROR
