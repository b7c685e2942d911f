"""What the loaders of the corpora return."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.utils import Bunch

from skaudeep.datasets._corpus_files import check_files
from skaudeep.datasets._folds import PredefinedFolds

__all__ = ["UNKNOWN", "fold_numbers_to_cv", "make_corpus"]

# The label of a clip whose label was never published.
UNKNOWN = "?"


def make_corpus(
    root,
    files,
    target,
    *,
    target_names=None,
    groups=None,
    cv=None,
    partitions=None,
    descr,
    source="",
    **more,
):
    """The Bunch of a corpus; the files are looked for, none is opened.

    Parameters
    ----------
    root : Path
        Folder that the files are below.
    files : sequence of str
        Paths of the clips relative to `root`, one a row.
    target : sequence of str of length n_clips, numeric ndarray or None
        Labels; ``UNKNOWN`` for a clip without one, None if there are none at all. An
        array of numbers, such as an indicator matrix, is taken as it is; NaN for a clip
        without any.
    target_names : sequence of str or None, default=None
        The classes in the order of the corpus; None for the labels, sorted, and of
        numbers for none.
    groups : sequence of str of length n_clips or None, default=None
        What must not stand on both sides of a split.
    cv : PredefinedFolds or None, default=None
        The folds. With partitions and without folds: train against devel, or against
        test where there is no devel, as far as these are labelled.
    partitions : dict of str to sequence of int or None, default=None
        Indices of the clips of each partition, in the order "train", "devel", "test".
    descr : str
        Origin and licence.
    source : str, default=""
        End of the error if a file is missing: where to get the corpus.
    **more
        Further attributes.

    Returns
    -------
    Bunch
        With ``recordings, target, target_names, groups, cv, partitions, DESCR`` and
        what `more` has.
    """
    files = [str(file) for file in files]
    check_files(root, files, "recordings", source)
    if isinstance(target, np.ndarray) and target.dtype.kind in "iuf":
        known = ~np.isnan(target.reshape(len(target), -1)).any(axis=1)
    elif target is not None:
        target = np.array([str(label) for label in target], dtype=str)
        known = target != UNKNOWN
        if target_names is None:
            target_names = np.unique(target[known])
    if target_names is not None:
        target_names = np.array(list(target_names), dtype=str)
    if partitions is not None:
        partitions = Bunch(
            **{
                name: np.array(list(index), dtype=np.intp)
                for name, index in partitions.items()
            }
        )
        if cv is None and target is not None:
            cv = _partitions_to_cv(partitions, known)
    return Bunch(
        recordings=np.array([str(root / file) for file in files], dtype=object),
        target=target,
        target_names=target_names,
        groups=None if groups is None else np.array(list(groups), dtype=str),
        cv=cv,
        partitions=partitions,
        DESCR=descr,
        **more,
    )


def fold_numbers_to_cv(fold):
    """One fold a number: its clips are tested on, those of all others trained on.

    Parameters
    ----------
    fold : sequence of int of length n_clips
        Number of the fold of each clip.

    Returns
    -------
    PredefinedFolds or None
        In ascending order of the numbers; None for fewer than two.
    """
    fold = np.asarray(fold)
    numbers = np.unique(fold)
    if len(numbers) < 2:
        return None
    return PredefinedFolds(
        (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        for number in numbers
    )


def _partitions_to_cv(partitions, known):
    """Train against the first other partition that has labels."""
    for name in ("devel", "test"):
        pair = [partitions.get(part) for part in ("train", name)]
        if all(index is not None and known[index].any() for index in pair):
            return PredefinedFolds([tuple(index[known[index]] for index in pair)])
    return None
