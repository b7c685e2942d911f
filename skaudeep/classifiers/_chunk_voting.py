"""A classifier of chunks that decides about clips."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    clone,
    is_classifier,
)
from sklearn.utils import check_consistent_length, get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    _routing_enabled,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_method_params,
    check_is_fitted,
    column_or_1d,
    has_fit_parameter,
)

from skaudeep._containers import (
    check_sequences,
    frame_counts,
    is_collection,
)
from skaudeep._missing import present_clips, refuse_missing
from skaudeep._validation import StrOptions
from skaudeep.audio._voting import expand_labels, majority_vote, mean_vote

__all__ = ["ChunkVotingClassifier"]

# What a smaller probability counts as under "sum_log": no single chunk can forbid a
# label to all the others.
FLOOR = 1e-10


def _has_probabilities(classifier):
    if classifier.voting == "hard":
        return True
    # Whatever is missing, the estimator itself says so.
    return bool(getattr(classifier, "estimator_", classifier.estimator).predict_proba)


class ChunkVotingClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Train a classifier on the chunks of clips, and let the chunks vote on a clip.

    Every row of a sequence is one chunk, as one deep feature vector is, and in training
    has the label of its clip. X and y have one entry a clip, so a Pipeline and
    cross-validation never tear a clip apart.

    Parameters
    ----------
    estimator : classifier
        What is trained on the rows of all chunks; any of scikit-learn's, or a
        pipeline that ends in one.
    voting : {"hard", "soft", "sum_log"}, default="hard"
        How the chunks decide about their clip. "hard": the label predicted for most
        chunks. "soft": the highest mean of the chunks' probabilities. "sum_log": the
        highest sum of their logarithms, as if the chunks were independent
        observations; probabilities below 1e-10 count as 1e-10. The latter two need
        an `estimator` with ``predict_proba``.

    Attributes
    ----------
    estimator_ : classifier
        The clone of `estimator` that was trained.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_bands_in_ : int
        Number of columns of the sequences, if X was sequences.
    n_features_in_ : int
        Number of columns, if X was features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was features that had some.

    See Also
    --------
    skaudeep.audio.majority_vote : The vote alone.
    skaudeep.audio.Chunker : Cuts recordings into chunks that are rows of X.

    Notes
    -----
    If labels have equally many votes, the one with the larger sum of the chunks'
    probabilities, or of their decision values (one column a class), is taken; if the
    `estimator` knows neither, or if the sums are equal too, the smallest label. Under
    "soft" and "sum_log", too, the smallest of equals is taken.

    Other steps take a 2-D array for sequences of one band. Here it is features, as for
    every classifier, of one chunk a clip: it goes to `estimator` as it is, which then
    predicts as it would alone.

    A clip counts in training as often as it has chunks. A missing clip, NaN throughout,
    has none: it is left out of the training with a :class:`MissingClipWarning`, and to
    predict it is an error. In features the `estimator` decides about NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skaudeep.classifiers import ChunkVotingClassifier
    >>> X = [np.array([[0.0], [1.0], [9.0]]), np.array([[8.0], [7.0]])]
    >>> y = ["calm", "loud"]
    >>> classifier = ChunkVotingClassifier(LogisticRegression()).fit(X, y)
    >>> classifier.predict([np.array([[1.0], [2.0], [12.0]])])
    array(['calm'], dtype='<U4')
    >>> classifier.predict_proba([np.array([[1.0], [2.0], [12.0]])]).round(2)
    array([[0.67, 0.33]])
    """

    _parameter_constraints = {"voting": [StrOptions({"hard", "soft", "sum_log"})]}

    def __init__(self, estimator, *, voting="hard"):
        self.estimator = estimator
        self.voting = voting

    def fit(self, X, y, sample_weight=None, **fit_params):
        """Train a clone of the estimator on all chunks.

        Parameters
        ----------
        X : sequences, or features
            List or object array of arrays (n_chunks, n_bands), or one array
            (n_clips, n_chunks, n_bands); an array (n_clips, n_features) is one chunk
            a clip.
        y : array-like of shape (n_clips,)
            One label a clip.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip, which all its chunks get.
        **fit_params : dict
            Other parameters of the estimator's ``fit``, by scikit-learn's metadata
            routing; of those with one entry a clip every chunk gets its clip's.

        Returns
        -------
        ChunkVotingClassifier
            This estimator.
        """
        _raise_for_params(fit_params, self, "fit")
        self._validate_params()
        self._check_estimator()
        if sample_weight is not None:
            fit_params["sample_weight"] = sample_weight
        if _routing_enabled():
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        elif fit_params and not has_fit_parameter(self.estimator, "sample_weight"):
            raise ValueError(
                f"sample_weight must be None: estimator={self.estimator!r} takes none."
            )
        y = self._check_labels(y)
        for name in ("n_bands_in_", "n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
        if not _is_features(X):
            X = check_sequences(self, X, reset=True)
            check_consistent_length(X, y, sample_weight)
            present = present_clips(X)
            rows, groups = _concatenate(X, present)
            fit_params = _check_method_params(X, fit_params, indices=present[groups])
            X, y = rows, expand_labels(y[present], groups)
        self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        self.classes_ = self.estimator_.classes_
        if not hasattr(self, "n_bands_in_"):
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(self.estimator_, name):
                    setattr(self, name, getattr(self.estimator_, name))
        return self

    def predict(self, X):
        """Decide about every clip by the votes of its chunks.

        Parameters
        ----------
        X : sequences, or features
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_clips,)
            Labels.
        """
        check_is_fitted(self, "estimator_")
        return self.classes_[self._shares(X).argmax(axis=1)]

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Probabilities of the labels of every clip.

        Parameters
        ----------
        X : sequences, or features
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            In the order of ``classes_``. Under "hard" the share of the chunks that
            voted for a label; of equal shares, that of the label :meth:`predict` takes
            is larger by one rounding error. Under "soft" the mean of the chunks'
            probabilities, under "sum_log" their product, divided by its sum.
        """
        check_is_fitted(self, "estimator_")
        return self._shares(X)

    def _check_estimator(self):
        estimator = self.estimator
        if (
            isinstance(estimator, type)
            or not hasattr(estimator, "fit")
            or not is_classifier(estimator)
        ):
            raise ValueError(f"estimator must be a classifier, got {estimator!r}.")
        if self.voting != "hard" and not hasattr(estimator, "predict_proba"):
            raise ValueError(
                f"voting={self.voting!r} needs an estimator with predict_proba, which "
                f"{estimator!r} has not; voting='hard' does without."
            )

    def _check_labels(self, y):
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but "
                "the target y is None."
            )
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        return y

    def _shares(self, X):
        """What predict_proba returns; predict takes the label of the largest."""
        if _is_features(X):
            rows, groups = X, None
        else:
            X = check_sequences(self, X, reset=False)
            refuse_missing(X, "have no chunks that could vote")
            rows, groups = _concatenate(X, np.arange(len(X)))
        if self.voting == "hard":
            return self._count_votes(rows, groups)
        probabilities = self.estimator_.predict_proba(rows)
        if groups is None:
            groups = np.arange(len(probabilities))
        if self.voting == "soft":
            return mean_vote(probabilities, groups)
        from scipy.special import softmax

        logarithms = np.log(np.maximum(probabilities, FLOOR, dtype=np.float64))
        n_chunks = np.bincount(groups)[:, np.newaxis]
        return softmax(n_chunks * mean_vote(logarithms, groups), axis=1)

    def _count_votes(self, rows, groups):
        """Share of the votes each label has; the winner of a tie has a bit more."""
        codes = np.searchsorted(self.classes_, self.estimator_.predict(rows))
        votes = np.eye(len(self.classes_))[codes]
        if groups is None:
            return votes
        shares = mean_vote(votes, groups)
        tied = np.sum(shares == shares.max(axis=1, keepdims=True), axis=1) > 1
        if tied.any():
            chunks = tied[groups]
            winners = majority_vote(
                codes[chunks],
                (np.cumsum(tied) - 1)[groups[chunks]],
                self._scores(rows[chunks]),
            )
            clips = np.flatnonzero(tied)
            shares[clips, winners] = np.nextafter(shares[clips, winners], 1)
        return shares

    def _scores(self, rows):
        """What decides between labels of equally many votes, or None."""
        if hasattr(self.estimator_, "predict_proba"):
            return self.estimator_.predict_proba(rows)
        if not hasattr(self.estimator_, "decision_function"):
            return None
        scores = self.estimator_.decision_function(rows)
        if scores.ndim == 1:
            return np.stack([-scores, scores], axis=1)
        return scores if scores.shape[1] == len(self.classes_) else None

    def get_metadata_routing(self):
        """Say which parameters of ``fit`` go to the estimator.

        Returns
        -------
        MetadataRouter
            See scikit-learn's user guide on metadata routing.
        """
        return MetadataRouter(owner=self).add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.classifier_tags = inner.classifier_tags
        tags.input_tags = inner.input_tags
        tags.input_tags.three_d_array = True
        return tags


def _is_features(X):
    if is_collection(X):
        return False
    return (X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim) != 3


def _concatenate(X, index):
    """Rows of the clips, and for each row the place of its clip in `index`."""
    groups = np.repeat(np.arange(len(index)), frame_counts(X)[index])
    if isinstance(X, np.ndarray) and len(index) == len(X):
        return X.reshape(-1, X.shape[2]), groups
    return np.concatenate([X[i] for i in index]), groups
