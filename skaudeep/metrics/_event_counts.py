"""What event-based and segment-based scores share: checks, rates, averages."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
from sklearn.utils import Bunch

from skaudeep._event_lists import check_event_lists

__all__ = ["average_of_classes", "check_clips", "rates_of_counts"]

# The rates of published tables have it in their denominator, so that no reference
# gives a huge rate and not a division by zero.
EPS = float(np.finfo(np.float64).eps)


def check_clips(y_true, y_pred, labels):
    """Check both sides of a comparison.

    Parameters
    ----------
    y_true, y_pred : list of event lists
        Reference and output, one event list a clip.
    labels : sequence of str or None
        The classes, None for those that occur.

    Returns
    -------
    y_true, y_pred : list of list of Event
        The same events.
    labels : list of str
        The classes.

    Raises
    ------
    ValueError
        If the numbers of clips differ, a label is listed twice, or an event has one
        that is not listed.
    """
    sides = {
        "y_true": check_event_lists(y_true, "y_true"),
        "y_pred": check_event_lists(y_pred, "y_pred"),
    }
    n_true, n_pred = map(len, sides.values())
    if n_true != n_pred:
        raise ValueError(
            f"y_true has {n_true} clips and y_pred has {n_pred}: both must have one "
            "event list a clip, [] where there is no event."
        )
    if labels is None:
        clips = [events for side in sides.values() for events in side]
        return *sides.values(), sorted({e.label for events in clips for e in events})
    labels = _check_labels(labels)
    for name, side in sides.items():
        for clip, events in enumerate(side):
            for i, event in enumerate(events):
                if event.label not in labels:
                    raise ValueError(
                        f"Event {i} of clip {clip} in {name} has the label "
                        f"{event.label!r}, which is not one of labels={labels}."
                    )
    return *sides.values(), labels


def _check_labels(labels):
    if isinstance(labels, str):
        raise TypeError(
            f"labels must be a list of labels, got the text {labels!r}: put it into "
            "a list."
        )
    labels = list(labels)
    if not labels or not all(isinstance(label, str) and label for label in labels):
        raise ValueError(f"labels must be one or more texts, got {labels!r:.80}")
    if len(set(labels)) < len(labels):
        raise ValueError(f"labels must be different, got {labels!r:.80}")
    return [str(label) for label in labels]


def rates_of_counts(counts, *, empty_output="nan"):
    """F-measure and error rate of counts.

    Parameters
    ----------
    counts : dict of str to int
        n_reference, n_system, n_correct, n_deletions, n_insertions, and, if there are
        any, n_substitutions and more.
    empty_output : {"nan", "zero"}, default="nan"
        What the precision is where n_system is 0.

    Returns
    -------
    Bunch
        The scores, and the counts.
    """
    counts = {key: int(value) for key, value in counts.items()}
    n_reference, n_correct = counts["n_reference"], counts["n_correct"]
    precision = math.nan if empty_output == "nan" else 0.0
    if counts["n_system"]:
        precision = n_correct / counts["n_system"]
    recall = n_correct / n_reference if n_reference else math.nan
    if precision == 0 and recall == 0:
        f_measure = 0.0
    else:
        f_measure = 2 * precision * recall / (precision + recall)
    rates = {
        f"{kind}_rate": counts[f"n_{kind}s"] / (n_reference + EPS)
        for kind in ("substitution", "deletion", "insertion")
        if f"n_{kind}s" in counts
    }
    return Bunch(
        f_measure=f_measure,
        precision=precision,
        recall=recall,
        error_rate=sum(rates.values()),
        **rates,
        **counts,
    )


def average_of_classes(class_wise, overall):
    """Means of the scores over classes.

    Parameters
    ----------
    class_wise : dict of str to Bunch
        Scores and counts (``n_...``) of each class.
    overall : Bunch
        Those of all, which say what there is where there is no class.

    Returns
    -------
    Bunch
        The mean of each score over the classes for which it is defined, NaN if there
        is none.
    """
    means = Bunch()
    for key in overall:
        if not key.startswith("n_") and key != "substitution_rate":
            values = [scores[key] for scores in class_wise.values()]
            defined = [value for value in values if not math.isnan(value)]
            means[key] = sum(defined) / len(defined) if defined else math.nan
    return means
