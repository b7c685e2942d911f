"""Tests of fusion_optimism: both estimates, and what it costs."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skaudeep.classifiers import WeightedFusionClassifier, fusion_optimism
from skaudeep.metrics import unweighted_average_recall

MEMBERS = [
    ("near", KNeighborsClassifier(7)),
    ("bayes", GaussianNB()),
    ("tree", DecisionTreeClassifier(max_depth=2, random_state=0)),
]


@pytest.fixture(scope="module")
def wine():
    """Three classes, poor columns; the clips of twelve places."""
    X, y = load_wine(return_X_y=True)
    return X[:, 7:10], np.array(["red", "white", "rose"])[y], np.arange(len(y)) % 12


@pytest.mark.parametrize("voting", ["soft", "majority"])
def test_both_estimates_are_what_they_say(wine, voting):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(MEMBERS, voting=voting, step=0.2, cv=3)
    result = fusion_optimism(fusion, X, y, cv=4)
    nested = cross_val_predict(fusion, X, y, cv=4)
    assert sorted(result.indices) == list(range(len(y)))
    np.testing.assert_array_equal(result.y_nested, nested[result.indices])
    assert result.nested == pytest.approx(unweighted_average_recall(y, nested))
    # The way of the papers is one search over outer folds, which is reported.
    tuned = clone(fusion).set_params(cv=4).fit(X, y)
    assert result.on_reported_folds == pytest.approx(tuned.cv_score_)
    np.testing.assert_array_equal(result.weights_on_reported_folds, tuned.weights_)
    np.testing.assert_allclose(result.members, tuned.scores_)
    assert result.optimism == result.on_reported_folds - result.nested > 0
    assert result.on_reported_folds == pytest.approx(
        unweighted_average_recall(y[result.indices], result.y_on_reported_folds)
    )
    for (train, _), weights in zip(
        StratifiedKFold(4).split(X, y), result.weights, strict=True
    ):
        one = clone(fusion).fit(X[train], y[train])
        np.testing.assert_array_equal(one.weights_, weights)
    assert not hasattr(fusion, "weights_")


def test_given_weights_are_not_optimistic(wine):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(MEMBERS, [3, 0, 1], scoring="accuracy")
    result = fusion_optimism(fusion, X, y, cv=3)
    assert result.optimism == 0
    np.testing.assert_allclose(result.weights_on_reported_folds, [0.75, 0, 0.25])
    expected = accuracy_score(y, cross_val_predict(fusion, X, y, cv=3))
    assert result.nested == pytest.approx(expected)
    dropped = clone(fusion).set_params(bayes="drop")
    assert fusion_optimism(dropped, X, y, cv=3).nested == result.nested


@pytest.mark.parametrize("scoring", ["f1_macro", "neg_log_loss"])
def test_other_scorers(wine, scoring):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(MEMBERS[:2], step=0.5, cv=3, scoring=scoring)
    result = fusion_optimism(fusion, X, y, cv=3)
    tuned = clone(fusion).fit(X, y)
    assert result.on_reported_folds == pytest.approx(tuned.cv_score_)
    assert result.optimism >= 0


def test_groups_stay_together_in_both_cross_validations(wine):
    X, y, groups = wine
    fusion = WeightedFusionClassifier(MEMBERS, step=0.5, cv=2)
    result = fusion_optimism(fusion, X, y, cv=GroupKFold(3), groups=groups)
    train, _ = next(GroupKFold(3).split(X, y, groups))
    one = clone(fusion).fit(X[train], y[train], groups=groups[train])
    np.testing.assert_array_equal(one.weights_, result.weights[0])
    result = fusion_optimism(fusion, X, y, cv=3, groups=groups.tolist())
    expected = [test for _, test in StratifiedGroupKFold(3).split(X, y, groups)]
    np.testing.assert_array_equal(result.indices, np.concatenate(expected))


def test_two_stages_are_both_tuned_on_the_reported_folds(wine):
    X, y, _ = wine
    stage = WeightedFusionClassifier(MEMBERS, step=0.2, cv=2)
    two = WeightedFusionClassifier([("one", stage), MEMBERS[2]], step=0.5, cv=2)
    result = fusion_optimism(two, X, y, cv=3)
    first = clone(stage).set_params(cv=3).fit(X, y)
    outputs = [
        np.tensordot(
            first.weights_,
            [
                cross_val_predict(member, X, y, cv=3, method="predict_proba")
                for _, member in MEMBERS
            ],
            1,
        ),
        cross_val_predict(MEMBERS[2][1], X, y, cv=3, method="predict_proba"),
    ]
    shares = np.tensordot(result.weights_on_reported_folds, outputs, 1)
    expected = np.unique(y)[shares.argmax(axis=1)]
    np.testing.assert_array_equal(result.y_on_reported_folds, expected[result.indices])
    honest = cross_val_predict(stage, X, y, cv=3)
    assert result.members[0] == pytest.approx(unweighted_average_recall(y, honest))


class Counted(GaussianNB):
    """Counts how often it is trained."""

    fits = 0

    def fit(self, X, y):
        Counted.fits += 1
        return super().fit(X, y)


def test_no_more_fits_than_the_nested_estimate_takes(wine):
    X, y, _ = wine
    Counted.fits = 0
    fusion = WeightedFusionClassifier([("a", Counted()), ("b", GaussianNB())], cv=2)
    fusion_optimism(fusion, X, y, cv=3)
    assert Counted.fits == 3 * (2 + 1)


def test_labels_that_a_fold_lacks(wine):
    X, y, _ = wine
    folds = [(np.flatnonzero(y != "rose"), np.arange(0, len(y), 7))]
    fusion = WeightedFusionClassifier(MEMBERS, cv=2, step=0.5)
    result = fusion_optimism(fusion, X, y, cv=folds)
    assert set(result.y_nested) == {"red", "white"}
    assert result.nested < 0.7


def test_only_fusions(wine):
    X, y, _ = wine
    with pytest.raises(
        TypeError, match="fusion must be a WeightedFusionClassifier, go"
    ):
        fusion_optimism(GaussianNB(), X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fusion_optimism(WeightedFusionClassifier(MEMBERS), X, y[1:])
