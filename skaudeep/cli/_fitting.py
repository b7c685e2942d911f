"""Fitting and using pipelines in two parts: what makes features, and what follows."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import is_regressor
from sklearn.pipeline import FeatureUnion, Pipeline

from skaudeep._containers import is_collection, missing_clips
from skaudeep.datasets._corpus import UNKNOWN

__all__ = [
    "fit_head",
    "fit_tail",
    "known_labels",
    "labels_for",
    "missing_rows",
    "predict_tail",
    "refuse_other_input",
    "split_pipeline",
    "upsampled",
    "walk",
]

# Attributes in which estimators hold others: the fitted ones, and their templates.
_INSIDE = (
    ("transformer_", "transformer"),
    ("estimator_", "estimator"),
    ("estimators_", "estimators"),
    ("detectors_", "detectors"),
)


def split_pipeline(pipeline):
    """A pipeline's part up to the features, None if it has none, and the rest.

    What a recipe makes is cut behind "features", any other before its last step.
    """
    if not isinstance(pipeline, Pipeline):
        return None, pipeline
    if len(pipeline.steps) == 1:
        name = pipeline.steps[0][0]
        return (pipeline, None) if name == "features" else (None, pipeline)
    cut = 1 if pipeline.steps[0][0] == "features" else len(pipeline.steps) - 1
    return pipeline[:cut], pipeline[cut:]


def fit_head(head, recordings, target=None):
    """Fit what makes features; return those of the recordings."""
    return recordings if head is None else head.fit_transform(recordings, target)


def fit_tail(tail, X, y, *, upsample=False):
    """Fit what follows on the features that are there.

    Parameters
    ----------
    tail : Pipeline or estimator
        Fitted in place.
    X : features or sequences
        Rows may be missing; these are left out.
    y : ndarray of shape (n_clips,) or (n_clips, n_labels)
        Labels, as :func:`labels_for` returns them.
    upsample : bool, default=False
        Whether clips of rare classes are repeated.

    Returns
    -------
    ndarray of int
        Indices of the rows that were used, each once.
    """
    rows = np.flatnonzero(~missing_rows(X))
    if not len(rows):
        raise ValueError(f"None of the {len(X)} training clips could be used.")
    index = rows[upsampled(y[rows])] if upsample else rows
    # As it came where nothing is left out, so that the numbers are those of fit.
    whole = len(index) == len(X) and not upsample
    tail.fit(X if whole else _take(X, index), y if whole else y[index])
    return rows


def predict_tail(tail, X):
    """Labels and probabilities of the clips; None for a missing clip.

    Returns
    -------
    labels : ndarray of object of shape (n_clips,), or a list
        None where a clip is missing. Events of a detector are a list.
    probabilities : ndarray of shape (n_clips, n_classes) or None
        NaN where a clip is missing; None if there are none.
    """
    rows = np.flatnonzero(~missing_rows(X))
    labels, probabilities = np.full(len(X), None, dtype=object), None
    if not len(rows):
        return labels, probabilities
    present = X if len(rows) == len(X) else _take(X, rows)
    for row, label in zip(rows, tail.predict(present), strict=True):
        labels[row] = label
    if hasattr(tail, "predict_proba"):
        found = tail.predict_proba(present)
        if isinstance(found, np.ndarray) and found.ndim == 2:
            probabilities = np.full((len(X), found.shape[1]), np.nan)
            probabilities[rows] = found
    return labels, probabilities


def missing_rows(X):
    """Which clips are missing: NaN in a row of features, NaN throughout a sequence."""
    if is_collection(X) and not isinstance(X[0], np.ndarray):
        return np.zeros(len(X), dtype=bool)
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return np.isnan(X).any(axis=1)
    return missing_clips(X)


def upsampled(y):
    """Indices that repeat each class by the whole number that fits the largest."""
    if np.ndim(y) != 1 or np.asarray(y).dtype.kind == "f":
        raise ValueError("--upsample needs one class a clip as its label.")
    _, code, counts = np.unique(y, return_inverse=True, return_counts=True)
    return np.repeat(np.arange(len(y)), (counts.max() // counts)[code])


def labels_for(estimator, target):
    """The labels of a corpus as the estimator takes them: numbers for a regressor."""
    if not is_regressor(estimator):
        return target
    try:
        return np.asarray(target).astype(np.float64)
    except ValueError as error:
        last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        raise ValueError(
            f"{type(last).__name__} needs numbers as labels: {error}."
        ) from error


def known_labels(corpus):
    """Indices of the clips whose label is known."""
    if corpus.target is None:
        raise ValueError(
            "The corpus has no labels. Folders named after classes, a table with a "
            "label column, --labels FILE or --label TEXT give some."
        )
    target = np.asarray(corpus.target)
    if target.dtype.kind == "f":
        known = np.isfinite(target.reshape(len(target), -1)).all(axis=1)
    elif target.ndim == 1 and target.dtype.kind not in "iu":
        known = target != UNKNOWN
    else:
        known = np.ones(len(target), dtype=bool)
    if not known.any():
        raise ValueError(f"No label of the corpus is known: all are {UNKNOWN!r}.")
    return np.flatnonzero(known)


def refuse_other_input(model, pipeline, path, is_features):
    """Refuse recordings for a model of features, and features for one of recordings.

    Parameters
    ----------
    model : path-like
        Where the pipeline was read, for the error.
    pipeline : estimator
        All of it.
    path : path-like
        What it is to be applied to.
    is_features : bool
        Whether that is a file of features.
    """
    decodes = any(hasattr(part, "on_error") for _, part in walk(pipeline))
    if decodes and is_features:
        raise ValueError(
            f"{model} was trained on recordings, and {path} is a file of features."
        )
    if not decodes and not is_features:
        raise ValueError(
            f"{model} was trained on a file of features and takes such files, which "
            f"{path} is not."
        )


def walk(estimator, name=""):
    """Yield an estimator and all that are in it, with the names of their steps."""
    yield name, estimator
    for part, inner in _parts(estimator):
        if hasattr(inner, "get_params"):
            yield from walk(inner, "/".join(filter(None, (name, part))))


def _parts(estimator):
    """Names and estimators that are in an estimator; most have no names."""
    if isinstance(estimator, Pipeline):
        return estimator.steps
    if isinstance(estimator, FeatureUnion):
        return estimator.transformer_list
    parts = []
    for fitted, template in _INSIDE:
        inner = getattr(estimator, fitted, getattr(estimator, template, None))
        for part in inner if isinstance(inner, list) else [inner]:
            parts.append(part if isinstance(part, tuple) else ("", part))
    return parts


def _take(X, index):
    return X[index] if isinstance(X, np.ndarray) else [X[i] for i in index]
