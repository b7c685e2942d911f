"""Whether folds keep groups together."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterable

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skaudeep.datasets._corpus_files import name_some
from skaudeep.datasets._folds import PredefinedFolds
from skaudeep.datasets._missing import check_groups
from skaudeep.exceptions import GroupLeakWarning

__all__ = ["check_group_leaks"]


def check_group_leaks(cv, groups, target=None):
    """Warn of groups that stand on both sides of a split.

    Clips of one speaker, place or recording sound alike. A score is too good if some of
    them are trained on and others tested.

    Parameters
    ----------
    cv : splitter or iterable of (train, test)
        The folds: `PredefinedFolds`, one of scikit-learn's splitters, or pairs of
        indices, such as ``[(data.partitions.train, data.partitions.test)]``.
    groups : array-like of shape (n_clips,)
        What each clip belongs to.
    target : array-like of shape (n_clips,) or None, default=None
        Labels, for splitters that stratify.

    Returns
    -------
    dict of int to ndarray
        For every fold that leaks, counted from 1, the groups that it has on both sides,
        sorted; empty if none does.

    Raises
    ------
    ValueError
        If `groups` is None or a clip has none, `cv` is neither a splitter nor folds, or
        the folds belong to other clips.

    Warns
    -----
    GroupLeakWarning
        If a group is on both sides, naming folds and groups.

    See Also
    --------
    make_folds : Folds that keep groups together.

    Examples
    --------
    >>> import warnings
    >>> from sklearn.model_selection import KFold
    >>> from skaudeep.datasets import check_group_leaks
    >>> speakers = ["ann", "ann", "bob", "bob", "bob", "cem"]
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     check_group_leaks(KFold(3), speakers)
    {2: array(['bob'], dtype='<U3'), 3: array(['bob'], dtype='<U3')}
    """
    if groups is None:
        raise ValueError("groups must say what each clip belongs to, got None.")
    groups = check_groups(groups)
    check_consistent_length(groups, target)
    folds = PredefinedFolds(_pairs(cv, groups, target))
    leaks = {}
    for number, (train, test) in enumerate(folds.split(groups), start=1):
        both = np.intersect1d(groups[train], groups[test])
        if len(both):
            leaks[number] = both
    if leaks:
        folds = [
            f"{name_some(both)} in fold {number}" for number, both in leaks.items()
        ]
        warnings.warn(
            "Groups are trained on and tested at once, which makes scores too good: "
            f"{name_some(folds, n_named=5)}.",
            GroupLeakWarning,
            stacklevel=2,
        )
    return leaks


def _pairs(cv, groups, target):
    if hasattr(cv, "get_n_splits"):
        try:
            with warnings.catch_warnings():
                # Most splitters do not look at groups, which is the reason to check.
                warnings.filterwarnings("ignore", "The groups parameter is ignored")
                return list(cv.split(np.zeros((len(groups), 1)), target, groups))
        except (TypeError, ValueError) as error:
            without = " without target" if target is None else ""
            raise ValueError(
                f"cv={cv!r} does not split {len(groups)} clips{without}: {error}"
            ) from error
    if isinstance(cv, str) or not isinstance(cv, Iterable):
        raise ValueError(
            f"cv must be a splitter or pairs of indices (train, test), got {cv!r}."
        )
    return cv
