"""Nearest words of frames and histograms of them, block by block."""
# SPDX-License-Identifier: BSD-3-Clause

import threading

import numpy as np
from joblib import Parallel, delayed

from skaudeep._containers import frame_counts
from skaudeep.representation._bags.blas_threads import (
    number_of_threads,
    one_blas_thread,
)

__all__ = ["Book", "Frames", "MixtureBook", "histograms", "quantize"]

# Frames in a matrix product, always as many: a product's last bits depend on its shape
# but not on which row a frame is in, so that no frame feels its neighbours.
_BLOCK = 512

# Rows that are scaled in one go, to stay in a core's cache meanwhile.
_ROWS = 32

# What the frames and scores of a block may take, and all threads together.
_BLOCK_BYTES = 24 * 2**20
_ALL_BYTES = 128 * 2**20

# A codebook up to this size is centred as a whole, a larger one part by part.
_CENTRED_BYTES = 32 * 2**20


class _Scratch(threading.local):
    """Arrays that every thread has for itself and uses again for the next block.

    New memory for every block would be handed out page by page, which takes about as
    long as all the rest of the search beside the matrix product.
    """

    def get(self, name, shape, dtype=np.float32):
        """The array of that name, with whatever it holds."""
        array = vars(self).get(name)
        if array is None or array.shape != shape:
            array = vars(self)[name] = np.empty(shape, dtype=dtype)
        return array


class Frames:
    """The frames of clips one after another, read in blocks, never put together.

    Parameters
    ----------
    X : list of ndarray, or ndarray of shape (n_clips, n_frames, n_bands)
        Sequences, as ``check_sequences`` returns them.
    clips : ndarray of int
        Which clips.
    """

    def __init__(self, X, clips):
        self.counts = frame_counts(X)[clips]
        self.starts = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)
        self.n_bands = X[0].shape[1]
        self._X, self._clips, self._flat = X, clips, None
        self._scratch = _Scratch()
        if isinstance(X, np.ndarray) and len(clips) == len(X) and X.flags.c_contiguous:
            self._flat = np.asarray(X).reshape(-1, self.n_bands)

    def __len__(self):
        return int(self.starts[-1])

    def read(self, first, last, n_rows):
        """Frames from `first` to before `last`, then zeros; float32.

        They are not to be changed, and gone when the same thread reads again.
        """
        if self._flat is not None and last - first == n_rows:
            return self._flat[first:last].astype(np.float32, copy=False)
        block = self._scratch.get("block", (n_rows, self.n_bands))
        block[last - first :] = 0
        clip, row = int(np.searchsorted(self.starts, first, side="right")) - 1, 0
        while first + row < last:
            start = first + row - self.starts[clip]
            part = self._X[self._clips[clip]][start : start + last - first - row]
            block[row : row + len(part)] = part
            row, clip = row + len(part), clip + 1
        return block


class Book:
    """A codebook made ready for the search of nearest words.

    The nearest words of a frame z are those with the least ``|c|^2 / 2 - z.c``: one
    matrix product for all. If all words lie far from the origin, compared with how far
    they lie apart, the two terms nearly cancel; then the mean word becomes the origin.
    Whether it does depends on the codebook alone.

    Parameters
    ----------
    words : ndarray of shape (n_words, n_columns)
        Codewords in the space of the scaled frames, float32.
    columns : slice or ndarray of int
        Columns of the frames.
    shift, scale : ndarray of shape (n_columns,) or None
        A frame x is scaled to ``(x - shift) / scale``.
    n_nearest : int
        Words a frame is assigned to.
    gaussian, off_threshold : float or None
        As in :class:`~skaudeep.representation.BagOfDeepFeatures`.
    """

    def __init__(
        self, words, columns, shift, scale, n_nearest, gaussian=None, off_threshold=None
    ):
        self.n_words, self.columns, self.n_nearest = len(words), columns, n_nearest
        self.gaussian, self.off_threshold = gaussian, off_threshold
        self._scratch = _Scratch()
        self._words, self._origin = words, None
        self._shift, self._factor = shift, None
        if scale is not None:
            self._factor = np.float32(1) / scale
        mean = words.mean(axis=0, dtype=np.float64)
        spread = _squares(words).mean() - mean @ mean
        if mean @ mean > 4 * spread:
            low, width = (0.0, 1.0) if shift is None else (np.float64(shift), scale)
            # Frames are moved by what float32 can hold, and words by the very same.
            self._shift = (low + width * mean).astype(np.float32)
            self._origin = (self._shift.astype(np.float64) - low) / width
            if words.nbytes <= _CENTRED_BYTES:
                self._words, self._origin = self._part(slice(None)), None
        self._half_norms = np.concatenate(
            [_squares(self._part(part)) / 2 for part in self._parts()]
        ).astype(np.float32)

    @property
    def bytes_per_frame(self):
        """Memory that the search takes, for every frame of a block."""
        return 4 * self._words.shape[1] + 9 * self.n_words

    def assign(self, frames, *, ordered):
        """Nearest words of a block of frames.

        Parameters
        ----------
        frames : ndarray of shape (n_frames, n_bands)
            Not scaled, float32.
        ordered : bool
            Whether the words are to be in order of distance, not of their index.

        Returns
        -------
        words : ndarray of shape (n_frames, n_nearest)
            Indices.
        increments : ndarray of shape (n_frames, n_nearest) or None
            What each adds to the histogram; None is 1.
        """
        frames = self._scaled(frames)
        scores = self._scratch.get("scores", (len(frames), self.n_words))
        for part in self._parts():
            np.matmul(frames, self._part(part).T, out=scores[:, part])
        np.subtract(self._half_norms, scores, out=scores)
        words = self._least(scores)
        if ordered:
            order = np.take_along_axis(scores, words, 1).argsort(axis=1, kind="stable")
            words = np.take_along_axis(words, order, 1)
        if self.gaussian is None and self.off_threshold is None:
            return words, None
        return words, self._increments(frames, scores, words)

    def _parts(self):
        """Slices of the codebook that are multiplied in one go."""
        size = self.n_words
        if self._origin is not None:
            size = max(1, _CENTRED_BYTES // 4 // self._words[0].nbytes)
        return [slice(i, i + size) for i in range(0, self.n_words, size)]

    def _part(self, part):
        """Words, moved to the origin."""
        words = self._words[part]
        if self._origin is None:
            return words
        moved = np.empty(words.shape, dtype=np.float32)
        return np.subtract(words, self._origin, out=moved, casting="same_kind")

    def _scaled(self, frames):
        frames = frames[:, self.columns]
        if self._shift is None:
            return frames
        scaled = self._scratch.get("scaled", frames.shape)
        for i in range(0, len(frames), _ROWS):
            rows = scaled[i : i + _ROWS]
            np.subtract(frames[i : i + _ROWS], self._shift, out=rows)
            if self._factor is not None:
                rows *= self._factor
        return scaled

    def _least(self, scores):
        """Columns of the least scores of every row, ascending; the first of equals."""
        n = self.n_nearest
        if n == 1:
            return scores.argmin(axis=1)[:, np.newaxis]
        if n == self.n_words:
            return np.broadcast_to(np.arange(n), scores.shape)
        # Values are partitioned several times faster than their indices.
        parted = self._scratch.get("parted", scores.shape)
        parted[:] = scores
        parted.partition(n - 1, axis=1)
        chosen = self._scratch.get("chosen", scores.shape, bool)
        np.less_equal(scores, parted[:, n - 1 : n], out=chosen)
        tied = np.flatnonzero(np.count_nonzero(chosen, axis=1) != n)
        if len(tied):
            first = scores[tied].argsort(axis=1, kind="stable")[:, :n]
            chosen[tied] = False
            chosen[tied[:, np.newaxis], first] = True
        return np.flatnonzero(chosen).reshape(-1, n) % self.n_words

    def _increments(self, frames, scores, words):
        """Of every assignment, from its distance."""
        norms = _squares(frames)[:, np.newaxis]
        squares = norms + 2.0 * np.take_along_axis(scores, words, 1)
        # A small difference of large numbers is computed again, from the vectors.
        vague = squares < (norms + 2.0 * self._half_norms[words]) / 4
        rows, places = np.nonzero(vague)
        step = max(1, _BLOCK_BYTES // 4 // frames[0].nbytes)
        for i in range(0, len(rows), step):
            row, place = rows[i : i + step], places[i : i + step]
            difference = frames[row] - self._part(words[row, place])
            squares[row, place] = _squares(difference)
        increments = np.ones_like(squares)
        if self.gaussian is not None:
            increments = np.exp(squares / (-2.0 * self.gaussian**2))
        if self.off_threshold is not None:
            increments[squares > self.off_threshold**2] = 0.0
        return increments


class MixtureBook:
    """A fitted Gaussian mixture: every frame adds its posteriors to all words.

    Parameters
    ----------
    mixture : GaussianMixture
        Fitted on scaled frames.
    columns : slice or ndarray of int
        Columns of the frames.
    shift, scale : ndarray of shape (n_columns,) or None
        A frame x is scaled to ``(x - shift) / scale``.
    """

    def __init__(self, mixture, columns, shift, scale):
        self.n_words = self.n_nearest = len(mixture.means_)
        self.columns = columns
        self._mixture, self._shift, self._scale = mixture, shift, scale

    @property
    def bytes_per_frame(self):
        """Memory that the posteriors take, for every frame of a block."""
        return 8 * (2 * self._mixture.means_.shape[1] + 4 * self.n_words)

    def assign(self, frames, *, ordered):
        """All words, and the posterior of each; see :meth:`Book.assign`."""
        frames = frames[:, self.columns]
        if self._shift is not None:
            frames = (frames - self._shift) / self._scale
        posteriors = self._mixture.predict_proba(frames)
        words = np.broadcast_to(np.arange(self.n_words), posteriors.shape)
        return words, posteriors


def _squares(rows):
    """Squared Euclidean norm of every row, summed in float64."""
    return np.einsum("ij,ij->i", rows, rows, dtype=np.float64)


def quantize(frames, books, *, activity=None, ordered=False, n_jobs=None):
    """Assign words to all frames, block by block.

    Parameters
    ----------
    frames : Frames
        What to quantise.
    books : list of Book and MixtureBook
        Codebooks.
    activity : (int, float) or None, default=None
        Column and least value of frames that count.
    ordered : bool, default=False
        As in :meth:`Book.assign`.
    n_jobs : int or None, default=None
        Threads; None is as many as NumPy's matrix products use.

    Yields
    ------
    first, last : int
        The block is of the frames from `first` to before `last`.
    assignments : list of (words, increments)
        For every codebook, as :meth:`Book.assign` returns them.
    active : ndarray of bool of shape (last - first,)
        Which frames count.
    """
    per_frame = 4 * frames.n_bands + sum(book.bytes_per_frame for book in books)
    size = _BLOCK
    while size > 16 and size * per_frame > _BLOCK_BYTES:
        size //= 2

    def assign(first):
        last = min(first + size, len(frames))
        block = frames.read(first, last, size)
        active = np.ones(last - first, dtype=bool)
        if activity is not None:
            column, threshold = activity
            active = block[: last - first, column] >= threshold
        assignments = []
        for book in books:
            words, increments = book.assign(block, ordered=ordered)
            increments = None if increments is None else increments[: last - first]
            assignments.append((words[: last - first], increments))
        return first, last, assignments, active

    starts = range(0, len(frames), size)
    room = _ALL_BYTES // (size * per_frame)
    n_threads = max(1, min(number_of_threads(n_jobs), len(starts), room))
    # Threads that multiply one block each wait for nobody, and neither their number
    # nor BLAS's can change a bit.
    with (
        one_blas_thread(),
        Parallel(
            n_threads, require="sharedmem", return_as="generator", batch_size=1
        ) as parallel,
    ):
        # Results that nobody has taken yet must not pile up.
        per_block = 16 * size * sum(book.n_nearest for book in books)
        group = n_threads * max(1, min(64, _BLOCK_BYTES // (n_threads * per_block)))
        for i in range(0, len(starts), group):
            yield from parallel(delayed(assign)(k) for k in starts[i : i + group])


def histograms(blocks, starts, stops, n_words):
    """Sum the increments of every word over every bag.

    Parameters
    ----------
    blocks : iterable
        What :func:`quantize` yields.
    starts, stops : ndarray of int of shape (n_bags,)
        First frame of every bag and the one behind its last; neither decreases.
    n_words : list of int
        Words of each codebook.

    Yields
    ------
    first : int
        Number of the first of some bags that are finished.
    sums : ndarray of shape (n_finished, sum of n_words)
        Their histograms, float64.
    n_active : ndarray of shape (n_finished,)
        Frames that count in them.
    """
    offsets = np.concatenate([[0], np.cumsum(n_words)])
    width = int(offsets[-1])
    first_open, sums, counts = 0, np.zeros((0, width)), np.zeros(0, dtype=np.int64)
    for first, last, assignments, active in blocks:
        begun = int(np.searchsorted(starts, last, side="left"))
        new = begun - first_open - len(sums)
        sums = np.concatenate([sums, np.zeros((new, width))])
        counts = np.concatenate([counts, np.zeros(new, dtype=np.int64)])
        low = np.maximum(starts[first_open:begun], first) - first
        high = np.minimum(stops[first_open:begun], last) - first
        lengths = np.maximum(high - low, 0)
        bags = np.repeat(np.arange(len(lengths)), lengths)
        ends = np.cumsum(lengths)
        rows = np.arange(len(bags)) + np.repeat(low - ends + lengths, lengths)
        bags, rows = bags[active[rows]], rows[active[rows]]
        counts += np.bincount(bags, minlength=len(counts))
        for (words, increments), offset in zip(assignments, offsets, strict=False):
            cells = (bags * width + offset)[:, np.newaxis] + words[rows]
            added = 1.0 if increments is None else increments[rows].ravel()
            # One after another, so that a sum does not depend on where blocks end.
            np.add.at(sums.reshape(-1), cells.ravel(), added)
        done = int(np.searchsorted(stops[:begun], last, side="right")) - first_open
        if done:
            yield first_open, sums[:done], counts[:done]
            sums, counts = sums[done:], counts[done:]
            first_open += done
    if first_open < len(starts):
        # Bags without a frame behind the last frame.
        n_bags = len(starts) - first_open
        yield first_open, np.zeros((n_bags, width)), np.zeros(n_bags, dtype=np.int64)
