"""What a quote says of a training: how loud its noise is, and what stands for missing values."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fedlab_kernel.errors import Diagnostic
from fedlab_kernel.language import Column, Table, check
from fedlab_kernel.language.training import FLOAT_ERROR
from fedlab_kernel.privacy.calibration import calibrate_run
from fedlab_kernel.privacy.numerals import expected
from fedlab_kernel.privacy.quote import Quote, Terms, quote
from fedlab_kernel.privacy.training_quote import LOUDEST

COLUMNS = (
    Column("age", "int", 18, 100, unit="years"),
    Column("chol", "int", 80, 650, unit="mg/dl", may_miss=True, default=240),
    Column("cp", "category", 0, 2, ("typical", "atypical", "none"), may_miss=True, default=2),
    Column("exang", "bool", 0, 1, may_miss=True, default=0),
    Column("sick", "bool", 0, 1),
)
CATALOGUE = {"heart": Table("heart", "patients", {one.name: one for one in COLUMNS}, 1000, 1024)}
TERMS = Terms(hospitals=4, delta=1e-8, epsilon_min=0.001, epsilon_max=10.0, sizes={"heart": 1000})
CELL = """p = table("heart")
q, r = split(p, 0.7)
def predict(w, x):
    return sigmoid(x @ w.W + w.b)
m = release(train(predict, params(W=zeros(6, 1), b=zeros(1)), loss=bce, on={on},
    inputs=["age", "chol", "cp", "exang"], target="sick", rounds={rounds}, steps={steps}, clip={clip}),
    epsilon={epsilon})
"""


def quoted(
    on: str = "p", rounds: int = 20, steps: int = 1, clip: float = 1.0, epsilon: float = 2.0, terms: Terms = TERMS
) -> tuple[Quote, tuple[Diagnostic, ...]]:
    """The quote of a training, and the findings."""
    checked = check(CELL.format(on=on, rounds=rounds, steps=steps, clip=clip, epsilon=epsilon), CATALOGUE)
    assert checked.ok, checked.findings
    return quote(checked.releases, terms)


def test_the_noise_is_that_of_the_mean_gradient() -> None:
    """In clipping norms it is sigma times the root of the hospitals over the persons to expect in a step."""
    (line,) = quoted()[0].releases
    assert line.training is not None
    multiplier = calibrate_run(0.2, 20, 1, 2**16, 2.0, 1e-8).noise_multiplier
    assert line.training.noise_multiplier == pytest.approx(multiplier, rel=1e-6)
    # One person adds a little more than a clipping norm, as floats and the grid are not exact.
    assert line.training.noise == pytest.approx(multiplier * math.sqrt(4) / (0.2 * 1000), rel=3 * FLOAT_ERROR)
    assert line.training.length == pytest.approx(line.training.noise * math.sqrt(7))
    assert (line.training.weights, line.training.rounds, line.training.steps) == (7, 20, 1)


def test_of_a_split_only_its_share_is_expected() -> None:
    """A training on 70 % of the persons, or at one hospital with all of them, is louder or less loud accordingly."""
    (whole,), (part,), (alone,) = (
        quoted(**changed)[0].releases  # type: ignore[arg-type]
        for changed in ({}, {"on": "q"}, {"terms": replace(TERMS, hospitals=1)})
    )
    assert whole.training is not None
    assert part.training is not None
    assert alone.training is not None
    assert part.training.noise == pytest.approx(whole.training.noise / 0.7)
    assert alone.training.noise == pytest.approx(whole.training.noise / 2)


def test_the_noise_is_told_in_clipping_norms() -> None:
    """Another clipping norm has the same noise in clipping norms, also where it is no power of two."""
    one, other = (quoted(clip=clip)[0].releases[0].training for clip in (1.0, 0.3))
    assert one is not None
    assert other is not None
    assert one.noise == pytest.approx(other.noise)


def test_the_quote_is_a_sentence() -> None:
    """It says noise, weights, rounds and steps, and not that the error is known."""
    (line,) = quoted()[0].releases
    assert line.half_width is None
    assert line.training is not None
    assert expected(line) == (
        f"noise {line.training.noise:.2g} × clip on each coordinate of the mean gradient of a step "
        "(D = 7 weights, 20 rounds)"
    )
    assert expected(quoted(steps=5)[0].releases[0]).endswith("(D = 7 weights, 20 rounds of 5 steps)")


def test_what_stands_for_missing_values_is_said() -> None:
    """Each input that may be missing is named with its value, in the words of the catalogue."""
    (line,) = quoted()[0].releases
    assert line.training is not None
    assert line.training.fills == (
        "missing chol is taken as 240 mg/dl", "missing cp is taken as none", "missing exang is taken as False"
    )  # fmt: skip


def test_noise_that_drowns_gradients_is_warned_of() -> None:
    """Exactly where its expected length exceeds ten clipping norms, the quote warns at the release, and is a quote."""
    seen = set()
    for epsilon in (0.002, 0.005, 0.01, 0.02, 0.05, 1.0):
        cost, findings = quoted(epsilon=epsilon, on="q")
        training = cost.releases[0].training
        assert training is not None
        assert findings == ()
        loud = training.length > LOUDEST
        seen.add(loud)
        assert [(one.code, one.severity) for one in cost.warnings] == [("FP110", "warning")] * loud
        if loud:
            (warning,) = cost.warnings
            assert warning.span == cost.releases[0].span
            assert f"{training.noise:.2g} × clip in each of 7 coordinates" in warning.message
    assert seen == {True, False}


def test_other_releases_say_nothing_of_it() -> None:
    """A count has no training and no warning."""
    cost, _ = quote(check('n = release(count(table("heart")), epsilon=0.001)', CATALOGUE).releases, TERMS)
    assert cost.releases[0].training is None
    assert cost.warnings == ()
