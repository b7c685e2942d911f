"""Tests of WeightedFusionClassifier: the weights, the votes, and what it accepts."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from itertools import product
from math import comb

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_wine, make_classification
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import make_scorer, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skaudeep.classifiers import (
    LiblinearClassifier,
    WeightedFusionClassifier,
    fusion_optimism,
)
from skaudeep.classifiers._fusion_search import simplex_grid
from skaudeep.datasets import PredefinedFolds
from skaudeep.metrics import unweighted_average_recall

every_voting = pytest.mark.parametrize("voting", ["soft", "majority"])


class Told(ClassifierMixin, BaseEstimator):
    """Its probabilities stand in some columns of X; it learns the labels only."""

    def __init__(self, first=0):
        self.first = first

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return X[:, self.first : self.first + len(self.classes_)]

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Silent(Told):
    """Predicts the same, and keeps its probabilities to itself."""

    def __getattribute__(self, name):
        if name == "predict_proba":
            raise AttributeError(name)
        return super().__getattribute__(name)

    def predict(self, X):
        columns = X[:, self.first : self.first + len(self.classes_)]
        return self.classes_[columns.argmax(axis=1)]


class Memory(ClassifierMixin, BaseEstimator):
    """Knows the clips it has been trained on by heart, and nothing else."""

    def fit(self, X, y):
        self.known_ = dict(zip(map(bytes, X), y, strict=True))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        first = np.eye(len(self.classes_))[0]
        return np.array(
            [
                np.where(self.classes_ == self.known_[bytes(row)], 1.0, 0.0)
                if bytes(row) in self.known_
                else first
                for row in X
            ]
        )

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Noting(GaussianNB):
    """Keeps what it is given beside X and y."""

    def fit(self, X, y, sample_weight=None, note=None):
        self.note_, self.weight_, self.labels_ = note, sample_weight, y
        return super().fit(X, y)


def told(*members, **parameters):
    """A fusion of members that say what the i-th array says, and X and y for it.

    Each array has one row a clip; the labels are "a", "b", ..., of which each stands
    in y where `y` says.
    """
    y = np.array(list(parameters.pop("y")))
    X = np.hstack([np.asarray(member, dtype=float) for member in members])
    n_classes = X.shape[1] // len(members)
    names = [(f"m{i}", Told(n_classes * i)) for i in range(len(members))]
    return WeightedFusionClassifier(names, **parameters), X, y


@pytest.fixture
def wine():
    """Three classes; the clips of ten places."""
    X, y = load_wine(return_X_y=True)
    y = np.array(["red", "white", "rose"])[y]
    return X[::2], y[::2], np.arange(len(y[::2])) % 10


MEMBERS = [
    ("near", KNeighborsClassifier()),
    ("bayes", GaussianNB()),
    ("tree", DecisionTreeClassifier(max_depth=2, random_state=0)),
]


# The grid


@pytest.mark.parametrize(
    ("n_members", "n_points"),
    [(1, 1), (2, 11), (3, 66), (4, 286), (5, 1001), (6, 3003)],
)
def test_grid_has_every_point_once(n_members, n_points):
    grid = simplex_grid(n_members, 0.1)
    assert grid.shape == (n_points, n_members)
    assert grid.dtype.kind == "i"
    assert (grid.sum(axis=1) == 10).all()
    assert grid.min() >= 0
    assert (
        len(np.unique(grid, axis=0)) == n_points == comb(9 + n_members, n_members - 1)
    )


def test_grid_is_in_lexicographic_order():
    grid = simplex_grid(3, 1 / 3).tolist()
    expected = [list(p) for p in product(range(4), repeat=3) if sum(p) == 3]
    assert grid == expected
    assert simplex_grid(2, 1).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("step", [0.3, 0.15, 0.7, 0.099])
def test_step_must_divide_one(step, wine):
    fusion = WeightedFusionClassifier(MEMBERS, step=step)
    with pytest.raises(ValueError, match=f"step must be 1 divided by .* got {step}"):
        fusion.fit(*wine[:2])


def test_grids_that_are_too_large_are_refused():
    with pytest.raises(ValueError, match=r"makes 4,590,551 points of 4 weights"):
        simplex_grid(4, 1 / 300)


# Finding weights


def test_golden_example():
    # By hand: clip 2 is right from a weight of .4 of the first member on, clip 3 up to
    # one of .7; all others with any.
    one = [[0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.6, 0.4]]
    two = [[0.8, 0.2], [0.4, 0.6], [0.35, 0.65], [0.15, 0.85]]
    fusion, X, y = told(one, two, y="abab", cv=[([0, 1, 2, 3], [0, 1, 2, 3])])
    fusion.fit(X, y)
    grid, scores = fusion.search_["weights"], fusion.search_["scores"]
    np.testing.assert_allclose(grid[:, 0], np.arange(11) / 10, atol=1e-15)
    np.testing.assert_allclose(scores, [0.75] * 4 + [1] * 4 + [0.75] * 3)
    np.testing.assert_allclose(fusion.weights_, [0.5, 0.5])
    np.testing.assert_allclose(fusion.scores_, [0.75, 0.75])
    assert fusion.cv_score_ == 1
    np.testing.assert_allclose(fusion.predict_proba(X)[2], [0.575, 0.425])
    assert fusion.predict(X).tolist() == ["a", "b", "a", "b"]


def test_of_equals_the_most_even_then_the_first_is_taken():
    # Right from .6 of the first on: of .6 to 1 the first is the most even.
    fusion, X, y = told(
        [[0.8, 0.2], [0.2, 0.8]],
        [[0.1, 0.9], [0.9, 0.1]],
        y="ab",
        cv=[([0, 1], [0, 1])],
    )
    assert fusion.fit(X, y).weights_.tolist() == [0.6, 0.4]
    # Three that say the same: as even as tenths can be; of these three the first.
    same = [[0.8, 0.2], [0.2, 0.8]]
    fusion, X, y = told(same, same, same, y="ab", cv=[([0, 1], [0, 1])])
    assert fusion.fit(X, y).weights_.tolist() == [0.3, 0.3, 0.4]
    fusion.set_params(step=1 / 3).fit(X, y)
    np.testing.assert_allclose(fusion.weights_, [1 / 3] * 3)


@every_voting
@pytest.mark.parametrize("scoring", ["uar", "accuracy"])
def test_search_is_what_a_loop_finds(voting, scoring, wine):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(
        MEMBERS, voting=voting, step=0.2, cv=4, scoring=scoring
    )
    fusion.fit(X, y)
    score = {
        "uar": unweighted_average_recall,
        "accuracy": sklearn.metrics.accuracy_score,
    }[scoring]
    outputs = [
        cross_val_predict(member, X, y, cv=4, method="predict_proba")
        for _, member in MEMBERS
    ]
    labels = np.unique(y)
    if voting == "majority":
        outputs = [np.eye(3)[p.argmax(axis=1)] + 1e-3 * p for p in outputs]
    by_hand = [
        score(y, labels[np.tensordot(point, outputs, 1).argmax(axis=1)])
        for point in fusion.search_["weights"]
    ]
    np.testing.assert_allclose(fusion.search_["scores"], by_hand)
    assert fusion.cv_score_ == max(fusion.search_["scores"])
    corners = [
        np.flatnonzero((fusion.search_["weights"] == e).all(axis=1)) for e in np.eye(3)
    ]
    np.testing.assert_allclose(
        fusion.scores_, fusion.search_["scores"][np.ravel(corners)]
    )
    # Any other scorer sees the same predictions.
    other = clone(fusion).set_params(scoring=make_scorer(score)).fit(X, y)
    np.testing.assert_allclose(other.search_["scores"], fusion.search_["scores"])
    np.testing.assert_array_equal(other.weights_, fusion.weights_)


def test_scorers_of_probabilities(wine):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(
        MEMBERS[:2], step=0.5, cv=3, scoring="roc_auc_ovr"
    ).fit(X, y)
    outputs = [
        cross_val_predict(member, X, y, cv=3, method="predict_proba")
        for _, member in MEMBERS[:2]
    ]
    expected = [
        roc_auc_score(y, np.tensordot(point, outputs, 1), multi_class="ovr")
        for point in ([0, 1], [0.5, 0.5], [1, 0])
    ]
    np.testing.assert_allclose(fusion.search_["scores"], expected)
    binary = y != "red"
    fusion.set_params(scoring="roc_auc").fit(X, binary)
    expected = roc_auc_score(
        binary,
        cross_val_predict(GaussianNB(), X, binary, cv=3, method="predict_proba")[:, 1],
    )
    np.testing.assert_allclose(fusion.scores_[1], expected)


def test_weights_are_found_out_of_fold(rng):
    X, y = rng.normal(size=(60, 3)), np.arange(60) % 2
    X[:, 0] += 2 * y
    members = [("memory", Memory()), ("bayes", GaussianNB())]
    assert Memory().fit(X, y).score(X, y) == 1 > GaussianNB().fit(X, y).score(X, y)
    fusion = WeightedFusionClassifier(members, "score", scoring="accuracy").fit(X, y)
    np.testing.assert_allclose(fusion.scores_[0], 0.5)
    assert fusion.scores_[1] > 0.6
    fusion.set_params(weights="simplex").fit(X, y)
    assert fusion.weights_[0] < 0.5 < fusion.cv_score_ < 1
    # Trained and tested on the same clips, it would get all it can.
    fusion.set_params(cv=[(np.arange(60), np.arange(60))]).fit(X, y)
    assert fusion.weights_[0] >= 0.5
    assert fusion.cv_score_ == 1


def test_score_weights_are_proportional(wine):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(MEMBERS, "score").fit(X, y)
    np.testing.assert_allclose(fusion.weights_, fusion.scores_ / fusion.scores_.sum())
    assert not hasattr(fusion, "search_")
    by_hand = [
        unweighted_average_recall(y, cross_val_predict(member, X, y))
        for _, member in MEMBERS
    ]
    np.testing.assert_allclose(fusion.scores_, by_hand)


def test_members_without_a_positive_score_get_no_weight():
    right = [[0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.3, 0.7]]
    wrong = np.fliplr(right)
    folds = [(range(4), range(4))]
    fusion, X, y = told(
        right, wrong, y="abab", weights="score", scoring="matthews_corrcoef", cv=folds
    )
    fusion.fit(X, y)
    assert fusion.scores_.tolist() == [1, -1]
    assert fusion.weights_.tolist() == [1, 0]
    assert fusion.cv_score_ == 1
    fusion.set_params(scoring="neg_log_loss")
    with pytest.raises(ValueError, match="weights='score' needs a member with a posi"):
        fusion.fit(X, y)


def test_scores_must_be_numbers(wine):
    fusion = WeightedFusionClassifier(MEMBERS, scoring=lambda *_: np.nan, step=0.5)
    with pytest.raises(ValueError, match="scoring must give finite scores .* got nan"):
        fusion.fit(*wine[:2])


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (None, [1 / 3] * 3),
        ([2, 1, 1], [0.5, 0.25, 0.25]),
        (np.array([0, 0, 5]), [0, 0, 1]),
    ],
)
def test_given_weights_take_no_folds(weights, expected, wine):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(MEMBERS, weights, cv="not looked at")
    with pytest.raises(ValueError, match="'cv' parameter"):
        fusion.fit(X, y)
    fusion.set_params(cv=[([], [])]).fit(X, y)
    np.testing.assert_allclose(fusion.weights_, expected)
    for name in ("scores_", "cv_score_", "search_"):
        assert not hasattr(fusion, name)
    probabilities = [clone(m).fit(X, y).predict_proba(X) for _, m in MEMBERS]
    np.testing.assert_allclose(
        fusion.predict_proba(X), np.tensordot(expected, probabilities, 1)
    )
    # One clip of a class is enough for that.
    fusion.fit([*X, X[0]], [*y, "sparkling"])
    assert fusion.classes_.tolist() == ["red", "rose", "sparkling", "white"]


def test_members_are_trained_on_all_clips(wine):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(MEMBERS, step=0.5).fit(X, y)
    assert list(fusion.named_estimators_) == ["near", "bayes", "tree"]
    assert fusion.named_estimators_["bayes"] is fusion.estimators_[1]
    assert fusion.named_estimators["bayes"] is MEMBERS[1][1]
    assert not hasattr(MEMBERS[1][1], "theta_")
    expected = GaussianNB().fit(X, y)
    np.testing.assert_array_equal(fusion.estimators_[1].theta_, expected.theta_)
    assert fusion.estimators_[1].classes_.tolist() == ["red", "rose", "white"]
    assert fusion.n_features_in_ == 13


# Folds


def test_folds_need_not_partition(wine):
    X, y, _ = wine
    folds = PredefinedFolds(
        [(np.arange(0, 80, 2), [81, 83, 5]), (np.arange(7, 80, 2), [5, 6])]
    )
    fusion = WeightedFusionClassifier([MEMBERS[1]], cv=folds, scoring="accuracy")
    fusion.fit(X, y)
    hits = [
        GaussianNB().fit(X[train], y[train]).predict(X[test]) == y[test]
        for train, test in folds.split(X)
    ]
    np.testing.assert_allclose(fusion.cv_score_, np.mean(np.concatenate(hits)))
    masks = [
        tuple(np.isin(np.arange(len(y)), part) for part in fold)
        for fold in folds.split(X)
    ]
    again = clone(fusion).set_params(cv=masks).fit(X, y)
    assert again.cv_score_ == fusion.cv_score_


@every_voting
def test_classes_are_matched_by_label(voting):
    # "a" is missing where clips 0 to 3 are left out, "c" where 8 to 11 are.
    X = np.repeat(np.arange(12.0), 2).reshape(12, 2)
    y = np.repeat(["a", "b", "c"], 4)
    cv = KFold(3)
    fusion = WeightedFusionClassifier(
        [("near", KNeighborsClassifier(1)), ("bayes", GaussianNB())],
        cv=cv,
        voting=voting,
        scoring="accuracy",
    ).fit(X, y)
    expected = [
        np.mean(cross_val_predict(m, X, y, cv=cv) == y) for _, m in fusion.estimators
    ]
    np.testing.assert_allclose(fusion.scores_, expected)
    shuffled = [([4, 5, 6, 9, 10, 11], [7, 8])]
    fusion.set_params(cv=shuffled).fit(X, y)
    np.testing.assert_array_equal(fusion.scores_, 1)
    assert fusion.cv_score_ == pytest.approx(1)


def test_groups_reach_the_folds(wine):
    X, y, groups = wine

    class Seen(LeaveOneGroupOut):
        groups = None

        def split(self, X, y=None, groups=None):
            Seen.groups = groups
            return super().split(X, y, groups)

    WeightedFusionClassifier(MEMBERS, cv=Seen(), step=0.5).fit(X, y, groups=groups)
    np.testing.assert_array_equal(Seen.groups, groups)
    for cv in (None, 5, 3):
        fusion = WeightedFusionClassifier([MEMBERS[1]], cv=cv)
        splitter = StratifiedGroupKFold(cv or 5)
        expected = cross_val_predict(GaussianNB(), X, y, groups=groups, cv=splitter)
        fusion.fit(X, y, groups=groups)
        assert fusion.cv_score_ == pytest.approx(unweighted_average_recall(y, expected))
        expected = cross_val_predict(GaussianNB(), X, y, cv=StratifiedKFold(cv or 5))
        fusion.fit(X, y)
        assert fusion.cv_score_ == pytest.approx(unweighted_average_recall(y, expected))
    with pytest.raises(ValueError, match="cv=11 makes 11 folds .* only 10 groups"):
        fusion.set_params(cv=11).fit(X, y, groups=groups)


def test_groups_reach_fusions_at_the_end_of_pipelines(wine):
    X, y, groups = wine

    class Seen(LeaveOneGroupOut):
        def split(self, X, y=None, groups=None):
            seen.append(groups)
            return super().split(X, y, groups)

    inner = WeightedFusionClassifier(MEMBERS[:1], "score", cv=Seen())
    piped = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), inner))
    seen = []
    WeightedFusionClassifier([("piped", piped)], None).fit(X, y, groups=groups)
    np.testing.assert_array_equal(seen, [groups])


def test_classes_of_one_group_are_refused(wine):
    X, y, groups = wine
    of_one = np.where(y == y[0], "alone", groups)
    fusion = WeightedFusionClassifier(MEMBERS, cv=2)
    message = f"cv=2: fold . of the inner cross-.* class '{y[0]}' and trains on none"
    with pytest.raises(ValueError, match=message):
        fusion.fit(X, y, groups=of_one)
    fusion.set_params(weights=None).fit(X, y, groups=of_one)
    with pytest.raises(ValueError, match="cv=2: fold . of the reported folds tests"):
        fusion_optimism(fusion, X, y, cv=2, groups=of_one)


def test_folds_of_another_x_are_named(wine):
    X, y, _ = wine
    folds = [(np.arange(100), np.arange(100, len(y)))]
    inner = WeightedFusionClassifier(MEMBERS, cv=folds)
    message = "Fold 0 in cv, for the inner .* other clips than the 59 .* index 59"
    with pytest.raises(ValueError, match=message):
        WeightedFusionClassifier([("inner", inner)], cv=3).fit(X, y)


# Metadata


def test_sample_weights(wine):
    X, y, _ = wine
    weight = np.arange(len(y)) % 3
    folds = [(np.arange(len(y)), np.arange(len(y)))]
    fusion = WeightedFusionClassifier(
        [("bayes", GaussianNB()), ("tree", MEMBERS[2][1])], step=0.5, cv=folds
    )
    repeated = np.repeat(np.arange(len(y)), weight)
    for scoring in ("uar", "accuracy", "balanced_accuracy"):
        fusion.set_params(scoring=scoring, cv=folds)
        fusion.fit(X, y, sample_weight=weight.tolist())
        found = fusion.scores_
        expected = clone(fusion).set_params(cv=[(range(len(repeated)),) * 2])
        expected.fit(X[repeated], y[repeated])
        np.testing.assert_allclose(found, expected.scores_)
    np.testing.assert_allclose(
        fusion.estimators_[0].theta_, expected.estimators_[0].theta_
    )
    for wrong in (weight[1:], -weight, weight * np.nan, 0 * weight):
        with pytest.raises(ValueError, match="weight|inconsistent numbers"):
            fusion.fit(X, y, sample_weight=wrong)
    fusion = WeightedFusionClassifier(MEMBERS)
    message = "sample_weight must be None: member 'near', KNeighborsClassifier"
    with pytest.raises(ValueError, match=message):
        fusion.fit(X, y, sample_weight=weight)


def test_sample_weights_reach_the_end_of_pipelines(wine):
    X, y, _ = wine
    piped = make_pipeline(StandardScaler(), LogisticRegression())
    weights = np.arange(len(y)) % 3
    fusion = WeightedFusionClassifier([("piped", piped)], None)
    fusion.fit(X, y, sample_weight=weights)
    expected = clone(piped).fit(X, y, logisticregression__sample_weight=weights)
    np.testing.assert_array_equal(fusion.predict_proba(X), expected.predict_proba(X))


def test_metadata_are_routed(wine):
    X, y, groups = wine
    weight = np.arange(len(y)) % 3 + 1
    with pytest.raises(ValueError, match="enable_metadata_routing=True"):
        WeightedFusionClassifier(MEMBERS).fit(X, y, note=y)
    with sklearn.config_context(enable_metadata_routing=True):
        noting = Noting().set_fit_request(note=True, sample_weight=True)
        inner = WeightedFusionClassifier(
            [("noting", noting), MEMBERS[0]], cv=GroupKFold(4), step=0.5
        )
        scorer = make_scorer(unweighted_average_recall)
        fusion = WeightedFusionClassifier(
            [("inner", inner), MEMBERS[2]],
            cv=LeaveOneGroupOut(),
            step=0.5,
            scoring=scorer.set_score_request(sample_weight=True),
        )
        fusion.set_params(
            tree=clone(MEMBERS[2][1]).set_fit_request(sample_weight=False)
        )
        fusion.set_params(
            inner__near=KNeighborsClassifier(),
        )
        fusion.fit(X, y, note=y, sample_weight=weight, groups=groups)
        fitted = fusion.estimators_[0].estimators_[0]
        assert fitted.note_.tolist() == fitted.labels_.tolist() == y.tolist()
        assert fitted.weight_.tolist() == weight.tolist()
        expected = cross_val_predict(
            MEMBERS[2][1], X, y, cv=LeaveOneGroupOut(), params={"groups": groups}
        )
        order = np.argsort(groups, kind="stable")
        assert fusion.scores_[1] == pytest.approx(
            unweighted_average_recall(
                y[order], expected[order], sample_weight=weight[order]
            )
        )
        # Default folds take groups, too, and need none.
        fusion.set_params(cv=3, scoring="uar").fit(X, y, groups=groups)
        plain = fusion.set_params(inner__cv=None).fit(X, y)
        assert plain.weights_.sum() == pytest.approx(1)
        assert len(cross_val_score(fusion, X, y, cv=2, params={"groups": groups})) == 2
        with pytest.raises(TypeError, match="another"):
            fusion.fit(X, y, another=y)


# Members


@every_voting
def test_dropped_members_are_as_if_never_there(voting, wine):
    X, y, _ = wine
    fusion = WeightedFusionClassifier(MEMBERS, voting=voting, cv=3)
    dropped = clone(fusion).set_params(bayes="drop").fit(X, y)
    without = clone(fusion).set_params(estimators=[MEMBERS[0], MEMBERS[2]]).fit(X, y)
    np.testing.assert_array_equal(dropped.weights_, without.weights_)
    np.testing.assert_array_equal(dropped.predict_proba(X), without.predict_proba(X))
    assert len(dropped.estimators_) == 2
    assert dropped.named_estimators_["bayes"] == "drop"
    given = clone(dropped).set_params(weights=[3, 9, 1]).fit(X, y)
    np.testing.assert_allclose(given.weights_, [0.75, 0.25])
    with pytest.raises(ValueError, match="weights must not all be zero"):
        given.set_params(weights=[0, 1, 0]).fit(X, y)
    dropped.set_params(near="drop", tree="drop")
    with pytest.raises(ValueError, match="at least one member that is not dropped"):
        dropped.fit(X, y)


def test_parameters_of_members(wine):
    fusion = WeightedFusionClassifier(MEMBERS, step=0.5)
    assert fusion.get_params()["near__n_neighbors"] == 5
    assert fusion.get_params(deep=False)["estimators"] is MEMBERS
    fusion = clone(fusion).set_params(near__n_neighbors=2, tree=GaussianNB(), step=1)
    assert fusion.estimators[0][1].n_neighbors == 2
    assert MEMBERS[0][1].n_neighbors == 5
    assert isinstance(fusion.estimators[2][1], GaussianNB)
    grid = {"near__n_neighbors": [1, 5], "bayes": ["drop", GaussianNB()]}
    fusion.set_params(weights=None)
    search = GridSearchCV(clone(fusion), grid, cv=2, error_score="raise")
    search.fit(*wine[:2])
    assert len(search.best_estimator_.estimators_) in (2, 3)
    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_fusions_of_fusions(wine):
    X, y, groups = wine
    stage = WeightedFusionClassifier(MEMBERS, step=0.5, cv=3)
    fusion = WeightedFusionClassifier(
        [
            ("all", stage),
            (
                "some",
                clone(stage).set_params(estimators=MEMBERS[1:], voting="majority"),
            ),
        ],
        cv=4,
    )
    fusion.fit(X, y, groups=groups)
    expected = cross_val_predict(
        stage, X, y, cv=StratifiedGroupKFold(4), groups=groups, method="predict_proba"
    )
    assert expected.shape == (len(y), 3)
    inner = clone(stage).fit(X, y, groups=groups)
    np.testing.assert_array_equal(inner.weights_, fusion.estimators_[0].weights_)
    assert inner.cv_score_ == fusion.estimators_[0].cv_score_
    probabilities = [member.predict_proba(X) for member in fusion.estimators_]
    np.testing.assert_allclose(
        fusion.predict_proba(X), np.tensordot(fusion.weights_, probabilities, 1)
    )
    fusion.set_params(all__bayes__var_smoothing=0.5)
    assert fusion.estimators[0][1].estimators[1][1].var_smoothing == 0.5


@pytest.mark.parametrize("member", [LinearSVC(), make_pipeline(LiblinearClassifier())])
def test_members_without_probabilities_can_only_vote(member, wine):
    X, y, _ = wine
    members = [("bayes", GaussianNB()), ("svm", member)]
    fusion = WeightedFusionClassifier(members)
    message = r"'svm' has no predict_proba.*CalibratedClassifierCV.*'majority'"
    with pytest.raises(ValueError, match=message):
        fusion.fit(X, y)
    fusion.set_params(voting="majority").fit(X, y)
    assert set(fusion.predict(X)) == set(y)
    assert fusion.predict_proba(X).shape == (len(y), 3)


# Votes


def test_majority_is_the_weighted_count():
    members = [
        [[0.9, 0.1, 0.0], [1.0, 0.0, 0.0]],
        [[0.4, 0.6, 0.0], [0.0, 0.6, 0.4]],
        [[0.4, 0.6, 0.0], [0.0, 0.1, 0.9]],
    ]
    fusion, X, _ = told(*members, y="abc", voting="majority", weights=None)
    fusion.fit(np.zeros((3, 9)), list("abc"))
    assert fusion.predict(X[:1]).tolist() == ["b"]
    np.testing.assert_allclose(fusion.predict_proba(X[:1]), [[1 / 3, 2 / 3, 0]])
    fusion.set_params(weights=[5, 2, 2]).fit(np.zeros((3, 9)), list("abc"))
    assert fusion.predict(X).tolist() == ["a", "a"]
    np.testing.assert_allclose(fusion.predict_proba(X)[1], np.array([5, 2, 2]) / 9)


TIES = [
    # Equal votes: the higher weighted sum of probabilities.
    ([1, 1], [[0.6, 0.4], [0.1, 0.9]], "b"),
    ([1, 1], [[0.9, 0.1], [0.4, 0.6]], "a"),
    # Equal sums, too: the smaller label.
    ([1, 1], [[0.25, 0.75], [0.75, 0.25]], "a"),
    ([1, 1], [[0.0, 0.3, 0.7], [0.4, 0.6, 0.0]], "b"),
    # 0.1 + 0.2 against 0.3 is a tie, decided by the probabilities.
    ([0.1, 0.2, 0.3], [[0.6, 0.4], [0.6, 0.4], [0.1, 0.9]], "b"),
    ([0.1, 0.2, 0.3], [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]], "a"),
    # So is 1/3 each of three labels.
    ([1, 1, 1], [[0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]], "c"),
    # The probability of a label without votes does not count.
    ([1, 1], [[0.0, 0.45, 0.55], [0.52, 0.48, 0.0]], "c"),
]


@pytest.mark.parametrize(("weights", "rows", "label"), TIES)
@pytest.mark.parametrize("member", [Told, Silent])
def test_ties_of_votes(weights, rows, label, member):
    labels = list("abc")[: len(rows[0])]
    members = [(f"m{i}", member(i * len(labels))) for i in range(len(rows))]
    fusion = WeightedFusionClassifier(members, weights, voting="majority")
    X = np.ravel(rows)[np.newaxis]
    fusion.fit(np.zeros((len(labels), X.shape[1])), labels)
    if member is Silent:
        # Nobody knows probabilities: the smallest of those with votes.
        label = min(labels[np.argmax(row)] for row in rows)
    assert fusion.predict(X).tolist() == [label]
    shares = fusion.predict_proba(X)
    assert fusion.classes_[shares.argmax()] == label
    np.testing.assert_allclose(np.sort(shares[0])[-2:], shares.max(), rtol=1e-12)
    np.testing.assert_allclose(shares.sum(), 1)


def test_soft_ties_go_to_the_smallest_label():
    fusion, X, y = told([[0.25, 0.75]] * 2, [[0.75, 0.25]] * 2, y="ab", weights=None)
    assert fusion.fit(X, y).predict(X).tolist() == ["a", "a"]


# Containers


def test_recordings_sequences_and_series(corpus):
    from skaudeep.audio import MelSpectrogram, SequenceStatistics

    statistics = make_pipeline(
        SequenceStatistics(), StandardScaler(), LiblinearClassifier(solver="l2r_lr")
    )
    mel = MelSpectrogram(8000, n_mels=6)
    on_files = WeightedFusionClassifier(
        [(name, make_pipeline(mel, *clone(statistics))) for name in "ab"], cv=corpus.cv
    )
    expected = on_files.fit(corpus.paths, corpus.target).predict_proba(corpus.paths)
    assert not hasattr(on_files, "n_features_in_")
    assert on_files.score(corpus.paths, corpus.target) == 1
    on_sequences = WeightedFusionClassifier(
        [(name, clone(statistics)) for name in "ab"], cv=corpus.cv
    )
    sequences = mel.transform(corpus.paths)
    for fusion, X in [
        (on_files, tuple(corpus.paths)),
        (on_files, pd.Series(corpus.paths, index=range(12, 0, -1))),
        (on_files, corpus.signals),
        (on_sequences, sequences),
        (on_sequences, list(sequences)),
    ]:
        fusion = clone(fusion).fit(X, corpus.target)
        np.testing.assert_array_equal(fusion.predict_proba(X), expected)
        np.testing.assert_array_equal(fusion.scores_, on_files.scores_)


def test_data_frames(wine):
    X, y, groups = wine
    frame = pd.DataFrame(X, index=range(len(y), 0, -1)).add_prefix("c")
    fusion = WeightedFusionClassifier(MEMBERS, cv=3)
    expected = clone(fusion).fit(X, y, groups=groups)
    fusion.fit(frame, pd.Series(y), groups=pd.Series(groups))
    assert fusion.feature_names_in_.tolist() == list(frame.columns)
    np.testing.assert_allclose(fusion.predict_proba(frame), expected.predict_proba(X))
    assert not hasattr(fusion.fit(X, y), "feature_names_in_")


def test_pictures(rng):
    X = rng.integers(0, 256, (20, 4, 4, 3), dtype=np.uint8)
    X[::2] //= 4

    class Bright(GaussianNB):
        def fit(self, X, y):
            return super().fit(X.mean(axis=(1, 2)), y)

        def predict_proba(self, X):
            return super().predict_proba(X.mean(axis=(1, 2)))

    fusion = WeightedFusionClassifier([("a", Bright()), ("b", Bright())], cv=4)
    assert fusion.fit(X, np.arange(20) % 2).score(X, np.arange(20) % 2) == 1


def test_jobs_seeds_clones_and_pickles(wine, capsys):
    X, y, _ = wine
    members = [
        ("tree", DecisionTreeClassifier(random_state=3, max_features=2)),
        MEMBERS[1],
    ]
    fusion = WeightedFusionClassifier(members, cv=3).fit(X, y)
    assert capsys.readouterr().err == ""
    expected = fusion.predict_proba(X)
    again = clone(fusion).set_params(n_jobs=2, verbose=1).fit(X, y)
    assert "8/8" in capsys.readouterr().err
    copy = pickle.loads(pickle.dumps(fusion))
    for same in (again, copy):
        np.testing.assert_array_equal(same.weights_, fusion.weights_)
        np.testing.assert_array_equal(same.search_["scores"], fusion.search_["scores"])
        np.testing.assert_array_equal(same.predict_proba(X), expected)
    with pytest.raises(sklearn.exceptions.NotFittedError):
        clone(fusion).predict(X)


def test_refit_forgets_what_was_found(wine):
    fusion = WeightedFusionClassifier(MEMBERS, step=0.5).fit(*wine[:2])
    fusion.set_params(weights="score").fit(*wine[:2])
    assert not hasattr(fusion, "search_")
    fusion.set_params(weights=None).fit(*wine[:2])
    assert not hasattr(fusion, "scores_")
    assert not hasattr(fusion, "cv_score_")


# Refusals


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": [1, 2]}, "one number for each of the 3 estimators, got 2"),
        ({"weights": [0, 0, 0]}, r"weights must not all be zero, got \[0, 0, 0\]"),
        ({"weights": [1, -1, 1]}, r"must be finite and not negative, got \[1, -1, 1\]"),
        ({"weights": [1, np.nan, 1]}, "must be finite and not negative"),
        ({"weights": "best"}, "'weights' parameter .* Got 'best'"),
        ({"voting": "hard"}, "'voting' parameter .* Got 'hard'"),
        ({"step": 0}, "'step' parameter .* Got 0"),
        ({"cv": 1}, "'cv' parameter .* Got 1"),
        ({"scoring": None}, "'scoring' parameter"),
        ({"scoring": "good"}, "scoring.*'good'"),
        ({"estimators": []}, "at least one member"),
        ({"estimators": MEMBERS[0][1]}, "'estimators' parameter"),
        (
            {"estimators": [GaussianNB()]},
            r"\(name, classifier\) tuples, got the item G",
        ),
        ({"estimators": [MEMBERS[0], MEMBERS[0]]}, "not unique: .*'near', 'near'"),
        ({"estimators": [("a__b", GaussianNB())]}, "must not contain __"),
        ({"estimators": [("step", GaussianNB())]}, "conflict with constructor arg"),
        ({"estimators": [("a", LinearRegression())]}, "member 'a' is LinearRegression"),
        ({"estimators": [("a", GaussianNB)]}, "classifiers, but member 'a' is <class"),
        ({"estimators": [("a", None)]}, "classifiers, but member 'a' is None"),
    ],
)
def test_wrong_parameters(parameters, message, wine):
    fusion = WeightedFusionClassifier(**{"estimators": MEMBERS, **parameters})
    with pytest.raises((ValueError, TypeError), match=message):
        fusion.fit(*wine[:2])


def test_wrong_labels(wine):
    X, y, groups = wine
    fusion = WeightedFusionClassifier(MEMBERS)
    with pytest.raises(ValueError, match="at least two classes, got 1 class: .'red'"):
        fusion.fit(X, ["red"] * len(y))
    with pytest.raises(ValueError, match="two clips of every class, .* class 'green'"):
        fusion.fit(X, ["green", *y[1:]])
    with pytest.raises(ValueError, match="requires y to be passed"):
        fusion.fit(X, None)
    with pytest.raises(ValueError, match="Unknown label type"):
        fusion.fit(X, np.linspace(0, 1, len(y)))
    for wrong in ({"y": y[1:]}, {"y": y, "groups": groups[1:]}):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            fusion.fit(X, **wrong)


def test_many_points_take_seconds(rng):
    """3003 points of six members, 500 clips and 15 classes: no loop over points."""
    from time import perf_counter

    y = np.repeat(np.arange(15), 34)
    columns = [rng.dirichlet(np.ones(15), len(y)) for _ in range(6)]
    fusion, X, _ = told(*columns, y=y, cv=[(np.arange(len(y)), np.arange(len(y)))])
    start = perf_counter()
    fusion.fit(X, y)
    assert len(fusion.search_["scores"]) == 3003
    assert perf_counter() - start < 20


def test_blobs_are_fused_better_than_alone():
    X, y = make_classification(
        300, 12, n_informative=8, n_classes=3, random_state=0, class_sep=0.7
    )
    halves = [
        (name, make_pipeline(Columns(first), LogisticRegression()))
        for name, first in (("left", 0), ("right", 6))
    ]
    fusion = WeightedFusionClassifier(halves).fit(X[:200], y[:200])
    alone = [member.score(X[200:], y[200:]) for member in fusion.estimators_]
    assert fusion.score(X[200:], y[200:]) > max(alone)


class Columns(StandardScaler):
    """Six columns of X, scaled."""

    def __init__(self, first=0):
        self.first = first
        super().__init__()

    def fit(self, X, y=None):
        return super().fit(X[:, self.first : self.first + 6])

    def transform(self, X):
        return super().transform(X[:, self.first : self.first + 6])
