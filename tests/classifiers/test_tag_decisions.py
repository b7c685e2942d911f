"""Thresholds and events from probabilities that are known, without a network."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skaudeep.classifiers import Localization
from skaudeep.classifiers._tag_decisions import TagDecisionMixin
from skaudeep.classifiers._tag_thresholds import best_thresholds


class Tagger(TagDecisionMixin, BaseEstimator):
    """Says what it is told; X counts clips."""

    hop, window = 0.5, 1.0

    def __init__(self, probabilities, frames=None, exclusive=False, threshold=0.5):
        self.probabilities = probabilities
        self.frames = frames
        self.exclusive = exclusive
        self.threshold = threshold

    def fit(self):
        self.classes_ = np.array(["dog", "bell"])
        self.exclusive_ = self.exclusive
        self._set_decisions(self.classes_)
        return self

    def predict_proba(self, X):
        return np.array(self.probabilities)

    def _frame_outputs(self, X):
        ones = np.ones(np.shape(self.frames))
        return [(ones[:, 0], ones, np.array(self.frames))] * len(X)


FRAMES = [[0.9, 0.9], [0.8, 0.1], [0.1, 0.1], [0.7, 0.8], [0.1, 0.1], [0.1, 0.6]]


def test_a_tag_is_found_at_its_threshold():
    tagger = Tagger([[0.5, 0.49], [0.2, 0.9]]).fit()
    np.testing.assert_array_equal(tagger.predict([0, 1]), [[1, 0], [0, 1]])
    tagger = Tagger([[0.5, 0.49]], threshold={"bell": 0.4, "dog": 0.6}).fit()
    np.testing.assert_array_equal(tagger.thresholds_, [0.6, 0.4])
    np.testing.assert_array_equal(tagger.predict([0]), [[0, 1]])


def events_of(tagger, **parameters):
    (events,) = tagger.predict_events([0], **parameters)
    return [tuple(event) for event in events]


def test_events_are_runs_of_frames():
    """Centres at 0.5, 1.0 and so on, and half a hop to either side."""
    tagger = Tagger([[0.9, 0.9]], FRAMES).fit()
    expected = [
        (0.25, 1.25, "dog", 0.9),
        (0.25, 0.75, "bell", 0.9),
        (1.75, 2.25, "dog", 0.7),
        (1.75, 2.25, "bell", 0.8),
        (2.75, 3.25, "bell", 0.6),
    ]
    assert events_of(tagger) == expected
    assert events_of(tagger, min_duration=1.0) == expected[:1]
    filled = [
        (0.25, 2.25, "dog", 0.9),
        (0.25, 0.75, "bell", 0.9),
        (1.75, 3.25, "bell", 0.8),
    ]
    assert events_of(tagger, max_gap=0.5) == filled
    by_name = events_of(tagger, threshold={"bell": 0.7, "dog": 0.85})
    assert by_name == [(0.25, 0.75, "dog", 0.9), expected[1], expected[3]]


def test_only_what_is_found_has_events():
    for probabilities, label in [([0.9, 0.1], "dog"), ([0.1, 0.9], "bell")]:
        for exclusive in (True, False):
            tagger = Tagger([probabilities], FRAMES, exclusive).fit()
            assert {event[2] for event in events_of(tagger)} == {label}
    assert events_of(Tagger([[0.1, 0.1]], FRAMES).fit()) == []


def test_times_are_centres():
    (found,) = Tagger([[0.9, 0.9]], FRAMES).fit().localize([0])
    np.testing.assert_array_equal(found.times, [0.5, 1.0, 1.5, 2.0, 2.5, 3.0])


def test_contributions_are_the_product_of_all_three():
    found = Localization(
        times=np.array([0.5]),
        attention=np.array([0.5]),
        localization=np.array([[0.25, 0.75]]),
        probabilities=np.array([[1.0, 0.5]]),
    )
    np.testing.assert_array_equal(found.contributions, [[0.125, 0.1875]])


def best(positive, scores, criterion, current=0.5):
    return best_thresholds(
        np.array(positive)[:, np.newaxis],
        np.array(scores)[:, np.newaxis],
        criterion,
        current=[current],
        names=["dog"],
    )[0]


def test_best_thresholds_lie_halfway():
    assert best([0, 0, 1, 1], [0.1, 0.25, 0.75, 0.9], "f_measure") == 0.5
    assert best([0, 0, 1, 1], [0.9, 0.1, 0.9, 0.9], "f_measure") == 0.5
    # One of two missed, one of two a false alarm.
    assert best([0, 1, 0, 1], [0, 0.25, 0.5, 1], "eer") == 0.375


@pytest.mark.parametrize(("current", "expected"), [(0.2, 0.125), (0.5, 0.625)])
def test_of_equally_good_thresholds_the_nearest_is_taken(current, expected):
    """All clips, or the last alone: 2/3 both."""
    scores = [0.125, 0.25, 0.5, 0.75]
    assert best([1, 0, 0, 1], scores, "f_measure", current) == expected


def test_nothing_is_said_of_a_tag_that_is_everywhere_or_nowhere():
    for positive in ([0, 0], [1, 1]):
        with pytest.warns(UserWarning, match=r"\['dog'\] stay as they are"):
            assert best(positive, [0.1, 0.9], "f_measure", 0.3) == 0.3
