"""Folds for corpora without any."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Integral

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.utils.validation import check_consistent_length

from skaudeep._validation import Interval, validate_params
from skaudeep.datasets._corpus import UNKNOWN
from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._missing import check_groups, missing_in
from skaudeep.exceptions import MissingClassWarning

__all__ = ["make_folds"]


@validate_params(
    {
        "groups": ["array-like", None],
        "target": ["array-like", None],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_folds(groups, target=None, *, n_splits=5, shuffle=False, random_state=None):
    """Make folds that keep groups together and classes in proportion.

    Clips of one speaker, place or recording sound alike, so they belong on one side of
    a split. This is :class:`~sklearn.model_selection.StratifiedGroupKFold`, with the
    folds as they are and a word about those that lack a class.

    Parameters
    ----------
    groups : array-like of shape (n_clips,) or None
        What each clip belongs to; None if clips have nothing to do with each other.
    target : array-like of shape (n_clips,) or (n_clips, n_labels), or None, \
default=None
        Labels, whose proportions every fold shall have as nearly as groups allow. Clips
        without a label, "?", NaN or None, are in no fold. Indicator matrices and
        floats, as of a regression, have no proportions that are kept.
    n_splits : int, default=5
        Number of folds, at most that of the groups.
    shuffle : bool, default=False
        Whether clips and groups are shuffled first. Without it the folds depend on
        nothing but the arguments.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffling; only with `shuffle`.

    Returns
    -------
    PredefinedFolds
        Every clip with a label is tested once.

    Raises
    ------
    ValueError
        If there are fewer groups, or clips, than folds, if every class has fewer clips
        than there are folds, if a clip has no group, or if both `groups` and `target`
        are None.

    Warns
    -----
    MissingClassWarning
        If a class, or a tag of an indicator matrix, is missing in the training or the
        test part of a fold. Its recall is undefined there.

    See Also
    --------
    check_group_leaks : Whether folds keep groups together.
    PredefinedFolds : The splitter that is made.

    Notes
    -----
    Where stratifying leaves a fold empty, which it can with hardly more groups than
    folds, the folds are those of :class:`~sklearn.model_selection.GroupKFold`, which
    also makes them of groups without classes.

    Examples
    --------
    >>> from skaudeep.datasets import make_folds
    >>> speakers = ["ann", "bob", "ann", "cem", "dee", "bob"]
    >>> target = ["yes", "yes", "no", "no", "yes", "no"]
    >>> cv = make_folds(speakers, target, n_splits=2)
    >>> for train, test in cv.split(speakers):
    ...     print(train, test)
    [1 4 5] [0 2 3]
    [0 2 3] [1 4 5]
    """
    if groups is None and target is None:
        raise ValueError("groups or target must be given: both are None.")
    if random_state is not None and not shuffle:
        raise ValueError(
            f"random_state={random_state!r} has no effect without shuffle=True."
        )
    if groups is not None:
        groups = check_groups(groups)
    if target is not None:
        target = _check_target(target)
    check_consistent_length(groups, target)
    clips = np.arange(len(target if groups is None else groups))
    if target is not None:
        clips = np.flatnonzero(_is_labelled(target))
        # Lets go of the type that missing values made necessary.
        target = np.array(target[clips].tolist())
        target = target.astype(str) if target.dtype.kind == "O" else target
    groups = None if groups is None else groups[clips]
    _check_n_splits(n_splits, clips, groups)

    has_classes = target is not None and target.ndim == 1 and target.dtype.kind != "f"
    has_tags = target is not None and target.ndim == 2 and np.isin(target, (0, 1)).all()
    if groups is None:
        splitter = StratifiedKFold if has_classes else KFold
    else:
        splitter = StratifiedGroupKFold if has_classes else GroupKFold
    settings = {"n_splits": n_splits, "shuffle": shuffle, "random_state": random_state}
    folds = _split(splitter(**settings), clips, target, groups)
    if any(len(test) == 0 for _, test in folds):
        folds = _split(GroupKFold(**settings), clips, target, groups)
    if has_classes or has_tags:
        _warn_of_missing_classes(folds, target)
    return PredefinedFolds((clips[train], clips[test]) for train, test in folds)


def _check_target(target):
    target = np.asarray(target)
    if (
        target.ndim not in (1, 2)
        or not target.size
        or target.dtype.kind not in "biufOUS"
    ):
        raise ValueError(
            "target must hold labels or numbers and have the shape (n_clips,) or "
            f"(n_clips, n_labels); got shape {target.shape} and dtype {target.dtype}."
        )
    return target


def _is_labelled(target):
    labelled = ~missing_in(target)
    if target.dtype.kind in "OUS":
        labelled &= target.astype(str) != UNKNOWN
    return labelled.reshape(len(target), -1).all(axis=1)


def _check_n_splits(n_splits, clips, groups):
    if groups is None:
        if len(clips) < n_splits:
            raise ValueError(
                f"n_splits={n_splits} is more than the {len(clips)} labelled clips."
            )
        return
    names = np.unique(groups)
    if len(names) < n_splits:
        raise ValueError(
            f"n_splits={n_splits} is more than the {len(names)} groups: "
            f"{name_some(names, n_named=5)}."
        )


def _split(splitter, clips, target, groups):
    with warnings.catch_warnings():
        # What is missing where is said below.
        warnings.filterwarnings("ignore", "The least populated class")
        return list(splitter.split(clips, target, groups))


def _warn_of_missing_classes(folds, target):
    if target.ndim == 1:
        classes = np.unique(target)
        has = target[:, np.newaxis] == classes
    else:
        classes, has = [f"column {i}" for i in range(target.shape[1])], target != 0
    missing = [
        f"{str(name)!r} in the {part} part of fold {number}"
        for number, fold in enumerate(folds, start=1)
        for part, index in zip(("training", "test"), fold, strict=True)
        for name, present in zip(classes, has[index].any(axis=0), strict=True)
        if not present
    ]
    if missing:
        warnings.warn(
            "Classes are missing in parts of the folds: "
            f"{name_some(missing, n_named=5)}.",
            MissingClassWarning,
            stacklevel=4,
        )
