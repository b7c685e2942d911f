"""Tests of SequenceStatistics against NumPy on every clip alone."""
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skaudeep.audio import SequenceStatistics

ALL = ("mean", "std", "min", "max", "median", "q25", "q95")
REFERENCE = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "median": np.median,
    "q25": lambda x, axis: np.quantile(x, 0.25, axis=axis),
    "q95": lambda x, axis: np.quantile(x, 0.95, axis=axis),
}


@pytest.fixture
def clips(rng):
    """Three clips of different length, four bands."""
    return [rng.standard_normal((n, 4)).astype(np.float32) for n in (9, 1, 30)]


@pytest.mark.parametrize("name", ALL)
def test_statistics_of_ragged_clips(clips, name):
    X = SequenceStatistics((name,)).fit_transform(clips)
    assert X.dtype == np.float32
    for row, clip in zip(X, clips, strict=True):
        expected = REFERENCE[name](clip.astype(np.float64), axis=0)
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["mean", "std"])
def test_long_clips_lose_no_precision(rng, name):
    clip = (rng.standard_normal((50_000, 2)) + 100).astype(np.float32)
    X = SequenceStatistics((name,)).fit_transform([clip])
    expected = REFERENCE[name](clip.astype(np.float64), axis=0)
    np.testing.assert_allclose(X[0], expected, rtol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_statistics_of_differences(clips, name):
    X = SequenceStatistics((f"delta_{name}",)).fit_transform(clips)
    for row, clip in zip(X[[0, 2]], [clips[0], clips[2]], strict=True):
        expected = REFERENCE[name](clip[1:] - clip[:-1], axis=0)
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(X[1], 0)


def test_columns_follow_their_names(clips):
    statistics = SequenceStatistics(("max", "delta_std", "q05"))
    X = statistics.fit_transform(clips)
    names = statistics.get_feature_names_out()
    assert names.tolist() == [
        f"{name}_band{band}"
        for name in ("max", "delta_std", "q05")
        for band in range(4)
    ]
    alone = SequenceStatistics(("delta_std",)).fit_transform(clips)
    columns = [i for i, name in enumerate(names) if name.startswith("delta_std")]
    np.testing.assert_array_equal(X[:, columns], alone)


def test_containers_give_the_same(rng):
    block = rng.standard_normal((3, 6, 2)).astype(np.float32)
    expected = SequenceStatistics(ALL).fit_transform(block)
    objects = np.empty(3, dtype=object)
    objects[:] = list(block)
    for X in (list(block), tuple(block), objects, pd.Series(list(block))):
        np.testing.assert_array_equal(
            SequenceStatistics(ALL).fit_transform(X), expected
        )


def test_two_dimensional_arrays_have_one_band(rng):
    X = rng.standard_normal((5, 7))
    statistics = SequenceStatistics()
    np.testing.assert_allclose(
        statistics.fit_transform(X), np.c_[X.mean(axis=1), X.std(axis=1)], rtol=1e-5
    )
    assert statistics.n_features_in_ == 7
    assert statistics.get_feature_names_out().tolist() == ["mean_band0", "std_band0"]


def test_missing_clips_are_rows_of_nan(clips):
    clips[1] = np.full((1, 4), np.nan, dtype=np.float32)
    X = SequenceStatistics(("mean", "delta_q50")).fit_transform(clips)
    np.testing.assert_array_equal(np.isnan(X).any(axis=1), [False, True, False])
    assert np.isnan(X[1]).all()


def test_memory_maps_are_not_changed_or_copied_whole(tmp_path, rng):
    path = tmp_path / "sequences.npy"
    np.save(path, rng.standard_normal((20, 10, 3)).astype(np.float32))
    mapped = np.load(path, mmap_mode="r")
    statistics = SequenceStatistics()
    seen = []
    statistics._describe = lambda frames: seen.append(frames.base) or np.zeros(6)
    statistics.fit(mapped).transform(mapped)
    assert all(base is not None for base in seen)
    np.testing.assert_array_equal(
        SequenceStatistics().fit_transform(mapped),
        SequenceStatistics().fit_transform(np.array(mapped)),
    )


def test_set_output_clone_and_pickle(clips):
    statistics = SequenceStatistics(("mean",)).set_output(transform="pandas")
    frame = clone(statistics).fit_transform(clips)
    assert list(frame.columns) == [f"mean_band{i}" for i in range(4)]
    copy = pickle.loads(pickle.dumps(statistics.fit(clips)))
    pd.testing.assert_frame_equal(copy.transform(clips), frame)


@pytest.mark.parametrize("name", ["variance", "q0", "q00", "q100", "delta_", "Mean", 3])
def test_refuses_unknown_statistics(clips, name):
    with pytest.raises(
        ValueError, match=f"'q99', or these after 'delta_', got {name!r}"
    ):
        SequenceStatistics(("mean", name)).fit(clips)


@pytest.mark.parametrize("statistics", [(), ("mean", "mean")])
def test_refuses_none_and_twice(clips, statistics):
    with pytest.raises(ValueError, match="at least one and none twice, got"):
        SequenceStatistics(statistics).fit(clips)


def test_refuses_other_bands_than_in_fit(clips):
    statistics = SequenceStatistics().fit(clips)
    with pytest.raises(ValueError, match=r"3 bands a frame.* was fitted with 4"):
        statistics.transform([clip[:, :3] for clip in clips])


def test_refuses_recordings():
    with pytest.raises(TypeError, match=r"X\[0\] is a recording .*MelSpectrogram"):
        SequenceStatistics().fit(["a.wav"])
