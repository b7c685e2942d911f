"""make_folds and check_group_leaks: groups stand on one side of every split."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from skaudeep.datasets import PredefinedFolds, check_group_leaks, make_folds
from skaudeep.exceptions import GroupLeakWarning, MissingClassWarning

GROUPS = np.repeat([f"s{i}" for i in range(12)], 4)
TARGET = np.array(["yes", "no", "yes", "no"] * 12)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def as_lists(splits):
    return [(train.tolist(), test.tolist()) for train, test in splits]


def test_equals_the_splitters_of_scikit_learn():
    X = np.zeros((48, 1))
    for groups, target, splitter in (
        (GROUPS, TARGET, StratifiedGroupKFold),
        (GROUPS, None, GroupKFold),
        (None, TARGET, StratifiedKFold),
        (None, np.arange(48) / 48, KFold),
        (GROUPS, np.arange(48) / 48, GroupKFold),
    ):
        cv = make_folds(groups, target, n_splits=3)
        assert isinstance(cv, PredefinedFolds)
        expected = splitter(n_splits=3).split(X, target, groups)
        assert as_lists(cv.split()) == as_lists(expected)
        cv = make_folds(groups, target, n_splits=3, shuffle=True, random_state=3)
        shuffled = splitter(n_splits=3, shuffle=True, random_state=3)
        assert as_lists(cv.split()) == as_lists(shuffled.split(X, target, groups))


def test_groups_stay_together_and_every_clip_is_tested_once():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 9, 80)
    target = rng.integers(0, 3, 80)
    for seed in (0, 1):
        cv = make_folds(groups, target, n_splits=4, shuffle=True, random_state=seed)
        assert check_group_leaks(cv, groups) == {}
        tests = np.concatenate([test for _, test in cv.split()])
        assert sorted(tests) == list(range(80))


@pytest.mark.parametrize(
    "target",
    [
        np.where(np.arange(48) % 8 == 0, "?", TARGET),
        np.where(np.arange(48) % 8 == 0, np.nan, 1.5),
        np.where((np.arange(48) % 8 == 0)[:, None], np.nan, [[1, 0], [0, 1]] * 24),
    ],
)
def test_clips_without_label_are_in_no_fold(target):
    cv = make_folds(GROUPS, target, n_splits=3)
    for train, test in cv.split():
        both = np.concatenate([train, test])
        assert sorted(both) == [i for i in range(48) if i % 8]
        assert not set(GROUPS[train]) & set(GROUPS[test])


def test_float_labels_are_values_not_classes():
    # As classes, each has fewer clips than there are folds, which is an error.
    make_folds(None, np.arange(10.0), n_splits=3)
    with pytest.raises(ValueError, match="members in each class"):
        make_folds(None, np.arange(10), n_splits=3)


def test_missing_classes_are_named_with_their_fold():
    groups = ["a", "a", "b", "b", "c", "c"]
    target = ["x", "y", "x", "y", "x", "rare"]
    with pytest.warns(MissingClassWarning) as caught:
        cv = make_folds(groups, target, n_splits=3)
    rare = next(n for n, (_, test) in enumerate(cv.split(), start=1) if 5 in test)
    message = str(caught[0].message)
    assert f"'rare' in the training part of fold {rare}" in message
    for fold in {1, 2, 3} - {rare}:
        assert f"'rare' in the test part of fold {fold}" in message
    assert f"'y' in the test part of fold {rare}" in message
    assert caught[0].filename == __file__
    assert len(caught) == 1


def test_missing_tags_are_named_by_column():
    tags = np.array([[1, 0], [1, 1], [1, 0], [1, 0]])
    with pytest.warns(MissingClassWarning, match="'column 1' in the training part"):
        make_folds(["a", "b", "c", "d"], tags, n_splits=2)


def test_no_fold_is_empty_where_stratifying_would_leave_one():
    groups = np.repeat(range(4), [1, 2, 6, 1])
    target = [2, 0, 1, 0, 2, 1, 2, 0, 1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folds = list(StratifiedGroupKFold(4).split(groups, target, groups))
    assert any(len(test) == 0 for _, test in folds)
    with pytest.warns(MissingClassWarning):
        cv = make_folds(groups, target, n_splits=4)
    assert as_lists(cv.split()) == as_lists(GroupKFold(4).split(groups, None, groups))


@pytest.mark.parametrize(
    ("groups", "target", "options", "message"),
    [
        (GROUPS, TARGET, {"n_splits": 13}, "n_splits=13 .* 12 groups: s0, s1, s10"),
        (["a", "b", "a"], ["x", "?", "x"], {"n_splits": 2}, "1 groups: a"),
        (None, ["x", "y", "?"], {"n_splits": 3}, "n_splits=3 .* 2 labelled clips"),
        (None, None, {}, "both are None"),
        (GROUPS, TARGET[:-1], {}, "inconsistent numbers of samples"),
        (GROUPS, TARGET, {"n_splits": 1}, "n_splits"),
        (GROUPS, TARGET, {"random_state": 0}, "no effect without shuffle=True"),
    ],
)
def test_what_cannot_be_split_is_refused(groups, target, options, message):
    with pytest.raises(ValueError, match=message):
        make_folds(groups, target, **options)


def test_leaks_are_returned_and_named_by_fold():
    groups = np.array(["a", "a", "b", "b", "c", "c"])
    folds = [([0, 1], [2, 3]), ([0, 2, 4], [1, 3]), ([4], [5])]
    with pytest.warns(GroupLeakWarning, match="a, b in fold 2, c in fold 3") as caught:
        leaks = check_group_leaks(folds, groups)
    assert {fold: list(names) for fold, names in leaks.items()} == {
        2: ["a", "b"],
        3: ["c"],
    }
    assert caught[0].filename == __file__


def test_any_splitter_can_be_checked():
    assert check_group_leaks(GroupKFold(3), GROUPS) == {}
    assert check_group_leaks(StratifiedGroupKFold(3), GROUPS, TARGET) == {}
    assert check_group_leaks(PredefinedFolds([([0], [4])]), GROUPS) == {}
    with pytest.warns(GroupLeakWarning, match="s0, s1, s10 and 8 more in fold 1"):
        leaks = check_group_leaks(KFold(2, shuffle=True, random_state=0), GROUPS)
    assert [len(names) for names in leaks.values()] == [11, 11]


def test_folds_of_other_clips_are_refused():
    with pytest.raises(ValueError, match="index 48, but X holds 48"):
        check_group_leaks([([0], [48])], GROUPS)
    with pytest.raises(ValueError, match="groups must say .* got None"):
        check_group_leaks(KFold(2), None)


@pytest.mark.parametrize(
    "groups",
    [
        ["a", None, "b", "b"],
        np.array([1.0, np.nan, 2.0, 2.0]),
        np.array([1, float("nan"), "a", "a"], dtype=object),
        np.array(["2020-01-01", "NaT", "2020-01-01", "2020-01-02"], "datetime64[D]"),
    ],
)
def test_a_clip_without_group_is_named(groups):
    message = "1 of 4 entries are missing, the first at index 1"
    with pytest.raises(ValueError, match=message):
        make_folds(groups, n_splits=2)
    with pytest.raises(ValueError, match=message):
        check_group_leaks([([0], [1])], groups)


def test_missing_values_of_pandas_are_none():
    pandas = pytest.importorskip("pandas")
    target = pandas.Series(["x", pandas.NA, "y", "x", None, "y"])
    cv = make_folds(None, target, n_splits=2)
    assert sorted(np.concatenate([test for _, test in cv.split()])) == [0, 2, 3, 5]
    with pytest.raises(ValueError, match="the first at index 1"):
        make_folds(target, n_splits=2)


def test_a_missing_value_does_not_make_floats_classes():
    values = np.array([0.5, None, 1.5, 2.5], dtype=object)
    cv = make_folds(None, values, n_splits=3)
    assert [test.tolist() for _, test in cv.split()] == [[0], [2], [3]]


def test_groups_that_do_not_compare_are_text():
    groups = np.array(["a", 1, "a", 1], dtype=object)
    with pytest.warns(GroupLeakWarning, match="1, a in fold 1"):
        assert list(check_group_leaks([([0, 1], [2, 3])], groups)) == [1]
    cv = make_folds(groups, n_splits=2)
    assert sorted(test.tolist() for _, test in cv.split()) == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("groups", "shape"), [([["a"], ["b"]], r"\(2, 1\)"), ({"a": 1, "b": 2}, r"\(\)")]
)
def test_groups_of_another_shape_are_refused(groups, shape):
    with pytest.raises(ValueError, match=f"groups must have one entry .*{shape}"):
        make_folds(groups, n_splits=2)


@pytest.mark.parametrize("target", [[], np.zeros((2, 2, 2)), np.ones(2) * 1j])
def test_a_target_of_another_shape_is_refused(target):
    with pytest.raises(ValueError, match="target must hold labels or numbers"):
        make_folds(None, target, n_splits=2)


@pytest.mark.parametrize("cv", [None, 3, "abc", "abc".split])
def test_what_is_no_splitter_is_refused(cv):
    with pytest.raises(ValueError, match="cv must be a splitter or pairs"):
        check_group_leaks(cv, ["a", "b"])


def test_a_splitter_that_cannot_split_is_named():
    with pytest.raises(ValueError, match=r"cv=StratifiedKFold.* 4 clips without targ"):
        check_group_leaks(StratifiedKFold(2), [*"aabb"])
    with pytest.raises(ValueError, match=r"cv=StratifiedKFold.* split 4 clips: n_spli"):
        check_group_leaks(StratifiedKFold(3), [*"aabb"], [*"xxyy"])
