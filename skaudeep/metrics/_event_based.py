"""Scores of event lists, event against event."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching
from sklearn.utils import Bunch

from skaudeep._validation import Interval, StrOptions, validate_params
from skaudeep.metrics._event_counts import (
    average_of_classes,
    check_clips,
    rates_of_counts,
)

__all__ = ["event_based_scores"]


@validate_params(
    {
        "onset": ["boolean"],
        "offset": ["boolean"],
        "t_collar": [Interval(Real, 0, None, closed="left")],
        "percentage_of_length": [Interval(Real, 0, 1, closed="both")],
        "matching": [StrOptions({"optimal", "greedy"})],
        "empty_output": [StrOptions({"nan", "zero"})],
    },
    prefer_skip_nested_validation=True,
)
def event_based_scores(
    y_true,
    y_pred,
    *,
    labels=None,
    onset=True,
    offset=True,
    t_collar=0.2,
    percentage_of_length=0.5,
    matching="optimal",
    empty_output="nan",
):
    """Error rate and F-measure of found events, event against event.

    An event is found if the system has one of the same label at about the same time,
    and each event counts once. The numbers are those of sed_eval [1]_ [2]_.

    Parameters
    ----------
    y_true : list of event lists
        The events of each clip: a list, possibly empty, of
        :class:`~skaudeep.events.Event`, tuples (onset, offset, label), or mappings
        with these keys. Times are in seconds.
    y_pred : list of event lists
        The events that a system found in the same clips, in the same order.
    labels : list of str or None, default=None
        The classes. None takes all that occur in `y_true` or `y_pred`. An event of
        another class is an error.
    onset : bool, default=True
        Whether onsets must agree.
    offset : bool, default=True
        Whether offsets must agree.
    t_collar : float, default=0.2
        By how many seconds times may differ, inclusive. The comparison has no slack
        for rounding: 1.07 - 0.57 is more than 0.5.
    percentage_of_length : float, default=0.5
        Offsets may also differ by this part of the length of the true event, 0 to 1;
        the larger tolerance holds. Without `offset` it has no effect.
    matching : {"optimal", "greedy"}, default="optimal"
        How events are paired: with "optimal" so that most are found, whatever their
        order; with "greedy" each true event takes the first free one, in the order of
        the lists.
    empty_output : {"nan", "zero"}, default="nan"
        The precision where the system has no event at all. With "nan" the macro
        average leaves classes that are never output out of its precision and
        F-measure; with "zero" they count as 0.

    Returns
    -------
    Bunch
        - overall : Bunch. All events together (micro average).
        - class_wise : dict of str to Bunch. Each class alone.
        - class_wise_average : Bunch. Means over the classes (macro average).

        Each has `f_measure`, `precision`, `recall`, `error_rate`, `deletion_rate`
        and `insertion_rate`; `overall` also `substitution_rate`. `overall` and the
        classes have the counts `n_reference`, `n_system`, `n_correct`, `n_deletions`
        and `n_insertions`, and `overall` has `n_substitutions`.

    Raises
    ------
    TypeError
        If something is no list of event lists.
    ValueError
        If the clips do not match, an event is not valid or of an unlisted class, or
        neither onsets nor offsets are to agree.

    See Also
    --------
    segment_based_scores : Compares what is active, second by second.
    event_error_rate_scorer : The setting of DCASE 2017 task 2, for ``scoring=``.

    Notes
    -----
    A pair of the wrong label but at the right time, of events that are otherwise left
    over, is a substitution; other events left over are deletions and insertions. Error
    rate = (substitutions + deletions + insertions) / reference events, so it may exceed
    1. A class alone has no substitutions: each of them is a deletion in one and an
    insertion in another class.

    Counts are summed over clips before scores are computed. What is not defined:

    - Precision is NaN without system events (but see `empty_output`), recall is NaN
      without reference events, and the F-measure is NaN if one of them is.
    - The macro averages of the three are over the classes that have them, and NaN if
      no class does.
    - Error rates are never NaN: their denominator is the number of reference events
      plus 2.2e-16. Without reference events a system that finds nothing has error rate
      0, and each false alarm adds 4.5e15. All classes enter their macro average, so
      that one false alarm of a class without reference events spoils it.

    With "optimal", events are sorted by time before they are paired, because leftover
    events become substitutions one after the other. sed_eval keeps the given order: on
    random clips all numbers agreed where lists were sorted or clips sparse, and the
    number of substitutions differed in a few crowded clips of several classes whose
    lists were not sorted.

    References
    ----------
    .. [1] A. Mesaros, T. Heittola, T. Virtanen. "Metrics for polyphonic sound event
       detection". Applied Sciences 6(6), 162, 2016.
    .. [2] https://tut-arg.github.io/sed_eval

    Examples
    --------
    Two clips; the second has no event. One is found, one is a false alarm:

    >>> from skaudeep.metrics import event_based_scores
    >>> y_true = [[(1.0, 2.0, "gunshot"), (5.0, 5.5, "glassbreak")], []]
    >>> y_pred = [[(1.4, 2.5, "gunshot")], [(3.0, 4.0, "gunshot")]]
    >>> scores = event_based_scores(y_true, y_pred, offset=False, t_collar=0.5)
    >>> scores.overall.error_rate, scores.overall.f_measure
    (1.0, 0.5)
    >>> scores.class_wise["gunshot"].precision
    0.5
    >>> scores.class_wise["glassbreak"].n_deletions
    1
    """
    if not (onset or offset):
        raise ValueError(
            "onset and offset are both False: no time would be compared. Set one."
        )
    y_true, y_pred, labels = check_clips(y_true, y_pred, labels)
    if matching == "optimal":
        y_true = [sorted(events, key=_time) for events in y_true]
        y_pred = [sorted(events, key=_time) for events in y_pred]
    true, pred = _close_pairs(
        y_true,
        y_pred,
        t_collar if onset else None,
        (t_collar, percentage_of_length) if offset else None,
    )
    label_true = _label_numbers(y_true, labels)
    label_pred = _label_numbers(y_pred, labels)
    sizes = len(label_true), len(label_pred)
    same = label_true[true] == label_pred[pred]
    match = _match_most if matching == "optimal" else _match_first_free
    found, used = match(true[same], pred[same], *sizes)
    left = ~(found[true] | used[pred])
    substituted, _ = _match_first_free(true[left], pred[left], *sizes)
    n_substitutions = substituted.sum()
    return _scores(label_true, label_pred, found, n_substitutions, labels, empty_output)


def _time(event):
    return event.onset, event.offset, event.label


def _label_numbers(event_lists, labels):
    number = {label: i for i, label in enumerate(labels)}
    numbers = [number[event.label] for events in event_lists for event in events]
    return np.array(numbers, dtype=np.intp)


def _close_pairs(y_true, y_pred, onset_collar, offset_collars):
    """Indices, counted over all clips, of pairs of one clip whose times agree."""
    pairs = [np.empty((2, 0), dtype=np.intp)]
    first_true = first_pred = 0
    for true, pred in zip(y_true, y_pred, strict=True):
        if true and pred:
            onset, offset = np.array([event[:2] for event in true]).T[:, :, np.newaxis]
            other_onset, other_offset = np.array([event[:2] for event in pred]).T
            close = np.ones((len(true), len(pred)), dtype=bool)
            if onset_collar is not None:
                close &= np.abs(onset - other_onset) <= onset_collar
            if offset_collars is not None:
                collar, percentage = offset_collars
                tolerance = np.maximum(collar, percentage * (offset - onset))
                close &= np.abs(offset - other_offset) <= tolerance
            i, j = np.nonzero(close)
            pairs.append(np.stack([first_true + i, first_pred + j]))
        first_true += len(true)
        first_pred += len(pred)
    return np.concatenate(pairs, axis=1)


def _match_most(true, pred, n_true, n_pred):
    """Pair so that most are paired; whether each true and each found event is."""
    found, used = np.zeros(n_true, dtype=bool), np.zeros(n_pred, dtype=bool)
    if len(true):
        graph = csr_matrix((np.ones(len(true)), (true, pred)), shape=(n_true, n_pred))
        partner = maximum_bipartite_matching(graph, perm_type="column")
        found = partner >= 0
        used[partner[found]] = True
    return found, used


def _match_first_free(true, pred, n_true, n_pred):
    """Pair every true event with its first free one, in the order of the pairs."""
    found, used = np.zeros(n_true, dtype=bool), np.zeros(n_pred, dtype=bool)
    for i, j in zip(true.tolist(), pred.tolist(), strict=True):
        if not (found[i] or used[j]):
            found[i] = used[j] = True
    return found, used


def _scores(label_true, label_pred, found, n_substitutions, labels, empty_output):
    reference, system, correct = (
        np.bincount(numbers, minlength=len(labels))
        for numbers in (label_true, label_pred, label_true[found])
    )
    overall = rates_of_counts(
        _counts(reference.sum(), system.sum(), correct.sum(), n_substitutions),
        empty_output=empty_output,
    )
    class_wise = {
        label: rates_of_counts(_counts(*numbers), empty_output=empty_output)
        for label, *numbers in zip(labels, reference, system, correct, strict=True)
    }
    return Bunch(
        overall=overall,
        class_wise=class_wise,
        class_wise_average=average_of_classes(class_wise, overall),
    )


def _counts(n_reference, n_system, n_correct, n_substitutions=None):
    counts = {
        "n_reference": n_reference,
        "n_system": n_system,
        "n_correct": n_correct,
        "n_deletions": n_reference - n_correct - (n_substitutions or 0),
        "n_insertions": n_system - n_correct - (n_substitutions or 0),
    }
    if n_substitutions is not None:
        counts["n_substitutions"] = n_substitutions
    return counts
