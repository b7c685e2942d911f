"""Scorers, to be handed to ``scoring=``."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import make_scorer
from sklearn.utils.multiclass import type_of_target

from skaudeep.metrics._equal_error_rate import equal_error_rate
from skaudeep.metrics._event_based import event_based_scores
from skaudeep.metrics._recall import unweighted_average_recall
from skaudeep.metrics._segment_based import segment_based_scores

__all__ = [
    "eer_scorer",
    "event_error_rate_scorer",
    "event_f_measure_scorer",
    "segment_error_rate_scorer",
    "segment_f_measure_scorer",
    "uar_scorer",
]


def _of_onsets(y_true, y_pred):
    """Scores in the setting of DCASE 2017 task 2."""
    return event_based_scores(y_true, y_pred, offset=False, t_collar=0.5).overall


def _event_error_rate(y_true, y_pred):
    return _of_onsets(y_true, y_pred).error_rate


def _event_f_measure(y_true, y_pred):
    return _f_measure(_of_onsets(y_true, y_pred))


def _segment_error_rate(y_true, y_pred):
    return segment_based_scores(y_true, y_pred).overall.error_rate


def _segment_f_measure(y_true, y_pred):
    return _f_measure(segment_based_scores(y_true, y_pred).overall)


def _f_measure(scores):
    # NaN would rank a detector that finds nothing in one fold behind all others.
    n_events = scores.n_reference + scores.n_system
    return 2 * scores.n_correct / n_events if n_events else 1.0


uar_scorer = make_scorer(unweighted_average_recall)
event_error_rate_scorer = make_scorer(_event_error_rate, greater_is_better=False)
event_f_measure_scorer = make_scorer(_event_f_measure)
segment_error_rate_scorer = make_scorer(_segment_error_rate, greater_is_better=False)
segment_f_measure_scorer = make_scorer(_segment_f_measure)


def eer_scorer(estimator, X, y):
    """Score a classifier by the negative equal error rate of its probabilities.

    Parameters
    ----------
    estimator : classifier
        Fitted, with ``predict_proba``.
    X : array-like
        What it takes.
    y : array-like of shape (n_clips,) or (n_clips, n_tags)
        One of two labels, of which the second of ``estimator.classes_`` is the
        positive, or an indicator matrix of tags.

    Returns
    -------
    float
        The negative of :func:`equal_error_rate`, so that greater is better. Tags that
        all clips have, or none, are left out; NaN if that leaves none.

    Raises
    ------
    ValueError
        If `y` is neither binary nor an indicator matrix.

    See Also
    --------
    equal_error_rate : Of scores.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skaudeep.metrics import eer_scorer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> cross_val_score(GaussianNB(), X, y, scoring=eer_scorer, cv=3)
    array([-0.0588, -0.0504, -0.0571])
    """
    y = y.toarray() if issparse(y) else np.asarray(y)
    kind = type_of_target(y, input_name="y")
    if kind not in ("binary", "multilabel-indicator"):
        raise ValueError(
            "eer_scorer needs a y of two labels or an indicator matrix of tags, got "
            f"{kind} values. Of sets of tags skaudeep.classifiers.tag_matrix makes one."
        )
    probabilities = estimator.predict_proba(X)
    if y.ndim == 2:
        if isinstance(probabilities, list):
            probabilities = _of_positives(probabilities, estimator.classes_)
        return -equal_error_rate(y, probabilities)
    if len(estimator.classes_) != 2:
        raise ValueError(
            "eer_scorer needs a classifier of two classes where y is not an indicator "
            f"matrix, got one of {len(estimator.classes_)}."
        )
    return -equal_error_rate(y == estimator.classes_[1], probabilities[:, 1])


def _of_positives(probabilities, classes):
    """Columns for 1 of the list that some of scikit-learn's classifiers return."""
    return np.column_stack(
        [
            of_tag @ (np.asarray(values) == 1)
            for of_tag, values in zip(probabilities, classes, strict=True)
        ]
    )
