"""Tests of what BagOfDeepFeatures refuses, and with which words."""
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, Birch, KMeans
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier

from skaudeep.representation import BagOfDeepFeatures

sys.path.insert(0, str(Path(__file__).parent))
from bags import make_clips

WORDS = np.zeros((3, 4))
KMEANS = KMeans(3).fit(np.eye(4))


@pytest.fixture
def clips(rng):
    return make_clips(rng, n_bands=4)


def fit(clips, codebook_size=3, n_assignments=2, y=None, **params):
    bag = BagOfDeepFeatures(codebook_size, n_assignments=n_assignments, **params)
    return bag.fit(clips, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"codebook_size": 0}, "'codebook_size' parameter.* Got 0 instead"),
        ({"codebook_size": (3,)}, r"codebook_size must be an integer.*got \(3,\)"),
        (
            {"codebook_size": 9, "n_assignments": 10},
            "n_assignments=10 and codebook_size=9",
        ),
        ({"codebook": WORDS, "n_assignments": 4}, "=4 and codebook_size=3"),
        (
            {"codebook_size": 34},
            "codebook_size=34 .*from 33 training frames, of which 33",
        ),
        (
            {"codebook_size": 34, "codebook": "kmeans"},
            "codebook_size=34 words cannot be learnt from 33 training frames",
        ),
        ({"codebook": "k-means"}, "'random', .*'supervised', an array.* Got 'k-means'"),
        ({"codebook": 3.0}, r"codebook must be one of.* shape \(\)"),
        ({"codebook": [[1, 2], [3]]}, r"codebook must be one of.*\[\[1, 2\], \[3\]\]"),
        ({"codebook": WORDS[:, :3]}, "as many columns as the frames, 4, got 3"),
        ({"codebook": WORDS + np.nan}, "must be finite"),
        ({"codebook": DBSCAN()}, "must have the parameter n_clusters.*DBSCAN has not"),
        ({"codebook": Birch(), "codebook_size": 2}, "Birch.* no cluster_centers_"),
        ({"codebook": KNeighborsClassifier()}, "parameter n_components"),
        ({"codebook": FrozenEstimator(KMEANS)}, "must be a mixture"),
        (
            {"codebook": GaussianMixture(), "gaussian": 1.0},
            "gaussian is for distances.*gaussian=1.0",
        ),
        ({"codebook": "supervised"}, "requires y to be passed"),
        (
            {"codebook": "supervised", "y": list("aabbc"), "codebook_size": 15},
            "5 words for each of the 3 classes.* 4 training frames of class 'c', of",
        ),
        ({"columns": []}, "at least one block"),
        (
            {"columns": [slice(2), [4]]},
            r"columns\[1\].* of the 4 bands of X, got \[4\]",
        ),
        ({"columns": [slice(4, 9)]}, r"columns\[0\].* got slice\(4, 9, None\)"),
        (
            {"columns": [slice(2), [2]], "codebook_size": (3, 4, 5)},
            "codebook_size must have one entry for each of the 2 blocks.* got 3",
        ),
        (
            {"columns": [slice(2), [2]], "codebook_size": (3, 1)},
            "n_assignments=2 and codebook_size=1 of block 1",
        ),
        ({"columns": [slice(2), [2]], "codebook": WORDS[:, :2]}, "block 1 must have"),
        ({"activity": (4, 0.0)}, r"bands 0 to 3, got \(4, 0.0\)"),
        ({"activity": (0.5, 0.0)}, "activity must be a band and its least value"),
        ({"activity": (1,)}, "activity must be a band and its least value"),
        ({"max_frames": 2, "codebook": "kmeans"}, "max_frames=2 and codebook_size=3"),
        ({"window": 1.0}, "frame_step must be given with window=1.0"),
        ({"hop": 1.0}, "hop means nothing without window"),
        (
            {"window": 1.0, "frame_step": 0.5, "sparse_output": True},
            "sparse_output=True is for features",
        ),
        ({"norm": "max"}, "'norm' parameter"),
    ],
)
def test_parameters(clips, params, message):
    with pytest.raises(ValueError, match=message):
        fit(clips, **params)


def test_parameters_that_are_set_later(clips):
    bag = fit(clips)
    with pytest.raises(ValueError, match="n_assignments=4 and codebook_size=3"):
        bag.set_params(n_assignments=4).transform(clips)
    with pytest.raises(NotFittedError):
        bag.set_params(n_assignments=1, idf=True).transform(clips)


def test_clips(clips):
    bag = fit(clips)
    with pytest.raises(ValueError, match="3 bands a frame.* fitted with 4"):
        bag.transform([clip[:, :3] for clip in clips])
    clips[2][1, 1] = np.nan
    for method in (bag.transform, bag.assign, bag.partial_fit, bag.fit):
        with pytest.raises(ValueError, match="clip 2 is NaN in some places"):
            method(clips)
    with pytest.raises(ValueError, match="all are NaN"):
        bag.fit([np.full((2, 4), np.nan)])


def test_pieces(clips):
    with pytest.raises(ValueError, match="idf=True needs fit, not partial_fit"):
        BagOfDeepFeatures(idf=True).partial_fit(clips)
    with pytest.raises(ValueError, match="max_frames must be given.*'kmeans'"):
        BagOfDeepFeatures(3, n_assignments=1, codebook="kmeans").partial_fit(clips)
    bag = BagOfDeepFeatures(3, n_assignments=1).partial_fit(clips)
    with pytest.raises(ValueError, match="2 bands a frame.* fitted with 4"):
        bag.partial_fit([clip[:, :2] for clip in clips])


def test_methods(clips):
    with pytest.raises(NotFittedError):
        BagOfDeepFeatures().transform(clips)
    with pytest.raises(NotFittedError):
        _ = BagOfDeepFeatures().codebook_
    with pytest.raises(ValueError, match="with a mixture as codebook"):
        fit(clips, codebook=GaussianMixture()).assign(clips)
