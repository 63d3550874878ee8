"""What judges a model: each person counts once, in the cell that plain Python says, and error bars cover."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from fedlab_kernel.hospital.data import Rows
from fedlab_kernel.language import Catalogue, check
from fedlab_kernel.language.attachments import unpack
from fedlab_kernel.language.learned import Model
from fedlab_kernel.language.public import Record, Tensor, plain
from fedlab_kernel.language.slices import read, write
from fedlab_kernel.language.statistics.scores import Area
from fedlab_kernel.language.statistics.statistic import SILENCE, Statistic
from fedlab_kernel.language.values import Aggregate
from fedlab_kernel.privacy.calibration import calibrate
from fedlab_kernel.privacy.half_width import LinearNoise
from tests.language.primitives.people import Person, asked, catalogue, rows_of, total
from tests.language.primitives.test_coverage import _drawn, _numbers
from tests.language.primitives.test_sensitivity import _norm, _without, hospitals

DRAWS = 1000
DELTA = 1e-8
LOGISTIC = 'logistic_regression(on=p, inputs=["a", "n"], target="flag")'
OF_LABELS = 'logistic_regression(on=p, inputs=["a", "b", "n"], target="hue")'
WEIGHTS = {"W": (2.0, -1.5), "b": (0.25,)}
LABEL_WEIGHTS = {"W": (2.0, -1.0, 0.5, 0.25, 1.5, -2.0, -0.75, 0.5, 1.0), "b": (0.1, 0.0, -0.3)}


def _tables(capacity: int = 64) -> Catalogue:
    """The table of people, with values that stand for a missing input."""
    table = catalogue(capacity)["people"]
    defaults = {"a": 1.0, "b": 0.0, "n": 50.0}
    columns = {name: replace(column, default=defaults.get(name)) for name, column in table.columns.items()}
    return {"people": replace(table, columns=columns)}


def _model(training: str, weights: dict[str, tuple[float, ...]]) -> Model:
    """A model as a session knows it once it is released, with these weights."""
    checked = check(f'p = table("people")\nm = release({training}, epsilon=1)', _tables())
    assert checked.ok, checked.findings
    model = checked.names["m"]
    assert isinstance(model, Model)
    known = {
        name: Tensor(shape, struct.pack(f"<{len(weights[name])}f", *weights[name]))
        for name, shape in model.shapes.items()
    }
    return Model(model.recipe, known, 20)


def _judged(query: str, model: Model, text: str = "") -> Aggregate:
    """What a hospital reads of a release that judges `m`; it writes it as it was written to it."""
    cell = f'p = table("people")\n{text}\nx = release({query}, epsilon=1.0)'
    checked = check(cell, _tables(), {"m": model})
    assert checked.ok, [(found.code, found.message) for found in checked.findings]
    sent = write(checked.releases[-1].aggregate.node, 1.0)
    attachments = {name: unpack(name, data) for name, data in sent.attachments.items()}
    reading = read(sent.text, _tables(), attachments)
    asked_for = checked.releases[-1].aggregate.statistic
    assert reading.aggregate.statistic == asked_for
    return reading.aggregate


def _persons(seed: int, count: int = 400) -> list[Person]:
    """Persons of whom some have no target, and some no input."""
    random = np.random.default_rng(seed)

    def maybe(value: Any) -> Any:
        return None if random.random() < 0.1 else value

    persons: list[Person] = []
    for _ in range(count):
        a, b, n = random.uniform(-10, 10), random.uniform(-10, 10), random.integers(0, 101)
        flag = random.random() < 1 / (1 + math.exp(-a / 3))
        hue = ("red", "green", "blue")[int(random.integers(3))]
        persons.append({"a": maybe(a), "b": maybe(b), "n": maybe(int(n)), "flag": maybe(bool(flag)), "hue": maybe(hue)})
    return persons


def _float32(numbers: Sequence[float]) -> list[float]:
    return [*struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers))]


def _score(person: Person) -> float:
    """The logistic model in plain Python: missing inputs filled, all brought to -1..1."""
    a: Any = 1.0 if person["a"] is None else person["a"]
    n: Any = 50 if person["n"] is None else person["n"]
    (first, second), (bias,) = _float32(WEIGHTS["W"]), _float32(WEIGHTS["b"])
    return 1 / (1 + math.exp(-(first * (a / 10) + second * ((n - 50) / 50) + bias)))


def _known(persons: Sequence[Person]) -> list[tuple[float, bool]]:
    """Score and outcome of everybody who counts."""
    return [(_score(person), bool(person["flag"])) for person in persons if person["flag"] is not None]


def _finished(aggregate: Aggregate, persons: Sequence[Person]) -> Any:
    statistic = aggregate.statistic
    assert isinstance(statistic, Statistic)
    return plain(statistic.finish(total(aggregate, rows_of(persons)), SILENCE))


@pytest.fixture(scope="module")
def model() -> Model:
    """A logistic regression on `a` and `n`."""
    return _model(LOGISTIC, WEIGHTS)


def test_auc_is_the_share_of_pairs_in_order(model: Model, seed: int) -> None:
    """Of all pairs with and without the outcome, those in different bins count whole and those in one half."""
    persons = _persons(seed)
    places = [(min(int(score * 20), 19), outcome) for score, outcome in _known(persons)]
    pairs = [(with_, without) for with_, yes in places if yes for without, other in places if not other]
    expected = sum(1.0 if first > second else 0.5 if first == second else 0.0 for first, second in pairs) / len(pairs)
    assert _finished(_judged("auc(m, on=p)", model), persons) == pytest.approx(expected)
    fine = _finished(_judged("auc(m, on=p, bins=1000)", model), persons)
    known = _known(persons)
    exact = [(first, second) for first, yes in known if yes for second, other in known if not other]
    assert fine == pytest.approx(sum(first > second for first, second in exact) / len(exact), abs=2e-3)


def test_roc_tells_both_rates_at_every_threshold(model: Model, seed: int) -> None:
    """At each edge, the shares of those with and without the outcome whose score is at least that."""
    persons = _persons(seed)
    known, found = _known(persons), _finished(_judged("roc(m, on=p, bins=[0, 0.3, 0.5, 0.8, 1])", model), persons)
    assert found["thresholds"] == [1, 0.8, 0.5, 0.3, 0]
    for name, side in (("tpr", True), ("fpr", False)):
        scores = [score for score, outcome in known if outcome == side]
        shares = [sum(score >= edge for score in scores) / len(scores) for edge in found["thresholds"]]
        assert found[name] == pytest.approx([0.0, *shares[1:]])
        assert all(low <= at <= high for low, at, high in zip(found[f"{name}_lo"], found[name], found[f"{name}_hi"],
                                                              strict=True))  # fmt: skip
    assert found["auc_lo"] < found["auc"] < found["auc_hi"]
    assert found["auc"] == _finished(_judged("auc(m, on=p, bins=[0, 0.3, 0.5, 0.8, 1])", model), persons)


def test_calibration_tells_means_and_shares(model: Model, seed: int) -> None:
    """Of each bin: mean prediction, share with the outcome, number of persons; of an empty one its middle."""
    persons = _persons(seed)
    edges = [0.0, 0.02, 0.25, 0.5, 0.75, 1.0]
    found = _finished(_judged(f"calibration(m, on=p, bins={edges})", model), persons)
    bins = [[(score, outcome) for score, outcome in _known(persons) if low <= score < high]
            for low, high in pairwise(edges)]  # fmt: skip
    assert found["counts"] == [len(inside) for inside in bins]
    assert not bins[0]
    assert (found["predicted"][0], found["observed"][0]) == (0.01, 0.5)
    for inside, predicted, observed in zip(bins[1:], found["predicted"][1:], found["observed"][1:], strict=True):
        assert predicted == pytest.approx(sum(score for score, _ in inside) / len(inside), abs=1e-3)
        assert observed == pytest.approx(sum(outcome for _, outcome in inside) / len(inside))


def test_brier_is_the_mean_squared_error(model: Model, seed: int) -> None:
    """On a grid of a millionth; a selection is judged alone, and `by=` judges each group."""
    persons = _persons(seed)

    def error(chosen: Sequence[Person]) -> float:
        squares = [(score - outcome) ** 2 for score, outcome in _known(chosen)]
        return sum(squares) / len(squares)

    assert _finished(_judged("brier(m, on=p)", model), persons) == pytest.approx(error(persons), abs=1e-6)
    reds = [person for person in persons if person["hue"] == "red"]
    selected = _judged("brier(m, on=reds)", model, 'reds = p.where(p.hue == "red")')
    assert _finished(selected, persons) == pytest.approx(error(reds), abs=1e-6)
    grouped = _finished(_judged("brier(m, on=p, by=p.hue)", model), persons)
    assert grouped["values"][0] == pytest.approx(error(reds), abs=1e-6)


@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_accuracy_is_the_share_of_right_predictions(model: Model, threshold: float, seed: int) -> None:
    """What is above the threshold is predicted to have the outcome."""
    persons = _persons(seed)
    right = [(score > threshold) == outcome for score, outcome in _known(persons)]
    query = f"accuracy(m, on=p, threshold={threshold})" if threshold != 0.5 else "accuracy(m, on=p)"
    assert _finished(_judged(query, model), persons) == pytest.approx(sum(right) / len(right))


def test_accuracy_of_labels_takes_the_highest_score(seed: int) -> None:
    """Of a score for each label the largest is the prediction, and it is right where that label was observed."""
    persons, labels = _persons(seed), ("red", "green", "blue")
    weights, bias = _float32(LABEL_WEIGHTS["W"]), _float32(LABEL_WEIGHTS["b"])
    right = []
    for person in persons:
        if person["hue"] is not None:
            a: Any = 1.0 if person["a"] is None else person["a"]
            b: Any = 0.0 if person["b"] is None else person["b"]
            n: Any = 50 if person["n"] is None else person["n"]
            x = (a / 10, b / 10, (n - 50) / 50)
            logits = [sum(x[at] * weights[3 * at + label] for at in range(3)) + bias[label] for label in range(3)]
            right.append(labels[logits.index(max(logits))] == person["hue"])
    found = _finished(_judged("accuracy(m, on=p)", _model(OF_LABELS, LABEL_WEIGHTS)), persons)
    assert found == pytest.approx(sum(right) / len(right))


def test_other_targets_and_columns_of_scores_are_judged_alike(model: Model, seed: int) -> None:
    """A label, a category of two and a whole number of two values are outcomes; a column is a score without a model."""
    persons = _persons(seed)
    flag = total(_judged("auc(m, on=p)", model), rows_of(persons))
    for target in ("(8 if p.flag else 7)", '("no" if ~p.flag else "yes")', '"flag"'):
        assert total(_judged(f"auc(m, {target}, on=p)", model), rows_of(persons)) == flag
    assert total(_judged("auc(predicted(m, on=p), p.flag)", model), rows_of(persons)) == flag
    red = _model(OF_LABELS, LABEL_WEIGHTS)
    query = 'auc(predicted(m, on=p)[0], p.hue == "red")'
    assert sum(total(_judged(query, red), rows_of(persons))) == sum(person["hue"] is not None for person in persons)


def test_weights_travel_beside_the_slice(model: Model) -> None:
    """A judge's slice is plain FedQuery on columns, with the released weights as attachments."""
    checked = check('p = table("people")\nx = release(auc(m, on=p), epsilon=1.0)', _tables(), {"m": model})
    sent = write(checked.releases[0].aggregate.node, 1.0)
    assert len(sent.attachments) == 2
    assert "\nv0 = " not in sent.text
    assert sum('tensor(v0, attachment("' in line for line in sent.text.splitlines()) == 2
    for judge, known in (("brier", "mean("), ("accuracy", "proportion(")):
        checked = check(f'p = table("people")\nx = release({judge}(m, on=p), epsilon=1.0)', _tables(), {"m": model})
        assert known in write(checked.releases[0].aggregate.node, 1.0).text.splitlines()[-2]


JUDGES = (
    "auc(sigmoid(p.a / p.b), p.flag)", "auc(p.a, p.wide > p.b, bins=[-1, 0, 0.5], by=p.hue)",
    "roc(p.a / p.b, p.flag, bins=[-1, 0, 5])", "roc(p.n, p.flag, bins=3)",
    "calibration(sigmoid(p.a), p.wide > 0, bins=[0, 0.1, 1])",
    "calibration(min(max(p.a / p.b, 0), 1), p.flag, bins=100)",
    "calibration(sigmoid(p.a), p.flag, bins=[0.2, 0.5, 0.9])", "calibration(p.flag, p.flag, bins=[0, 5e-324, 1])",
    "brier(sigmoid(p.wide), p.flag)", "accuracy(p.a / p.b, p.flag, threshold=0.1, by=p.k)",
    "accuracy(vector(p.a, p.b, p.wide), p.hue)",
)  # fmt: skip


@pytest.mark.parametrize("query", JUDGES)
@settings(max_examples=15)
@given(rows=hospitals())
def test_one_person_changes_a_judgement_by_at_most_the_sensitivity(query: str, rows: Rows) -> None:
    """Whatever scores and outcomes hold, one person's share of the sum is within what is declared."""
    aggregate = asked(query, len(rows.present))
    statistic = aggregate.statistic
    everybody = total(aggregate, rows)

    class General(type(statistic)):  # type: ignore[misc]
        total = Statistic.total

    fields = {name: getattr(statistic, name) for name in statistic.__dataclass_fields__}
    assert total(replace(aggregate, statistic=General(**fields)), rows) == everybody
    for person in np.flatnonzero(rows.present):
        change = [one - other for one, other in zip(everybody, total(aggregate, _without(rows, person)), strict=True)]
        assert _norm(change, statistic.norm) <= statistic.sensitivity


def test_a_score_that_is_no_number_is_in_no_bin() -> None:
    """Such a person counts nowhere; one beyond the edges counts at the end."""
    for query in ("auc(p.a, p.flag, bins=[0, 1, 2])", "calibration(clip(p.a, 0, 1), p.flag, bins=[0.2, 0.5, 0.9])"):
        statistic = asked(query).statistic
        scores, outcomes = np.array([math.nan, -9.0, 9.0]), np.array([True, True, True])
        assert isinstance(statistic, Statistic)
        sums = statistic.total(np, np.array([True, True, True]), scores, outcomes).tolist()
        alone = [statistic.total(np, np.arange(3) == at, scores, outcomes).tolist() for at in range(3)]
        assert not any(alone[0])
        assert sums == [low + high for low, high in zip(alone[1], alone[2], strict=True)]


REFUSED = (
    ("auc(1, on=p)", "FQ210", "a released model"),
    ("auc(logistic_regression(on=p, inputs=[\"a\"], target=\"flag\"), on=p)", "FQ210", "is not released yet"),
    ("auc(m)", "FQ204", "`on`"),
    ("auc(m, p)", "FQ204", "needs `on`"),
    ("auc(p.a)", "FQ204", "`auc` needs `target`"),
    ("auc(m, \"flags\", on=p)", "FQ201", "did you mean \"flag\"?"),
    ("auc(m, p.hue, on=p)", "FQ210", "3 labels"),
    ("auc(m, p.a, on=p)", "FQ210", "two values"),
    ("auc(m, [\"flag\", \"hue\"], on=p)", "FQ210", "one column"),
    ("auc(m, vector(p.a, p.b), on=p)", "FQ212", "not a vector"),
    ("auc(p.a, p.flag, bins=0)", "FQ215", "from 1 to 1,000"),
    ("auc(p.a, p.flag, bins=1001)", "FQ215", "from 1 to 1,000"),
    ("auc(p.a, p.flag, bins=[1, 0])", "FQ215", "must increase"),
    ("roc(1 / p.a, p.flag)", "FQ302", "bins are not known"),
    ("roc(p.visits.x, p.flag)", "FQ206", ""),
    ("auc(vector(p.a, p.b, p.k), p.flag)", "FQ212", "choose one label"),
    ("auc(m, p.where(p.flag).flag, on=p)", "FQ206", "`target`"),
    ("auc(p.where(p.flag).a, p.where(p.flag).flag, on=p)", "FQ206", "`model` does not belong"),
    ("calibration(p.a, p.flag)", "FQ215", "sigmoid"),
    ("brier(p.a, p.flag)", "FQ215", "sigmoid"),
    ("accuracy(vector(p.a, p.b, p.k), p.flag)", "FQ212", "3 labels"),
    ("accuracy(vector(p.a, p.b, p.k), p.hue, threshold=0.5)", "FQ204", "without a threshold"),
    ("accuracy(p.a, p.hue)", "FQ210", "3 labels"),
)  # fmt: skip


@pytest.mark.parametrize(("query", "code", "said"), REFUSED)
def test_bad_input_is_refused_with_what_to_write(model: Model, query: str, code: str, said: str) -> None:
    """A judge says what it needs, at the argument."""
    checked = check(f'p = table("people")\nx = release({query}, epsilon=1.0)', _tables(), {"m": model})
    codes = [found.code for found in checked.findings]
    assert code in codes or (not said and codes), checked.findings
    assert any(said in f"{found.message} {found.fix}" for found in checked.findings), checked.findings


def test_a_model_of_a_computed_target_has_to_be_told_what_to_compare_with() -> None:
    """What was no column of the table when it was learned has no name to look up."""
    model = _model('logistic_regression(on=p, inputs=["a", "n"], target=p.n > 3)', WEIGHTS)
    text = 'p = table("people")\nx = release(auc(m, on=p), epsilon=1.0)'
    (found,) = check(text, _tables(), {"m": model}).findings
    assert (found.code, found.fix) == ("FQ204", "write `target=patients.age > 60`, or the name of a column")
    assert check(text.replace("on=p)", "on=p, target=p.n > 3)"), _tables(), {"m": model}).ok


def _study(count: int, seed: int) -> list[Person]:
    """Persons whose outcome has the probability sigmoid(a / 2)."""
    random = np.random.default_rng(seed)
    values = np.clip(random.normal(-0.5, 3, count), -10, 10)
    return [{"a": float(a), "flag": bool(random.random() < 1 / (1 + math.exp(-a / 2)))} for a in values]


def _covered(judge: str, count: int, epsilon: float, many: int, seed: int, draws: int = DRAWS) -> float:
    """How often the bar of a judge's numbers covers what the exact sums give, ends that are known left out."""
    aggregate = asked(f"{judge}(sigmoid(p.a / 2), p.flag)", count)
    statistic = aggregate.statistic
    assert isinstance(statistic, Statistic)
    exact = total(aggregate, rows_of(_study(count, seed)))
    truth = _numbers(statistic.finish(exact, SILENCE))
    event = calibrate(statistic.norm, statistic.sensitivity, epsilon, DELTA)
    noise, hits = LinearNoise(event, many), []
    for drawn in _drawn(event, many, (draws, len(exact)), np.random.default_rng(seed)).tolist():
        noisy = [entry + error for entry, error in zip(exact, drawn, strict=True)]
        values, bars = _numbers(statistic.finish(noisy, SILENCE)), _numbers(statistic.half_width(noisy, noise))
        told = [(v, t, bar) for v, t, bar in zip(values, truth, bars, strict=True) if bar > 0]
        hits += [abs(v - t) <= bar * (1 + 1e-9) for v, t, bar in told]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("many", [1, 4])
def test_the_bar_of_an_area_covers(many: int, seed: int) -> None:
    """Over 1,000 draws of noise the bar of an area covers 93 % to 97 %."""
    assert 0.93 <= _covered("auc", 1000, 0.5, many, seed) <= 0.97


@pytest.mark.long
@pytest.mark.parametrize("many", [1, 4])
@pytest.mark.parametrize("epsilon", [0.5, 1.0])
@pytest.mark.parametrize("count", [300, 1000, 2000])
def test_bars_of_judgements_cover(count: int, epsilon: float, many: int, seed: int) -> None:
    """Likewise of all judges; shares near their ends, of few persons, are covered more often."""
    for judge in ("auc", "brier", "accuracy"):
        assert 0.93 <= _covered(judge, count, epsilon, many, seed) <= 0.97
    assert 0.93 <= _covered("calibration", count, epsilon, many, seed) <= 0.985
    assert 0.93 <= _covered("roc", count, epsilon, many, seed, 100) <= 0.985


@pytest.mark.parametrize(("apart", "count"), [(1.0, 60), (3.0, 60), (1.0, 400)])
def test_the_sampling_error_of_an_area_covers_the_population(apart: float, count: int, seed: int) -> None:
    """Of samples of normal scores the interval holds the population's area 92 % of the time or more, near 1 always."""
    random = np.random.default_rng(seed)
    population = 0.5 * (1 + math.erf(apart / 2))  # Φ(d / √2)
    edges, hits = np.linspace(-8, 12, 201), []
    for _ in range(400):
        without, having = (np.histogram(random.normal(mean, 1, count), edges)[0] for mean in (0.0, apart))
        area = Area.of(without.tolist(), having.tolist(), SILENCE)
        hits.append(abs(area.value - population) <= area.sampling)
    assert 0.92 <= np.mean(hits) <= (0.99 if population < 0.9 else 1.0)


@pytest.mark.parametrize("sums", [[0] * 40, [-5] * 40, [-50, 30] * 20, [10**9] * 40, [-(10**12), *[0] * 39]])
def test_any_noisy_counts_give_a_judgement(sums: list[int]) -> None:
    """Negative counts and counts of nobody give areas and shares from 0 to 1, and finite bars."""
    noise = LinearNoise(calibrate("l1", 1, 0.5, DELTA), 4)
    for query in ("auc(p.a, p.flag)", "roc(p.a, p.flag)", "calibration(sigmoid(p.a), p.flag, bins=13)"):
        statistic = asked(query).statistic
        assert isinstance(statistic, Statistic)
        noisy = sums[: statistic.dimension]
        value = statistic.finish(noisy, noise)
        shares = _numbers(value)
        bars = [*_numbers(statistic.half_width(noisy, noise)), *_numbers(statistic.sampling(noisy))]
        assert all(0 <= share <= 1 for share in shares)
        assert all(0 <= bar <= 1 for bar in bars)
        if isinstance(value, Record) and value.kind == "roc":
            assert shares == sorted(shares)
