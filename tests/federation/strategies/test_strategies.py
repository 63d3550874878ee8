"""What every strategy must do, and how one is found by its name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.strategies import STRATEGIES, Strategy, Update, strategy_of

from .plain import RATE_SUM, SIZES, rounds, start, states

NAMES = ["fedadagrad", "fedadam", "fedavg", "fedprox", "fedyogi", "scaffold"]


@pytest.fixture(params=NAMES)
def strategy(request: pytest.FixtureRequest) -> Strategy[Any]:
    """Each strategy with its defaults."""
    return strategy_of(request.param, {})


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    """The code of the only finding."""
    (finding,) = refused.value.diagnostics
    return finding.code


def test_every_strategy_is_found_by_its_name() -> None:
    """The registry holds the six strategies, each by its own name."""
    assert sorted(STRATEGIES) == NAMES
    assert all(strategy_of(name, {}).name == name for name in NAMES)


def test_options_are_set_by_their_names() -> None:
    """What is named is set, what is not keeps its default."""
    assert strategy_of("fedadam", {"server_rate": 0.5, "beta2": 0.9}) == STRATEGIES["fedadam"](
        server_rate=0.5, beta2=0.9
    )
    assert strategy_of("fedprox", {"mu": 1}).proximal == 1


@pytest.mark.parametrize(
    ("name", "options", "named"),
    [
        ("fedsgd", {}, "fedsgd"),
        ("FedAvg", {}, "FedAvg"),
        ("fedavg", {"mu": 0.1}, "mu"),
        ("fedadagrad", {"beta2": 0.9}, "beta2"),
        ("scaffold", {"name": 1.0}, "name"),
        ("fedavg", {"server_rate": 0.0}, "server_rate"),
        ("fedavg", {"server_rate": -1.0}, "server_rate"),
        ("scaffold", {"server_rate": math.inf}, "server_rate"),
        ("fedprox", {"server_rate": math.nan}, "server_rate"),
        ("fedprox", {"mu": -0.1}, "mu"),
        ("fedprox", {"mu": math.nan}, "mu"),
        ("fedadam", {"beta1": 1.0}, "beta1"),
        ("fedadam", {"beta2": 1.0}, "beta2"),
        ("fedyogi", {"beta2": -0.1}, "beta2"),
        ("fedyogi", {"beta1": math.nan}, "beta1"),
        ("fedadagrad", {"tau": 0.0}, "tau"),
        ("fedadagrad", {"server_rate": 10**400}, "server_rate"),
        ("fedavg", {"server_rate": True}, "server_rate"),
        ("fedavg", {"server_rate": "1"}, "server_rate"),
    ],
)
def test_unknown_names_and_values_out_of_range_are_refused(name: str, options: dict[str, Any], named: str) -> None:
    """A strategy or option that there is not, or a value out of its range, is refused, and the message names it."""
    with pytest.raises(Refused) as refused:
        strategy_of(name, options)
    assert code(refused) == "FU510"
    assert f"`{named}`" in refused.value.diagnostics[0].message


def test_the_same_updates_give_the_same_bits(strategy: Strategy[Any], seed: int) -> None:
    """A replay gives bit-identical weights, whatever order the hospitals answered in."""
    given = rounds(seed)
    backwards = [dict(reversed(updates.items())) for updates in given]
    for one, other in zip(states(strategy, given), states(strategy, backwards), strict=True):
        assert one.weights.tobytes() == other.weights.tobytes()
        assert [a.tobytes() for a in one.remembered()] == [a.tobytes() for a in other.remembered()]


def test_only_sizes_relative_to_each_other_matter(strategy: Strategy[Any], seed: int) -> None:
    """Twice the patients in every hospital change nothing."""
    one, other = strategy.begin(start(), SIZES), strategy.begin(start(), {name: 2 * n for name, n in SIZES.items()})
    for updates in rounds(seed):
        one, other = strategy.advance(one, updates), strategy.advance(other, updates)
    assert one.weights.tobytes() == other.weights.tobytes()


def test_two_hospitals_that_agree_count_as_one_of_their_joint_size(strategy: Strategy[Any], seed: int) -> None:
    """A hospital that is split in two, which answer alike, weighs what it did."""
    rng = np.random.default_rng(seed)
    whole = strategy.begin(start(), {"north": 300.0, "south": 100.0})
    parts = strategy.begin(start(), {"north": 120.0, "northeast": 180.0, "south": 100.0})
    for _ in range(5):
        north, south = Update(rng.normal(size=5), RATE_SUM), Update(rng.normal(size=5), RATE_SUM)
        whole = strategy.advance(whole, {"north": north, "south": south})
        parts = strategy.advance(parts, {"north": north, "northeast": north, "south": south})
    assert parts.weights == pytest.approx(whole.weights, rel=1e-6)


def test_a_hospital_that_dropped_out_does_not_pull_towards_where_it_was(strategy: Strategy[Any]) -> None:
    """Weights are shared among those that answered: with one answer, the first step is as if it were alone."""
    alone = strategy.begin(start(), {"north": 10.0})
    among = strategy.begin(start(), {"north": 10.0, "south": 1000.0})
    update = {"north": Update(np.array([0.1, -0.2, 0.3, 0.0, 1.0]), RATE_SUM)}
    assert strategy.advance(among, update).weights.tobytes() == strategy.advance(alone, update).weights.tobytes()


def test_weights_are_kept_in_float64_and_sent_in_float32(strategy: Strategy[Any], seed: int) -> None:
    """The state is finer than what is sent, and what is sent is its nearest float32."""
    last = states(strategy, rounds(seed))[-1]
    assert last.weights.dtype == np.float64
    assert last.sent().dtype == np.float32
    assert (last.sent() == last.weights.astype(np.float32)).all()
    assert (last.sent() != last.weights).any()


def test_states_cannot_be_written_to(strategy: Strategy[Any], seed: int) -> None:
    """A state is the same after it was advanced, and later changes of what was given do not reach it."""
    given = start().astype(np.float64)
    first = strategy.begin(given, SIZES)
    before = first.weights.tobytes()
    second = strategy.advance(first, rounds(seed)[0])
    given[0] = 7.0
    assert first.weights.tobytes() == before
    for state in (first, second):
        with pytest.raises(ValueError, match="read-only"):
            state.weights[0] = 1.0


@pytest.mark.parametrize("bad", [math.inf, math.nan, 1e308, 1e200])
def test_weights_that_run_away_are_refused_and_the_state_before_stays_usable(
    strategy: Strategy[Any], bad: float, seed: int
) -> None:
    """An update that would make the state infinite is refused by design, and the round can be done without it."""
    given = rounds(seed)
    before = states(strategy, given)[-1]
    after = strategy.advance(before, given[0])
    with pytest.raises(Refused) as refused:
        strategy.advance(before, {**given[0], "west": Update(np.full(5, bad), RATE_SUM)})
    assert code(refused) == "FU510"
    assert strategy.advance(before, given[0]).weights.tobytes() == after.weights.tobytes()


def test_an_answer_of_another_length_is_refused(strategy: Strategy[Any]) -> None:
    """An update that does not fit the weights is not added, and its hospital is named."""
    state = strategy.begin(start(), SIZES)
    for shape in [(4,), (1,), (5, 1), ()]:
        with pytest.raises(Refused) as refused:
            strategy.advance(state, {"south": Update(np.zeros(shape), RATE_SUM)})
        assert code(refused) == "FF407"
        assert "south" in refused.value.diagnostics[0].message


def test_a_stranger_is_refused(strategy: Strategy[Any]) -> None:
    """A hospital whose size was not known at the start has no weight, and is not added."""
    with pytest.raises(Refused) as refused:
        strategy.advance(strategy.begin(start(), SIZES), {"mars": Update(np.zeros(5), RATE_SUM)})
    assert code(refused) == "FF407"


def test_a_round_without_an_answer_is_refused(strategy: Strategy[Any]) -> None:
    """Where nobody answered there is no mean."""
    with pytest.raises(Refused) as refused:
        strategy.advance(strategy.begin(start(), SIZES), {})
    assert code(refused) == "FF401"


@pytest.mark.parametrize("size", [0, -1, math.nan, math.inf])
def test_a_size_that_is_none_is_refused(strategy: Strategy[Any], size: float) -> None:
    """A size that cannot weigh anything is refused before training begins."""
    with pytest.raises(Refused) as refused:
        strategy.begin(start(), {"north": 10.0, "south": size})
    assert code(refused) == "FF407"


@pytest.mark.parametrize("weight", [math.nan, math.inf, 1e39])
def test_weights_that_are_not_finite_cannot_begin(strategy: Strategy[Any], weight: float) -> None:
    """Training does not start from what float32 cannot hold."""
    with pytest.raises(Refused) as refused:
        strategy.begin([0.0, weight], SIZES)
    assert code(refused) == "FU510"


@pytest.mark.parametrize("rate_sum", [0.0, -1.0, math.inf, math.nan])
def test_an_update_says_how_far_its_steps_could_go(rate_sum: float) -> None:
    """An update without a positive sum of rates is a mistake of whoever made it."""
    with pytest.raises(ValueError, match="positive"):
        Update(np.zeros(5), rate_sum)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"scaffold"}))
def test_only_scaffold_corrects(name: str) -> None:
    """Hospitals are told to add nothing to their gradients by the others."""
    strategy = strategy_of(name, {})
    assert strategy.correction(strategy.begin(start(), SIZES), "north") is None


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"fedprox"}))
def test_only_fedprox_is_proximal(name: str) -> None:
    """Hospitals are held near the weights by no other."""
    assert strategy_of(name, {}).proximal == 0
