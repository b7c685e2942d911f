"""Cross-validation over the folds that a corpus comes with."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils.validation import _num_samples

__all__ = ["PredefinedFolds"]


class PredefinedFolds(BaseCrossValidator):
    """Splitter over explicit pairs of training and test indices.

    Corpora publish their folds as lists. These need not partition the data: a clip
    may be tested in two folds or in none, and may be in neither part of a fold.
    :class:`~sklearn.model_selection.PredefinedSplit` cannot say that.

    Parameters
    ----------
    folds : iterable of (train, test)
        One pair a fold of integer arrays of shape (n_train,) and (n_test,): positions
        in X, counted from 0. Neither part is empty, no index is in both, and none
        twice in a test part.

    Attributes
    ----------
    folds : tuple of (train, test)
        The pairs, as read-only arrays.

    See Also
    --------
    read_dcase_folds : Reads the published folds of the DCASE scene corpora.
    sklearn.model_selection.PredefinedSplit : For test folds that never overlap.

    Notes
    -----
    ``cross_val_predict`` has one place for the prediction of each clip, so it needs
    test parts that partition X and says so if they do not; ``cross_val_score``,
    ``cross_validate`` and ``GridSearchCV`` take any folds.

    Examples
    --------
    >>> from skaudeep.datasets import PredefinedFolds
    >>> cv = PredefinedFolds([([0, 1], [2, 3]), ([0, 3], [1, 2])])
    >>> cv
    PredefinedFolds(n_splits=2, n_train=[2, 2], n_test=[2, 2])
    >>> for train, test in cv.split(["a.wav", "b.wav", "c.wav", "d.wav"]):
    ...     print(train, test)
    [0 1] [2 3]
    [0 3] [1 2]
    """

    def __init__(self, folds):
        self.folds = _check_folds(folds)

    def split(self, X=None, y=None, groups=None):
        """Yield the folds.

        Parameters
        ----------
        X : array-like of length n_samples or None, default=None
            The clips; only their number is looked at, to check the indices.
        y : object, default=None
            Ignored.
        groups : object, default=None
            Ignored: the folds say all.

        Yields
        ------
        train : ndarray of shape (n_train,)
            Indices to train on.
        test : ndarray of shape (n_test,)
            Indices to test on.
        """
        if X is not None:
            self._check_range(_num_samples(X))
        for train, test in self.folds:
            yield train.copy(), test.copy()

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X : object, default=None
            Ignored.
        y : object, default=None
            Ignored.
        groups : object, default=None
            Ignored.

        Returns
        -------
        int
            Number of folds.
        """
        return len(self.folds)

    def _check_range(self, n_samples):
        for number, fold in enumerate(self.folds, start=1):
            for part, index in zip(("train", "test"), fold, strict=True):
                if index.max() >= n_samples:
                    raise ValueError(
                        f"Fold {number} of {len(self.folds)} has the {part} index "
                        f"{index.max()}, but X holds {n_samples} clips (indices 0 to "
                        f"{n_samples - 1}). The folds belong to another X."
                    )

    def __repr__(self):
        n_train = [len(train) for train, _ in self.folds]
        n_test = [len(test) for _, test in self.folds]
        return (
            f"{type(self).__name__}(n_splits={len(self.folds)}, "
            f"n_train={n_train}, n_test={n_test})"
        )


def _check_folds(folds):
    checked = []
    for number, fold in enumerate(folds, start=1):
        try:
            train, test = fold
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Fold {number} must be a pair (train, test), got {fold!r:.80}."
            ) from error
        train = _check_index(train, f"train part of fold {number}")
        test = _check_index(test, f"test part of fold {number}")
        both = np.intersect1d(train, test)
        if len(both):
            raise ValueError(
                f"Fold {number} trains and tests on the same {len(both)} clip(s), "
                f"among them index {both[0]}."
            )
        if len(np.unique(test)) < len(test):
            raise ValueError(f"The test part of fold {number} holds an index twice.")
        checked.append((train, test))
    if not checked:
        raise ValueError("folds must hold at least one pair (train, test), got none.")
    return tuple(checked)


def _check_index(index, name):
    index = np.array(index)
    if index.ndim != 1 or index.size == 0 or index.dtype.kind not in "iu":
        raise ValueError(
            f"The {name} must be a non-empty 1-D array of integers, got "
            f"shape {index.shape} and dtype {index.dtype}."
        )
    if index.min() < 0:
        raise ValueError(f"The {name} has the negative index {index.min()}.")
    index = index.astype(np.intp)
    index.flags.writeable = False
    return index
