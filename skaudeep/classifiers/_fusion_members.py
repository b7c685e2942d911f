"""Members of a fusion: their folds, what they share, what they say."""
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_method_params, _num_samples, check_memory

from skaudeep._base import StatelessMixin
from skaudeep.audio._chunker import Chunker
from skaudeep.classifiers._fusion_search import Ballots, align

__all__ = ["SharedRows", "ask", "collect", "fit_and_ask", "make_folds"]


class SharedRows:
    """Rows of an X, and of what stateless steps make of all of it.

    A step that looks at every clip by itself and learns nothing gives the same for a
    clip in every fold. So it may see all clips at once, and the folds take their rows
    of the result; that needs a place where the result is kept, the ``memory`` of the
    pipeline.

    Parameters
    ----------
    X : object
        All rows.
    index : ndarray of int or None, default=None
        Which of them these are; None means all.
    encoded : dict or None, default=None
        None for rows to fit members on: their encodings are kept in the pipeline's
        memory, where other processes and other fits find them. A dict for rows about
        which fitted members are asked: there the encodings are kept.
    """

    def __init__(self, X, index=None, *, encoded=None):
        self.X = X
        self.index = index
        self.encoded = encoded
        # What X is to the memory. In a list, so that all parts of X know it.
        self._hash = []

    @classmethod
    def of(cls, X, **kwargs):
        """X, if it is some of these already; otherwise all rows of X."""
        return X if isinstance(X, cls) else cls(X, **kwargs)

    def __len__(self):
        return _num_samples(self.X) if self.index is None else len(self.index)

    @property
    def plain(self):
        """These rows of X itself."""
        return self._select(self.X)

    def take(self, index):
        """Some of these rows."""
        index = np.asarray(index)
        index = index if self.index is None else self.index[index]
        part = SharedRows(self.X, index, encoded=self.encoded)
        part._hash = self._hash
        return part

    def split(self, member):
        """What is left of a member if the steps that are shared are done.

        Parameters
        ----------
        member : classifier
            Fitted or not.

        Returns
        -------
        X : object
            The rows that `rest` takes.
        rest : classifier
            The member itself, or its later steps.
        shared : list of transformer
            The steps that have been done, fitted.
        """
        if getattr(member, "_takes_shared_rows", False):
            return self, member, []
        n_shared = _count_shared(member)
        if not n_shared:
            return self.plain, member, []
        steps = [step for _, step in member.steps[:n_shared]]
        encoded, shared = self._encode(steps, member.memory)
        return self._select(encoded), member[n_shared:], shared

    def prepare(self, members):
        """Encode before several processes ask for it at the same time."""
        for member in members:
            if getattr(member, "_takes_shared_rows", False):
                self.prepare(inner for _, inner in member.estimators)
            elif _count_shared(member):
                self.split(member)

    def _select(self, X):
        return X if self.index is None else _safe_indexing(X, self.index)

    def _encode(self, steps, memory):
        if self.encoded is None:
            steps = [clone(step, safe=False) for step in steps]
            if not self._hash:
                self._hash.append(joblib.hash(self.X))
            cached = check_memory(memory).cache(fit_encode, ignore=["X"])
            return cached(steps, self.X, self._hash[0])
        key = joblib.hash(steps)
        if key not in self.encoded:
            self.encoded[key] = encode(steps, self.X)
        return self.encoded[key], steps


def fit_encode(steps, X, X_hash):
    """Let transformers do their work one after the other.

    Parameters
    ----------
    steps : list of transformer
        Or "passthrough".
    X : object
        What the first one takes.
    X_hash : str
        What a memory knows X by: to compute it for every call takes its time.

    Returns
    -------
    X : object
        What the last one returns.
    steps : list of transformer
        The fitted ones.
    """
    for step in steps:
        if not _passes(step):
            X = step.fit_transform(X)
    return X, steps


def encode(steps, X):
    """The same with fitted transformers, which may refuse X; returns X alone."""
    for step in steps:
        if not _passes(step):
            X = step.transform(X)
    return X


def fit_member(member, X, y, params):
    """Fit a clone of a member.

    Parameters
    ----------
    member : classifier
        It is not changed.
    X : SharedRows
        Rows.
    y : ndarray
        Their labels.
    params : dict
        Further parameters of ``fit``.

    Returns
    -------
    classifier
        It takes what `member` takes.
    """
    member = clone(member)
    X, rest, shared = X.split(member)
    rest.fit(X, y, **params)
    if rest is not member:
        names = [name for name, _ in member.steps]
        member.steps = list(
            zip(names, [*shared, *(step for _, step in rest.steps)], strict=True)
        )
    return member


def ask(member, X, classes, voting):
    """What a fitted member says about some rows.

    Parameters
    ----------
    member : classifier
        Of some of the `classes`, maybe.
    X : SharedRows
        The rows.
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    voting : {"soft", "majority"}
        As in :class:`WeightedFusionClassifier`.

    Returns
    -------
    probabilities : ndarray of shape (n_rows, n_classes)
        Zeros for labels that the member does not know, and everywhere if it knows no
        probabilities.
    labels : ndarray of int of shape (n_rows,) or None
        Indices of what it predicts; None under "soft".
    """
    X, rest, _ = X.split(member)
    labels = None
    if voting == "majority":
        labels = np.searchsorted(classes, rest.predict(X))
        if not hasattr(rest, "predict_proba"):
            return np.zeros((len(labels), len(classes))), labels
    return align(rest.predict_proba(X), rest.classes_, classes), labels


def fit_and_ask(member, X, y, params, split, classes, voting):
    """Fit a member in a fold and ask it about the test part, or fit it on all.

    Parameters
    ----------
    member : classifier
        It is not changed.
    X : SharedRows
        All rows.
    y : ndarray
        Their labels.
    params : dict
        Further parameters of ``fit``.
    split : (train, test) or None
        Indices, or None for all.
    classes, voting : object
        As :func:`ask` takes them.

    Returns
    -------
    object
        What :func:`ask` returns, or the fitted member.
    """
    if split is None:
        return fit_member(member, X, y, params)
    train, test = split
    params = _check_method_params(X, params, indices=train)
    fitted = fit_member(member, X.take(train), y[train], params)
    return ask(fitted, X.take(test), classes, voting)


def collect(answers):
    """Ballots of all that the members said.

    Parameters
    ----------
    answers : list of list of (probabilities, labels)
        For every member, what :func:`ask` returned in every fold.

    Returns
    -------
    Ballots
        With the rows of all folds, one after the other.
    """
    probabilities = np.stack(
        [np.concatenate([given for given, _ in folds]) for folds in answers]
    )
    if answers[0][0][1] is None:
        return Ballots(probabilities)
    labels = [np.concatenate([given for _, given in folds]) for folds in answers]
    return Ballots(probabilities, np.stack(labels))


def make_folds(cv, X, y, groups, params, purpose):
    """Training and test parts of the folds that `cv` means.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        An int or None heeds the labels and the groups.
    X : object
        What is split.
    y : ndarray
        Labels.
    groups : array-like or None
        Groups.
    params : dict
        Further parameters of ``split``.
    purpose : str
        What is done with them, for errors.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Indices.
    """
    own = cv is None or isinstance(cv, Integral)
    splitter = _splitter(cv, y, groups, purpose) if own else check_cv(cv, y)
    folds = []
    for number, split in enumerate(splitter.split(X, y, **params)):
        try:
            train, test = (np.arange(len(y))[part] for part in split)
        except IndexError as error:
            raise ValueError(
                f"Fold {number} in cv, for {purpose}, has other clips than the "
                f"{len(y)} that are split here: {error}. Folds as lists of indices or "
                "masks serve one X only; a splitter or a number serves any."
            ) from None
        unknown = np.setdiff1d(y[test], y[train])
        if own and len(unknown):
            raise ValueError(
                f"cv={cv!r}: fold {number} of {purpose} tests clips of the class "
                f"{unknown.tolist()[0]!r} and trains on none. A class needs clips of "
                f"at least two groups. {_WAYS_OUT}"
            )
        folds.append((train, test))
    return folds


_WAYS_OUT = (
    "Pass folds of your own as cv, or other clips; a fusion whose weights are given "
    "needs no folds."
)


def _splitter(cv, y, groups, purpose):
    n_splits = 5 if cv is None else cv
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() < 2:
        raise ValueError(
            f"cv={cv!r}: {purpose} needs two clips of every class, but there is only "
            f"one of the class {labels.tolist()[counts.argmin()]!r}. {_WAYS_OUT}"
        )
    if groups is None:
        return StratifiedKFold(n_splits)
    n_groups = len(np.unique(groups))
    if n_groups < n_splits:
        raise ValueError(
            f"cv={cv!r} makes {n_splits} folds of whole groups for {purpose}, but "
            f"there are only {n_groups} groups."
        )
    return StratifiedGroupKFold(n_splits)


def _count_shared(member):
    """Leading steps that may be done for all rows at once."""
    if not isinstance(member, Pipeline) or member.memory is None:
        return 0
    n_shared = 0
    for _, step in member.steps[:-1]:
        if not (_passes(step) or _looks_at_single_clips(step)):
            break
        n_shared += 1
    return n_shared


def _passes(step):
    return step is None or (isinstance(step, str) and step == "passthrough")


def _looks_at_single_clips(step):
    if isinstance(step, Pipeline):
        return all(_looks_at_single_clips(inner) for _, inner in step.steps)
    return isinstance(step, StatelessMixin) and not isinstance(step, Chunker)
