from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from bench.fed_heart import rows, run
from bench.fed_heart.baselines import FLAMBY, centralised, federated, method
from bench.fed_heart.metrics import evaluate, interval, logits, score
from bench.fed_heart.published import PUBLISHED, TESTED
from bench.fed_heart.report import report
from bench.fed_heart.results import CHOSEN, results
from bench.fed_heart.task import FEATURES, Centre, Part, Task, load, read
from bench.fed_heart.tuning import FOLDS, folds

CHOLESTEROL = 3


@pytest.fixture(scope="module")
def centres(heart_folder: Path) -> list[Centre]:
    """The hospitals, features as they are."""
    return read(heart_folder)


@pytest.fixture(scope="module")
def task(heart_folder: Path) -> Task:
    """The task, standardised."""
    return load(heart_folder)


def test_the_split_has_the_published_sizes(task: Task) -> None:
    """740 patients are split into 199/104, 172/89, 30/16 and 85/45."""
    sizes = [(len(centre.train), len(centre.test)) for centre in task.centres]
    assert sizes == [(199, 104), (172, 89), (30, 16), (85, 45)]
    assert sum(map(sum, sizes)) == 740
    assert {part.x.shape[1] for centre in task.centres for part in (centre.train, centre.test)} == {FEATURES}


def test_the_split_keeps_the_share_of_the_sick_except_in_switzerland(task: Task) -> None:
    """Shares of sick patients differ by under two points; Switzerland's only healthy patient is in the test."""
    sick = {centre.name: (int(centre.train.y.sum()), int(centre.test.y.sum())) for centre in task.centres}
    assert sick == {"Cleveland": (91, 48), "Hungary": (65, 33), "Switzerland": (30, 15), "Long Beach": (66, 35)}
    for centre in task.centres:
        if centre.name != "Switzerland":
            assert abs(centre.train.y.mean() - centre.test.y.mean()) < 0.02


def test_features_are_plain_columns_and_all_levels_but_the_first(centres: list[Centre]) -> None:
    """Cleveland's first patient, 63 years with typical angina and an ECG of level 2, is found as these features."""
    wanted = np.array([63, 1, 145, 233, 1, 150, 0, 2.3, 0, 0, 0, 0, 1], np.float32)
    cleveland = np.concatenate([centres[0].train.x, centres[0].test.x])
    assert (cleveland == wanted).all(axis=1).sum() == 1


def test_each_hospital_is_standardised_by_its_own_training_patients(task: Task, centres: list[Centre]) -> None:
    """Training features have mean 0 and deviation 1, but for Swiss cholesterol; tests take the same statistics."""
    for centre, raw in zip(task.centres, centres, strict=True):
        constant = [feature for feature in range(FEATURES) if np.ptp(raw.train.x[:, feature]) == 0]
        assert constant == ([CHOLESTEROL] if centre.name == "Switzerland" else [])
        assert np.abs(centre.train.x.mean(axis=0)).max() < 1e-5
        deviations = np.delete(centre.train.x.std(axis=0, ddof=1), constant)
        np.testing.assert_allclose(deviations, 1, atol=1e-5)
        assert not centre.train.x[:, constant].any()
        assert not centre.test.x[:, constant].any()
        age = (raw.test.x[:, 0] - raw.train.x[:, 0].mean()) / raw.train.x[:, 0].std(ddof=1)
        np.testing.assert_allclose(centre.test.x[:, 0], age, atol=1e-4)


def test_the_pooled_rule_standardises_by_all_training_patients(task: Task) -> None:
    """All 486 training patients together have mean 0 and deviation 1, and are the hospitals' in their order."""
    assert (len(task.pooled.train), len(task.pooled.test)) == (486, TESTED)
    assert np.abs(task.pooled.train.x.mean(axis=0)).max() < 1e-5
    np.testing.assert_allclose(task.pooled.train.x.std(axis=0, ddof=1), 1, atol=1e-5)
    assert np.array_equal(task.pooled.train.y, task.together.train.y)
    assert np.array_equal(task.pooled.test.y, task.together.test.y)


def test_measures_agree_with_scikit_learn(seed: int) -> None:
    """Accuracy, AUC with ties, and log-loss are those of scikit-learn."""
    draw = np.random.default_rng(seed)
    odds = draw.normal(size=200).round(1)
    labels = (draw.random(200) < 0.4).astype(np.float32)
    shares = 1 / (1 + np.exp(-odds))
    found = score(odds, labels)
    assert len(np.unique(odds)) < len(odds)
    assert found.accuracy == pytest.approx(accuracy_score(labels, shares > 0.5))
    assert found.auc == pytest.approx(roc_auc_score(labels, shares))
    assert found.log_loss == pytest.approx(log_loss(labels, shares))


def test_patients_of_one_label_have_no_auc() -> None:
    """AUC compares the sick with the healthy, and is NaN where there are only the former."""
    assert np.isnan(score(np.array([0.3, -0.2]), np.ones(2)).auc)


def test_evaluation_uses_both_rules_and_every_hospital(task: Task, seed: int) -> None:
    """Accuracies of hospitals, weighted by size, make that of the own rule; the pooled rule takes other features."""
    weights = np.random.default_rng(seed).normal(size=FEATURES + 1)
    scores = evaluate(weights, task)
    sizes = [len(centre.test) for centre in task.centres]
    assert scores.own.accuracy == pytest.approx(np.average(scores.centres, weights=sizes))
    pooled = task.pooled.test
    assert scores.pooled == score(pooled.x @ weights[:-1] + weights[-1], pooled.y)
    assert scores.pooled != scores.own


def test_bootstrap_intervals_agree_with_drawing_patients_again(task: Task, seed: int) -> None:
    """Ends of the intervals are those of scikit-learn's measures over patients drawn again in a loop."""
    draw = np.random.default_rng(seed)
    weights = draw.normal(size=(2, FEATURES + 1))
    patients, sizes = task.together.test, [len(centre.test) for centre in task.centres]
    odds = logits(weights, patients)
    ends = np.cumsum([0, *sizes])
    drawn = []
    for _ in range(400):
        again = np.concatenate([draw.integers(lo, hi, hi - lo) for lo, hi in pairwise(ends)])
        runs = [score(run[again], patients.y[again]) for run in odds]
        drawn.append([np.mean([(run.accuracy, run.auc, run.log_loss) for run in runs], axis=0)])
    wanted = np.quantile(np.concatenate(drawn), [0.025, 0.975], axis=0)
    for found, end in zip(interval(weights, patients, sizes), wanted, strict=True):
        assert (found.accuracy, found.auc) == pytest.approx(end[:2], abs=0.02)
        assert found.log_loss == pytest.approx(end[2], rel=0.06)


def test_pooled_training_reaches_its_accuracy(task: Task) -> None:
    """One seed of Adam over all training patients has at least 78% of the pooled test right."""
    assert evaluate(centralised(task.pooled.train, 42), task).pooled.accuracy >= 0.78


def test_federated_training_gives_flambys_numbers_of_the_same_seed(task: Task) -> None:
    """With FLamby's settings and seed 42 every strategy has as many patients right as FLamby's file says."""
    found = {
        each.name: round(evaluate(weights, task).pooled.accuracy * TESTED)
        for each, weights in zip(FLAMBY, federated(task, FLAMBY, 42), strict=True)
    }
    assert found == {name: PUBLISHED[name].right[0] for name in found}


def test_scaffold_corrects_and_fedprox_pulls_back(task: Task) -> None:
    """Scaffold has one Cleveland patient fewer right than FedAvg, as in FLamby's file; a strong pull hardly moves."""
    methods = [method("FedAvg", 1e-3), method("Scaffold", 1e-3), method("FedProx", 1e-3, mu=500.0)]
    average, scaffold, pulled = federated(task, methods, 42)
    cleveland = [round(evaluate(weights, task).centres[0] * 104) for weights in (average, scaffold)]
    assert cleveland == [79, 78]
    torch.manual_seed(42)
    layer = torch.nn.Linear(FEATURES, 1)
    start = np.concatenate([layer.weight.detach().numpy()[0], layer.bias.detach().numpy()])
    assert np.linalg.norm(pulled - start) < np.linalg.norm(average - start) / 10


def test_methods_trained_side_by_side_are_trained_as_if_alone(task: Task) -> None:
    """A strategy's weights do not depend on which others are trained in the same pass."""
    together = federated(task, FLAMBY, 43)
    scaffold = next(at for at, each in enumerate(FLAMBY) if each.name == "Scaffold")
    alone = federated(task, [FLAMBY[scaffold]], 43)[0]
    np.testing.assert_allclose(together[scaffold], alone, atol=1e-5)


def test_every_training_patient_is_held_out_once(centres: list[Centre]) -> None:
    """Folds hold out each hospital's training patients once, and train with all the others."""
    tasks = list(folds(centres))
    assert len(tasks) == FOLDS
    for at, centre in enumerate(centres):
        assert sum(len(fold.centres[at].test) for fold in tasks) == len(centre.train)
        assert sum(fold.centres[at].test.y.sum() for fold in tasks) == centre.train.y.sum()
        assert {len(fold.centres[at].train) + len(fold.centres[at].test) for fold in tasks} == {len(centre.train)}


def test_test_patients_have_no_say_in_what_is_chosen(centres: list[Centre]) -> None:
    """Folds are the same when nothing is known of the test patients."""
    nothing = Part(np.full((1, FEATURES), np.nan, np.float32), np.full(1, np.nan, np.float32))
    blind = [replace(centre, test=nothing) for centre in centres]
    for fold, other in zip(folds(centres), folds(blind), strict=True):
        for ours, theirs in zip(fold.centres, other.centres, strict=True):
            assert np.array_equal(ours.train.x, theirs.train.x)
            assert np.array_equal(ours.test.x, theirs.test.x)


@pytest.mark.long
def test_the_whole_table_meets_its_goals(heart_folder: Path) -> None:
    """Pooled, FedAvg and chosen federated training meet their goals, and every method is in the table."""
    found = results(heart_folder)
    assert all(row.ok for row in rows(found))
    assert found.best.endswith(CHOSEN)
    text = report(found)
    assert all(name in text for name in found.rows)
    for each in FLAMBY:
        right = [round(scores.pooled.accuracy * TESTED) for scores in found.rows[each.name].scores]
        assert right == list(PUBLISHED[each.name].right)


def test_without_the_files_nothing_is_measured_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Among the other benchmarks, missing files are a line for people, and no failure of the rest."""
    monkeypatch.setenv("FEDLAB_DATA", str(tmp_path))
    assert run() == []
    assert "fed_heart is NOT measured" in capsys.readouterr().err
