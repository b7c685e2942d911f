"""What a tagger is taught: an indicator matrix, made of whatever y is."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.utils import check_array, column_or_1d, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets

__all__ = [
    "TagTargets",
    "check_indicators",
    "check_tag_targets",
    "holds_sets",
    "rarest_tag",
    "read_labels",
    "tag_matrix",
    "weigh_tags",
]


class TagTargets(NamedTuple):
    """Which clip has which tag.

    Parameters
    ----------
    matrix : ndarray of shape (n_clips, n_tags)
        Float32, 1 or 0.
    classes : ndarray of shape (n_tags,)
        Names of the columns.
    exclusive : bool
        Whether every clip has exactly one of them, as classes are.
    """

    matrix: np.ndarray
    classes: np.ndarray
    exclusive: bool


def tag_matrix(label_sets, tags=None):
    """Indicator matrix of sets of tags.

    Parameters
    ----------
    label_sets : sequence of sets of str
        The tags of every clip, possibly none; tuples and lists will do.
    tags : sequence of str or None, default=None
        The columns. None takes all tags that occur, sorted.

    Returns
    -------
    matrix : ndarray of int of shape (n_clips, n_tags)
        1 where a clip has a tag, 0 elsewhere.
    tags : ndarray of shape (n_tags,)
        Names of the columns.

    Raises
    ------
    ValueError
        If a clip has a tag that is none of `tags`, or these are not different, or
        there is no tag at all.
    TypeError
        If a clip has something else than a set, or a tag is no text.

    See Also
    --------
    AttentionTagger : Also takes the sets themselves.
    sklearn.preprocessing.MultiLabelBinarizer : Takes numbers as well, and passes over
        what it does not know.

    Examples
    --------
    >>> from skaudeep.classifiers import tag_matrix
    >>> matrix, tags = tag_matrix([{"speech", "music"}, {"speech"}, set()])
    >>> matrix
    array([[1, 1],
           [0, 1],
           [0, 0]])
    >>> tags.tolist()
    ['music', 'speech']
    """
    sets = [_check_set(labels, i) for i, labels in enumerate(label_sets)]
    names = sorted(set().union(*sets)) if tags is None else _check_names(tags)
    for i, labels in enumerate(sets):
        unknown = sorted(labels.difference(names))
        if unknown:
            raise ValueError(
                f"Clip {i} has the tag {unknown[0]!r}, which is none of tags: {names}."
            )
    if not names:
        raise ValueError("There is no tag: all clips' sets are empty, and so is tags.")
    return MultiLabelBinarizer(classes=names).fit_transform(sets), np.array(names)


def read_labels(y):
    """Y of any form, as an array, or as a list if it holds sets of tags."""
    if y is None:
        raise ValueError(
            "AttentionTagger requires y to be passed, but the target y is None."
        )
    y = y.to_numpy() if hasattr(y, "iloc") else y
    if holds_sets(y):
        return list(y)
    try:
        return y.toarray() if issparse(y) else np.asarray(y)
    except ValueError as error:
        raise ValueError(
            "y must be an indicator matrix, a set of names for every clip, or one "
            "class a clip, got lists of different lengths without names."
        ) from error


def check_tag_targets(y, tags=None):
    """Targets of any form as a `TagTargets`.

    Parameters
    ----------
    y : ndarray or list of sets
        As ``read_labels`` returns it.
    tags : sequence of str or None, default=None
        Names of the columns of an indicator matrix, or all tags that may be in sets.
    """
    if holds_sets(y):
        matrix, classes = tag_matrix(y, tags)
        return TagTargets(matrix.astype(np.float32), classes, False)
    # A column may be classes, as well; what has a name is a tag.
    if np.ndim(y) == 2 and (np.shape(y)[1] > 1 or tags is not None):
        y = check_indicators(y)
        classes = np.arange(y.shape[1])
        if tags is not None:
            classes = np.array(_check_names(tags))
            if len(classes) != y.shape[1]:
                raise ValueError(
                    f"tags must name the {y.shape[1]} columns of y, got "
                    f"{len(classes)}: {classes.tolist()}."
                )
        return TagTargets(y.astype(np.float32), classes, False)
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    if tags is not None:
        raise ValueError(
            "tags names the columns of an indicator matrix, or what may be in sets of "
            "tags; y has one class a clip, for which tags must be None."
        )
    classes, codes = np.unique(y, return_inverse=True)
    return TagTargets(np.eye(len(classes), dtype=np.float32)[codes], classes, True)


def check_indicators(y):
    """A matrix of int from one of 0 and 1 of any type."""
    y = check_array(y, input_name="y", dtype=None)
    # Not np.unique, which sorts: objects may have no order.
    strange = [value for value in y.ravel().tolist() if value not in (0, 1)]
    if strange:
        raise ValueError(
            "Unknown label type: y of two dimensions must be an indicator matrix of 0 "
            f"and 1, got the value {strange[0]!r:.60}"
        )
    return (y == 1).astype(int)


def weigh_tags(targets, class_weight, sample_weight):
    """Weight of every clip and tag in the loss, (n_clips, n_tags), float32.

    Parameters
    ----------
    targets : TagTargets
        All of which count.
    class_weight, sample_weight
        See :class:`AttentionTagger`; `sample_weight` is an array.
    """
    weight = np.repeat(sample_weight[:, np.newaxis], len(targets.classes), axis=1)
    if class_weight is None:
        return weight
    if targets.exclusive:
        if isinstance(class_weight, list):
            raise ValueError(
                "class_weight must be None, 'balanced' or, for one class a clip, a "
                f"dict of the classes, got {class_weight!r}."
            )
        labels = targets.classes[targets.matrix.argmax(axis=1)]
        factors = compute_sample_weight(class_weight, labels)
        return weight * factors.astype(np.float32)[:, np.newaxis]
    if isinstance(class_weight, dict):
        raise ValueError(
            "class_weight must be None, 'balanced' or, for tags, a list with a dict "
            f"{{0: weight, 1: weight}} for each of them, got {class_weight!r}."
        )
    if class_weight == "balanced":
        class_weight = ["balanced"] * len(targets.classes)
    if len(class_weight) != len(targets.classes):
        raise ValueError(
            f"class_weight must have a dict for each of the {len(targets.classes)} "
            f"tags, got {len(class_weight)}."
        )
    for k, of_tag in enumerate(class_weight):
        if not (of_tag is None or of_tag == "balanced" or isinstance(of_tag, dict)):
            raise ValueError(
                "class_weight must have a dict {0: weight, 1: weight} for each tag, "
                f"got {of_tag!r}."
            )
        column = targets.matrix[:, k].astype(int)
        weight[:, k] *= compute_sample_weight(of_tag, column).astype(np.float32)
    return weight


def rarest_tag(matrix):
    """Of every clip its rarest tag, or the number of tags if it has none."""
    n_clips, n_tags = matrix.shape
    order = np.argsort(matrix.sum(axis=0), kind="stable")
    sorted_matrix = np.column_stack([matrix[:, order], np.ones(n_clips)])
    return np.append(order, n_tags)[sorted_matrix.argmax(axis=1)]


def holds_sets(y):
    """Whether y is a list of sets of tags, and not an array in the form of lists."""
    if not isinstance(y, (list, tuple, np.ndarray)) or len(y) == 0:
        return False
    if isinstance(y, np.ndarray) and (y.ndim != 1 or y.dtype != object):
        return False
    # One is enough: what is beside it can be nothing but a mistake.
    if any(isinstance(labels, (set, frozenset)) for labels in y):
        return True
    if not all(isinstance(labels, (list, tuple)) for labels in y):
        return False
    # All empty, they are no matrix either.
    labels = [label for labels in y for label in labels]
    return not labels or any(isinstance(label, str) for label in labels)


def _check_set(labels, i):
    if isinstance(labels, str) or not isinstance(labels, (set, frozenset, list, tuple)):
        raise TypeError(f"Clip {i} must have a set of tags, got {labels!r:.60}")
    for label in labels:
        if not isinstance(label, str):
            raise TypeError(f"The tags of clip {i} must be texts, got {label!r:.60}")
    return set(labels)


def _check_names(tags):
    # Of a set, the order is nobody's.
    unordered = isinstance(tags, (str, set, frozenset, dict))
    names = [] if unordered else list(tags)
    if (
        not names
        or not all(isinstance(name, str) for name in names)
        or len(set(names)) < len(names)
    ):
        raise ValueError(
            f"tags must be a list of different names, one at least, got {tags!r}."
        )
    return [str(name) for name in names]
