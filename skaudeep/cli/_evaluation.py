"""Predictions of pipelines for clips that they were not trained on."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.utils import Bunch

from skaudeep.cli._fitting import (
    fit_head,
    fit_tail,
    labels_for,
    predict_tail,
    split_pipeline,
)
from skaudeep.cli._recipe import make_classifier, make_features
from skaudeep.cli._recipe_stages import kind_of, plain_value

__all__ = ["cross_validate", "evaluate_model", "learns_nothing"]

# What makes features of a clip that depend on no other.
_FIXED = ("statistics", "deepspectrum", "none")


def learns_nothing(settings):
    """Whether the features of a clip are the same whatever else was fitted on."""
    given = settings.get("representation", {})
    drawn = "weights" in given and plain_value(given["weights"]) is None
    aggregation = (
        kind_of(settings, "aggregation") if "aggregation" in settings else "statistics"
    )
    return (
        kind_of(settings, "representation") in _FIXED
        and aggregation == "statistics"
        and not drawn
    )


def cross_validate(settings, corpus, splits, *, n_repeats=1, upsample=False):
    """Train on one part of every split and predict the other.

    Nothing is chosen on the parts that are predicted.

    Parameters
    ----------
    settings : dict
        The recipe; repeats count up its seed.
    corpus : Bunch
        With ``X``, features or sequences, where these are given already.
    splits : list of (str, ndarray, ndarray)
        As of :func:`skaudeep.cli._splits.make_splits`.
    n_repeats : int, default=1
        How often all is done.
    upsample : bool, default=False
        Whether rare classes are repeated to train the classifier.

    Yields
    ------
    Bunch
        Of every split of every repeat: repeat, split, test (indices), y_true,
        labels, probabilities, estimator.
    """
    X = corpus.get("X")
    if X is None and learns_nothing(settings):
        # The same numbers as split by split, computed once.
        used = np.unique(
            np.concatenate([np.r_[train, test] for _, train, test in splits])
        )
        X = _scattered(
            fit_head(make_features(settings), corpus.recordings[used]),
            used,
            len(corpus.recordings),
        )
    seed = plain_value(settings.get("random_state"))
    sequences = None if "X" not in corpus else corpus.sequences
    for repeat in range(n_repeats):
        if isinstance(seed, int):
            settings = {**settings, "random_state": seed + repeat}
        for name, train, test in splits:
            tail = make_classifier(settings, sequences=sequences)
            target = labels_for(tail, corpus.target)
            if X is None:
                head = make_features(settings)
                X_train = fit_head(head, corpus.recordings[train], target[train])
                fit_tail(tail, X_train, target[train], upsample=upsample)
                X_test = head.transform(corpus.recordings[test])
            else:
                fit_tail(tail, X[train], target[train], upsample=upsample)
                X_test = X[test]
            labels, probabilities = predict_tail(tail, X_test)
            yield Bunch(
                repeat=repeat + 1,
                split=name,
                test=test,
                y_true=target[test],
                labels=labels,
                probabilities=probabilities,
                estimator=tail,
            )


def evaluate_model(model, corpus, index):
    """Predictions of a saved model, as of one split."""
    head, tail = (None, model) if "X" in corpus else split_pipeline(model)
    if not hasattr(tail, "predict"):
        raise ValueError("The model makes features only: it has no classifier.")
    X = corpus.get("X", corpus.recordings)[index]
    if head is not None:
        X = head.transform(X)
    labels, probabilities = predict_tail(tail, X)
    return Bunch(
        repeat=1,
        split="model",
        test=index,
        y_true=labels_for(tail, corpus.target)[index],
        labels=labels,
        probabilities=probabilities,
        estimator=tail,
    )


def _scattered(X, rows, n_rows):
    """Rows of X where they belong among `n_rows`, of which the others are unused."""
    if len(rows) == n_rows:
        return X
    out = np.empty((n_rows, *X.shape[1:]), dtype=X.dtype)
    out[rows] = X
    return out
