"""Tests of expand_labels, majority_vote and mean_vote."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from skaudeep.audio import expand_labels, majority_vote, mean_vote


def test_expand_labels_keeps_any_dtype():
    groups = np.array([0, 1, 1, 2])
    assert expand_labels(["a", "b", "c"], groups).tolist() == ["a", "b", "b", "c"]
    assert expand_labels([1.5, 2.5, 3.5], groups).tolist() == [1.5, 2.5, 2.5, 3.5]


def test_most_frequent_label_wins():
    votes = majority_vote(["b", "a", "b", "c", "c", "a"], [0, 0, 0, 1, 1, 1])
    assert votes.tolist() == ["b", "c"]


def test_ties_go_to_the_smallest_label():
    assert majority_vote([2, 1, 1, 2, 0], [0, 0, 0, 0, 1]).tolist() == [1, 0]


def test_scores_decide_ties_but_not_votes():
    y_pred = ["a", "b", "b", "a", "b"]
    groups = [0, 0, 1, 1, 1]
    scores = [[0.6, 0.4], [0.1, 0.9], [0.49, 0.51], [1.0, 0.0], [0.49, 0.51]]
    assert majority_vote(y_pred, groups, scores).tolist() == ["b", "b"]


def test_equal_scores_go_to_the_smallest_label():
    assert majority_vote([1, 0], [0, 0], [[0.5, 0.5], [0.5, 0.5]]).tolist() == [0]


def test_classes_that_nobody_predicts():
    scores = [[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]]
    assert majority_vote([2, 0], [0, 0], scores).tolist() == [2]
    with pytest.raises(ValueError, match="scores has 3 columns, but y_pred has 2 diff"):
        majority_vote(["c", "a"], [0, 0], scores)


def test_mean_vote():
    scores = np.array([[0.2, 0.8], [0.4, 0.6], [1.0, 0.0]])
    np.testing.assert_allclose(mean_vote(scores, [0, 0, 1]), [[0.3, 0.7], [1, 0]])
    np.testing.assert_allclose(mean_vote(scores[:, 0], [0, 1, 1]), [0.2, 0.7])


@pytest.mark.parametrize(
    "groups",
    [[1, 1, 2], [0, 2, 2], [0, 1, 0], [0.0, 0.5, 1], np.array([], dtype=int)],
)
def test_groups_must_count_up(groups):
    with pytest.raises(ValueError, match="groups must be the index of the clip"):
        majority_vote([0, 0, 0], groups)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="groups has 2 clips, y has 3 labels"):
        expand_labels([1, 2, 3], [0, 1])
    with pytest.raises(ValueError, match=r"groups and y_pred .* got 2 and 3"):
        majority_vote([1, 2, 3], [0, 1])
    with pytest.raises(ValueError, match=r"scores must have shape \(n_chunks=2"):
        majority_vote([1, 2], [0, 1], [0.5, 0.5])
    with pytest.raises(ValueError, match=r"groups and scores .* got 2 and 1"):
        mean_vote([[1, 2]], [0, 1])
