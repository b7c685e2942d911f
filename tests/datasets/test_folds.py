"""PredefinedFolds: a splitter over explicit index pairs."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)

from skaudeep.datasets import PredefinedFolds

# Clip 2 is tested in both folds, clip 5 in none; clip 4 is in no part of fold 1.
OVERLAPPING = [([0, 1, 5], [2, 3]), ([0, 5, 3, 1], [4, 2])]
PARTITION = [([0, 1, 2], [5, 4, 3]), ([3, 4, 5], [0, 1, 2])]
X = np.array([[0.0], [0.1], [0.9], [1.0], [0.0], [1.0]])
y = np.array([0, 0, 1, 1, 0, 1])


def as_lists(splits):
    return [(train.tolist(), test.tolist()) for train, test in splits]


def test_yields_what_was_given():
    cv = PredefinedFolds(OVERLAPPING)
    assert as_lists(cv.split(X, y)) == [(list(a), list(b)) for a, b in OVERLAPPING]
    assert as_lists(cv.split()) == as_lists(cv.split(X, y, groups=y))
    assert cv.get_n_splits() == cv.get_n_splits(X, y, y) == 2


def test_takes_generators_and_other_splitters():
    pairs = list(PredefinedFolds(PARTITION).split(X))
    assert as_lists(PredefinedFolds(iter(pairs)).split(X)) == as_lists(pairs)


def test_is_independent_of_what_it_was_made_from_and_of_what_it_yields():
    train, test = np.array([0, 1]), np.array([2, 3])
    cv = PredefinedFolds([(train, test)])
    train[:] = 9
    next(cv.split(X))[1][:] = 9
    assert as_lists(cv.split(X)) == [([0, 1], [2, 3])]
    with pytest.raises(ValueError, match="read-only"):
        cv.folds[0][0][0] = 9


@pytest.mark.parametrize("copy", [clone, lambda cv: pickle.loads(pickle.dumps(cv))])
def test_copies_are_equal(copy):
    cv = PredefinedFolds(OVERLAPPING)
    other = copy(cv) if copy is not clone else clone(cv, safe=False)
    assert as_lists(other.split(X)) == as_lists(cv.split(X))
    assert repr(other) == repr(cv)


def test_repr_is_short():
    cv = PredefinedFolds([(np.arange(3510), np.arange(3510, 4680))] * 4)
    assert repr(cv) == (
        "PredefinedFolds(n_splits=4, n_train=[3510, 3510, 3510, 3510], "
        "n_test=[1170, 1170, 1170, 1170])"
    )


@pytest.mark.parametrize("folds", [OVERLAPPING, PARTITION])
def test_cross_val_score_equals_fitting_by_hand(folds):
    scores = cross_val_score(LogisticRegression(C=100), X, y, cv=PredefinedFolds(folds))
    expected = [
        LogisticRegression(C=100).fit(X[a], y[a]).score(X[b], y[b]) for a, b in folds
    ]
    np.testing.assert_array_equal(scores, expected)


def test_grid_search():
    cv = PredefinedFolds(OVERLAPPING)
    search = GridSearchCV(LogisticRegression(), {"C": [1e-3, 100]}, cv=cv)
    assert clone(search).fit(X, y).best_params_ == {"C": 100}
    assert clone(search).fit(list(X), y).n_splits_ == 2


def test_cross_val_predict_where_it_is_a_partition():
    predictions = cross_val_predict(
        DummyClassifier(), X, y, cv=PredefinedFolds(PARTITION)
    )
    assert predictions.tolist() == [1, 1, 1, 0, 0, 0]
    with pytest.raises(ValueError, match="partitions"):
        cross_val_predict(DummyClassifier(), X, y, cv=PredefinedFolds(OVERLAPPING))


def test_with_metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        result = cross_validate(
            DummyClassifier(), X, y, cv=PredefinedFolds(PARTITION), params={}
        )
    assert len(result["test_score"]) == 2


@pytest.mark.parametrize("part", [0, 1])
def test_index_out_of_range_is_named(part):
    fold = [[0, 1], [2, 3]]
    fold[part] = [1, 6] if part == 0 else [2, 6]
    cv = PredefinedFolds([([0], [1]), fold])
    message = (
        f"Fold 2 of 2 has the {('train', 'test')[part]} index 6, but X holds 6 clips "
        r"\(indices 0 to 5\)"
    )
    with pytest.raises(ValueError, match=message):
        list(cv.split(X))
    with pytest.raises(ValueError, match=message):
        cross_val_score(DummyClassifier(), X, y, cv=cv)
    assert len(list(cv.split(range(7)))) == 2


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([], "at least one pair"),
        ([([0, 1], [2]), ([0, 1, 2], [2, 1])], r"Fold 2 trains .* same 2 .* index 1"),
        ([([0], [1, 2, 1])], "test part of fold 1 holds an index twice"),
        ([([0], [])], "test part of fold 1 must be a non-empty 1-D array of integers"),
        ([([], [0])], "train part of fold 1 must be a non-empty"),
        ([([0.5], [1])], r"train part of fold 1 .* dtype float64"),
        ([([True, False], [1])], r"train part of fold 1 .* dtype bool"),
        ([([[0, 1]], [2])], r"train part of fold 1 .* shape \(1, 2\)"),
        ([([0], [-1])], "test part of fold 1 has the negative index -1"),
        ([([0], [1]), [0]], r"Fold 2 must be a pair \(train, test\), got \[0\]"),
        ([3], r"Fold 1 must be a pair \(train, test\), got 3"),
    ],
)
def test_bad_folds_are_named(folds, message):
    with pytest.raises(ValueError, match=message):
        PredefinedFolds(folds)
