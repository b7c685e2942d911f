"""Which clips are trained on and which tested."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

__all__ = ["make_splits", "partition_index", "untrained_classes"]


def partition_index(corpus, names):
    """Indices of the clips of some partitions, ascending."""
    if corpus.partitions is None:
        raise ValueError(f"The corpus has no partitions, so none named {names[0]!r}.")
    for name in names:
        if name not in corpus.partitions:
            raise ValueError(
                f"The corpus has no partition {name!r}; it has "
                f"{', '.join(corpus.partitions)}."
            )
    return np.unique(np.concatenate([corpus.partitions[name] for name in names]))


def make_splits(corpus, train, test, known):
    """Name, training and test indices of every split.

    Parameters
    ----------
    corpus : Bunch
        As of a loader.
    train, test : tuple of str
        Partitions; both empty for the folds.
    known : ndarray of int
        Clips whose label is known; no others are used.

    Returns
    -------
    list of (str, ndarray, ndarray)
        Of folds or of the one pair of partitions.
    """
    if bool(train) != bool(test):
        raise ValueError("--train-partition and --eval-partition go together.")
    if train:
        name = f"{'+'.join(train)} / {'+'.join(test)}"
        pairs = [(name, partition_index(corpus, train), partition_index(corpus, test))]
    elif corpus.cv is not None:
        folds = corpus.cv.split(corpus.recordings, corpus.target)
        pairs = [
            (_name_of(corpus.partitions, fold) or f"fold {i}", *fold)
            for i, fold in enumerate(folds, start=1)
        ]
    else:
        raise ValueError(
            "The corpus has neither folds nor partitions: --folds K makes folds."
        )
    splits = []
    for name, *parts in pairs:
        both = np.intersect1d(*parts)
        if len(both):
            raise ValueError(f"{name}: {len(both)} clips would be in both parts.")
        # In the order of the fold, which decides what a network is trained on first.
        parts = [part[np.isin(part, known)] for part in parts]
        for part, index in zip(("train on", "test"), parts, strict=True):
            if not len(index):
                raise ValueError(f"{name} has no labelled clip to {part}.")
        splits.append((name, *parts))
    return splits


def _name_of(partitions, fold):
    """What a fold is called that is made of whole partitions; None if it is not."""
    sides = []
    for part in fold:
        names = [
            name
            for name, index in (partitions or {}).items()
            if len(index) and np.isin(index, part).all()
        ]
        if sum(len(partitions[name]) for name in names) != len(part):
            return None
        sides.append("+".join(names))
    return " / ".join(sides)


def untrained_classes(splits, target):
    """Classes of single labels that a split tests and does not train on.

    Parameters
    ----------
    splits : list of (str, ndarray, ndarray)
        As of :func:`make_splits`.
    target : ndarray
        Of the corpus; of numbers, or several labels a clip, nothing is missed.

    Returns
    -------
    dict of str to list of str
        By the name of the split, where there are any.
    """
    target = np.asarray(target)
    if target.ndim != 1 or target.dtype.kind == "f":
        return {}
    missed = {
        name: np.setdiff1d(target[test], target[train]).tolist()
        for name, train, test in splits
    }
    return {name: classes for name, classes in missed.items() if classes}
