"""Unweighted average recall: golden numbers, absent classes, folds, scorer."""
# SPDX-License-Identifier: BSD-3-Clause

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.metrics import balanced_accuracy_score, recall_score
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB

import skaudeep.metrics
from skaudeep.metrics import (
    uar_scorer,
    unweighted_average_recall,
    unweighted_average_recall_of_folds,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "metrics"
CASES = json.loads((REFERENCE / "tagging_scene_cases.json").read_text())["scene"]


@pytest.fixture(params=CASES, ids=[case["name"] for case in CASES])
def case(request):
    return request.param


def test_default_is_balanced_accuracy_of_the_reference(case):
    expected = case["expected_sklearn"]
    score = unweighted_average_recall(case["y_true"], case["y_pred"])
    assert score == pytest.approx(expected["balanced_accuracy_score"], rel=1e-9)
    assert score == pytest.approx(expected["recall_macro_reference_labels"], rel=1e-9)


def test_zero_is_macro_recall_of_the_reference(case):
    expected = case["expected_sklearn"]
    score = unweighted_average_recall(case["y_true"], case["y_pred"], absent="zero")
    assert score == pytest.approx(expected["recall_macro_default_labels"], rel=1e-9)


def test_zero_over_all_labels_is_the_dcase_class_average(case):
    score = unweighted_average_recall(
        case["y_true"], case["y_pred"], labels=case["labels"], absent="zero"
    )
    average = case["expected_sed_eval"]["class_wise_average"]["accuracy"]["accuracy"]
    assert score == pytest.approx(average, rel=1e-9)
    all_labels = case["expected_sklearn"]["recall_macro_all_labels"]
    assert score == pytest.approx(all_labels, rel=1e-9)


def test_listed_absent_classes_do_not_change_the_default(case):
    arguments = case["y_true"], case["y_pred"]
    assert unweighted_average_recall(
        *arguments, labels=[*case["labels"], "tram"]
    ) == unweighted_average_recall(*arguments)


def test_labels_choose_the_classes():
    y_true, y_pred = [0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 0, 0]
    assert unweighted_average_recall(y_true, y_pred, labels=[0, 1]) == 0.75
    assert unweighted_average_recall(y_true, y_pred, labels=[2]) == 0
    assert unweighted_average_recall(y_true, y_pred, labels=[0, 0, 1]) == 0.75


def test_sample_weight_equals_repetition():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 4, size=(2, 60))
    weight = rng.integers(1, 4, size=60)
    weighted = unweighted_average_recall(y_true, y_pred, sample_weight=weight)
    repeated = unweighted_average_recall(
        np.repeat(y_true, weight), np.repeat(y_pred, weight)
    )
    assert weighted == pytest.approx(repeated, rel=1e-12)
    assert weighted == pytest.approx(
        recall_score(y_true, y_pred, average="macro", sample_weight=weight), rel=1e-12
    )


def test_class_of_zero_weight_is_absent():
    y_true, y_pred, weight = ["a", "a", "b"], ["a", "b", "a"], [1, 1, 0]
    score = unweighted_average_recall(y_true, y_pred, sample_weight=weight)
    assert score == 0.5
    zero = unweighted_average_recall(
        y_true, y_pred, sample_weight=weight, absent="zero"
    )
    assert zero == 0.25


@pytest.mark.parametrize("container", [list, np.array, pd.Series])
def test_containers(container):
    y_true, y_pred = container(["a", "b", "b"]), container(["a", "b", "a"])
    score = unweighted_average_recall(y_true, y_pred)
    assert score == 0.75
    assert isinstance(score, float)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0, 1], [0, 1]), {"absent": "nan"}, r"absent must be one of .* got 'nan'"),
        (([0, 1], [0, 1]), {"labels": [5]}, r"none of the labels \[5\] has a sample"),
        (([0, 1], [0]), {}, "inconsistent numbers of samples"),
        (([0.5, 1.2], [0, 1]), {}, "y_true must hold one class label per sample"),
        (([0, 1], [[0, 1], [1, 1]]), {}, "y_pred must hold one class label"),
        (([0, 1], [0, 1]), {"sample_weight": [-1, 1]}, "sample_weight must be finite"),
        (([0, 1], [0, 1]), {"sample_weight": [np.nan, 1]}, "must be finite"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        unweighted_average_recall(*arguments, **options)


def test_scorer_in_model_selection():
    X, y = make_classification(
        120, 6, n_informative=4, n_classes=3, weights=[0.7, 0.2, 0.1], random_state=0
    )
    constant = DummyClassifier(strategy="most_frequent")
    scores = cross_val_score(constant, X, y, scoring=skaudeep.metrics.uar_scorer, cv=3)
    np.testing.assert_allclose(scores, 1 / 3)
    search = GridSearchCV(
        DummyClassifier(random_state=0),
        {"strategy": ["most_frequent", "stratified"]},
        scoring=uar_scorer,
    ).fit(X, y)
    expected = balanced_accuracy_score(y, search.best_estimator_.predict(X))
    assert search.score(X, y) == pytest.approx(expected)


def test_scorer_pickles():
    restored = pickle.loads(pickle.dumps(uar_scorer))
    X, y = np.zeros((3, 1)), [0, 0, 1]
    assert restored(DummyClassifier().fit(X, y), X, y) == 0.5


FOLDS = ["a", "a", "a", "a", "b", "b", "b"]
OF_FOLDS = [0, 0, 0, 1, 0, 1, 1], [0, 0, 0, 1, 0, 1, 0]


def test_folds_one_by_one_and_together():
    scores = unweighted_average_recall_of_folds(*OF_FOLDS, FOLDS)
    assert scores.folds.tolist() == ["a", "b"]
    assert scores.per_fold.tolist() == [1, 0.75]
    assert (scores.mean, scores.std) == (0.875, 0.125)
    assert scores.concatenated == pytest.approx((1 + 2 / 3) / 2)


def test_folds_equal_cross_validation():
    X, y = make_classification(
        150, 6, n_informative=4, n_classes=3, weights=[0.6, 0.3, 0.1], random_state=0
    )
    cv, classifier = StratifiedKFold(4), GaussianNB()
    folds = np.empty(len(y), dtype=int)
    for i, (_, test) in enumerate(cv.split(X, y)):
        folds[test] = i
    y_pred = cross_val_predict(classifier, X, y, cv=cv)
    scores = unweighted_average_recall_of_folds(y, y_pred, folds)
    expected = cross_val_score(classifier, X, y, cv=cv, scoring=uar_scorer)
    np.testing.assert_allclose(scores.per_fold, expected, rtol=1e-12)
    assert scores.mean == pytest.approx(expected.mean())
    assert scores.std == pytest.approx(expected.std())
    assert scores.concatenated == unweighted_average_recall(y, y_pred)
    assert scores.concatenated != pytest.approx(scores.mean)


def test_order_of_samples_of_folds_does_not_matter():
    order = np.random.default_rng(0).permutation(7)
    y_true, y_pred, folds = (np.array(v)[order] for v in (*OF_FOLDS, FOLDS))
    shuffled = unweighted_average_recall_of_folds(y_true, y_pred, folds)
    assert shuffled.per_fold.tolist() == [1, 0.75]


def test_class_that_a_fold_lacks():
    y_true, y_pred, folds = [0, 0, 1, 0, 0], [0, 0, 1, 0, 1], [1, 1, 1, 2, 2]
    excluded = unweighted_average_recall_of_folds(y_true, y_pred, folds)
    assert excluded.per_fold.tolist() == [1, 0.5]
    zero = unweighted_average_recall_of_folds(
        y_true, y_pred, folds, labels=[0, 1], absent="zero"
    )
    assert zero.per_fold.tolist() == [1, 0.25]
    with pytest.raises(ValueError, match=r"Fold 2: The recall of no class is defined"):
        unweighted_average_recall_of_folds(y_true, y_pred, folds, labels=[1])


def test_folds_of_another_length_are_named():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        unweighted_average_recall_of_folds(*OF_FOLDS, FOLDS[:-1])
