"""The map of features: where clips are, and what is drawn."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_info

from skaudeep.exceptions import MissingClipWarning
from skaudeep.inspection import FeatureMapDisplay


@pytest.fixture
def clusters(rng):
    """Two heaps of 20 clips, far from each other."""
    X = rng.normal(size=(40, 60))
    X[20:] += 20
    return X, np.repeat(["park", "bus"], 20)


def show(X, labels=None, **parameters):
    return FeatureMapDisplay.from_features(
        X, labels, **{"random_state": 0, **parameters}
    )


def test_principal_components(rng):
    X = rng.normal(size=(30, 5)) * [5, 3, 1, 1, 1]
    display = show(X)
    pca = PCA(2)
    np.testing.assert_allclose(display.coordinates, pca.fit_transform(X), atol=1e-10)
    shares = pca.explained_variance_ratio_
    assert display.ax_.get_xlabel() == f"Component 1 ({shares[0]:.0%} of the variance)"
    np.testing.assert_array_equal(
        display.points_[None].get_offsets(), display.coordinates
    )


def test_neighbours_stay_neighbours(clusters):
    X, labels = clusters
    # Of fewer neighbours t-SNE may tear a heap of 20 apart.
    display = show(X, labels, method="tsne", perplexity=10)
    neighbours = NearestNeighbors(n_neighbors=6).fit(display.coordinates)
    nearest = neighbours.kneighbors(return_distance=False)
    assert (labels[nearest] == labels[:, np.newaxis]).all()
    assert display.ax_.get_xlabel() == "t-SNE 1"


@pytest.fixture
def calls(monkeypatch):
    """What t-SNE is given: shape, seed, and the numbers of threads of all pools."""
    seen, fit_transform = [], TSNE.fit_transform

    def look(tsne, X):
        threads = {pool["num_threads"] for pool in threadpool_info()}
        seen.append((X.shape, tsne.random_state, threads))
        return fit_transform(tsne, X)

    monkeypatch.setattr(TSNE, "fit_transform", look)
    return seen


def test_many_features_become_as_many_components_as_there_may_be(clusters, calls):
    X = np.hstack([clusters[0]] * 2)
    show(X, method="tsne", perplexity=5)
    show(np.vstack([X, X + 1]), method="tsne", perplexity=5)
    show(X[:, :50], method="tsne", perplexity=5)
    assert [shape for shape, _, _ in calls] == [(40, 40), (80, 50), (40, 50)]


def test_the_same_seed_gives_the_same_map_on_any_machine(clusters, calls):
    X = clusters[0]
    first, second, _ = (
        show(X, method="tsne", perplexity=5, random_state=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.coordinates, second.coordinates)
    seeds = [seed for _, seed, _ in calls]
    assert seeds[0] == seeds[1] != seeds[2]
    assert all(threads == {1} for _, _, threads in calls)


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("n_features", [1, 2, 200])
@pytest.mark.parametrize("n_clips", [2, 3, 5])
def test_few_clips_and_few_features(rng, method, n_features, n_clips):
    X = rng.normal(size=(n_clips, n_features))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "perplexity=30 is too high")
        display = show(X, method=method)
    assert display.coordinates.shape == (n_clips, 2)
    assert np.isfinite(display.coordinates).all()


def test_ten_thousand_clips(rng):
    labels = rng.integers(0, 15, 10000)
    display = show(rng.normal(size=(10000, 100)), labels)
    assert sum(len(p.get_offsets()) for p in display.points_.values()) == 10000


@pytest.mark.parametrize(("n_clips", "lowered"), [(2, "1"), (13, "4"), (90, "29.6667")])
def test_too_high_a_perplexity_is_lowered(rng, n_clips, lowered):
    X = rng.normal(size=(n_clips, 3))
    with pytest.warns(
        UserWarning, match=f"30 is too high for {n_clips} .* to {lowered}"
    ):
        show(X, method="tsne")


def test_a_perplexity_that_fits_is_kept(rng):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        show(rng.normal(size=(91, 3)), method="tsne")


@pytest.mark.filterwarnings("ignore:perplexity=30 is too high")
@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_clips_that_are_all_alike_are_in_one_place(method):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        display = show(np.ones((5, 70)), method=method)
    np.testing.assert_array_equal(display.coordinates, 0)


def test_missing_clips_have_no_place_and_keep_their_row(clusters):
    X, labels = clusters
    X[3] = np.nan
    with pytest.warns(MissingClipWarning, match="1 of 40 clips"):
        display = show(X, labels)
    assert np.isnan(display.coordinates[3]).all()
    kept = np.arange(40) != 3
    np.testing.assert_allclose(
        display.coordinates[kept], show(X[kept], labels[kept]).coordinates
    )


def test_every_class_has_a_look_of_its_own(rng):
    labels = np.arange(60) % 20
    display = show(rng.normal(size=(60, 3)), labels)
    assert list(display.points_) == list(range(20))
    looks = {
        (tuple(p.get_facecolor()[0]), p.get_paths()[0].vertices.tobytes())
        for p in display.points_.values()
    }
    assert len(looks) == 20
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == [str(i) for i in range(20)]
    np.testing.assert_array_equal(
        display.points_[7].get_offsets(), display.coordinates[labels == 7]
    )


def test_numbers_are_a_scale(rng):
    y = rng.random(20)
    display = show(rng.normal(size=(20, 3)), y)
    np.testing.assert_array_equal(display.points_[None].get_array(), y)
    assert display.ax_.get_legend() is None
    assert len(display.figure_.axes) == 2


def test_given_axes(clusters):
    ax = plt.subplots()[1]
    display = show(*clusters, ax=ax)
    assert display.ax_ is ax
    assert display.plot().ax_ is not ax


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "umap"}, r"method must be one of \['pca', 'tsne'\], got 'umap'"),
        ({"perplexity": 0}, "perplexity must be a positive number, got 0"),
        ({"perplexity": "auto"}, "perplexity must be a positive number, got 'auto'"),
        ({"labels": ["a"]}, "inconsistent numbers of samples"),
        ({"X": np.ones((1, 3))}, "at least 2 clips with finite features, got 1 of 1"),
        ({"X": np.full((3, 2), np.nan)}, "finite features, got 0 of 3"),
        ({"X": np.ones(3)}, "Expected 2D array"),
    ],
)
def test_bad_arguments(parameters, message):
    with pytest.raises(ValueError, match=message):
        show(**{"X": np.ones((5, 2)), **parameters})
