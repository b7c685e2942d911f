"""What a tagger is taught: matrices, weights and strata from any y."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix

from skaudeep._containers import object_array
from skaudeep.classifiers import tag_matrix
from skaudeep.classifiers._tag_targets import (
    check_tag_targets,
    rarest_tag,
    read_labels,
    weigh_tags,
)

TAGS = ["high", "low", "silent"]
Y = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1], [1, 0, 1]])
SETS = [{TAGS[k] for k in np.flatnonzero(row)} for row in Y]


@pytest.mark.parametrize("kind", [set, frozenset, list, tuple])
@pytest.mark.parametrize("container", [list, tuple, object_array, pd.Series])
def test_sets_come_in_many_forms(kind, container):
    y = container([kind(labels) for labels in SETS])
    targets = check_tag_targets(read_labels(y))
    np.testing.assert_array_equal(targets.matrix, Y)
    assert targets.classes.tolist() == TAGS and not targets.exclusive


@pytest.mark.parametrize("empty", [set(), [], ()])
def test_clips_of_silence_alone_need_the_tags(empty):
    targets = check_tag_targets(read_labels([empty] * 3), TAGS)
    assert targets.matrix.shape == (3, 3) and not targets.matrix.any()
    with pytest.raises(ValueError, match="There is no tag: all clips' sets are empty"):
        check_tag_targets(read_labels([empty] * 3))


def test_matrices_come_in_many_forms():
    frame = pd.DataFrame(Y, columns=TAGS, index=range(50, 50 + len(Y)))
    forms = [Y, Y.tolist(), Y.astype(bool), Y.astype(float), Y.astype(object), frame]
    for form in [*forms, csr_matrix(Y), csr_array(Y)]:
        targets = check_tag_targets(read_labels(form))
        np.testing.assert_array_equal(targets.matrix, Y)
        assert targets.matrix.dtype == np.float32 and not targets.exclusive
        assert targets.classes.tolist() == [0, 1, 2]


def test_columns_are_in_the_order_of_tags():
    matrix, tags = tag_matrix(SETS, tags=["silent", "bird", "high", "low"])
    assert tags.tolist() == ["silent", "bird", "high", "low"]
    np.testing.assert_array_equal(matrix, np.c_[Y[:, 2], 0 * Y[:, 0], Y[:, :2]])


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([{"a"}, {3}], TypeError, "tags of clip 1 must be texts, got 3"),
        ([{"a"}, None], TypeError, "Clip 1 must have a set of tags, got None"),
        ([{"a"}, "a"], TypeError, "Clip 1 must have a set of tags, got 'a'"),
        ([[0, 2], [1]], ValueError, "lists of different lengths without names"),
        ([[0, 1], [1, 2]], ValueError, "of 0 and 1, got the value 2"),
        ([[0, 1], [1, None]], ValueError, "of 0 and 1, got the value None"),
        ([[0, 1], [1, np.nan]], ValueError, "Input y contains NaN"),
        ([["a", "b"], [0, 1]], TypeError, "tags of clip 1 must be texts, got 0"),
        (None, ValueError, "requires y to be passed"),
    ],
)
def test_what_is_no_y(y, error, message):
    with pytest.raises(error, match=message):
        check_tag_targets(read_labels(y))


@pytest.mark.parametrize("tags", [{"a", "b", "c"}, ["a", "b", 3], ["a", "b", "a"], []])
def test_tags_are_texts_in_an_order(tags):
    with pytest.raises(ValueError, match="tags must be a list of different names"):
        check_tag_targets(Y, tags)


def test_weights_of_tags():
    targets = check_tag_targets(Y)
    sample_weight = np.array([1, 2, 1, 1, 3], np.float32)
    once = np.repeat(sample_weight[:, np.newaxis], 3, axis=1)
    np.testing.assert_array_equal(weigh_tags(targets, None, sample_weight), once)
    of_tags = [{0: 1, 1: 3}, {0: 2, 1: 1}, {1: 5}]
    factors = [[3, 1, 1], [3, 2, 1], [1, 2, 1], [3, 2, 5], [3, 2, 5]]
    weight = weigh_tags(targets, of_tags, sample_weight)
    np.testing.assert_array_equal(weight, once * factors)
    assert weight.dtype == np.float32
    # Four of five clips have the first tag, one the second, two the third.
    balanced = np.where(Y == 1, [5 / 8, 5 / 2, 5 / 4], [5 / 2, 5 / 8, 5 / 6])
    weight = weigh_tags(targets, "balanced", sample_weight)
    np.testing.assert_allclose(weight, once * balanced, rtol=1e-6)


def test_weights_of_classes():
    targets = check_tag_targets(np.array(["a", "b", "b", "b"]))
    ones = np.ones(4, np.float32)
    weight = weigh_tags(targets, {"a": 3, "b": 2}, ones)
    np.testing.assert_array_equal(weight, [[3, 3], [2, 2], [2, 2], [2, 2]])
    weight = weigh_tags(targets, "balanced", ones)
    np.testing.assert_allclose(weight[:, 0], [2, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)
    with pytest.raises(ValueError, match="for one class a clip, a dict of the classes"):
        weigh_tags(targets, [{0: 1, 1: 2}], ones)


def test_strata_are_the_rarest_tags():
    # Of four, one and two clips; the third clip has none.
    np.testing.assert_array_equal(rarest_tag(Y), [1, 0, 3, 2, 2])
