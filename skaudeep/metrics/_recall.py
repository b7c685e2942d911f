"""Unweighted average recall."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.utils import Bunch, column_or_1d
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import check_consistent_length

__all__ = ["unweighted_average_recall", "unweighted_average_recall_of_folds"]

_ABSENT = ("exclude", "zero")


def unweighted_average_recall(
    y_true, y_pred, *, labels=None, absent="exclude", sample_weight=None
):
    """Unweighted average recall (UAR), the mean over classes of their recall.

    Every class counts the same, however many clips it has; a constant or random
    classifier of n classes scores 1 / n.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels : array-like of shape (n_labels,) or None, default=None
        The classes to average over. None takes all that occur in `y_true` or
        `y_pred`. Samples of a class that is not listed are left out; predictions of
        such a class are simply wrong.
    absent : {"exclude", "zero"}, default="exclude"
        What becomes of a class to average over that has no sample in `y_true`, so
        that its recall is undefined, whether it was listed in `labels` or only
        predicted. "exclude" leaves it out of the mean: the score does not depend on
        which other classes exist, and equals
        :func:`~sklearn.metrics.balanced_accuracy_score`. "zero" counts it as recall
        0: with all classes in `labels` this is the class-wise average accuracy of
        the DCASE evaluation (sed_eval).
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the samples, zero or more. A class whose weights are all zero is
        absent.

    Returns
    -------
    float
        The score, 0 to 1.

    Raises
    ------
    ValueError
        If no class to average over has a sample in `y_true`.

    See Also
    --------
    uar_scorer : The same as a scorer, for ``scoring=``.
    unweighted_average_recall_of_folds : Of several folds, together and one by one.
    sklearn.metrics.balanced_accuracy_score : Equal to the defaults.

    Examples
    --------
    "home" is predicted once but never true:

    >>> from skaudeep.metrics import unweighted_average_recall
    >>> y_true = ["beach", "beach", "beach", "beach", "bus", "bus"]
    >>> y_pred = ["beach", "beach", "bus", "home", "bus", "bus"]
    >>> unweighted_average_recall(y_true, y_pred)
    0.75
    >>> unweighted_average_recall(y_true, y_pred, absent="zero")
    0.5
    >>> scenes = ["beach", "bus", "cafe/restaurant", "home"]
    >>> unweighted_average_recall(y_true, y_pred, labels=scenes, absent="zero")
    0.375
    """
    if absent not in _ABSENT:
        raise ValueError(f"absent must be one of {_ABSENT}, got {absent!r}.")
    check_consistent_length(y_true, y_pred, sample_weight)
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        kind = type_of_target(values, input_name=name)
        if kind not in ("binary", "multiclass"):
            raise ValueError(
                f"{name} must hold one class label per sample, got {kind} values."
            )
    present = unique_labels(y_true, y_pred)
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    classes = present if labels is None else np.unique(column_or_1d(labels))
    if sample_weight is None:
        weight = np.ones(len(y_true))
    else:
        weight = column_or_1d(sample_weight, dtype=np.float64)
        if not np.all(np.isfinite(weight) & (weight >= 0)):
            raise ValueError("sample_weight must be finite and not negative.")

    hit = y_true == y_pred
    recalls = []
    for label in classes:
        of_class = y_true == label
        total = weight[of_class].sum()
        if total > 0:
            recalls.append(float(weight[of_class & hit].sum() / total))
    if not recalls:
        raise ValueError(
            "The recall of no class is defined: none of the labels "
            f"{classes.tolist()} has a sample (of positive weight) in y_true."
        )
    n_classes = len(recalls) if absent == "exclude" else len(classes)
    return sum(recalls) / n_classes


def unweighted_average_recall_of_folds(
    y_true, y_pred, folds, *, labels=None, absent="exclude"
):
    """Unweighted average recall of all folds together, and of each.

    Papers give either. They differ where the folds do: together, each clip of a class
    weighs the same, in the mean of the folds each fold.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels. A sample that is tested in several folds is given several
        times.
    folds : array-like of shape (n_samples,)
        The fold in which each prediction was made: numbers or names.
    labels : array-like of shape (n_labels,) or None, default=None
        As in :func:`unweighted_average_recall`, of each fold. None takes the classes
        that occur in a fold for that fold.
    absent : {"exclude", "zero"}, default="exclude"
        As in :func:`unweighted_average_recall`.

    Returns
    -------
    Bunch
        - concatenated : float. Score of all predictions together.
        - mean : float. Mean of the scores of the folds.
        - std : float. Their standard deviation (of these folds, not an estimate for
          more: the divisor is n_folds).
        - per_fold : ndarray of shape (n_folds,). Score of each fold.
        - folds : ndarray of shape (n_folds,). The folds, sorted.

    Raises
    ------
    ValueError
        If no class to average over has a sample in a fold.

    See Also
    --------
    uar_scorer : With ``cross_val_score`` it gives the scores of the folds.

    Examples
    --------
    >>> from skaudeep.metrics import unweighted_average_recall_of_folds
    >>> y_true = ["bus", "bus", "bus", "park", "bus", "park", "park"]
    >>> y_pred = ["bus", "bus", "bus", "park", "bus", "park", "bus"]
    >>> folds = [1, 1, 1, 1, 2, 2, 2]
    >>> scores = unweighted_average_recall_of_folds(y_true, y_pred, folds)
    >>> scores.per_fold
    array([1.  , 0.75])
    >>> scores.mean, scores.std
    (0.875, 0.125)
    >>> scores.concatenated
    0.833
    """
    check_consistent_length(y_true, y_pred, folds)
    options = {"labels": labels, "absent": absent}
    concatenated = unweighted_average_recall(y_true, y_pred, **options)
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    folds = column_or_1d(folds)
    names, per_fold = np.unique(folds), []
    for name in names:
        tested = folds == name
        try:
            score = unweighted_average_recall(y_true[tested], y_pred[tested], **options)
        except ValueError as error:
            raise ValueError(f"Fold {name}: {error}") from error
        per_fold.append(score)
    return Bunch(
        concatenated=concatenated,
        mean=float(np.mean(per_fold)),
        std=float(np.std(per_fold)),
        per_fold=np.array(per_fold),
        folds=names,
    )
