"""Tests of ChunkVotingClassifier: the votes, the training, and what it accepts."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import LinearSVC

from skaudeep.audio import MFCC
from skaudeep.classifiers import ChunkVotingClassifier, LiblinearClassifier
from skaudeep.exceptions import MissingClipWarning

every_voting = pytest.mark.parametrize("voting", ["hard", "soft", "sum_log"])


class Silent(ClassifierMixin, BaseEstimator):
    """Predicts the label whose column is the largest, and gives no scores."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[X.argmax(axis=1)]


class Decided(Silent):
    """Its rows are its decision values."""

    def decision_function(self, X):
        return X[:, 1] - X[:, 0] if len(self.classes_) == 2 else X


class Pairwise(Silent):
    """Its scores are not one column a class."""

    def decision_function(self, X):
        return X[:, [1, 0, 2, 0]]


class Told(Silent):
    """Its rows are its probabilities."""

    def predict_proba(self, X):
        return X


def _told(voting, clips, estimator=None, labels=("a", "b")):
    """A classifier that knows as many labels as the clips have columns."""
    labels = labels[: len(clips[0][0])]
    X = [np.eye(len(labels))[[i]] for i in range(len(labels))]
    classifier = ChunkVotingClassifier(estimator or Told(), voting=voting)
    return classifier.fit(X, list(labels)), [np.array(clip) for clip in clips]


@pytest.fixture
def clips(rng):
    """Twelve clips of 2 to 7 chunks around three centres, and their labels."""
    y = np.array(["rain", "tram", "park"] * 4)
    centres = {"rain": [2, 0, 0], "tram": [0, 2, 0], "park": [0, 0, 2]}
    X = [rng.normal(centres[label], 1, (rng.integers(2, 8), 3)) for label in y]
    return X, y


# The votes


def test_hard_is_the_majority():
    classifier, X = _told(
        "hard",
        [[[0.9, 0.1], [0.4, 0.6], [0.4, 0.6]], [[0.6, 0.4], [0.6, 0.4], [0.0, 1.0]]],
    )
    assert classifier.predict(X).tolist() == ["b", "a"]
    np.testing.assert_allclose(
        classifier.predict_proba(X), [[1 / 3, 2 / 3], [2 / 3, 1 / 3]]
    )


def test_soft_is_the_mean_of_probabilities():
    equal = [[0.25, 0.75], [0.75, 0.25]]
    classifier, X = _told("soft", [[[0.9, 0.1], [0.4, 0.6], [0.4, 0.6]], equal])
    assert classifier.predict(X).tolist() == ["a", "a"]
    np.testing.assert_allclose(
        classifier.predict_proba(X), [[1.7 / 3, 1.3 / 3], [0.5, 0.5]]
    )


def test_sum_log_is_the_product_of_probabilities():
    clip = [[0.98, 0.02], [0.25, 0.75], [0.25, 0.75]]
    soft, X = _told("soft", [clip])
    assert soft.predict(X).tolist() == ["b"]
    classifier, X = _told("sum_log", [clip])
    assert classifier.predict(X).tolist() == ["a"]
    a, b = 0.98 * 0.25**2, 0.02 * 0.75**2
    np.testing.assert_allclose(
        classifier.predict_proba(X), [[a / (a + b), b / (a + b)]]
    )


def test_one_chunk_cannot_forbid_a_label():
    no, rather = [1.0, 0.0], [0.001, 0.999]
    classifier, X = _told("sum_log", [[no] + 3 * [rather], [no] + 4 * [rather]])
    assert classifier.predict(X).tolist() == ["a", "b"]
    b = 1e-10 * 0.999**3
    np.testing.assert_allclose(
        classifier.predict_proba(X)[0], np.array([1e-9, b]) / (1e-9 + b)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, X = _told("sum_log", [[no, [0.0, 1.0]], 5000 * [no]])
        np.testing.assert_allclose(classifier.predict_proba(X), [[0.5, 0.5], [1, 0]])


TIES = [
    (Told(), [[0.6, 0.4], [0.1, 0.9]], "b"),
    (Told(), [[0.9, 0.1], [0.4, 0.6]], "a"),
    (Told(), [[0.25, 0.75], [0.75, 0.25]], "a"),
    (Told(), [[0.6, 0.4, 0.0], [0.0, 0.4, 0.6]], "a"),
    (Told(), [[0.6, 0.4, 0.0], [0.0, 0.3, 0.7]], "c"),
    # The highest sum is of a label without votes.
    (Told(), [[0.5, 0.45, 0.05], [0.05, 0.4, 0.55]], "c"),
    (Decided(), [[3.0, 1.0], [0.0, 4.0]], "b"),
    (Decided(), [[3.0, 1.0], [0.0, 1.0]], "a"),
    (Decided(), [[3.0, 1.0], [0.0, 2.0]], "a"),
    (Decided(), [[3.0, 1.0, 0.0], [0.0, 1.0, 4.0]], "c"),
    (Pairwise(), [[3.0, 1.0, 0.0], [0.0, 1.0, 4.0]], "a"),
    (Silent(), [[3.0, 1.0], [0.0, 4.0]], "a"),
]


@pytest.mark.parametrize(("estimator", "clip", "label"), TIES)
@pytest.mark.parametrize("reverse", [False, True])
def test_ties(estimator, clip, label, reverse):
    first, second = np.eye(len(clip[0]))[:2].tolist()
    clips = [[second], [second, 2 * np.array(first)], clip[:: -1 if reverse else 1]]
    classifier, X = _told("hard", clips, estimator, labels=("a", "b", "c"))
    assert classifier.predict(X).tolist() == ["b", "a", label]
    shares = classifier.predict_proba(X)
    assert classifier.classes_[shares[2].argmax()] == label
    np.testing.assert_allclose(np.sort(shares[2])[-2:], 0.5, rtol=1e-15)


@every_voting
def test_predict_is_the_largest_probability(voting, clips):
    X, y = clips
    classifier = ChunkVotingClassifier(LogisticRegression(C=0.01), voting=voting)
    probabilities = classifier.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(
        classifier.classes_[probabilities.argmax(axis=1)], classifier.predict(X)
    )
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@every_voting
def test_order_of_chunks_and_of_clips_does_not_matter(voting, clips, rng):
    X, y = clips
    classifier = ChunkVotingClassifier(LogisticRegression(), voting=voting).fit(X, y)
    expected = classifier.predict_proba(X)
    shuffled = [rng.permutation(clip) for clip in X]
    np.testing.assert_allclose(classifier.predict_proba(shuffled), expected)
    order = rng.permutation(len(X))
    moved = classifier.predict_proba([X[i] for i in order])
    np.testing.assert_allclose(moved, expected[order])


# Training


def test_trains_on_all_chunks_with_the_labels_of_their_clips(clips):
    X, y = clips
    classifier = ChunkVotingClassifier(LogisticRegression()).fit(X, y)
    expected = LogisticRegression().fit(
        np.concatenate(X), np.repeat(y, [len(clip) for clip in X])
    )
    np.testing.assert_array_equal(classifier.estimator_.coef_, expected.coef_)
    assert classifier.classes_.tolist() == ["park", "rain", "tram"]
    assert classifier.n_bands_in_ == 3
    assert not hasattr(classifier, "n_features_in_")
    assert not hasattr(classifier.estimator, "coef_")


def test_sample_weight_is_of_clips(clips):
    X, y = clips
    weight = np.arange(len(X)) % 5
    classifier = ChunkVotingClassifier(LogisticRegression())
    counts = [len(clip) for clip in X]
    expected = LogisticRegression().fit(
        np.concatenate(X), np.repeat(y, counts), np.repeat(weight, counts)
    )
    for given in (weight, weight.tolist(), pd.Series(weight, index=y)):
        classifier.fit(X, y, sample_weight=given)
        np.testing.assert_array_equal(classifier.estimator_.coef_, expected.coef_)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.fit(X, y, sample_weight=weight[1:])
    classifier = ChunkVotingClassifier(LiblinearClassifier())
    with pytest.raises(ValueError, match="sample_weight must be None: estimator=Libl"):
        classifier.fit(X, y, sample_weight=weight)


class Noting(Silent):
    """Keeps what it is given beside X and y."""

    def fit(self, X, y, note=None, scalar=None, sample_weight=None):
        self.note_, self.scalar_, self.weight_ = note, scalar, sample_weight
        return super().fit(X, y)


def test_metadata_are_routed(clips):
    X, y = clips
    counts = [len(clip) for clip in X]
    with pytest.raises(ValueError, match="enable_metadata_routing=True"):
        ChunkVotingClassifier(Noting()).fit(X, y, note=y)
    with sklearn.config_context(enable_metadata_routing=True):
        noting = Noting().set_fit_request(note=True, scalar=True, sample_weight=True)
        pipeline = make_pipeline(MinMaxScaler(), noting)
        classifier = ChunkVotingClassifier(pipeline)
        classifier.fit(X, y, note=y, scalar=3, sample_weight=np.arange(12))
        fitted = classifier.estimator_[-1]
        assert fitted.note_.tolist() == np.repeat(y, counts).tolist()
        assert fitted.scalar_ == 3
        assert fitted.weight_.tolist() == np.repeat(np.arange(12), counts).tolist()
        weights = LogisticRegression().set_fit_request(sample_weight=True)
        classifier = ChunkVotingClassifier(weights).set_score_request(
            sample_weight=True
        )
        params = {"sample_weight": counts}
        assert len(cross_val_score(classifier, X, y, params=params, cv=2)) == 2


def test_missing_clips(clips):
    X, y = clips
    classifier = ChunkVotingClassifier(LogisticRegression())
    weight = np.arange(12)
    expected = clone(classifier).fit(
        [*X[:1], *X[2:]], np.delete(y, 1), sample_weight=np.delete(weight, 1)
    )
    holed = [X[0], np.full((1, 3), np.nan), *X[2:]]
    with pytest.warns(MissingClipWarning, match=r"1 of 12 clips .* training: clip 1\."):
        classifier.fit(holed, y, sample_weight=weight)
    np.testing.assert_allclose(
        classifier.estimator_.coef_, expected.estimator_.coef_, rtol=1e-6
    )
    square = np.zeros((9, 2, 3))
    square[1:8] = np.nan
    message = (
        r"7 of 9 clips of X are missing .* could vote: clips 1, 2, 3, 4, 5, \.\.\."
    )
    for method in (classifier.predict, classifier.predict_proba):
        with pytest.raises(ValueError, match=message):
            method(square)
    with pytest.raises(ValueError, match=r"All 9 clips of X are missing \(NaN thr"):
        classifier.fit(np.full((9, 2, 3), np.nan), y[:9])
    with pytest.raises(ValueError, match="NaN: clip 0 is NaN in some places"):
        classifier.predict([np.array([[0.0, 1.0, np.nan]])])


def test_missing_clips_in_one_array(clips):
    X = np.arange(24.0).reshape(4, 3, 2) % 7
    X[2] = np.nan
    with pytest.warns(MissingClipWarning):
        holed = ChunkVotingClassifier(LogisticRegression()).fit(X, [0, 1, 1, 0])
    kept = ChunkVotingClassifier(LogisticRegression()).fit(X[[0, 1, 3]], [0, 1, 0])
    np.testing.assert_array_equal(holed.estimator_.coef_, kept.estimator_.coef_)


# Containers


@every_voting
def test_containers_give_the_same(voting, rng):
    X, y = rng.standard_normal((8, 5, 3), dtype=np.float32), [0, 1] * 4
    classifier = ChunkVotingClassifier(LogisticRegression(), voting=voting)
    expected = clone(classifier).fit(X, y).predict_proba(X)
    collection = np.empty(8, dtype=object)
    collection[:] = list(X)
    for same in (list(X), collection, pd.Series(list(X)), X.tolist()):
        again = clone(classifier).fit(same, y)
        np.testing.assert_array_equal(again.predict_proba(same), expected)
        np.testing.assert_array_equal(again.predict_proba(X), expected)


@every_voting
def test_clips_of_one_chunk_and_features_are_the_estimator_itself(voting, clips):
    X = np.stack([clip[0] for clip in clips[0]])
    y = clips[1]
    alone = LogisticRegression().fit(X, y)
    classifier = ChunkVotingClassifier(LogisticRegression(), voting=voting)
    for same in (X, list(X[:, np.newaxis]), X[:, np.newaxis], csr_array(X)):
        classifier.fit(same, y)
        np.testing.assert_allclose(classifier.estimator_.coef_, alone.coef_, rtol=1e-5)
        np.testing.assert_array_equal(classifier.predict(same), alone.predict(X))
        probabilities = classifier.predict_proba(same)
        if voting == "hard":
            assert set(probabilities.ravel()) == {0, 1}
        else:
            np.testing.assert_allclose(
                probabilities, alone.predict_proba(X), rtol=1e-5, atol=1e-9
            )


def test_columns_of_data_frames_are_remembered(clips):
    X = pd.DataFrame(np.stack([clip[0] for clip in clips[0]]), columns=["a", "b", "c"])
    classifier = ChunkVotingClassifier(LogisticRegression()).fit(X, clips[1])
    assert classifier.feature_names_in_.tolist() == ["a", "b", "c"]
    assert classifier.n_features_in_ == 3
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(X[["a", "c", "b"]])
    classifier.fit(*clips)
    assert not hasattr(classifier, "feature_names_in_")
    assert not hasattr(classifier, "n_features_in_")
    assert not hasattr(classifier.fit(X, clips[1]), "n_bands_in_")


def test_other_widths_are_refused(clips):
    X, y = clips
    classifier = ChunkVotingClassifier(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="X has 2 bands a frame, but ChunkVotingClass"):
        classifier.predict([clip[:, :2] for clip in X])
    with pytest.raises(ValueError, match="X has 2 features, but LogisticRegression is"):
        classifier.predict(X[0][:, :2])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.fit(X, y[:-1])


# scikit-learn


@every_voting
def test_searches_and_folds_are_of_clips(voting, corpus):
    pipeline = make_pipeline(
        MFCC(n_mfcc=8),
        ChunkVotingClassifier(LiblinearClassifier(solver="l2r_lr"), voting=voting),
    )
    groups = np.repeat(np.arange(6), 2)
    scores = cross_val_score(
        pipeline, corpus.paths, corpus.target, groups=groups, cv=GroupKFold(3)
    )
    assert scores.min() > 0.5
    search = GridSearchCV(
        pipeline, {"chunkvotingclassifier__estimator__C": [1e-9, 0.1]}, cv=corpus.cv
    )
    search.fit(corpus.paths, corpus.target)
    assert search.best_params_["chunkvotingclassifier__estimator__C"] == 0.1
    assert search.predict(corpus.paths).shape == (12,)


def test_clone_and_pickle(clips):
    X, y = clips
    classifier = ChunkVotingClassifier(LogisticRegression(), voting="sum_log").fit(X, y)
    copy = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copy.predict_proba(X), classifier.predict_proba(X))
    fresh = clone(classifier)
    assert fresh.voting == "sum_log"
    with pytest.raises(sklearn.exceptions.NotFittedError):
        fresh.predict(X)


# Refusals


@pytest.mark.parametrize("voting", ["soft", "sum_log"])
def test_estimators_without_probabilities_can_only_vote_hard(voting, clips):
    classifier = ChunkVotingClassifier(LinearSVC(), voting=voting)
    message = f"voting='{voting}' needs .* predict_proba, which LinearSVC.*'hard' does"
    with pytest.raises(ValueError, match=message):
        classifier.fit(*clips)
    assert not hasattr(classifier, "predict_proba")
    classifier.set_params(voting="hard").fit(*clips)
    assert classifier.predict_proba(clips[0]).shape == (12, 3)


@pytest.mark.parametrize("estimator", [LinearRegression(), LogisticRegression, None, 3])
def test_estimator_must_be_a_classifier(estimator, clips):
    with pytest.raises(ValueError, match="estimator must be a classifier, got"):
        ChunkVotingClassifier(estimator).fit(*clips)


def test_voting_and_labels_are_checked(clips):
    classifier = ChunkVotingClassifier(LogisticRegression(), voting="mean")
    with pytest.raises(ValueError, match="'voting' parameter .* Got 'mean'"):
        classifier.fit(*clips)
    classifier.set_params(voting="hard")
    with pytest.raises(ValueError, match="requires y to be passed"):
        classifier.fit(clips[0], None)
    with pytest.raises(ValueError, match="Unknown label type"):
        classifier.fit(clips[0], np.linspace(0, 1, 12))


def test_recordings_are_refused(corpus):
    with pytest.raises(
        TypeError, match=r"X\[0\] is a recording .*Put a MelSpectrogram"
    ):
        ChunkVotingClassifier(LogisticRegression()).fit(corpus.paths, corpus.target)
