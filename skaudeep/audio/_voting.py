"""Labels of clips to chunks, and decisions about chunks back to clips."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["expand_labels", "majority_vote", "mean_vote", "most_votes"]

# 0.1 + 0.2 votes are as many as 0.3.
ROUNDING = 1e-10


def expand_labels(y, groups):
    """Give every chunk the label of its clip.

    Parameters
    ----------
    y : array-like of shape (n_clips,)
        One label a clip.
    groups : array-like of int of shape (n_chunks,)
        Index of the clip of every chunk, as ``Chunker.groups_``.

    Returns
    -------
    ndarray of shape (n_chunks,)
        One label a chunk.

    Examples
    --------
    >>> from skaudeep.audio import expand_labels
    >>> expand_labels(["park", "tram"], [0, 0, 1])
    array(['park', 'park', 'tram'], dtype='<U4')
    """
    y = np.asarray(y)
    groups = _check_groups(groups)
    if len(y) != groups[-1] + 1:
        raise ValueError(
            f"y must have one label a clip: groups has {groups[-1] + 1} clips, y has "
            f"{len(y)} labels."
        )
    return y[groups]


def majority_vote(y_pred, groups, scores=None):
    """The label that most chunks of a clip have.

    Parameters
    ----------
    y_pred : array-like of shape (n_chunks,)
        Predicted label of every chunk.
    groups : array-like of int of shape (n_chunks,)
        Index of the clip of every chunk, as ``Chunker.groups_``.
    scores : array-like of shape (n_chunks, n_classes) or None, default=None
        Probabilities or other scores that decide between labels with equally many
        votes, columns in the sorted order of the classes. If not every class is
        predicted, pass the labels' indices for `y_pred`.

    Returns
    -------
    ndarray of shape (n_clips,)
        Among labels with equally many votes the one of the highest score, summed over
        the clip's chunks; without scores, or if these are equal too, the smallest.

    Examples
    --------
    >>> from skaudeep.audio import majority_vote
    >>> majority_vote([1, 2, 2, 0, 1], [0, 0, 0, 1, 1])
    array([2, 0])
    >>> scores = [[0, 1, 0], [0, 0, 1], [0, 0, 1], [0.6, 0.4, 0], [0.1, 0.9, 0]]
    >>> majority_vote([1, 2, 2, 0, 1], [0, 0, 0, 1, 1], scores)
    array([2, 1])
    """
    y_pred = np.asarray(y_pred)
    groups = _check_groups(groups, len(y_pred), "y_pred")
    labels, columns = np.unique(y_pred, return_inverse=True)
    if scores is not None:
        scores = np.asarray(scores, dtype=float)
        labels, columns = _match_scores(labels, columns, y_pred, scores)
    votes = np.zeros((groups[-1] + 1, len(labels)))
    np.add.at(votes, (groups, columns), 1)
    return labels[most_votes(votes, None if scores is None else _sum(scores, groups))]


def most_votes(votes, scores=None, *, axis=1):
    """Where the votes are most; among equally many, where the scores are highest.

    Parameters
    ----------
    votes : ndarray
        Numbers of votes, or sums of weights that are at most about 1: what differs by
        a rounding error is equal.
    scores : ndarray of the same shape or None, default=None
        What decides between equally many votes; if it is equal too, or None, the
        first wins.
    axis : int, default=1
        The axis of the classes.

    Returns
    -------
    ndarray of int
        Indices along `axis`.
    """
    tied = votes >= votes.max(axis=axis, keepdims=True) - ROUNDING
    if scores is None:
        return tied.argmax(axis=axis)
    return np.where(tied, scores, -np.inf).argmax(axis=axis)


def _match_scores(labels, columns, y_pred, scores):
    """Labels and each chunk's column such that they fit the columns of `scores`."""
    if scores.ndim != 2 or len(scores) != len(y_pred):
        raise ValueError(
            f"scores must have shape (n_chunks={len(y_pred)}, n_classes), got "
            f"{scores.shape}."
        )
    if scores.shape[1] == len(labels):
        return labels, columns
    if y_pred.dtype.kind in "iu" and 0 <= labels[0] <= labels[-1] < scores.shape[1]:
        return np.arange(scores.shape[1]), y_pred
    raise ValueError(
        f"scores has {scores.shape[1]} columns, but y_pred has {len(labels)} different "
        "labels. Pass y_pred as indices of the columns of scores."
    )


def mean_vote(scores, groups):
    """Mean of the chunks' probabilities or other scores.

    Parameters
    ----------
    scores : array-like of shape (n_chunks, ...)
        As from ``predict_proba`` or ``decision_function``.
    groups : array-like of int of shape (n_chunks,)
        Index of the clip of every chunk, as ``Chunker.groups_``.

    Returns
    -------
    ndarray of shape (n_clips, ...)
        Means over the chunks of each clip.

    Examples
    --------
    >>> from skaudeep.audio import mean_vote
    >>> mean_vote([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], [0, 0, 1])
    array([[0.375, 0.625],
           [1.   , 0.   ]])
    """
    scores = np.asarray(scores, dtype=float)
    groups = _check_groups(groups, len(scores), "scores")
    counts = np.bincount(groups)
    return _sum(scores, groups) / counts.reshape(-1, *[1] * (scores.ndim - 1))


def _sum(values, groups):
    sums = np.zeros((groups[-1] + 1, *values.shape[1:]))
    np.add.at(sums, groups, values)
    return sums


def _check_groups(groups, n_chunks=None, name=None):
    """Groups as an array; they must count up from 0 without a gap."""
    groups = np.asarray(groups)
    if (
        groups.ndim != 1
        or groups.dtype.kind not in "iu"
        or len(groups) == 0
        or groups[0] != 0
        or not np.isin(np.diff(groups), (0, 1)).all()
    ):
        raise ValueError(
            "groups must be the index of the clip of every chunk, in order from 0 and "
            f"without a gap, got {groups!r}."
        )
    if n_chunks is not None and len(groups) != n_chunks:
        raise ValueError(
            f"groups and {name} must have one entry a chunk, got {len(groups)} and "
            f"{n_chunks}."
        )
    return groups
