"""The three kinds of X: which container is what, what comes back, what is refused."""
# SPDX-License-Identifier: BSD-3-Clause

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from skaudeep._containers import (
    check_recordings,
    check_sequences,
    frame_counts,
    is_collection,
    largest_magnitude,
    missing_clips,
    object_array,
    stack_sequences,
)
from skaudeep._length_batches import pad_batch
from skaudeep.audio import Recording

SIGNAL = np.zeros(3, dtype=np.float32)


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (["a.wav"], True),
        ((Path("a.wav"),), True),
        ([None, "a.wav"], True),
        ([SIGNAL, SIGNAL], True),
        (np.array(["a.wav"]), True),
        (object_array([SIGNAL, SIGNAL]), True),
        (pd.Series(["a.wav"]), True),
        ([[1.0, 2.0], [3.0, 4.0]], False),
        (np.zeros((2, 3)), False),
        (np.zeros((2, 3), dtype=object), False),
        (np.array([1, 2], dtype=object), False),
        (pd.DataFrame({"a": [1]}), False),
        ("a.wav", False),
        ([], False),
    ],
)
def test_what_a_collection_is(X, expected):
    assert is_collection(X) is expected


def test_paths_become_recordings_and_signals_stay():
    X = check_recordings(BaseEstimator(), ["a.wav", Path("b.wav"), SIGNAL], reset=True)
    assert X[:2] == [Recording("a.wav"), Recording("b.wav")]
    assert X[2] is SIGNAL


@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
@pytest.mark.parametrize("check", [check_recordings, check_sequences])
def test_only_two_dimensional_arrays_fix_a_width(check, rng):
    estimator = BaseEstimator()
    check(estimator, pd.DataFrame(rng.random((2, 3)), columns=list("abc")), reset=True)
    assert estimator.n_features_in_ == 3
    with pytest.raises(ValueError, match="X has 4 features, but BaseEstimator"):
        check(estimator, rng.random((2, 4)), reset=False)
    for X in (rng.random((2, 4, 1)), [rng.random((4, 1))]):
        check(estimator, rng.random((2, 3)), reset=True)
        check(estimator, X, reset=False)
        assert estimator.n_features_in_ == 3
        check(estimator, X, reset=True)
        assert not hasattr(estimator, "n_features_in_")
        assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.parametrize("check", [check_recordings, check_sequences])
@pytest.mark.parametrize("X", [[], (), np.array([]), pd.Series([], dtype=object)])
def test_empty_containers_are_refused(check, X):
    message = f"at least one clip, got an empty {type(X).__name__}"
    with pytest.raises(ValueError, match=message):
        check(BaseEstimator(), X, reset=True)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (Path("a.wav"), ValueError, r"single one 'a.wav'\. Pass a list: \['a.wav'\]"),
        (Recording("a.wav"), ValueError, "got the single one 'a.wav'"),
        (pd.DataFrame({"n": [1], "file": ["a.wav"]}), ValueError, r"X\['file'\]"),
        (["a.wav", None], TypeError, r"X\[1\] must be a path.*got NoneType: None"),
        ([None, "a.wav"], TypeError, r"X\[0\] must be a path.*got NoneType: None"),
        ([SIGNAL + 1j], ValueError, r"X\[0\] must be a signal of real .*complex"),
        ([np.zeros((2, 3, 4))], ValueError, r"X\[0\] must be .* shape \(2, 3, 4\)"),
        (np.zeros((2, 3, 4, 5)), ValueError, r"2 or 3 dimensions, .* \(2, 3, 4, 5\)"),
    ],
)
def test_what_are_no_recordings(X, error, message):
    with pytest.raises(error, match=message):
        check_recordings(BaseEstimator(), X, reset=True)


def _sequences(change=None):
    X = [np.zeros((4, 3)), np.ones((5, 3)), np.ones((2, 3))]
    if change is not None:
        X[1] = change(X[1])
    return X


def _put(value):
    def change(clip):
        clip[3, 2] = value
        return clip

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_put(np.nan), "Input X contains NaN: clip 1 is NaN in some places"),
        (_put(np.inf), r"Input X contains infinity: X\[1\]"),
        (lambda clip: clip[:, :2], r"X\[0\] has 3 and X\[1\] has 2"),
        (lambda clip: clip[:0], r"X\[1\] must be .* one frame .* shape \(0, 3\)"),
        (lambda clip: clip[:, :0], r"X\[1\] must be .* one band, .* shape \(5, 0\)"),
        (lambda clip: clip[0], r"X\[1\] must be a sequence .* shape \(3,\)"),
        (lambda clip: clip.astype(str), r"X\[1\] must be .* dtype <U"),
    ],
)
def test_what_are_no_sequences(change, message):
    with pytest.raises(ValueError, match=message):
        check_sequences(BaseEstimator(), _sequences(change), reset=True)


def test_sequences_of_a_rectangle_are_whole_or_missing():
    X = np.ones((3, 4, 2))
    X[1] = np.nan
    checked = check_sequences(BaseEstimator(), X, reset=True)
    assert missing_clips(checked).tolist() == [False, True, False]
    X[1, 0] = 0
    with pytest.raises(ValueError, match="clip 1 is NaN in some places"):
        check_sequences(BaseEstimator(), X, reset=True)


def test_infinity_in_a_rectangle_is_refused():
    X = np.ones((3, 4, 2), dtype=np.float32)
    X[0] = np.nan
    X[2, 1, 1] = -np.inf
    message = r"Input X contains infinity or a value too large for dtype\('float32'\)"
    for rectangle in (X, X[:, :, 0]):
        rectangle[2, 1] = -np.inf
        with pytest.raises(ValueError, match=message):
            check_sequences(BaseEstimator(), rectangle, reset=True)
        with pytest.raises(ValueError, match="contains NaN: .* those of clip 0 are"):
            check_recordings(BaseEstimator(), rectangle, reset=True)
        with pytest.raises(ValueError, match="infinity: .* those of clip 1 are"):
            check_recordings(BaseEstimator(), rectangle[1:], reset=True)


def test_finite_values_whose_sum_overflows_are_welcome():
    X = np.full((4, 5, 2), 3e38, dtype=np.float32)
    X[1, 2:] = -3e38
    for check in (check_sequences, check_recordings):
        np.testing.assert_array_equal(check(BaseEstimator(), X, reset=True), X)


@pytest.mark.parametrize("shape", [(3, 0, 2), (3, 2, 0)])
def test_rectangles_without_frames_or_bands_are_refused(shape):
    message = rf"at least one frame and one band, got an array of shape \({shape[0]}, "
    with pytest.raises(ValueError, match=message):
        check_sequences(BaseEstimator(), np.zeros(shape), reset=True)


@pytest.fixture
def mapped(tmp_path):
    """50 MB on disk; one clip is missing."""
    X = np.lib.format.open_memmap(
        tmp_path / "X.npy", "w+", np.float32, (40_000, 20, 16)
    )
    X[:] = np.linspace(-1, 1, 16)
    X[39_000] = np.nan
    X[39_999, 3, 3] = -7
    X.flush()
    del X
    return np.load(tmp_path / "X.npy", mmap_mode="r")


def test_memory_maps_are_neither_copied_nor_loaded(mapped):
    tracemalloc.start()
    try:
        checked = check_sequences(BaseEstimator(), mapped, reset=True)
        missing, counts = missing_clips(checked), frame_counts(checked)
        largest = largest_magnitude(checked)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.shares_memory(checked, mapped)
    assert np.flatnonzero(missing).tolist() == [39_000]
    assert (counts == 20).all()
    assert largest == 7
    assert peak < 4e6


def test_arrays_are_looked_at_part_by_part_however_they_lie_in_memory():
    X = np.zeros((50, 400, 320), dtype=np.float32).transpose(0, 2, 1)
    X[20] = np.nan
    tracemalloc.start()
    try:
        checked = check_sequences(BaseEstimator(), X, reset=True)
        assert largest_magnitude(checked) == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.shares_memory(checked, X)
    assert peak < X.nbytes / 10


def test_partly_missing_clips_are_found_anywhere_in_a_memory_map(tmp_path, mapped):
    X = np.load(tmp_path / "X.npy", mmap_mode="r+")
    X[38_765, 19, 15] = np.nan
    with pytest.raises(ValueError, match="clip 38765 is NaN in some places"):
        check_sequences(BaseEstimator(), X, reset=True)


@pytest.mark.parametrize("container", [list, np.array])
def test_largest_magnitude_is_that_of_the_clips_that_are_present(container):
    X = np.full((3, 4, 2), np.nan)
    X[0], X[2] = 2, 0.5
    X[2, 1, 1] = -3
    assert largest_magnitude(container(X)) == 3
    assert largest_magnitude(container(X[:2])) == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_of_a_memory_map_are_arrays_of_their_own(tmp_path, dtype):
    np.save(tmp_path / "a.npy", np.arange(24, dtype=dtype).reshape(3, 4, 2))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    batch, lengths = pad_batch(mapped, np.array([2, 0]))
    assert type(batch) is np.ndarray
    assert batch.dtype == np.float32
    assert not np.shares_memory(batch, mapped)
    np.testing.assert_array_equal(batch, mapped[[2, 0]])
    assert lengths.tolist() == [4, 4]


def test_integers_become_float32():
    rectangle = np.arange(6).reshape(1, 3, 2)
    for X in (rectangle, list(rectangle)):
        (clip,) = check_sequences(BaseEstimator(), X, reset=True)
        assert clip.dtype == np.float32
        np.testing.assert_array_equal(clip, rectangle[0])


def test_stacking_keeps_a_rectangle_and_the_rows_of_missing_clips():
    clips = _sequences()
    assert stack_sequences(clips, 3).dtype == object
    assert frame_counts(stack_sequences(clips, 3)).tolist() == [4, 5, 2]
    ragged = stack_sequences([clips[0], None, clips[1]], 3)
    assert ragged[1].shape == (1, 3)
    assert missing_clips(ragged).tolist() == [False, True, False]
    rectangle = stack_sequences([clips[0], None], 3)
    assert rectangle.shape == (2, 4, 3)
    assert rectangle.dtype == np.float32
    assert missing_clips(rectangle).tolist() == [False, True]
    assert stack_sequences([None, None], 3).shape == (2, 1, 3)


@pytest.mark.parametrize("n_frames", [None, 7])
def test_padding_is_zero_behind_the_clip(n_frames):
    batch, lengths = pad_batch([1 + clip for clip in _sequences()], [2, 1], n_frames)
    assert batch.dtype == np.float32
    assert batch.shape == (2, n_frames or 5, 3)
    assert lengths.tolist() == [2, 5]
    for row, n in enumerate(lengths):
        assert (batch[row, :n] == 2).all()
        assert (batch[row, n:] == 0).all()
