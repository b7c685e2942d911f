"""Weights of a fusion: what they decide, how that scores, which are best."""
# SPDX-License-Identifier: BSD-3-Clause

from itertools import combinations
from math import comb

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch

from skaudeep.audio._voting import most_votes

__all__ = ["Ballots", "Judge", "align", "simplex_grid", "tune"]

# Scores that differ by less are equally good: it is rounding.
EQUAL_SCORES = 1e-10

# More points are a mistake, and would fill the memory.
MAX_POINTS = 1_000_000

# Fused probabilities that are looked at in one go: they fit into a core's cache.
BLOCK = 2**17


def align(probabilities, given, classes):
    """Columns of a classifier that knows the classes `given` in those of `classes`."""
    aligned = np.zeros((len(probabilities), len(classes)))
    known = np.isin(given, classes)
    columns = np.searchsorted(classes, np.asarray(given)[known])
    aligned[:, columns] = np.asarray(probabilities)[:, known]
    return aligned


def simplex_grid(n_members, step):
    """All weights of multiples of `step` that sum to 1, as multiples.

    Parameters
    ----------
    n_members : int
        Number of weights.
    step : float
        1 divided by a whole number.

    Returns
    -------
    ndarray of int of shape (n_points, n_members)
        Whole numbers that sum to ``1 / step``, in lexicographic order.
    """
    n_steps = round(1 / step)
    if abs(n_steps * step - 1) > 1e-6:
        raise ValueError(
            f"step must be 1 divided by a whole number, such as 0.1, 0.05 or 1 / 3, "
            f"got {step!r}."
        )
    n_points = comb(n_steps + n_members - 1, n_members - 1)
    if n_points > MAX_POINTS:
        raise ValueError(
            f"step={step!r} makes {n_points:,} points of {n_members} weights, more "
            f"than {MAX_POINTS:,}. Take a larger step, or fuse in stages: a fusion "
            "may be a member of another."
        )
    bars = np.array(
        list(combinations(range(n_steps + n_members - 1), n_members - 1)), dtype=int
    )
    bars = np.pad(bars.reshape(n_points, -1), ((0, 0), (1, 1)), constant_values=-1)
    bars[:, -1] = n_steps + n_members - 1
    return np.diff(bars, axis=1) - 1


class Ballots:
    """What the members say about the same rows.

    Parameters
    ----------
    probabilities : ndarray of shape (n_members, n_rows, n_classes)
        Zeros where a member knows none.
    labels : ndarray of int of shape (n_members, n_rows) or None, default=None
        Indices of the labels that the members predict, which are what counts then;
        the probabilities only decide between equally many votes.
    """

    def __init__(self, probabilities, labels=None):
        # The long axis last: sums and maxima over members and classes are fast.
        self.probabilities = np.ascontiguousarray(np.moveaxis(probabilities, 2, 1))
        self.votes = None
        if labels is not None:
            classes = np.arange(self.probabilities.shape[1])
            self.votes = (labels[:, np.newaxis] == classes[:, np.newaxis]).astype(float)

    def decide(self, weights):
        """Index of the label of every row under each of several weights.

        Parameters
        ----------
        weights : ndarray of shape (n_points, n_members)
            Each row sums to 1.

        Yields
        ------
        block : slice
            Of the points.
        codes : ndarray of int of shape (n_points_of_the_block, n_rows)
            Of the labels.
        """
        size = max(1, BLOCK // self.probabilities[0].size)
        for start in range(0, len(weights), size):
            block = slice(start, start + size)
            sums = np.tensordot(weights[block], self.probabilities, 1)
            if self.votes is None:
                yield block, sums.argmax(axis=1)
            else:
                votes = np.tensordot(weights[block], self.votes, 1)
                yield block, most_votes(votes, sums)

    def shares(self, weights):
        """Fused probabilities, or shares of the votes.

        Parameters
        ----------
        weights : ndarray of shape (n_members,)
            They sum to 1.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            The label that is decided for has the first of the largest.
        """
        sums = np.tensordot(weights, self.probabilities, 1)
        if self.votes is None:
            return np.ascontiguousarray(sums.T)
        shares = np.tensordot(weights, self.votes, 1).T
        winners = most_votes(shares, sums.T)
        rows = np.flatnonzero(shares.argmax(axis=1) != winners)
        shares[rows, winners[rows]] = np.nextafter(shares[rows].max(axis=1), 2)
        return shares


class FusedClassifier(ClassifierMixin, BaseEstimator):
    """What scorers are handed: a classifier of row numbers with known answers.

    Parameters
    ----------
    shares : ndarray of shape (n_rows, n_classes)
        The answers.
    classes : ndarray of shape (n_classes,)
        The labels.
    """

    def __init__(self, shares, classes):
        self.shares = shares
        self.classes = classes

    @property
    def classes_(self):
        """The labels."""
        return self.classes

    def fit(self, X, y=None):
        """Nothing to learn."""
        return self

    def predict_proba(self, X):
        """Answers to the rows whose numbers stand in X."""
        return self.shares[np.asarray(X)[:, 0]]

    def predict(self, X):
        """Labels of the rows whose numbers stand in X."""
        return self.classes[self.predict_proba(X).argmax(axis=1)]

    def __sklearn_is_fitted__(self):
        return True


class Judge:
    """Scores decisions about rows with known labels.

    Parameters
    ----------
    scoring : {"uar", "accuracy"}, str or callable
        As in :class:`WeightedFusionClassifier`.
    y : ndarray of shape (n_rows,)
        The true labels.
    classes : ndarray of shape (n_classes,)
        All labels.
    sample_weight : ndarray of shape (n_rows,) or None, default=None
        For "uar" and "accuracy".
    score_params : dict or None, default=None
        For other scorers; what has one entry a row is that of these rows.
    """

    def __init__(self, scoring, y, classes, sample_weight=None, score_params=None):
        self.y, self.classes = y, classes
        self.codes = np.searchsorted(classes, y)
        self.scorer = None
        self.score_params = score_params or {}
        if scoring not in ("uar", "accuracy"):
            self.scorer = check_scoring(FusedClassifier(None, classes), scoring)
            return
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        # Columns of rows over which recall is averaged: one for all, or one a class.
        if scoring == "accuracy":
            self.worth = weight[:, np.newaxis]
        else:
            self.worth = np.zeros((len(y), len(classes)))
            self.worth[np.arange(len(y)), self.codes] = weight
            self.worth = self.worth[:, self.worth.any(axis=0)]

    def score(self, ballots, weights):
        """One score for each of several weights.

        Parameters
        ----------
        ballots : Ballots
            Of the same rows.
        weights : ndarray of shape (n_points, n_members)
            Each row sums to 1.

        Returns
        -------
        ndarray of shape (n_points,)
            Scores.
        """
        scores = np.empty(len(weights))
        if self.scorer is None:
            for block, codes in ballots.decide(weights):
                recalls = (codes == self.codes) @ self.worth / self.worth.sum(axis=0)
                scores[block] = recalls.mean(axis=1)
            return scores
        rows = np.arange(len(self.y))[:, np.newaxis]
        for point, weight in enumerate(weights):
            fused = FusedClassifier(ballots.shares(weight), self.classes)
            scores[point] = self.scorer(fused, rows, self.y, **self.score_params)
        return scores


def tune(weights, step, ballots, judge):
    """Find the weights of the members of `ballots`.

    Parameters
    ----------
    weights : {"simplex", "score"} or ndarray of shape (n_members,)
        How to find them, or what they are.
    step : float
        Of the grid of "simplex".
    ballots : Ballots
        What the members say.
    judge : Judge
        Who knows the labels.

    Returns
    -------
    Bunch
        weights, score, members (their scores), search (None, or a dict of the
        "weights" and "scores" of all points).
    """
    members = judge.score(ballots, np.eye(len(ballots.probabilities)))
    _refuse_undefined(members)
    search = None
    if isinstance(weights, str) and weights == "simplex":
        grid = simplex_grid(len(members), step)
        points = grid / grid[0].sum()
        scores = judge.score(ballots, points)
        _refuse_undefined(scores)
        search = {"weights": points, "scores": scores}
        best = _most_even_of_best(grid, scores)
        weights, score = points[best], scores[best]
    else:
        if isinstance(weights, str):
            weights = _proportional(members)
        score = judge.score(ballots, weights[np.newaxis])[0]
    return Bunch(weights=weights, score=float(score), members=members, search=search)


def _most_even_of_best(grid, scores):
    best = np.flatnonzero(scores >= scores.max() - EQUAL_SCORES)
    return best[np.square(grid[best]).sum(axis=1).argmin()]


def _proportional(scores):
    positive = np.maximum(scores, 0)
    if not positive.any():
        raise ValueError(
            "weights='score' needs a member with a positive score, got "
            f"{scores.tolist()}. Choose a scoring that is positive, or "
            "weights='simplex'."
        )
    return positive / positive.sum()


def _refuse_undefined(scores):
    if not np.isfinite(scores).all():
        raise ValueError(
            "scoring must give finite scores of the out-of-fold predictions, got "
            f"{scores[~np.isfinite(scores)][0]}."
        )
