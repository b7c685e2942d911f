"""Tests of what BagOfDeepFeatures counts and hands out."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skaudeep import MFCC, LiblinearClassifier
from skaudeep.representation import BagOfDeepFeatures

sys.path.insert(0, str(Path(__file__).parent))
from bags import make_clips

MISSING = np.full((3, 3), np.nan, dtype=np.float32)


def nearest(frames, words, n):
    """Words of the least distances in float64, the first of equals first."""
    frames, words = frames.astype(np.float64), words.astype(np.float64)
    squares = ((frames[:, np.newaxis] - words) ** 2).sum(axis=2)
    return squares.argsort(axis=1, kind="stable")[:, :n], np.sqrt(np.sort(squares))


def test_counts_of_nearest_words(rng):
    X, words = make_clips(rng), rng.standard_normal((6, 3))
    bag = BagOfDeepFeatures(
        n_assignments=2, codebook=words, normalize_input=None, weighting=None
    )
    bags, assigned = bag.fit_transform(X), bag.assign(X)
    assert bags.dtype == np.float32
    assert bags.shape == (5, 6)
    for row, chosen, clip in zip(bags, assigned, X, strict=True):
        expected, _ = nearest(clip, words, 2)
        np.testing.assert_array_equal(chosen, expected)
        np.testing.assert_array_equal(row, np.bincount(expected.ravel(), minlength=6))


@pytest.mark.parametrize("n_assignments", [1, 3, 7])
def test_one_to_all_words(rng, n_assignments):
    X, words = make_clips(rng), rng.standard_normal((7, 3))
    bag = BagOfDeepFeatures(n_assignments=n_assignments, codebook=words, weighting=None)
    np.testing.assert_array_equal(
        bag.fit_transform(X).sum(axis=1), [n_assignments * len(clip) for clip in X]
    )
    scaled = [(clip - bag.data_min_) / bag.data_range_ for clip in X]
    for chosen, clip in zip(bag.assign(X), scaled, strict=True):
        np.testing.assert_array_equal(chosen, nearest(clip, words, n_assignments)[0])


@pytest.mark.parametrize("offset", [0.0, 100.0, 3000.0])
@pytest.mark.parametrize("normalize_input", [None, "minmax", "standardize"])
def test_offsets_take_no_precision(rng, offset, normalize_input):
    # What float32 holds of the frames decides, nothing that happens to them.
    X = (rng.standard_normal((40, 50, 13)) + offset).astype(np.float32)
    bag = BagOfDeepFeatures(
        60, n_assignments=5, normalize_input=normalize_input, random_state=0
    ).fit(X)
    frames = X.reshape(-1, 13).astype(np.float64)
    if normalize_input == "minmax":
        frames = (frames - bag.data_min_) / bag.data_range_
    if normalize_input == "standardize":
        frames = (frames - bag.mean_) / bag.scale_
    expected, _ = nearest(frames, bag.codebook_, 5)
    assert np.mean(bag.assign(X).reshape(-1, 5) != expected) < 2e-3


def test_ties_take_the_first_words_and_no_more(rng):
    # Every word twice, in a product of many columns: twins are always equally near.
    words = rng.standard_normal((40, 100)).astype(np.float32)
    X = [rng.standard_normal((30, 100)).astype(np.float32)]
    twins = np.concatenate([words, words])
    bag = BagOfDeepFeatures(
        n_assignments=5, codebook=twins, normalize_input=None, weighting=None
    ).fit(X)
    half = clone(bag).set_params(codebook=words, n_assignments=3).fit(X)
    first = half.assign(X)[0]
    expected = np.stack([first, first + 40], axis=2).reshape(-1, 6)[:, :5]
    np.testing.assert_array_equal(bag.assign(X)[0], expected)
    np.testing.assert_array_equal(
        bag.transform(X)[0], np.bincount(expected.ravel(), minlength=80)
    )


@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_increments_from_distances(rng, spread):
    # With a small spread the matrix product knows next to nothing of distances.
    X = [(spread * rng.standard_normal((n, 4)) + 1).astype(np.float32) for n in (9, 5)]
    words = np.concatenate([spread * rng.standard_normal((8, 4)) + 1, -np.ones((1, 4))])
    bag = BagOfDeepFeatures(
        n_assignments=4,
        codebook=words,
        normalize_input=None,
        weighting=None,
        gaussian=2 * spread,
        off_threshold=1.5 * spread,
    ).fit(X)
    words = bag.codebook_
    for row, clip in zip(bag.transform(X), X, strict=True):
        chosen, distances = nearest(clip, words, 4)
        distances = distances[:, :4]
        values = np.exp(-((distances / spread) ** 2) / 8) * (distances < 1.5 * spread)
        expected = np.bincount(chosen.ravel(), values.ravel(), minlength=9)
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-6)
        assert 0 < (values == 0).sum() < values.size


@pytest.mark.parametrize("norm", ["l1", "l2", "frames"])
def test_order_of_weights_and_norms(rng, norm):
    X = make_clips(rng)
    plain = BagOfDeepFeatures(4, n_assignments=2, weighting=None, random_state=0)
    counts = plain.fit_transform(X).astype(np.float64)
    bags = clone(plain).set_params(weighting="log", idf=True, norm=norm)
    df = (counts > 0).sum(axis=0)
    expected = np.log10(counts + 1) * np.log10(len(X) / df)
    expected /= {
        "l1": expected.sum(axis=1),
        "l2": np.sqrt((expected**2).sum(axis=1)),
        "frames": np.array([len(clip) for clip in X]),
    }[norm][:, np.newaxis]
    np.testing.assert_allclose(bags.fit_transform(X), expected, rtol=1e-5)


def test_words_that_no_training_bag_holds_have_weight_one(rng):
    X = make_clips(rng)
    words = np.concatenate([np.zeros((1, 3)), np.full((1, 3), 50.0), np.ones((1, 3))])
    bag = BagOfDeepFeatures(
        n_assignments=1, codebook=words, normalize_input=None, idf=True
    ).fit(X)
    assert bag.idf_[1] == 1


def test_activity_and_empty_bags(rng):
    X = make_clips(rng)
    X[1][:, 2] = -5
    limit = 0.0
    params = {"n_assignments": 2, "weighting": None, "random_state": 0}
    bag = BagOfDeepFeatures(6, activity=(2, limit), empty_bag=0.5, **params).fit(X)
    # Frames that are not counted train all the same.
    everything = BagOfDeepFeatures(6, **params).fit(X)
    np.testing.assert_array_equal(bag.codebook_, everything.codebook_)
    louder = [clip[clip[:, 2] >= limit] for clip in X]
    bags = bag.transform(X)
    np.testing.assert_array_equal(bags[1], 0.5)
    others = [0, 2, 3, 4]
    np.testing.assert_array_equal(
        bags[others], everything.transform([louder[i] for i in others])
    )
    bag.set_params(norm="frames")
    n_frames = np.array([len(louder[i]) for i in others])
    np.testing.assert_allclose(
        bag.transform(X)[others], bags[others] / n_frames[:, np.newaxis], rtol=1e-6
    )
    np.testing.assert_array_equal(bag.transform(X)[1], 0)


def test_blocks_are_bags_of_their_columns(rng):
    X = make_clips(rng, n_bands=5)
    blocks = [slice(3), [4, 3]]
    bag = BagOfDeepFeatures(
        (6, 4), n_assignments=(2, 1), columns=blocks, random_state=3
    ).fit(X)
    bags, words, offset = bag.transform(X), bag.assign(X), [0, 6]
    names = [f"block0_word{i}" for i in range(6)] + [
        f"block1_word{i}" for i in range(4)
    ]
    assert bag.get_feature_names_out().tolist() == names
    for i, columns in enumerate(blocks):
        part = [clip[:, columns] for clip in X]
        alone = BagOfDeepFeatures((6, 4)[i], n_assignments=2 - i, random_state=3)
        expected = alone.fit_transform(part)
        np.testing.assert_array_equal(bag.codebook_[i], alone.codebook_)
        np.testing.assert_array_equal(bags[:, offset[i] :][:, : (6, 4)[i]], expected)
        for both, one in zip(words, alone.assign(part), strict=True):
            np.testing.assert_array_equal(both[:, 2 * i : 2 + i] - offset[i], one)


@pytest.mark.parametrize("numerics", ["sklearn", "openxbow"])
def test_windows_are_bags_of_their_frames(rng, numerics):
    X = [*make_clips(rng, (11, 2, 7)), MISSING]
    params = {"n_assignments": 2, "random_state": 0, "numerics": numerics}
    whole = BagOfDeepFeatures(5, **params).fit(X)
    bag = BagOfDeepFeatures(5, window=0.4, hop=0.2, frame_step=0.1, **params).fit(X)
    bags = bag.transform(X)
    assert bags.dtype == object
    assert np.isnan(bags[3]).all()
    for clip, windows in zip(X[:3], bags[:3], strict=True):
        if numerics == "sklearn":
            starts = range(0, max(1, len(clip) - 2), 2)
            spans = [(i, min(i + 4, len(clip))) for i in starts]
        else:
            spans = [(max(0, i - 2), i + 3) for i in range(0, len(clip), 2)]
        expected = whole.transform([clip[first:stop] for first, stop in spans])
        np.testing.assert_array_equal(windows, expected)
    same = bag.transform(np.stack([X[0], X[0]]))
    np.testing.assert_array_equal(same, np.stack([bags[0], bags[0]]))


def test_missing_clips_are_rows_of_nan_and_train_nothing(rng):
    clips = make_clips(rng)
    X = [MISSING, *clips[:2], MISSING, *clips[2:]]
    present = [1, 2, 4, 5, 6]
    bag = BagOfDeepFeatures(5, n_assignments=2, idf=True, random_state=0).fit(X)
    bags = bag.transform(X)
    assert np.isnan(bags[[0, 3]]).all()
    expected = clone(bag).fit_transform(clips)
    np.testing.assert_array_equal(bags[present], expected)
    assert (bag.assign(X)[3] == -1).all()
    assert np.isnan(bag.transform([MISSING])).all()
    sparse_bags = bag.set_params(sparse_output=True).transform(X)
    np.testing.assert_array_equal(sparse_bags.toarray(), bags)


def test_sparse_output(rng):
    X = make_clips(rng)
    bag = BagOfDeepFeatures(20, n_assignments=2, random_state=0).fit(X)
    dense = bag.transform(X)
    bags = bag.set_params(sparse_output=True).transform(X)
    assert sparse.issparse(bags)
    assert (bags.format, bags.dtype, bags.shape) == ("csr", np.float32, dense.shape)
    assert bags.nnz == np.count_nonzero(dense)
    np.testing.assert_array_equal(bags.toarray(), dense)


def test_names_frames_clones_and_pickles(rng):
    X = make_clips(rng)
    bag = BagOfDeepFeatures(3, n_assignments=2, random_state=0)
    frame = clone(bag).set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == ["word0", "word1", "word2"]
    expected = bag.fit_transform(X)
    np.testing.assert_array_equal(frame.to_numpy(), expected)
    copy = pickle.loads(pickle.dumps(bag))
    np.testing.assert_array_equal(copy.transform(X), expected)
    windows = clone(bag).set_params(window=1.0, frame_step=0.5)
    windows.set_output(transform="pandas")
    assert not isinstance(windows.fit_transform(X), pd.DataFrame)


def test_pipeline_of_audio_words(corpus):
    pipeline = make_pipeline(
        MFCC(n_mfcc=6, n_mels=12, window_width=0.02, window_overlap=0.01),
        BagOfDeepFeatures(12, n_assignments=3, random_state=0),
        LiblinearClassifier(random_state=0),
    )
    scores = cross_val_score(pipeline, corpus.paths, corpus.target, cv=corpus.cv)
    assert scores.min() >= 0.75
