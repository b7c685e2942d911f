"""Scores of event lists, segment by segment."""
# SPDX-License-Identifier: BSD-3-Clause

import math
from numbers import Real

import numpy as np
from sklearn.utils import Bunch

from skaudeep._validation import Interval, validate_params
from skaudeep.metrics._event_counts import (
    EPS,
    average_of_classes,
    check_clips,
    rates_of_counts,
)

__all__ = ["segment_based_scores"]


@validate_params(
    {"time_resolution": [Interval(Real, 0, None, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def segment_based_scores(
    y_true, y_pred, *, labels=None, time_resolution=1.0, durations=None
):
    """Error rate, F-measure and accuracy of found events, segment by segment.

    Clips are cut into segments; a class is active in every segment that one of its
    events touches, and each class is right or wrong in each segment. The numbers are
    those of sed_eval [1]_ [2]_.

    Parameters
    ----------
    y_true : list of event lists
        The events of each clip: a list, possibly empty, of
        :class:`~skaudeep.events.Event`, tuples (onset, offset, label), or mappings
        with these keys. Times are in seconds. Events of one class may overlap.
    y_pred : list of event lists
        The events that a system found in the same clips, in the same order.
    labels : list of str or None, default=None
        The classes. None takes all that occur in `y_true` or `y_pred`. An event of
        another class is an error.
    time_resolution : float, default=1.0
        Length of a segment in seconds. The last segment of a clip may be shorter.
    durations : float, array-like of shape (n_clips,) or None, default=None
        Length in seconds of all clips, or of each. Events beyond it are cut off. None
        ends each clip with its last event, true or found: then the true negatives, and
        with them specificity and both accuracies, depend on where that is.

    Returns
    -------
    Bunch
        - overall : Bunch. All segments and classes together (micro average).
        - class_wise : dict of str to Bunch. Each class alone.
        - class_wise_average : Bunch. Means over the classes (macro average).

        Each has `f_measure`, `precision`, `recall`, `error_rate`, `deletion_rate`,
        `insertion_rate`, `accuracy`, `balanced_accuracy`, `sensitivity` and
        `specificity`; `overall` also `substitution_rate`. `overall` and the classes
        have the counts `n_reference` and `n_system` (active), `n_correct` (both),
        `n_true_negatives`, `n_false_positives`, `n_false_negatives`, `n_deletions` and
        `n_insertions`, and `overall` has `n_substitutions`.

    Raises
    ------
    TypeError
        If something is no list of event lists.
    ValueError
        If the clips do not match, an event is not valid or of an unlisted class, or a
        duration is negative or not finite.

    See Also
    --------
    event_based_scores : Compares event with event.
    segment_error_rate_scorer : The error rate of one-second segments, for ``scoring=``.

    Notes
    -----
    If a segment has both false negatives and false positives, pairs of them are
    substitutions, in `overall`; those left over are deletions or insertions. A class
    alone has no substitutions.

    Segments begin at ``floor(onset / time_resolution)`` and end at ``ceil(offset /
    time_resolution)``, in floating point: with a resolution of 0.1 an onset of 0.3
    seconds is in segment 2. An event of no length on a boundary is in no segment.

    What is not defined: precision is NaN where nothing was found, recall where nothing
    is active, and the F-measure where one of them is; their macro averages are over the
    classes that have them, NaN if no class does. All other rates have 2.2e-16 added to
    the denominator and are never NaN: they are 0 if their numerator is, and with
    nothing active in the reference, each insertion adds 4.5e15 to the error rate. All
    classes enter their macro averages.

    References
    ----------
    .. [1] A. Mesaros, T. Heittola, T. Virtanen. "Metrics for polyphonic sound event
       detection". Applied Sciences 6(6), 162, 2016.
    .. [2] https://tut-arg.github.io/sed_eval

    Examples
    --------
    Of three seconds with a cry, two are found, and one more is wrong:

    >>> from skaudeep.metrics import segment_based_scores
    >>> y_true, y_pred = [[(2.0, 5.0, "babycry")]], [[(3.0, 6.0, "babycry")]]
    >>> scores = segment_based_scores(y_true, y_pred, durations=10)
    >>> scores.overall.f_measure
    0.667
    >>> scores.overall.n_deletions, scores.overall.n_insertions
    (1, 1)
    >>> scores.overall.accuracy
    0.8
    """
    y_true, y_pred, labels = check_clips(y_true, y_pred, labels)
    durations = _check_durations(durations, y_true, y_pred)
    number = {label: i for i, label in enumerate(labels)}
    reference, system, correct = np.zeros((3, len(labels)), dtype=np.int64)
    n_segments = n_active_in_both = 0
    for true, pred, duration in zip(y_true, y_pred, durations, strict=True):
        length = math.ceil(duration / time_resolution)
        true = _activity(true, number, length, time_resolution)
        pred = _activity(pred, number, length, time_resolution)
        reference += true.sum(axis=1)
        system += pred.sum(axis=1)
        correct += (true & pred).sum(axis=1)
        n_active_in_both += np.minimum(true.sum(axis=0), pred.sum(axis=0)).sum()
        n_segments += length

    n_decisions = n_segments * len(labels)
    counts = _counts(reference.sum(), system.sum(), correct.sum(), n_decisions)
    counts["n_deletions"] = counts["n_reference"] - n_active_in_both
    counts["n_insertions"] = counts["n_system"] - n_active_in_both
    counts["n_substitutions"] = n_active_in_both - counts["n_correct"]
    overall = _rates(counts)
    class_wise = {
        label: _rates(_counts(*numbers, n_segments))
        for label, *numbers in zip(labels, reference, system, correct, strict=True)
    }
    return Bunch(
        overall=overall,
        class_wise=class_wise,
        class_wise_average=average_of_classes(class_wise, overall),
    )


def _check_durations(durations, y_true, y_pred):
    if durations is None:
        return [
            max((event.offset for event in (*true, *pred)), default=0.0)
            for true, pred in zip(y_true, y_pred, strict=True)
        ]
    values = np.asarray(durations, dtype=np.float64)
    if values.ndim and values.shape != (len(y_true),):
        raise ValueError(
            f"durations must be one number or one for each of the {len(y_true)} clips, "
            f"got shape {values.shape}."
        )
    values = np.broadcast_to(values, len(y_true))
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        raise ValueError(
            "durations must be finite and at least 0 s, got "
            f"{values[bad[0]]} for clip {bad[0]}."
        )
    return values.tolist()


def _activity(events, number, length, time_resolution):
    activity = np.zeros((len(number), length), dtype=bool)
    for event in events:
        first = math.floor(event.onset / time_resolution)
        last = math.ceil(event.offset / time_resolution)
        activity[number[event.label], first:last] = True
    return activity


def _counts(n_reference, n_system, n_correct, n_decisions):
    n_false_negatives = n_reference - n_correct
    n_false_positives = n_system - n_correct
    return {
        "n_reference": n_reference,
        "n_system": n_system,
        "n_correct": n_correct,
        "n_true_negatives": n_decisions - n_reference - n_false_positives,
        "n_false_positives": n_false_positives,
        "n_false_negatives": n_false_negatives,
        "n_deletions": n_false_negatives,
        "n_insertions": n_false_positives,
    }


def _rates(counts):
    rates = rates_of_counts(counts)
    negatives = rates.n_true_negatives
    n_positives = rates.n_correct + rates.n_false_negatives
    n_negatives = negatives + rates.n_false_positives
    rates.sensitivity = rates.n_correct / (n_positives + EPS)
    rates.specificity = negatives / (n_negatives + EPS)
    rates.balanced_accuracy = (rates.sensitivity + rates.specificity) / 2
    rates.accuracy = (rates.n_correct + negatives) / (n_positives + n_negatives + EPS)
    return rates
