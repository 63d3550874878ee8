from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from fedlab_kernel.errors import Refused
from fedlab_kernel.federation.strategies import STRATEGIES, Update, strategy_of

from .quadratics import DIFFERING, RATE, Hospital, optimum, trained

SCAFFOLD = STRATEGIES["scaffold"]
FEDAVG = STRATEGIES["fedavg"]
STEPS = 10


def somebody_missing(number: int) -> Iterable[str]:
    """Each hospital drops out of every third round."""
    return [name for position, name in enumerate(DIFFERING) if number % 3 != position]


@pytest.mark.parametrize("server_rate", [1.0, 0.6])
@pytest.mark.parametrize("drops_out", [False, True])
def test_several_rounds_agree_with_the_paper(server_rate: float, *, drops_out: bool) -> None:
    """Weights agree with Algorithm 1, option II, on Python's numbers, hospitals keeping their own control variates."""
    roster = somebody_missing if drops_out else lambda _: DIFFERING
    share = {name: one.size / sum(each.size for each in DIFFERING.values()) for name, one in DIFFERING.items()}
    x, c, own = [0.0, 0.0], [0.0, 0.0], {name: [0.0, 0.0] for name in DIFFERING}
    for number in range(12):
        answering = list(roster(number))
        total = sum(share[name] for name in answering)
        step, shift = [0.0, 0.0], [0.0, 0.0]
        for name in answering:
            for entry in range(2):
                y, known = x[entry], own[name][entry]
                for _ in range(STEPS):
                    gradient = DIFFERING[name].curvature * (y - DIFFERING[name].optimum[entry])
                    y -= RATE * (gradient - known + c[entry])
                own[name][entry] = known - c[entry] + (x[entry] - y) / (STEPS * RATE)
                step[entry] += share[name] / total * (y - x[entry])
                shift[entry] += share[name] * (own[name][entry] - known)
        x = [a + server_rate * b for a, b in zip(x, step, strict=True)]
        c = [a + b for a, b in zip(c, shift, strict=True)]
        found = trained(SCAFFOLD(server_rate=server_rate), DIFFERING, STEPS, number + 1, roster)
        assert found.weights == pytest.approx(x, rel=1e-5, abs=1e-6)


def test_hospitals_that_are_alike_are_averaged() -> None:
    """Where hospitals do not differ, nothing is corrected, and weights are those of federated averaging."""
    alike = {
        name: Hospital(size, 0.7, np.array([2.0, -1.0])) for name, size in zip(DIFFERING, (10, 20, 70), strict=True)
    }
    found, average = trained(SCAFFOLD(), alike, STEPS, 15), trained(FEDAVG(), alike, STEPS, 15)
    assert found.weights == pytest.approx(average.weights, rel=1e-5)
    for name in alike:
        assert SCAFFOLD().correction(found, name) == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("drops_out", [False, True])
def test_several_local_steps_still_lead_to_the_optimum(*, drops_out: bool) -> None:
    """Hospitals that differ do not drift: the fixed point is the optimum over patients, with dropouts, too."""
    roster = somebody_missing if drops_out else lambda _: DIFFERING
    found = trained(SCAFFOLD(), DIFFERING, STEPS, 400, roster)
    assert found.weights == pytest.approx(optimum(DIFFERING), abs=1e-5)
    average = trained(FEDAVG(), DIFFERING, STEPS, 400, roster)
    assert abs(average.weights - optimum(DIFFERING)).max() > 0.2


def test_with_one_local_step_and_everybody_there_it_is_averaging() -> None:
    """Corrections weighted by size add up to zero, so they cancel in the mean of single steps."""
    found, average = trained(SCAFFOLD(), DIFFERING, 1, 30), trained(FEDAVG(), DIFFERING, 1, 30)
    assert found.weights == pytest.approx(average.weights, rel=1e-5, abs=1e-6)


def test_noise_cancels_in_the_mean_while_all_answer(seed: int) -> None:
    """Noise that one round left in the corrections makes a hospital's change noisier, but not the mean of all."""
    rng, many = np.random.default_rng(seed), 4000
    sizes = {"north": 100.0, "south": 300.0}
    strategy = SCAFFOLD()
    state = strategy.begin(np.zeros(many), sizes)
    for _ in range(2):
        before = state
        noise = {name: rng.normal(0, 1, many) for name in sizes}
        changes = {name: -0.1 * (noise[name] + strategy.correction(state, name)) for name in sizes}
        state = strategy.advance(state, {name: Update(change, 0.1) for name, change in changes.items()})
    assert state.weights - before.weights == pytest.approx(
        -0.1 * (0.25 * noise["north"] + 0.75 * noise["south"]), abs=1e-6
    )
    # The first round's noise is in this one's correction: of north's own (1 - 1/4)², of south's (3/4)² its variance.
    assert np.var(changes["north"]) / 0.01 == pytest.approx(1 + 2 * 0.75**2, rel=0.1)


def test_who_did_not_answer_keeps_its_control_variate() -> None:
    """Only those that answered are known better; the mean still counts everybody, those never heard as zero."""
    strategy = strategy_of("scaffold", {})
    state = strategy.begin([0.0], {"north": 100.0, "south": 300.0})
    state = strategy.advance(state, {"north": Update(np.array([-2.0]), 0.5)})
    assert strategy.correction(state, "north") == pytest.approx([1.0 - 4.0])
    assert strategy.correction(state, "south") == pytest.approx([1.0])
    state = strategy.advance(state, {"south": Update(np.array([-0.5]), 0.5)})
    assert strategy.correction(state, "south") == pytest.approx([1.0 - 0.0])
    assert strategy.correction(state, "north") == pytest.approx([1.0 - 4.0])


def test_corrections_that_run_away_are_refused() -> None:
    """A correction that float32 cannot hold is never sent, though the weights could be."""
    strategy = SCAFFOLD()
    state = strategy.begin(np.zeros(1), {"north": 1.0, "south": 1.0})
    with pytest.raises(Refused) as refused:
        strategy.advance(state, {"north": Update(np.ones(1), 1e-40)})
    assert refused.value.diagnostics[0].code == "FU510"


def test_a_correction_is_sent_in_float32() -> None:
    """It has the precision of the weights it is added to the gradients of."""
    state = SCAFFOLD().begin(np.zeros(3), {"north": 1.0})
    assert SCAFFOLD().correction(state, "north").dtype == np.float32
