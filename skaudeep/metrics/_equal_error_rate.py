"""Equal error rate."""
# SPDX-License-Identifier: BSD-3-Clause

import math
import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_curve
from sklearn.utils import check_array

from skaudeep._validation import StrOptions, validate_params

__all__ = ["equal_error_rate"]

# Of the evaluation of DCASE 2016 task 4: rates this near to each other are equal.
_TOLERANCE = 1e-6


@validate_params(
    {
        "average": [StrOptions({"macro", "micro"}), None],
        "absent": [StrOptions({"exclude", "nan", "raise"})],
    },
    prefer_skip_nested_validation=True,
)
def equal_error_rate(y_true, y_score, *, average="macro", absent="exclude"):
    """Equal error rate (EER), where misses are as frequent as false alarms.

    Raising the threshold on a score trades false alarms for misses; the EER is the
    value that both rates have where they meet. 0 is perfect, 0.5 is chance. It is
    computed as in the evaluation of DCASE 2016 task 4 (audio tagging) [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_clips,) or (n_clips, n_tags)
        Whether the clips have the tag, or each tag: 1 or 0, also 1 or -1.
    y_score : array-like of the same shape
        Score, the higher the more likely: probabilities or any finite numbers, only
        their order matters.
    average : {"macro", "micro"} or None, default="macro"
        For more than one tag: "macro" is the mean of the EERs of the tags, the score of
        the task; "micro" pools the decisions on all tags; None returns them all.
        `y_true` of one dimension has nothing to average.
    absent : {"exclude", "nan", "raise"}, default="exclude"
        What becomes of a tag that no clip has, or all clips have, so that its EER is
        undefined. "exclude" leaves it out of the macro average, "nan" makes the average
        NaN, "raise" is an error.

    Returns
    -------
    float or ndarray of shape (n_tags,)
        The EER, or with ``average=None`` that of each tag, NaN where it is undefined.

    Raises
    ------
    ValueError
        If the shapes differ, there is something else than 1 and 0 (or -1) in `y_true`
        or something not finite in `y_score`, or with ``absent="raise"``.

    Warns
    -----
    UndefinedMetricWarning
        If the one number to return is NaN.

    See Also
    --------
    eer_scorer : For ``scoring=``, with the probabilities of a classifier.
    sklearn.metrics.roc_curve : All trade-offs.

    Notes
    -----
    The curve consists of the points of :func:`~sklearn.metrics.roc_curve`, joined by
    straight lines; the EER is the false positive rate where it crosses 1 - true
    positive rate. Scores that are all tied give 0.5. On few clips it is coarse, and
    differs from what other programs do, the mean of both rates at the nearest
    threshold.

    References
    ----------
    .. [1] P. Foster, T. Heittola. "DCASE2016 Challenge Task 4: domestic audio tagging",
       evaluation software, 2016.

    Examples
    --------
    >>> from skaudeep.metrics import equal_error_rate
    >>> equal_error_rate([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.5, 0.7, 0.9])
    0.333

    The second of three tags is never true:

    >>> y_true = [[1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 0]]
    >>> y_score = [[0.9, 0.2, 0.4], [0.1, 0.3, 0.4], [0.8, 0.1, 0.4], [0.3, 0.2, 0.4]]
    >>> equal_error_rate(y_true, y_score, average=None)
    array([0. , nan, 0.5])
    >>> equal_error_rate(y_true, y_score)
    0.25
    """
    y_true, y_score = _check_arrays(y_true, y_score)
    several = y_true.ndim == 2
    if not several or average == "micro":
        y_true, y_score = y_true.reshape(-1, 1), y_score.reshape(-1, 1)
    rates = np.array([_rate(*tag) for tag in zip(y_true.T, y_score.T, strict=True)])
    undefined = np.isnan(rates)
    if absent == "raise" and undefined.any():
        raise ValueError(
            f"The equal error rate of the tags {np.flatnonzero(undefined).tolist()} is "
            "undefined: none of the clips, or all of them, have it."
            if several and average != "micro"
            else "The equal error rate is undefined: y_true is the same everywhere."
        )
    if several and average is None:
        return rates
    if absent == "exclude":
        rates = rates[~undefined]
    if not len(rates) or np.isnan(rates).any():
        warnings.warn(
            "The equal error rate is undefined, and NaN: it needs clips with the tag "
            "and clips without.",
            UndefinedMetricWarning,
            stacklevel=3,  # over the check of parameters
        )
        return math.nan
    return float(rates.mean())


def _check_arrays(y_true, y_score):
    options = {"ensure_2d": False, "allow_nd": True, "ensure_min_features": 0}
    y_true = check_array(y_true, input_name="y_true", **options)
    y_score = check_array(y_score, input_name="y_score", dtype=np.float64, **options)
    if y_true.ndim not in (1, 2) or y_true.shape != y_score.shape:
        raise ValueError(
            "y_true and y_score must have the same shape, (n_clips,) or (n_clips, "
            f"n_tags), got {y_true.shape} and {y_score.shape}."
        )
    values = set(np.unique(y_true).tolist())
    if not (values <= {0, 1} or values <= {-1, 1}):
        raise ValueError(
            "y_true must hold 1 where a clip has the tag and 0 (or everywhere -1) "
            f"where not, got the values {sorted(values)!r:.80}"
        )
    return y_true == 1, y_score


def _rate(positive, score):
    if positive.all() or not positive.any():
        return math.nan
    false_alarms, hits, _ = roc_curve(positive, score)
    crossed = int(np.argmax(false_alarms + _TOLERANCE >= 1 - hits))
    x0, x1 = false_alarms[crossed - 1 : crossed + 1]
    y0, y1 = hits[crossed - 1 : crossed + 1]
    if abs(x1 - x0) < _TOLERANCE:
        return x0
    slope = (y1 - y0) / (x1 - x0)
    return (1 - (y0 - slope * x0)) / (1 + slope)
