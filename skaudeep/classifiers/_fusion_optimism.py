"""How much of a fusion's score is due to the tuning of its weights."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import clone
from sklearn.utils import Bunch, indexable
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skaudeep.classifiers._fusion_members import (
    SharedRows,
    ask,
    collect,
    make_folds,
)
from skaudeep.classifiers._fusion_search import Ballots, Judge, align, tune
from skaudeep.classifiers._weighted_fusion import WeightedFusionClassifier

__all__ = ["fusion_optimism"]


def fusion_optimism(fusion, X, y, *, cv=None, groups=None):
    """Compare weights tuned inside the training parts with ones tuned on the reported.

    Published fusions often choose their weights on the very folds whose score they
    report. This gives that score and the honest one, from the same fits: in every
    fold, the fusion is trained on the training part, which finds weights by its inner
    cross-validation, and it and its members predict the test part.

    Parameters
    ----------
    fusion : WeightedFusionClassifier
        It is not changed. Its `scoring` is used; with `n_jobs`, its fits run at once.
    X : recordings, sequences, pictures or features
        What its members take.
    y : array-like of shape (n_clips,)
        One label a clip.
    cv : int, splitter, iterable of (train, test) or None, default=None
        The folds to report, with an int or None as in
        :class:`WeightedFusionClassifier`.
    groups : array-like of shape (n_clips,) or None, default=None
        For `cv` and for the inner cross-validation.

    Returns
    -------
    Bunch
        - nested : float. Score of the test predictions with weights found in the
          training parts, what may be expected of new clips.
        - on_reported_folds : float. Score of the test predictions with the weights
          that are best for just these.
        - optimism : float. The latter minus the former.
        - members : ndarray of shape (n_members,). Score of each member alone.
        - weights : ndarray of shape (n_folds, n_members). Weights of the folds.
        - weights_on_reported_folds : ndarray of shape (n_members,). Those tuned.
        - indices : ndarray of int of shape (n_predictions,). The clip of each
          prediction, the folds one after the other.
        - y_nested, y_on_reported_folds : ndarray of shape (n_predictions,). What is
          predicted for them.

    See Also
    --------
    WeightedFusionClassifier : What is examined.

    Notes
    -----
    Scores are of the predictions of all folds together. If a member is itself a
    WeightedFusionClassifier, ``on_reported_folds`` tunes its weights on the reported
    folds too, as a system of two stages would. If the weights of `fusion` are given,
    both scores are the same.

    What members of pipelines with ``memory`` share (see
    :class:`WeightedFusionClassifier`) is done once for all folds, too.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skaudeep.classifiers import WeightedFusionClassifier, fusion_optimism
    >>> X, y = load_wine(return_X_y=True)
    >>> X = X[:, :5]
    >>> fusion = WeightedFusionClassifier(
    ...     [
    ...         ("neighbours", KNeighborsClassifier(20)),
    ...         ("bayes", GaussianNB()),
    ...         ("tree", DecisionTreeClassifier(max_depth=2, random_state=0)),
    ...     ]
    ... )
    >>> result = fusion_optimism(fusion, X, y, cv=4)
    >>> result.members.round(3)
    array([0.609, 0.837, 0.787])
    >>> round(result.nested, 3), round(result.on_reported_folds, 3)
    (0.834, 0.864)
    """
    if not isinstance(fusion, WeightedFusionClassifier):
        raise TypeError(f"fusion must be a WeightedFusionClassifier, got {fusion!r}.")
    y = column_or_1d(y, warn=True)
    X, y, groups = indexable(X, y, groups)
    check_consistent_length(X, y, groups)
    groups = None if groups is None else np.asarray(groups)
    shared = SharedRows(X)
    fitted, tests, nested = [], [], []
    classes = np.unique(y)
    to_cv = {"groups": groups}
    for train, test in make_folds(cv, X, y, groups, to_cv, "the reported folds"):
        one = clone(fusion)
        inner = {} if groups is None else {"groups": groups[train]}
        one.fit(shared.take(train), y[train], **inner)
        probabilities = one.predict_proba(shared.take(test))
        nested.append(align(probabilities, one.classes_, classes))
        fitted.append(one)
        tests.append(shared.take(test))
    indices = np.concatenate([test.index for test in tests])
    nested = np.concatenate(nested)
    found, tuned = _tune_on_tests(fitted, tests, y[indices], classes)
    judge = Judge(fusion.scoring, y[indices], classes)
    score_nested, score_tuned = (
        float(judge.score(Ballots(shares[np.newaxis]), np.ones((1, 1)))[0])
        for shares in (nested, tuned)
    )
    members = collect(
        [
            [
                ask(one.estimators_[number], test, classes, fusion.voting)
                for one, test in zip(fitted, tests, strict=True)
            ]
            for number in range(len(found))
        ]
    )
    return Bunch(
        nested=score_nested,
        on_reported_folds=score_tuned,
        optimism=score_tuned - score_nested,
        members=judge.score(members, np.eye(len(found))),
        weights=np.stack([one.weights_ for one in fitted]),
        weights_on_reported_folds=found,
        indices=indices,
        y_nested=classes[nested.argmax(axis=1)],
        y_on_reported_folds=classes[tuned.argmax(axis=1)],
    )


def _tune_on_tests(fitted, tests, y, classes):
    """Weights that are best for the test parts, and the probabilities they give."""
    first = fitted[0]
    answers = []
    for number, member in enumerate(first.estimators_):
        members = [one.estimators_[number] for one in fitted]
        if isinstance(member, WeightedFusionClassifier):
            _, shares = _tune_on_tests(members, tests, y, classes)
            answers.append([(shares, _labels(shares, first.voting))])
        else:
            answers.append(
                [
                    ask(member, test, classes, first.voting)
                    for member, test in zip(members, tests, strict=True)
                ]
            )
    ballots = collect(answers)
    weights = first._given_weights()
    found = tune(
        first.weights if weights is None else weights,
        first.step,
        ballots,
        Judge(first.scoring, y, classes),
    )
    return found.weights, ballots.shares(found.weights)


def _labels(shares, voting):
    return shares.argmax(axis=1) if voting == "majority" else None
