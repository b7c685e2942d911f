"""The threshold of every tag that decides best."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

__all__ = ["best_thresholds"]

_CRITERIA = ("f_measure", "eer")


def best_thresholds(matrix, scores, criterion, *, current, names):
    """Thresholds between the scores of clips, one for each tag.

    Parameters
    ----------
    matrix : ndarray of shape (n_clips, n_tags)
        1 where a clip has a tag.
    scores : ndarray of shape (n_clips, n_tags)
        Probabilities.
    criterion : {"f_measure", "eer"}
        What is to be highest, or rather equal: see
        :meth:`AttentionTagger.tune_thresholds`.
    current : ndarray of shape (n_tags,)
        The thresholds as they are, kept where nothing can be said; of equally good
        ones the nearest is taken.
    names : ndarray of shape (n_tags,)
        What the warning calls the tags.
    """
    if criterion not in _CRITERIA:
        raise ValueError(f"criterion must be one of {_CRITERIA}, got {criterion!r}.")
    thresholds = np.array(current, dtype=float)
    unknown = []
    for k, (column, score) in enumerate(zip(matrix.T == 1, scores.T, strict=True)):
        if column.all() or not column.any():
            unknown.append(names[k])
        else:
            thresholds[k] = _best(column, score, criterion, thresholds[k])
    if unknown:
        warnings.warn(
            f"The thresholds of {[str(name) for name in unknown]} stay as they are: "
            "all clips of y have the tag, or none has.",
            UserWarning,
            stacklevel=3,
        )
    return thresholds


def _best(positive, scores, criterion, current):
    # Halfway between neighbours, so that clips alike fall on the same side.
    values = np.unique(scores)
    candidates = np.append(values[0], (values[:-1] + values[1:]) / 2)
    order = np.argsort(scores, kind="stable")
    below = np.searchsorted(scores[order], candidates)
    misses = np.append(0, np.cumsum(positive[order]))[below]
    hits = positive.sum() - misses
    false_alarms = len(scores) - below - hits
    if criterion == "f_measure":
        losses = -2 * hits / (2 * hits + misses + false_alarms)
    else:
        n_negative = len(scores) - positive.sum()
        losses = np.abs(misses / positive.sum() - false_alarms / n_negative)
    best = np.flatnonzero(losses <= losses.min() + 1e-12)
    return candidates[best[np.abs(candidates[best] - current).argmin()]]
