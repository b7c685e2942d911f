"""Tests of BagOfDeepFeatures against openXBOW, with openXBOW's codebooks."""
# SPDX-License-Identifier: BSD-3-Clause

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.mixture import GaussianMixture

from skaudeep.representation import BagOfDeepFeatures

sys.path.insert(0, str(Path(__file__).parent))
from bags import FOLDER, load_golden

RUNS = {
    "01_random10_a1": {"n_assignments": 1},
    "02_random50_a5": {"n_assignments": 5},
    "03_random50_a10_log": {"weighting": "log"},
    "04_randompp10_a1_logidf": {"n_assignments": 1, "weighting": "log", "idf": True},
    "05_random50_a5_idf": {"n_assignments": 5, "idf": True},
    "06_random50_a5_norm1": {"n_assignments": 5, "norm": "frames"},
    "07_random50_a5_log_norm1": {
        "n_assignments": 5,
        "norm": "frames",
        "weighting": "log",
    },
    "08_random50_a5_log_norm2": {"n_assignments": 5, "norm": "l1", "weighting": "log"},
    "09_random50_a5_log_norm3": {"n_assignments": 5, "norm": "l2", "weighting": "log"},
    "10_standardize50_a5_log": {
        "n_assignments": 5,
        "weighting": "log",
        "normalize_input": "standardize",
    },
    "11_normalize50_a10_log": {"weighting": "log", "normalize_input": "minmax"},
    "12_gaussian5_50_a10": {"gaussian": 5.0},
    "13_off8_50_a5": {"n_assignments": 5, "off_threshold": 8.0},
    "14_std_gauss2_off3_logidf": {
        "gaussian": 2.0,
        "off_threshold": 3.0,
        "weighting": "log",
        "idf": True,
        "normalize_input": "standardize",
    },
    "15_kmeans10_a1": {"n_assignments": 1},
    "16_kmeanspp10_a1": {"n_assignments": 1},
    "17_supervised_randompp9": {"n_assignments": 1},
    "25_reduce": {"n_assignments": 1},
    "27_energy": {"n_assignments": 1, "activity": (0, 1.5)},
    "28_seed11_random10": {"n_assignments": 1},
}
TESTED = (
    "04_randompp10_a1_logidf",
    "09_random50_a5_log_norm3",
    "10_standardize50_a5_log",
    "11_normalize50_a10_log",
    "14_std_gauss2_off3_logidf",
)


@pytest.fixture(scope="module")
def golden():
    return load_golden()


def make_bag(codebook, **params):
    plain = {"normalize_input": None, "weighting": None, "numerics": "openxbow"}
    return BagOfDeepFeatures(codebook=codebook, **{**plain, **params})


def fitted(golden, tag, **params):
    words = golden[f"cb_{tag}__codewords"]
    return make_bag(words, **{**RUNS[tag], **params}).fit(golden["train"])


@pytest.mark.parametrize("tag", RUNS)
def test_histograms(golden, tag):
    bags = fitted(golden, tag).transform(golden["train"])
    np.testing.assert_allclose(bags, golden[f"hist_{tag}"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("tag", TESTED)
def test_histograms_of_other_clips(golden, tag):
    bags = fitted(golden, tag).transform(golden["test"])
    np.testing.assert_allclose(bags, golden[f"histtest_{tag}"], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "tag", ["01_random10_a1", "02_random50_a5", "03_random50_a10_log"]
)
def test_words_of_every_frame(golden, tag):
    words = fitted(golden, tag).assign(golden["train"])
    np.testing.assert_array_equal(np.concatenate(list(words)), golden[f"idx_{tag}"])


@pytest.mark.parametrize(
    ("tag", "stored", "shift", "scale"),
    [
        ("10_standardize50_a5_log", "standardizeInput", "mean_", "scale_"),
        ("11_normalize50_a10_log", "normalizeInput", "data_min_", "data_range_"),
    ],
)
def test_scaling(golden, tag, stored, shift, scale):
    bag = fitted(golden, tag)
    # The first column is that of the name. Widths are minima subtracted from maxima.
    expected = golden[f"cb_{tag}__{stored}"][:, 1:]
    np.testing.assert_allclose(getattr(bag, shift), expected[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(getattr(bag, scale), expected[1], rtol=1e-5)


@pytest.mark.parametrize("tag", ["04_randompp10_a1_logidf", "05_random50_a5_idf"])
def test_idf(golden, tag):
    expected = golden[f"cb_{tag}__idf"]
    np.testing.assert_allclose(fitted(golden, tag).idf_, expected, rtol=1e-6)


def test_two_codebooks(golden):
    tag = "18_split_4_4"
    words = [golden[f"cb_{tag}__book{i}"] for i in (1, 2)]
    columns = [slice(0, 4), [4, 5, 6, 7]]
    bag = make_bag(words, columns=columns, n_assignments=(1, 3))
    bags = bag.fit_transform(golden["train"])
    np.testing.assert_array_equal(bags, golden[f"hist_{tag}"])


@pytest.mark.parametrize(
    ("tag", "stored", "test"),
    [
        ("20_stdOutput", "standardizeOutput", True),
        ("21_normOutput", "normalizeOutput", False),
    ],
)
def test_scaled_output(golden, tag, stored, test):
    words = golden[f"cb_{tag}__codewords"]
    bag = make_bag(words, n_assignments=5, weighting="log").fit(golden["train"])
    train = bag.transform(golden["train"])
    if stored == "standardizeOutput":
        shift, scale = train.mean(axis=0), train.std(axis=0, ddof=1)
    else:
        shift, scale = train.min(axis=0), np.ptp(train, axis=0)
    scale[scale == 0] = 1
    expected = golden[f"hist_{tag}"]
    np.testing.assert_allclose((train - shift) / scale, expected, rtol=0, atol=1e-5)
    if test:
        bags = (bag.transform(golden["test"]) - shift) / scale
        expected = golden[f"histtest_{tag}"]
        np.testing.assert_allclose(bags, expected, rtol=0, atol=1e-5)


def stored_mixture(tag):
    """The mixture in a codebook file, as a fitted GaussianMixture."""
    with open(FOLDER / f"cb_{tag}.txt") as file:
        lines = list(csv.reader(file, delimiter=";"))
    begin = next(i for i, line in enumerate(lines) if line[0] == "codebookNumericGMM")
    n_words, _, mode = map(int, lines[begin + 1])
    numbers = [np.array(line, dtype=float) for line in lines[begin + 2 :]]
    mixture = GaussianMixture(n_words, covariance_type="diag")
    mixture.means_ = np.stack(numbers[:n_words])
    weights = np.stack(numbers[n_words : n_words + n_words]).ravel()
    mixture.covariances_ = np.stack(numbers[2 * n_words : 3 * n_words])
    mixture.weights_ = np.full(n_words, 1 / n_words) if mode == 1 else weights
    mixture.precisions_cholesky_ = 1 / np.sqrt(mixture.covariances_)
    return mixture


@pytest.mark.parametrize("tag", ["23_em5_gmm1", "24_em5_gmm2"])
def test_mixtures(golden, tag):
    mixture = FrozenEstimator(stored_mixture(tag))
    bag = make_bag(mixture, normalize_input="standardize")
    bags = bag.fit_transform(golden["train"])
    np.testing.assert_allclose(bags, golden[f"hist_{tag}"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(bag.codebook_, golden[f"cb_{tag}__codewords"], rtol=1e-6)


def test_windows(golden):
    tag = "30_window_t2_1"
    words = golden[f"cb_{tag}__codewords"]
    bag = make_bag(words, n_assignments=1, window=2.0, hop=1.0, frame_step=0.5)
    bags = bag.fit_transform(golden["train"])
    np.testing.assert_array_equal(np.concatenate(list(bags)), golden[f"hist_{tag}"])
    names = list(dict.fromkeys(golden["train_names"]))
    n_windows = [np.sum(golden[f"hist_{tag}__names"] == name) for name in names]
    assert [len(clip) for clip in bags] == n_windows


@pytest.mark.parametrize(
    ("tag", "n"), [("31_ties_generic_a1", 1), ("32_ties_generic_a3", 3)]
)
def test_first_of_equally_near_words(golden, tag, n):
    frames = np.loadtxt(
        FOLDER / "ties_frames.csv", delimiter=";", usecols=(1, 2), dtype=np.float32
    )
    X = frames[:, np.newaxis]
    bag = make_bag(golden[f"cb_{tag}__codewords"], n_assignments=n).fit(X)
    np.testing.assert_array_equal(bag.transform(X), golden[f"hist_{tag}"])
    np.testing.assert_array_equal(bag.assign(X)[:, 0], golden[f"idx_{tag}"])


def test_high_dimensional_bench(golden):
    """The first 20 bags of the speed case, where openXBOW itself rounds."""
    with np.load(FOLDER / "bench_20000x4096.npz") as file:
        bench = dict(file)
    rng = np.random.default_rng(0)
    frames, rows = [], bench["codebook_rows_500"]
    words, n_bags = np.empty((500, 4096), dtype=np.float32), 20
    for i in range(200):
        X = np.maximum(rng.standard_normal((100, 4096), dtype=np.float32), 0)
        X = np.rint(X * 1000) / np.float32(1000)
        frames.append(X) if i < n_bags else None
        inside = rows // 100 == i
        words[inside] = X[rows[inside] % 100]
    np.testing.assert_array_equal(frames[0][0, :8], bench["X_row0_first8"])
    bag = make_bag(words, weighting="log")
    counts = 10 ** bag.fit_transform(frames) - 1
    expected = 10 ** bench["hist_500"][:n_bags] - 1
    difference = np.rint(counts) - np.rint(expected)
    assert np.abs(difference).max() <= 1
    assert np.count_nonzero(difference) <= 8
