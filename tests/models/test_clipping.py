from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from fedlab_kernel.language.node import make
from fedlab_kernel.models.clipping import ClippingEngine, engine_for, microbatches
from fedlab_kernel.models.clipping.book_keeping import BookKeeping
from fedlab_kernel.models.clipping.opacus import Opacus
from fedlab_kernel.models.clipping.per_person import PerPerson
from fedlab_kernel.models.program import Program

from .nets import LAYERED, PROGRAMS, clipped, column, drawn, embedded, everybody, one_by_one, tied, weights, wrapped

ENGINES = [("book-keeping", name) for name in LAYERED] + [("per person", name) for name in PROGRAMS]
BY_NAME: dict[str, Callable[[], ClippingEngine]] = {"book-keeping": BookKeeping, "per person": PerPerson}
MODULES = ("perceptron", "convolutional", "embedded")

both = pytest.mark.parametrize(("engine", "name"), ENGINES)


def close(got: torch.Tensor, expected: torch.Tensor, share: float = 1e-6) -> None:
    """Vectors differ by at most a share of their size."""
    assert (got - expected).norm() <= share * expected.norm()


@both
@pytest.mark.parametrize("clip", [0.01, 1.0, 1e4])
def test_engines_add_up_clipped_gradients(engine: str, name: str, clip: float, seed: int) -> None:
    """The sum is that of each person's gradient, computed alone in float64 and scaled to the clipping norm."""
    program, start, inputs = drawn(name, 20, seed)
    got = BY_NAME[engine]().clipped_sum(program, start, inputs, everybody(20), clip)
    assert got.dtype == torch.float64
    close(got, clipped(one_by_one(program, start, inputs), clip).sum(0), 5e-5)  # gradients are float32


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("clip", [3.0, 1e4])
def test_book_keeping_agrees_with_opacus(name: str, clip: float, seed: int) -> None:
    """On finite inputs the sum is that of Opacus, whose factors lack our margin and have a small one of their own."""
    program, start, inputs = drawn(name, 30, seed)
    start = {key: weight * 3 for key, weight in start.items()}
    inputs = [one * 20 if node.args[1] == "x" else one for node, one in zip(program.inputs, inputs, strict=True)]
    got = BookKeeping().clipped_sum(program, start, inputs, everybody(30), clip)
    reference = Opacus().clipped_sum(program, start, inputs, everybody(30), clip)
    close(got / (1 - 2.0**-20), reference)


def test_opacus_leaves_out_whom_is_no_member(seed: int) -> None:
    """The reference adds up members only, too, and gives zeros without any."""
    program, start, inputs = drawn("perceptron", 8, seed)
    some = torch.arange(8) < 5
    reference = Opacus().clipped_sum(program, start, inputs, some, 1.0)
    close(BookKeeping().clipped_sum(program, start, inputs, some, 1.0), reference, 1e-5)
    assert not Opacus().clipped_sum(program, start, inputs, ~everybody(8), 1.0).any()
    with pytest.raises(ValueError, match="no layers"):
        Opacus().clipped_sum(tied(), {}, [], some, 1.0)


def test_the_engine_is_book_keeping_where_it_covers() -> None:
    """Layered programs are trained by book-keeping; a weight tied twice or inside a function, person by person."""
    assert isinstance(engine_for(embedded()), BookKeeping)
    assert isinstance(engine_for(tied()), PerPerson)
    assert isinstance(engine_for(wrapped()), PerPerson)
    with pytest.raises(ValueError, match="more than once"):
        BookKeeping().clipped_sum(tied(), {}, [], everybody(1), 1.0)


@both
def test_no_person_changes_the_sum_by_more_than_the_clipping_norm(engine: str, name: str, seed: int) -> None:
    """A batch of one has at most the clipping norm, and reaches it where the gradient is larger."""
    program, start, inputs = drawn(name, 12, seed)
    for person in range(12):
        alone = [one[person : person + 1] for one in inputs]
        size = BY_NAME[engine]().clipped_sum(program, start, alone, everybody(1), 1e-3).norm()
        assert 0.999e-3 < size <= 1e-3


@both
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 3e38])
def test_what_is_not_finite_takes_out_one_person_only(engine: str, name: str, bad: float, seed: int) -> None:
    """A person with a bad value in any input contributes zeros, and no bit of anybody else's contribution changes."""
    program, start, inputs = drawn(name, 9, seed)
    others = everybody(9)
    others[4] = False
    expected = BY_NAME[engine]().clipped_sum(program, start, inputs, others, 1.0)
    for at in range(len(inputs)):
        if bad == 3e38 and program.inputs[at].args[1] != "x":
            continue  # a large label or category is a label at the end
        spoilt = [one.clone() for one in inputs]
        spoilt[at][4] = bad
        got = BY_NAME[engine]().clipped_sum(program, start, spoilt, everybody(9), 1.0)
        if bad != 3e38 or torch.equal(got, expected):
            assert torch.equal(got, expected), f"input {at}"
        else:  # a finite gradient is clipped
            assert torch.isfinite(got).all()
            assert (got - expected).norm() <= 1.0


@both
def test_whom_is_no_member_changes_nothing(engine: str, name: str, seed: int) -> None:
    """The values of a row that does not count, whatever they are, change no bit of the sum."""
    program, start, inputs = drawn(name, 9, seed)
    member = torch.arange(9) % 3 != 1
    expected = BY_NAME[engine]().clipped_sum(program, start, inputs, member, 1.0)
    for filling in (0.0, 1e30, float("nan")):
        other = [torch.where(member.view(-1, *(1,) * (one.ndim - 1)), one, filling) for one in inputs]
        assert torch.equal(BY_NAME[engine]().clipped_sum(program, start, other, member, 1.0), expected)


@both
def test_sums_over_nobody_are_zero(engine: str, name: str, seed: int) -> None:
    """No rows, and rows without a member, give zeros, also where a vector is given to put them into."""
    program, start, inputs = drawn(name, 5, seed)
    for some, member in ((inputs, ~everybody(5)), ([one[:0] for one in inputs], everybody(0))):
        out = torch.full((program.dimension,), 7.0, dtype=torch.float64)
        got = BY_NAME[engine]().clipped_sum(program, start, some, member, 1.0, out=out)
        assert got is out
        assert not got.any()


def test_a_label_that_nobody_has_is_learned_from_all_the_same(seed: int) -> None:
    """Where one class is absent the sum is right, and says that it is less likely."""
    program, start, inputs = drawn("perceptron", 20, seed)
    inputs[1].zero_()
    got = BookKeeping().clipped_sum(program, start, inputs, everybody(20), 1.0)
    close(got, clipped(one_by_one(program, start, inputs), 1.0).sum(0), 2e-6)
    assert program.split(got)["W2_bias"][1] > 0


ROOT = Program.of(
    make(
        "mse",
        make("if", make(">", make("@", column("x"), weights("w", 2)), 0),
             make("sqrt", make("@", column("x"), weights("w", 2))), 0),
        column("y"),
    )
)  # fmt: skip
SPLIT_ROOT = Program.of(
    make(
        "mse",
        make("if", make(">", make("@", column("x"), weights("w", 2)), 0),
             make("sqrt", make("-", make("@", column("x"), weights("v", 2)), weights("b", 1))), 0),
        make("vector", column("y")),
    )
)  # fmt: skip


@pytest.mark.parametrize("program", [ROOT, SPLIT_ROOT])
def test_a_gradient_that_is_no_number_takes_out_one_person_only(program: Program, seed: int) -> None:
    """The root at 0 that a choice left out has the gradient 0 times infinity; others do not notice."""
    x = torch.randn(6, 2, generator=torch.Generator().manual_seed(seed)).abs()
    x[2] = 0.0
    start = {"w": torch.tensor([1.0, 2.0]), "v": torch.tensor([2.0, 1.0]), "b": torch.zeros(1)}
    start = {name: start[name] for name in program.parameters}
    others = torch.arange(6) != 2
    by_name = {"x": x, "y": torch.ones(6)}
    inputs = [by_name.get(str(node.args[1]) if node.op == "column" else "y") for node in program.inputs]
    inputs = [one[:, None] if node.op == "vector" else one for node, one in zip(program.inputs, inputs, strict=True)]
    expected = engine_for(program).clipped_sum(program, start, inputs, others, 1.0)
    got = engine_for(program).clipped_sum(program, start, inputs, everybody(6), 1.0)
    assert got.any()
    assert torch.equal(got, expected)


def test_infinite_weights_take_out_those_who_meet_them(seed: int) -> None:
    """With an infinite row in a table, persons of that category contribute zeros, and others what they would."""
    program, start, inputs = drawn("embedded", 20, seed)
    category = next(one for node, one in zip(program.inputs, inputs, strict=True) if node.args[1] == "category")
    expected = BookKeeping().clipped_sum(program, start, inputs, category != 3, 1.0)
    start["table"][3] = float("nan")
    assert torch.equal(BookKeeping().clipped_sum(program, start, inputs, everybody(20), 1.0), expected)
    start = {name: torch.full_like(weight, float("inf")) for name, weight in start.items()}
    assert not BookKeeping().clipped_sum(program, start, inputs, everybody(20), 1.0).any()


def test_gradients_too_small_for_float32_squares_are_clipped(seed: int) -> None:
    """Numbers whose squares vanish in float32 still have a norm, so that the sum keeps to the clipping norm."""
    program = Program.of(make("*", make("@", column("x"), weights("w", 50)), column("s")))
    x = torch.randn(1, 50, generator=torch.Generator().manual_seed(seed)) * 2.0**-75
    inputs = [{"x": x, "s": torch.full((1,), 2.0**75)}[str(node.args[1])] for node in program.inputs]
    for clip in (2.0**-20, 1.0):
        got = BookKeeping().clipped_sum(program, {"w": torch.zeros(50)}, inputs, everybody(1), clip)
        assert 0.999 * clip < got.norm() <= clip


def test_norms_out_of_reach_do_not_count() -> None:
    """Vectors so large that the other factor of their product could vanish in rounding contribute zeros."""
    program = Program.of(make("*", make("@", column("x"), weights("w", 2)), column("s")))
    x, s = torch.tensor([[2.0**41, 0], [2.0**39, 0]]), torch.tensor([2.0**-140, 2.0**-140])
    inputs = [{"x": x, "s": s}[str(node.args[1])] for node in program.inputs]
    got = BookKeeping().clipped_sum(program, {"w": torch.zeros(2)}, inputs, everybody(2), 1.0)
    assert got.tolist() == [pytest.approx(2.0**-101, rel=1e-4, abs=0.0), 0.0]
    huge = [one * 2.0**-5 if one.ndim == 2 else torch.full((2,), 2.0**110) for one in inputs]
    assert not BookKeeping().clipped_sum(program, {"w": torch.zeros(2)}, huge, everybody(2), 1.0).any()


def test_flushed_denormals_are_noticed(seed: int) -> None:
    """Where denormal numbers count as zero, nothing is summed."""
    program, start, inputs = drawn("perceptron", 3, seed)
    torch.set_flush_denormal(True)
    try:
        with pytest.raises(RuntimeError, match="flushed"):
            BookKeeping().clipped_sum(program, start, inputs, everybody(3), 1.0)
    finally:
        torch.set_flush_denormal(False)
    BookKeeping().clipped_sum(program, start, inputs, everybody(3), 1.0)


@pytest.mark.parametrize("clip", [0.0, -1.0, 1e-9, 1e30, float("nan")])
def test_clipping_norms_out_of_bounds_are_refused(clip: float, seed: int) -> None:
    """A clipping norm for which the error's proof does not hold is no clipping norm."""
    program, start, inputs = drawn("perceptron", 3, seed)
    with pytest.raises(ValueError, match="clipping norm"):
        BookKeeping().clipped_sum(program, start, inputs, everybody(3), clip)


@pytest.mark.parametrize("persons", [1, 3, 100, 180, 200, 252, 255, 496, 500, 962, 970, 10_000])
def test_precision_keeps_the_proved_bound(persons: int) -> None:
    """Single precision is used only where its bound is a 512th of the clipping norm, and is used up to 900 persons."""
    rows, dtype = microbatches.precision(persons)
    if dtype == torch.float32:
        share = (rows + 2) * 2.0**-24
        assert persons * share / (1 - share) <= 2.0**-9
    assert (dtype == torch.float32) == (persons < 963)


@both
def test_microbatches_and_double_precision_give_the_same_sum(
    engine: str, name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several microbatches, and products in float64, add up to what one microbatch gives."""
    program, start, inputs = drawn(name, 20, seed)
    whole = BY_NAME[engine]().clipped_sum(program, start, inputs, everybody(20), 0.5)
    for rows, dtype in ((7, torch.float32), (8, torch.float64)):
        monkeypatch.setattr(microbatches, "precision", lambda *_, answer=(rows, dtype): answer)
        close(BY_NAME[engine]().clipped_sum(program, start, inputs, everybody(20), 0.5), whole, 2e-6)


def test_the_callers_weights_stay_as_they_were(seed: int) -> None:
    """Weights that want gradients get none, also where torch records no operations."""
    program, start, inputs = drawn("perceptron", 6, seed)
    expected = BookKeeping().clipped_sum(program, start, inputs, everybody(6), 1.0)
    wanting = {name: weight.clone().requires_grad_() for name, weight in start.items()}
    for engine in (BookKeeping(), PerPerson()):
        with torch.no_grad():
            got = engine.clipped_sum(program, wanting, inputs, everybody(6), 1.0)
        close(got, expected)
        assert not got.requires_grad
    assert all(weight.grad is None for weight in wanting.values())


def test_losses_without_slope_have_no_gradient(seed: int) -> None:
    """A loss that weights reach through comparisons only teaches nothing."""
    program = Program.of(make("mse", make(">", make("@", column("x"), weights("w", 4)), 0), column("y")))
    draw = torch.Generator().manual_seed(seed)
    inputs = [torch.randn(5, 4, generator=draw), torch.randn(5, generator=draw)]
    for engine in (BookKeeping(), PerPerson()):
        assert not engine.clipped_sum(program, {"w": torch.ones(4)}, inputs, everybody(5), 1.0).any()
