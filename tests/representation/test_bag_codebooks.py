"""Tests of how BagOfDeepFeatures scales frames and chooses words."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans, MiniBatchKMeans, kmeans_plusplus
from sklearn.frozen import FrozenEstimator
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skaudeep.representation import BagOfDeepFeatures
from skaudeep.representation._bags.codebooks import Reservoir

sys.path.insert(0, str(Path(__file__).parent))
from bags import make_clips

COUNTS = (300, 1, 40, 7, 520, 9)
LABELS = ["b", "a", "b", "c", "a", "c"]


@pytest.fixture
def clips(rng):
    return make_clips(rng, COUNTS, n_bands=4)


def make_bag(codebook="random", **params):
    params = {"n_assignments": 2, "random_state": 0, **params}
    return BagOfDeepFeatures(params.pop("size", 6), codebook=codebook, **params)


def rows(frames):
    return {tuple(row) for row in frames.tolist()}


@pytest.mark.parametrize(
    ("normalize_input", "scaler"),
    [("minmax", MinMaxScaler()), ("standardize", StandardScaler()), (None, None)],
)
def test_frames_are_scaled_as_scikit_learn_does(clips, normalize_input, scaler):
    clips = [clip * [1, 10, 0, 1e-3] + [0, 1000, 0.1, 5] for clip in clips]
    frames = np.concatenate(clips).astype(np.float32)
    bag = make_bag(normalize_input=normalize_input, size=len(frames)).fit(clips)
    frames = frames.astype(np.float64)
    scaled = frames if scaler is None else scaler.fit_transform(frames)
    # All frames are words then, in random order.
    distances = np.abs(bag.codebook_[:, np.newaxis] - scaled).max(axis=2)
    # The mean is float32, which moves narrow bands far from 0 a little, as a whole.
    limit = 5e-4 if normalize_input == "standardize" else 1e-5
    assert distances.min(axis=0).max() < limit
    assert distances.min(axis=1).max() < limit
    assert bag.codebook_.dtype == np.float32
    if normalize_input == "minmax":
        np.testing.assert_array_equal(bag.data_min_, frames.min(axis=0))
        assert bag.data_range_[2] == 1
    if normalize_input == "standardize":
        varying = [0, 1, 3]
        np.testing.assert_allclose(bag.mean_, frames.mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(
            bag.scale_[varying], frames.std(axis=0)[varying], rtol=1e-6
        )
        assert bag.scale_[2] == 1


def test_other_frames_are_not_clipped():
    bag = make_bag(np.array([[0.0], [1.0], [3.0]]), n_assignments=1)
    bag.fit([np.array([[0.0], [2.0]])])
    np.testing.assert_array_equal(
        bag.assign([np.array([[7.0], [-9.0]])])[0], [[2], [0]]
    )


def test_random_words_are_distinct_frames(clips):
    repeated = [np.repeat(clip, 3, axis=0) for clip in clips]
    repeated[0][:100] = 0.0
    repeated[0][50:100] *= -1  # minus zero is the same frame
    bag = make_bag(normalize_input=None, size=200).fit(repeated)
    assert len(rows(bag.codebook_)) == 200
    assert rows(bag.codebook_) <= rows(np.concatenate(repeated))


def test_every_frame_is_as_likely(rng):
    X = [np.arange(12.0)[:, np.newaxis]]
    times = np.zeros(12)
    for seed in range(600):
        bag = make_bag(normalize_input=None, size=3, random_state=seed).fit(X)
        times[bag.codebook_[:, 0].astype(int)] += 1
    # Expected are 150 each, with a standard deviation of 10.6.
    assert np.abs(times - 150).max() < 45


def test_reservoir_keeps_the_smallest_keys_of_distinct_frames(rng):
    frames = rng.integers(0, 3, (500, 3)).astype(np.float32)
    keys = rng.random(500)
    first = {}
    for i in np.argsort(keys):
        first.setdefault(tuple(frames[i]), keys[i])
    expected = list(first)[:10]
    for pieces in (1, 7, 500):
        reservoir = Reservoir(10, distinct=True)
        for part in np.array_split(np.arange(500), pieces):
            reservoir.add(keys[part], frames[part])
        assert [tuple(frame) for frame in reservoir.by_key()] == expected
    assert reservoir.n_seen == 500


@pytest.mark.parametrize(
    ("codebook", "params"),
    [
        ("random", {}),
        ("random", {"normalize_input": "standardize"}),
        ("supervised", {}),
        ("random++", {"max_frames": 100}),
        ("kmeans", {"max_frames": 100}),
        (MiniBatchKMeans(n_init=1), {"max_frames": 2000}),
        (np.ones((3, 4)), {}),
    ],
)
def test_pieces_give_the_same_as_all_clips(clips, codebook, params):
    whole = make_bag(codebook, **params).fit(clips, LABELS)
    pieces = make_bag(codebook, **params)
    pieces.partial_fit(clips[:1], LABELS[:1])
    pieces = pickle.loads(pickle.dumps(pieces))
    pieces.partial_fit(clips[1:4], LABELS[1:4]).partial_fit(clips[4:], LABELS[4:])
    np.testing.assert_array_equal(pieces.codebook_, whole.codebook_)
    np.testing.assert_array_equal(pieces.transform(clips), whole.transform(clips))
    for name in ("data_min_", "data_range_", "mean_", "scale_"):
        np.testing.assert_array_equal(
            getattr(pieces, name, None), getattr(whole, name, None)
        )


def test_pieces_may_be_smaller_than_the_codebook(clips):
    bag = make_bag(size=30).partial_fit(clips[1:2])
    with pytest.raises(ValueError, match="codebook_size=30 .* from 1 training"):
        bag.transform(clips)
    assert len(bag.partial_fit(clips[2:3]).codebook_) == 30


def test_fit_forgets_pieces_and_pieces_forget_fit(clips):
    expected = make_bag().fit(clips[2:4])
    bag = make_bag().partial_fit(clips[:2]).fit(clips[2:4])
    np.testing.assert_array_equal(bag.codebook_, expected.codebook_)
    bag = make_bag().fit(clips[:2]).partial_fit(clips[2:4])
    np.testing.assert_array_equal(bag.codebook_, expected.codebook_)


@pytest.mark.parametrize("codebook", ["random++", "kmeans", "kmeans++"])
def test_many_frames_are_all_frames(clips, codebook):
    expected = make_bag(codebook).fit(clips)
    bag = make_bag(codebook, max_frames=5000).fit(clips)
    np.testing.assert_array_equal(bag.codebook_, expected.codebook_)
    fewer = make_bag(codebook, max_frames=60).fit(clips)
    assert (fewer.codebook_ != expected.codebook_).any()


@pytest.mark.parametrize(
    "codebook", ["random", "random++", "kmeans", "kmeans++", "supervised"]
)
def test_seeds(clips, codebook):
    bag = make_bag(codebook).fit(clips, LABELS)
    again = clone(bag).fit(clips, LABELS)
    np.testing.assert_array_equal(again.codebook_, bag.codebook_)
    other = clone(bag).set_params(random_state=1).fit(clips, LABELS)
    assert (other.codebook_ != bag.codebook_).any()


def test_words_of_scikit_learn(clips):
    frames = np.concatenate(clips)
    seeding = make_bag("random++", normalize_input=None, random_state=4)
    words = seeding.fit(clips).codebook_
    assert rows(words) <= rows(frames)
    # One candidate a word, so its draws are those of k-means++ itself.
    seed = np.random.RandomState(4).randint(np.iinfo(np.int32).max)
    expected, _ = kmeans_plusplus(frames, 6, random_state=seed, n_local_trials=1)
    np.testing.assert_array_equal(words, expected)
    for name, init in (("kmeans", "random"), ("kmeans++", "k-means++")):
        words = seeding.set_params(codebook=name).fit(clips).codebook_
        kmeans = KMeans(6, init=init, n_init=1, random_state=seed).fit(frames)
        np.testing.assert_allclose(words, kmeans.cluster_centers_, atol=1e-4)


def test_words_of_classes(clips):
    bag = make_bag("supervised", normalize_input=None, size=10).fit(clips, LABELS)
    # Ten words are four for each of three classes.
    assert bag.codebook_.shape == (12, 4)
    assert len(bag.get_feature_names_out()) == bag.transform(clips).shape[1] == 12
    for i, label in enumerate("abc"):
        own = [clips[k] for k in range(6) if LABELS[k] == label]
        words = rows(bag.codebook_[4 * i : 4 * i + 4])
        assert len(words) == 4
        assert words <= rows(np.concatenate(own))
    assert bag.__sklearn_tags__().target_tags.required
    assert not make_bag().__sklearn_tags__().target_tags.required


def test_clusterers_are_cloned_and_sized(clips):
    clusterer = MiniBatchKMeans(n_clusters=2, n_init=1)
    bag = make_bag(clusterer, size=5).fit(clips)
    assert bag.codebook_.shape == (5, 4)
    assert not hasattr(clusterer, "cluster_centers_")
    assert clusterer.n_clusters == 2
    again = make_bag(clusterer, size=5).fit(clips)
    np.testing.assert_array_equal(again.codebook_, bag.codebook_)


def test_mixtures_sum_posteriors(clips):
    mixture = GaussianMixture(2, covariance_type="diag", random_state=0)
    bag = make_bag(mixture, size=3, weighting=None, activity=(0, 0.0)).fit(clips)
    fitted = clone(mixture).set_params(n_components=3)
    scaled = [(clip - bag.data_min_) / bag.data_range_ for clip in clips]
    fitted.fit(np.concatenate(scaled))
    expected = [
        fitted.predict_proba(x)[clip[:, 0] >= 0].sum(axis=0)
        for x, clip in zip(scaled, clips, strict=True)
    ]
    np.testing.assert_allclose(bag.transform(clips), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(bag.codebook_, fitted.means_, rtol=1e-5)
    frozen = clone(bag).set_params(codebook=FrozenEstimator(fitted), codebook_size=9)
    np.testing.assert_allclose(
        frozen.fit_transform(clips), bag.transform(clips), rtol=1e-4, atol=1e-5
    )


def test_the_codebook_of_another_bag(clips):
    bag = make_bag("kmeans").fit(clips)
    other = make_bag(bag.codebook_, random_state=5).fit(clips)
    np.testing.assert_array_equal(other.transform(clips), bag.transform(clips))
