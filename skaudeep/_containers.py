"""The three kinds of X: recordings, sequences and features.

This is the only module that knows which containers they may come in. What a
container is decides how it is read, never whether its clips happen to be equally
long: a numeric rectangle goes through scikit-learn's validation, a list or an object
array is a collection and stays one.
"""
# SPDX-License-Identifier: BSD-3-Clause

import os
from numbers import Number

import numpy as np
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import validate_data

from skaudeep.audio._recording import Recording

__all__ = [
    "check_pictures",
    "check_recordings",
    "check_sequences",
    "frame_counts",
    "is_collection",
    "is_pictures",
    "largest_magnitude",
    "missing_clips",
    "object_array",
    "stack_sequences",
]

# The order matters: integers become the first one.
FLOATS = (np.float32, np.float64)

# What is looked at in one go: fits into a core's cache, far from what fills memory.
_BLOCK_BYTES = 2**20


def is_collection(X):
    """Whether X holds one object a clip (path, Recording or array).

    Nested lists of numbers are array-likes, not collections.
    """
    if hasattr(X, "iloc"):
        return getattr(X, "ndim", 2) == 1
    if isinstance(X, np.ndarray):
        if X.ndim != 1:
            return False
        if X.dtype.kind in "US":
            return True
        return X.dtype == object and len(X) > 0 and not isinstance(X[0], Number)
    if isinstance(X, list | tuple):
        return any(_is_clip(item) for item in X)
    return False


def _is_clip(item):
    return isinstance(item, str | os.PathLike | Recording | np.ndarray)


def _items(X):
    """The clips of a collection as a list, whatever its container."""
    return list(X.to_numpy()) if hasattr(X, "iloc") else list(X)


def object_array(items):
    """A 1-D object array of `items`, also when they are equally shaped arrays."""
    items = list(items)
    out = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        out[i] = item
    return out


def _forget_rectangle(estimator, reset):
    """Only rectangles fix a width; a refit on anything else must forget it."""
    if reset:
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(estimator, name):
                delattr(estimator, name)


def _refuse_empty(X):
    if getattr(X, "ndim", 1) == 1 and hasattr(X, "__len__") and len(X) == 0:
        raise ValueError(
            f"X must hold at least one clip, got an empty {type(X).__name__}."
        )


def _refuse_single_path(X):
    if isinstance(X, str | os.PathLike | Recording):
        raise ValueError(
            f"X must hold many recordings, got the single one {str(X)!r}. "
            f"Pass a list: [{str(X)!r}]."
        )
    if hasattr(X, "dtypes") and hasattr(X, "columns"):
        odd = [str(name) for name, kind in X.dtypes.items() if kind.kind not in "fiub"]
        if odd:
            raise ValueError(
                f"X is a DataFrame with the non-numeric column {odd[0]!r}. "
                f"Pass the column of paths itself: X[{odd[0]!r}]."
            )


def check_recordings(estimator, X, *, reset, allow_nan=False):
    """Validate recordings.

    Parameters
    ----------
    estimator : estimator
        Whose ``n_features_in_`` is set or checked for 2-D arrays.
    X : list, tuple, Series or object array of paths, Recordings and arrays; or \
            array of shape (n_clips, n_samples) or (n_clips, n_channels, n_samples)
        The recordings.
    reset : bool
        True in ``fit``.
    allow_nan : bool, default=False
        Let NaN and infinity in numeric arrays pass, for steps whose ``on_error``
        turns such clips into missing ones.

    Returns
    -------
    list of Recording and ndarray, or ndarray
        A list for collections, with every path made a :class:`Recording`; a float
        array for rectangles.
    """
    _refuse_empty(X)
    if not is_collection(X):
        _refuse_single_path(X)
        X = _check_rectangle(estimator, X, reset=reset, dtype=FLOATS[::-1])
        if not allow_nan:
            _refuse_not_finite(X)
        return X
    _forget_rectangle(estimator, reset)
    return [_check_recording(item, i) for i, item in enumerate(_items(X))]


def _check_rectangle(estimator, X, *, reset, dtype):
    """Validate all but the values: those the callers look at block by block."""
    # A 3-D array says how long its clips are only by accident, so another length
    # must be welcome later; a 2-D array is scikit-learn's and fixes its width.
    if getattr(X, "ndim", 2) == 3:
        _forget_rectangle(estimator, reset)
        return check_array(
            X,
            allow_nd=True,
            dtype=dtype,
            ensure_all_finite=False,
            estimator=estimator,
            input_name="X",
        )
    X = validate_data(
        estimator, X, reset=reset, allow_nd=True, dtype=dtype, ensure_all_finite=False
    )
    if X.ndim > 3:
        raise ValueError(
            f"X must have 2 or 3 dimensions, got an array of shape {X.shape}."
        )
    return X


def _blocks(X):
    """Parts of X as arrays of a few clips, each with the number of its first clip."""
    if isinstance(X, list):
        for i, clip in enumerate(X):
            yield i, clip[np.newaxis]
        return
    size = max(1, _BLOCK_BYTES // max(1, X[0].nbytes))
    for start in range(0, len(X), size):
        yield start, X[start : start + size]


def _not_finite(X):
    """Clips that hold NaN, infinity or values whose sum overflows, with numbers."""
    for start, block in _blocks(X):
        with np.errstate(over="ignore", invalid="ignore"):
            sums = block.sum(axis=tuple(range(1, block.ndim)))
        for i in np.flatnonzero(~np.isfinite(sums)):
            yield start + i, block[i]


def _refuse_not_finite(X):
    for i, clip in _not_finite(X):
        if not np.isfinite(clip).all():
            kind = "NaN" if np.isnan(clip).any() else "infinity"
            raise ValueError(
                f"Input X contains {kind}: all samples must be finite, but those of "
                f"clip {i} are not."
            )


def _check_recording(item, index):
    if isinstance(item, Recording):
        return item
    if isinstance(item, str | os.PathLike):
        return Recording(item)
    if isinstance(item, np.ndarray):
        if item.dtype.kind not in "fiu" or item.ndim not in (1, 2):
            raise ValueError(
                f"X[{index}] must be a signal of real numbers of shape (n_samples,) or "
                f"(n_channels, n_samples), got an array of shape {item.shape} and "
                f"dtype {item.dtype}."
            )
        return item
    raise TypeError(
        f"X[{index}] must be a path, a Recording or a signal array, "
        f"got {type(item).__name__}: {item!r:.80}."
    )


def check_sequences(estimator, X, *, reset):
    """Validate sequences.

    A clip is an array of shape (n_frames, n_bands). It is whole or missing: a clip
    that is NaN throughout stands for a recording that could not be read, NaN in some
    places is an error. Sets or checks ``estimator.n_bands_in_``.

    Parameters
    ----------
    estimator : estimator
        Whose ``n_bands_in_`` (and, for 2-D arrays, ``n_features_in_``) is set or
        checked.
    X : list or object array of (n_frames, n_bands) arrays; array of shape \
            (n_clips, n_frames, n_bands); or array of shape (n_clips, n_frames)
        The sequences. A 2-D array holds sequences of one band.
    reset : bool
        True in ``fit``.

    Returns
    -------
    list of ndarray, or ndarray of shape (n_clips, n_frames, n_bands)
        Floats; a 3-D array is handed back without a copy, memory-mapped or not.
    """
    _refuse_empty(X)
    if is_collection(X):
        _forget_rectangle(estimator, reset)
        X = [_check_sequence(item, i) for i, item in enumerate(_items(X))]
    else:
        _refuse_single_path(X)
        X = _check_rectangle(estimator, X, reset=reset, dtype=FLOATS)
        if X.ndim == 2:
            X = X[:, :, np.newaxis]
        if 0 in X.shape:
            raise ValueError(
                "X must hold sequences of at least one frame and one band, got an "
                f"array of shape {X.shape}."
            )
    _refuse_partly_missing(X)
    _check_n_bands(estimator, X, reset=reset)
    return X


def _check_sequence(item, index):
    if isinstance(item, str | os.PathLike | Recording):
        raise TypeError(
            f"X[{index}] is a recording ({str(item)!r}), but sequences are wanted. "
            "Put a MelSpectrogram (or another step that makes sequences) before this "
            "one."
        )
    item = np.asarray(item)
    if item.ndim != 2 or item.dtype.kind not in "fiu" or 0 in item.shape:
        raise ValueError(
            f"X[{index}] must be a sequence of real numbers of shape (n_frames, "
            f"n_bands) with at least one frame and one band, got an array of shape "
            f"{item.shape} and dtype {item.dtype}."
        )
    if item.dtype not in FLOATS:
        item = item.astype(np.float32)
    if np.isinf(item).any():
        raise ValueError(f"Input X contains infinity: X[{index}].")
    return item


def _refuse_partly_missing(X):
    for i, clip in _not_finite(X):
        nan = np.isnan(clip)
        if nan.all():
            continue
        with np.errstate(invalid="ignore"):
            assert_all_finite(clip, allow_nan=True, input_name="X")
        if nan.any():
            raise ValueError(
                f"Input X contains NaN: clip {i} is NaN in some places. A missing "
                "clip is NaN throughout; anything else must be finite."
            )


def _check_n_bands(estimator, X, *, reset):
    n_bands = X[0].shape[1]
    if isinstance(X, list):
        for i, clip in enumerate(X):
            if clip.shape[1] != n_bands:
                raise ValueError(
                    f"All clips must have the same number of bands, but X[0] has "
                    f"{n_bands} and X[{i}] has {clip.shape[1]}."
                )
    name = type(estimator).__name__
    if reset:
        estimator.n_bands_in_ = n_bands
    elif getattr(estimator, "n_bands_in_", n_bands) != n_bands:
        raise ValueError(
            f"X has {n_bands} bands a frame, but {name} was fitted with "
            f"{estimator.n_bands_in_}. The steps before it must be the same as in fit."
        )


def is_pictures(X):
    """Whether X is an array of pictures: four axes."""
    return getattr(X, "ndim", 0) == 4


def check_pictures(estimator, X, *, reset):
    """Validate pictures.

    Parameters
    ----------
    estimator : estimator
        Whose widths of other kinds of X are forgotten in ``fit``.
    X : array of shape (n_clips, height, width, 3)
        Uint8: red, green and blue.
    reset : bool
        True in ``fit``.

    Returns
    -------
    ndarray
        X itself.
    """
    _forget_rectangle(estimator, reset)
    X = np.asanyarray(X)
    if X.dtype != np.uint8 or X.shape[-1] != 3 or 0 in X.shape:
        raise ValueError(
            "Pictures must be an array of shape (n_clips, height, width, 3) and dtype "
            "uint8, red, green and blue from 0 to 255, got one of shape "
            f"{X.shape} and dtype {X.dtype}."
        )
    return X


def missing_clips(X):
    """Boolean array: which sequences are NaN throughout."""
    if _is_rectangle(X):
        return np.isnan(X[:, 0, 0])
    return np.array([bool(np.isnan(clip[0, 0])) for clip in X], dtype=bool)


def frame_counts(X):
    """Number of frames of every sequence, as an integer array."""
    if _is_rectangle(X):
        return np.full(len(X), X.shape[1])
    return np.array([len(clip) for clip in X], dtype=np.int64)


def largest_magnitude(X):
    """Largest absolute value of the sequences that are not missing."""
    largest = 0.0
    for _, block in _blocks(X):
        low, high = block.min(), block.max()
        if np.isnan(high):
            block = block[~missing_clips(block)]
            low, high = block.min(initial=0), block.max(initial=0)
        largest = max(largest, float(high), -float(low))
    return largest


def _is_rectangle(X):
    return isinstance(X, np.ndarray) and X.ndim == 3


def stack_sequences(sequences, n_bands):
    """The container in which a step returns its sequences.

    Parameters
    ----------
    sequences : iterable of ndarray of shape (n_frames, n_bands), or None
        One item a clip; None for a missing clip.
    n_bands : int
        Number of bands, for the missing clips.

    Returns
    -------
    ndarray
        Float32 array of shape (n_clips, n_frames, n_bands) if all clips have the same
        number of frames, otherwise a 1-D object array of 2-D arrays. A missing clip
        is NaN throughout and as long as the others where these agree, one frame long
        where they do not.
    """
    sequences = list(sequences)
    counts = {len(clip) for clip in sequences if clip is not None}
    n_frames = counts.pop() if len(counts) == 1 else 1
    missing = np.full((n_frames, n_bands), np.nan, dtype=np.float32)
    if counts:
        return object_array(missing if clip is None else clip for clip in sequences)
    out = np.empty((len(sequences), n_frames, n_bands), dtype=np.float32)
    for i, clip in enumerate(sequences):
        out[i] = missing if clip is None else clip
        sequences[i] = None
    return out
