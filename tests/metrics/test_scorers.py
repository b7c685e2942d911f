"""Scorers in model selection: detectors, binary and multi-label classifiers."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skaudeep.metrics
from skaudeep.metrics import (
    eer_scorer,
    equal_error_rate,
    event_based_scores,
    event_error_rate_scorer,
    event_f_measure_scorer,
    segment_based_scores,
    segment_error_rate_scorer,
    segment_f_measure_scorer,
)

EVENT_SCORERS = {
    "event_error_rate": event_error_rate_scorer,
    "event_f_measure": event_f_measure_scorer,
    "segment_error_rate": segment_error_rate_scorer,
    "segment_f_measure": segment_f_measure_scorer,
}


class LoudDetector(BaseEstimator):
    """One event in each clip whose largest value is above a threshold, where it is.

    Clips are rows of one value a second.
    """

    def __init__(self, threshold=0.5):
        self.threshold = threshold

    def fit(self, X, y):
        assert all(isinstance(events, list) for events in y)
        (self.label_,) = {event[2] for events in y for event in events}
        return self

    def predict(self, X):
        peaks = np.argmax(X, axis=1)
        return [
            [(float(t), t + 1.0, self.label_)] if row[t] > self.threshold else []
            for row, t in zip(X, peaks, strict=True)
        ]


@pytest.fixture
def clips():
    """Noise up to 0.4, in half of the clips an event of 0.6 to 1, at random seconds."""
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0, 0.4, (30, 20)), []
    for i in range(30):
        y.append([])
        if i % 2:
            t = int(rng.integers(20))
            X[i, t] = rng.uniform(0.6, 1)
            y[i] = [(t + 0.3, t + 0.9, "gunshot")]
    return X, y


@pytest.mark.parametrize("name", EVENT_SCORERS)
def test_scores_of_detector(name, clips):
    perfect = 0 if name.endswith("error_rate") else 1
    scores = cross_val_score(
        LoudDetector(), *clips, scoring=EVENT_SCORERS[name], cv=3, error_score="raise"
    )
    np.testing.assert_array_equal(scores, perfect)
    worse = cross_val_score(
        LoudDetector(threshold=0.8), *clips, scoring=EVENT_SCORERS[name], cv=3
    )
    assert np.all(worse <= perfect) and worse.mean() < perfect


@pytest.mark.parametrize("name", EVENT_SCORERS)
def test_search_finds_the_threshold(name, clips):
    search = GridSearchCV(
        LoudDetector(),
        {"threshold": [0.0, 0.5, 0.8]},
        scoring=EVENT_SCORERS[name],
        cv=3,
        error_score="raise",
    ).fit(*clips)
    assert search.best_params_ == {"threshold": 0.5}
    assert search.score(*clips) == search.best_score_


def test_several_scorers_at_once(clips):
    results = cross_validate(
        LoudDetector(0.8), *clips, scoring=EVENT_SCORERS, cv=2, error_score="raise"
    )
    assert {f"test_{name}" for name in EVENT_SCORERS} <= set(results)


def test_event_scorers_are_of_the_setting_of_the_challenge(clips):
    X, y = clips
    detector = LoudDetector(0.1).fit(X, y)
    # 0.4 s from the onset counts, 0.6 s does not; where it ends does not matter.
    for shift, found in ((0.1, 15), (0.3, 0)):
        moved = [[(a + shift, b + 9, label) for a, b, label in events] for events in y]
        scores = event_based_scores(
            moved, detector.predict(X), offset=False, t_collar=0.5
        ).overall
        assert scores.n_correct == found
        error_rate = event_error_rate_scorer(detector, X, moved)
        assert error_rate == pytest.approx(-scores.error_rate)
        assert error_rate == pytest.approx(-(30 - found + 15 - found) / 15)
        f_measure = event_f_measure_scorer(detector, X, moved)
        assert f_measure == pytest.approx(scores.f_measure)


def test_segment_scorers_are_of_seconds(clips):
    X, y = clips
    detector = LoudDetector(0.3).fit(X, y)
    scores = segment_based_scores(y, detector.predict(X), time_resolution=1).overall
    assert segment_error_rate_scorer(detector, X, y) == -scores.error_rate
    assert segment_f_measure_scorer(detector, X, y) == pytest.approx(scores.f_measure)


@pytest.mark.parametrize("name", ["event_f_measure", "segment_f_measure"])
def test_f_measure_scorers_are_always_defined(name, clips):
    X, y = clips
    silent, loud = LoudDetector(2).fit(X, y), LoudDetector(0).fit(X, y)
    scorer, empty = EVENT_SCORERS[name], [[] for _ in y]
    assert scorer(silent, X, y) == 0
    assert scorer(loud, X, empty) == 0
    assert scorer(silent, X, empty) == 1


@pytest.mark.parametrize(
    "classifier",
    [
        DummyClassifier(strategy="prior"),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=["dummy", "pipeline"],
)
@pytest.mark.parametrize("names", [(0, 1), ("without", "with"), ("bus", "tram")])
def test_eer_of_binary_classifier(classifier, names):
    X, y = make_classification(80, 5, flip_y=0.2, random_state=0)
    y = np.array(names)[y]
    classifier.fit(X, y)
    expected = equal_error_rate(
        y == classifier.classes_[1], classifier.predict_proba(X)[:, 1]
    )
    assert eer_scorer(classifier, X, y) == -expected
    scores = cross_val_score(classifier, X, y, scoring=eer_scorer, cv=3)
    if isinstance(classifier, DummyClassifier):
        np.testing.assert_allclose(scores, -0.5)
    else:
        assert np.all((scores > -0.4) & (scores <= 0))


@pytest.mark.parametrize(
    "classifier",
    [
        MLPClassifier(max_iter=30, random_state=0),
        OneVsRestClassifier(LogisticRegression()),
        MultiOutputClassifier(LogisticRegression()),
        KNeighborsClassifier(),
    ],
    ids=["MLP", "one-vs-rest", "multi-output", "neighbors"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_eer_of_multilabel_classifier(classifier):
    X, y = make_multilabel_classification(80, 6, n_classes=3, random_state=0)
    probabilities = classifier.fit(X, y).predict_proba(X)
    if isinstance(probabilities, list):
        probabilities = np.column_stack([of_tag[:, 1] for of_tag in probabilities])
    expected = equal_error_rate(y, probabilities)
    assert 0 < expected < 0.5
    assert eer_scorer(classifier, X, y) == -expected
    assert eer_scorer(classifier, X, csr_matrix(y)) == -expected
    scores = cross_val_score(classifier, X, y, scoring=eer_scorer, error_score="raise")
    assert np.all((scores > -0.6) & (scores <= 0))


def test_eer_of_tag_that_was_never_trained():
    X, y = make_multilabel_classification(40, 6, n_classes=3, random_state=0)
    trained = y.copy()
    trained[:, 1] = 0
    classifier = KNeighborsClassifier().fit(X, trained)
    columns = [of_tag[:, -1] for of_tag in classifier.predict_proba(X)]
    columns[1] = np.zeros(len(X))
    expected = equal_error_rate(y, np.column_stack(columns))
    assert eer_scorer(classifier, X, y) == -expected


def test_eer_leaves_out_tags_that_the_fold_lacks():
    X, y = make_multilabel_classification(40, 6, n_classes=3, random_state=0)
    classifier = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    y[:, 1] = 0
    score = eer_scorer(classifier, X, y)
    others = [of_tag[:, 1] for of_tag in classifier.predict_proba(X)]
    expected = equal_error_rate(y[:, [0, 2]], np.column_stack([others[0], others[2]]))
    assert score == -expected


def test_eer_of_fold_of_one_class_is_nan():
    X, y = make_classification(40, 5, random_state=0)
    classifier = LogisticRegression().fit(X, y)
    with pytest.warns(UndefinedMetricWarning):
        assert math.isnan(eer_scorer(classifier, X[y == 1], y[y == 1]))


def test_eer_refuses_several_classes():
    X, y = np.zeros((6, 1)), [0, 1, 2, 0, 1, 2]
    classifier = DummyClassifier().fit(X, y)
    with pytest.raises(ValueError, match="two labels or .* got multiclass values"):
        eer_scorer(classifier, X, y)
    with pytest.raises(ValueError, match="of two classes .* got one of 3"):
        eer_scorer(classifier, X[:2], y[:2])


@pytest.mark.parametrize("name", [*EVENT_SCORERS, "eer"])
def test_scorers_pickle(name):
    scorer = getattr(skaudeep.metrics, f"{name}_scorer")
    assert pickle.loads(pickle.dumps(scorer)) is not None


def test_pickled_scorer_scores(clips):
    X, y = clips
    restored = pickle.loads(pickle.dumps(event_error_rate_scorer))
    assert restored(LoudDetector().fit(X, y), X, y) == 0
