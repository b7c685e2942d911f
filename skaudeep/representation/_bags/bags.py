"""Which frames make a bag, how its histogram is weighted, and what holds the result."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from skaudeep._containers import object_array

__all__ = ["CentredWindows", "Spans", "Weighting", "csr", "rows_of_clips"]


@dataclass(frozen=True)
class CentredWindows:
    """openXBOW's windows, around centres that begin with the first frame.

    Parameters
    ----------
    window, hop, frame_step : float
        In seconds.
    """

    window: float
    hop: float
    frame_step: float

    def spans(self, n_frames):
        """First frame and the frame behind the last, of every window."""
        last = (n_frames - 1) * self.frame_step
        centres = np.arange(np.ceil((last + 1e-4) / self.hop)) * self.hop
        # Both ends belong to a window, so rounding must not put a frame outside.
        half = self.window / 2 + 1e-6 * self.frame_step
        first = np.ceil((centres - half) / self.frame_step)
        stop = np.floor((centres + half) / self.frame_step) + 1
        first, stop = (np.clip(x, 0, n_frames).astype(int) for x in (first, stop))
        return list(zip(first.tolist(), stop.tolist(), strict=True))


class Spans:
    """Frames of every bag, counted through all clips.

    Parameters
    ----------
    counts : ndarray of int of shape (n_clips,)
        Frames of the clips.
    windows : object with ``spans``, or None
        None makes one bag of a clip.
    """

    def __init__(self, counts, windows):
        begins = np.cumsum(counts) - counts
        if windows is None:
            self.starts, self.stops = begins, begins + counts
            self.per_clip = np.ones(len(counts), dtype=np.int64)
            return
        known = {n: np.array(windows.spans(n)) for n in np.unique(counts).tolist()}
        spans = [known[n] + begin for n, begin in zip(counts, begins, strict=True)]
        self.per_clip = np.array([len(clip) for clip in spans], dtype=np.int64)
        spans = np.concatenate([np.empty((0, 2), dtype=np.int64), *spans])
        self.starts, self.stops = spans.T

    def __len__(self):
        return len(self.starts)


class Weighting:
    """What becomes of the sums over a bag.

    Parameters
    ----------
    weighting, norm, empty_bag, numerics
        Parameters of :class:`~skaudeep.representation.BagOfDeepFeatures`.
    """

    def __init__(self, weighting, norm, empty_bag, numerics):
        self.weighting, self.norm = weighting, norm
        self.original = numerics == "openxbow"
        self.empty_bag = empty_bag
        if empty_bag is None:
            self.empty_bag = 0.001 if self.original else 0.0

    def fill(self, sums, n_active):
        """Give the bags without frames that count what they are to hold, in place."""
        sums[n_active == 0] = self.empty_bag
        return sums

    def __call__(self, sums, n_active, idf):
        """Features of some bags, from sums of shape (n_bags, n_words)."""
        features = self.fill(sums, n_active)
        if self.weighting == "log":
            features = np.log10(features + 1.0)
        if idf is not None:
            features = features * idf
        if self.norm is not None:
            if self.norm == "frames":
                divisor = n_active[:, np.newaxis].astype(np.float64)
            else:
                order = {"l1": 1, "l2": 2}[self.norm]
                divisor = np.linalg.norm(features, order, axis=1, keepdims=True)
            factor = features.shape[1] if self.original else 1.0
            empty = divisor == 0
            features = features * (factor / np.where(empty, 1.0, divisor))
            features[empty[:, 0]] = 0.0
        return features.astype(np.float32)


def csr(pieces, missing, n_words):
    """A sparse matrix of rows that come in pieces, with NaN where a clip is missing."""
    rows = [sparse.csr_array(piece) for piece in pieces]
    if not missing.any():
        return sparse.vstack(rows, format="csr")
    rows.append(sparse.csr_array(np.full((1, n_words), np.nan, dtype=np.float32)))
    places = np.full(len(missing), len(missing) - missing.sum())
    places[~missing] = np.arange(len(missing) - missing.sum())
    return sparse.vstack(rows, format="csr")[places]


def rows_of_clips(rows, per_clip, missing, filler):
    """The container of sequences, from their rows one clip after another.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        Of the clips that are not missing.
    per_clip : ndarray of int
        How many rows each of these has.
    missing : ndarray of bool of shape (n_clips,)
        Which clips are missing.
    filler : scalar
        What they hold.

    Returns
    -------
    ndarray
        Of shape (n_clips, n_rows, n_columns) if the clips have equally many rows, else
        a 1-D object array of 2-D arrays, in which a missing clip has one row.
    """
    equal = len(set(per_clip.tolist())) == 1
    if equal and not missing.any():
        return rows.reshape(len(missing), -1, rows.shape[1])
    shape = (int(per_clip[0]) if equal else 1, rows.shape[1])
    clips = iter(np.split(rows, np.cumsum(per_clip)[:-1]) if len(per_clip) else ())
    filled = np.full(shape, filler, dtype=rows.dtype)
    sequences = [filled if is_missing else next(clips) for is_missing in missing]
    if equal or not len(per_clip):
        return np.stack(sequences)
    return object_array(sequences)
