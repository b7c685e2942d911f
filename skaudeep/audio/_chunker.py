"""Recordings cut into chunks of equal length."""
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skaudeep._base import SequenceTransformer, StatelessMixin
from skaudeep._containers import check_recordings, object_array
from skaudeep._validation import Interval
from skaudeep.audio._clip_transformer import whole_samples
from skaudeep.audio._recording import Recording
from skaudeep.audio._voting import expand_labels
from skaudeep.exceptions import AudioError

__all__ = ["Chunker"]


class Chunker(StatelessMixin, SequenceTransformer):
    """Cut recordings into chunks of equal length.

    It makes several rows out of one, so labels have to be expanded with it and it
    cannot stand inside a :class:`~sklearn.pipeline.Pipeline` that is given labels:
    chunk first, fit on the chunks, vote at the end.

    Parameters
    ----------
    width : float
        Length of a chunk in seconds; whole samples, rounded down.
    hop : float or None, default=None
        Seconds from the start of a chunk to the start of the next; None is `width`,
        without overlap.
    count : int or None, default=None
        Most chunks kept of a recording, the first ones; None keeps all.
    sample_rate : int or None, default=None
        Sample rate in Hz of signals in arrays, required for these. Files know theirs.

    Attributes
    ----------
    groups_ : ndarray of shape (n_chunks,)
        For every chunk of the recordings seen in fit the index of its recording.
    n_features_in_ : int
        Number of samples a clip, if X was a 2-D array.

    See Also
    --------
    expand_labels : Labels of clips to chunks.
    majority_vote : Predicted labels of chunks to clips.
    mean_vote : Probabilities of chunks to clips.

    Notes
    -----
    Only complete chunks are cut, what remains at the end is left out; but a recording
    shorter than `width` gives one chunk, itself, so that none vanishes. The steps
    after this one pad it. Of files only the header is read. A file that cannot be
    opened passes as one chunk, and the step that decodes it reports it or makes it
    missing, as its ``on_error`` says.

    Examples
    --------
    >>> import numpy as np
    >>> from skaudeep.audio import Chunker
    >>> signals = [np.arange(10.0), np.arange(3.0)]
    >>> chunker = Chunker(width=4, hop=3, sample_rate=1).fit(signals)
    >>> for chunk in chunker.transform(signals):
    ...     print(chunk)
    [0. 1. 2. 3.]
    [3. 4. 5. 6.]
    [6. 7. 8. 9.]
    [0. 1. 2.]
    >>> chunker.groups_
    array([0, 0, 0, 1])
    >>> chunker.expand_labels(["park", "tram"])
    array(['park', 'park', 'park', 'tram'], dtype='<U4')
    """

    _parameter_constraints = {
        "width": [Interval(Real, 0, None, closed="neither")],
        "hop": [Interval(Real, 0, None, closed="neither"), None],
        "count": [Interval(Integral, 1, None, closed="left"), None],
        "sample_rate": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, width, hop=None, count=None, *, sample_rate=None):
        self.width = width
        self.hop = hop
        self.count = count
        self.sample_rate = sample_rate

    def fit(self, X, y=None):
        """Find out how many chunks every recording gives.

        Parameters
        ----------
        X : recordings
            Paths, :class:`Recording` objects or signals.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self.groups_ = self._groups(self._check(X, reset=True))
        return self

    def transform(self, X):
        """Cut the recordings.

        Parameters
        ----------
        X : recordings
            Paths, :class:`Recording` objects or signals of shape (n_samples,) or
            (n_channels, n_samples).

        Returns
        -------
        ndarray
            The chunks of the first recording, then those of the second, ...: an
            object array of :class:`Recording` objects and float32 signals, or a
            float32 array if X was a 2-D or 3-D array.
        """
        X = self._check(X, reset=False)
        chunks = [chunk for clip in X for chunk in self._cut(clip)]
        return np.stack(chunks) if isinstance(X, np.ndarray) else object_array(chunks)

    def groups(self, X):
        """Index of the recording that every chunk comes from.

        Parameters
        ----------
        X : recordings
            As in :meth:`transform`.

        Returns
        -------
        ndarray of shape (n_chunks,)
            In the order of ``transform(X)``.
        """
        return self._groups(self._check(X, reset=False))

    def expand_labels(self, y):
        """Repeat the label of every recording seen in fit for each of its chunks.

        Parameters
        ----------
        y : array-like of shape (n_clips,)
            One label a recording.

        Returns
        -------
        ndarray of shape (n_chunks,)
            One label a chunk.
        """
        check_is_fitted(self, "groups_")
        return expand_labels(y, self.groups_)

    def _check(self, X, *, reset):
        self._validate_params()
        X = check_recordings(self, X, reset=reset)
        for i, clip in enumerate(X):
            if isinstance(clip, Recording):
                continue
            if self.sample_rate is None:
                raise ValueError(
                    "sample_rate must be given (in Hz) when X holds signals; it is "
                    f"None and X[{i}] is an array."
                )
            if clip.shape[-1] == 0:
                raise AudioError(f"X[{i}]: the signal holds no samples.")
        return X

    def _groups(self, X):
        counts = [len(self._spans(clip)) for clip in X]
        return np.repeat(np.arange(len(counts)), counts)

    def _cut(self, clip):
        spans = self._spans(clip)
        if not isinstance(clip, Recording):
            clip = clip.astype(np.float32)
            return [clip[..., first:last] for first, last in spans]
        if len(spans) == 1 and spans[0] is None:
            return [clip]
        return [replace(clip, start=start, stop=stop) for start, stop in spans]

    def _spans(self, clip):
        """Start and stop of every chunk: samples of a signal, seconds of a file.

        ``[None]`` stands for a recording that stays whole.
        """
        if not isinstance(clip, Recording):
            n_samples = clip.shape[-1]
            spans = self._complete(0, n_samples, self.sample_rate)
            return spans or [(0, n_samples)]
        try:
            first, last, sample_rate = clip._samples()
        except AudioError:
            return [None]
        # Times that are whole samples: rounding cannot make the chunks unequal.
        return [
            (start / sample_rate, stop / sample_rate)
            for start, stop in self._complete(first, last, sample_rate)
        ] or [None]

    def _complete(self, first, last, sample_rate):
        """Complete chunks between two samples."""
        width = whole_samples(self.width, sample_rate)
        hop = sample_rate * (self.width if self.hop is None else self.hop)
        if width < 1 or hop < 1:
            raise ValueError(
                f"width={self.width!r} and hop={self.hop!r} (seconds) must be at least "
                f"one sample long, which is {1 / sample_rate:g} s here."
            )
        room = last - first - width
        n_chunks = 1 + int(room / hop + 1e-9) if room >= 0 else 0
        if self.count is not None:
            n_chunks = min(n_chunks, self.count)
        starts = [first + round(k * hop) for k in range(n_chunks)]
        return [(start, start + width) for start in starts]
